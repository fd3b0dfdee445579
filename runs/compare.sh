#!/usr/bin/env bash
# Train the configs of a folder that have no log yet, and print how they rank: runs/compare.sh DATA runs/ablation
#
#   DATA  a folder with train/T91 and the other training sets, and test/Set5
#
# Only the logs and Set5's measurements are kept, beside the configs. Set5 is reported, never chosen by.
set -euo pipefail
cd "$(dirname "$0")/.."
data=$1 folder=$2
for config in "$folder"/*.toml; do
    [[ $config != */colour--* ]] || continue # runs/colour.sh
    log=${config%.toml}.jsonl
    [ ! -e "$log" ] || continue
    arguments=()
    for set in $(sed -n 's/^# data: //p' "$config"); do arguments+=(--data "$data/train/$set"); done
    for init in $(sed -n 's/^# init: //p' "$config"); do arguments+=(--init "$init"); done
    run=${config%.toml}
    resume=()
    ! compgen -G "$run/checkpoint*.pt" >/dev/null || resume=(--resume)
    .venv/bin/srcnn train "$config" "${arguments[@]}" -o "$run" "${resume[@]}"
    .venv/bin/srcnn evaluate "$run/model.safetensors" "$data/test/Set5" --json >"${config%.toml}.set5.json"
    cp "$run/log.jsonl" "$log"
done
.venv/bin/python runs/compare.py "$folder"
