#!/usr/bin/env bash
# Train networks of luma and of colour, and print the paper's table 5 for them: runs/colour.sh DATA [OPTION of train]...
#
#   DATA  a folder with train/T91 and test/Set5
#
# Every network sees 3,000 batches, those begun with fewer channels 1,000 of them in a first training. Only the logs
# and Set5's measurements are kept, beside the configs. Set5 is reported, never chosen by.
set -euo pipefail
cd "$(dirname "$0")/.."
data=$1 folder=runs/ablation
shift
for name in y ycbcr y-first y-pretrained cbcr-first cbcr-pretrained rgb; do
    run=$folder/colour--$name
    [ ! -e "$run/model.safetensors" ] || continue
    arguments=()
    for set in $(sed -n 's/^# data: //p' "$run.toml"); do arguments+=(--data "$data/train/$set"); done
    for init in $(sed -n 's/^# init: //p' "$run.toml"); do arguments+=(--init "$init"); done
    ! compgen -G "$run/checkpoint*.pt" >/dev/null || arguments+=(--resume)
    .venv/bin/srcnn train "$run.toml" "${arguments[@]}" -o "$run" "$@"
    .venv/bin/python runs/measure_colour.py "$run/model.safetensors" "$data/test/Set5" --json >"$run.set5.json"
    cp "$run/log.jsonl" "$run.jsonl"
done
.venv/bin/python runs/measure_colour.py "$folder"/colour--{y,ycbcr,y-pretrained,cbcr-pretrained,rgb}/model.safetensors "$data/test/Set5"
