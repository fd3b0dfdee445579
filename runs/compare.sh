#!/usr/bin/env bash
# Train the configs of a folder that have no log yet, and print how they rank: runs/compare.sh DATA FOLDER [SEEDS]
#
#   DATA    a folder with train/T91 and the other training sets, and test/Set5
#   FOLDER  of configs, such as runs/ablation
#   SEEDS   how often each is trained, with seeds 0, 1 ...; default: 1
#
# As many are trained at once as there are cores. Only the logs and Set5's measurements are kept, beside the configs:
# NAME.jsonl and NAME.set5.json, of other seeds NAME.seed1.jsonl and so on. Set5 is reported, never chosen by.
set -euo pipefail
cd "$(dirname "$0")/.."
data=$1 folder=$2 seeds=${3:-1}

train() { # CONFIG SEED RUN
    local set init arguments=() resume=()
    for set in $(sed -n 's/^# data: //p' "$1"); do arguments+=(--data "$data/train/$set"); done
    for init in $(sed -n 's/^# init: //p' "$1"); do arguments+=(--init "$init"); done
    ! compgen -G "$3/checkpoint*.pt" >/dev/null || resume=(--resume)
    .venv/bin/srcnn train "$1" --set "seed=$2" "${arguments[@]}" -o "$3" "${resume[@]}"
    .venv/bin/srcnn evaluate "$3/model.safetensors" "$data/test/Set5" --json >"$3.set5.json"
    cp "$3/log.jsonl" "$3.jsonl"
}

for ((seed = 0; seed < seeds; seed++)); do
    for config in "$folder"/*.toml; do
        [[ $config != */colour--* ]] || continue # runs/colour.sh
        run=${config%.toml}
        ((seed == 0)) || run+=.seed$seed
        [ ! -e "$run.jsonl" ] || continue
        while (($(jobs -pr | wc -l) >= $(nproc))); do wait -n; done
        train "$config" "$seed" "$run" &
    done
done
for job in $(jobs -p); do wait "$job"; done
.venv/bin/python runs/compare.py "$folder"
