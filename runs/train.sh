#!/usr/bin/env bash
# Make shipped models again: runs/train.sh DATA NAME...
#
#   DATA  a folder with train/T91 and the other training sets, and test/Set5 and test/Set14
#   NAME  configs of this folder without .toml, such as srcnn-915-t91_x3
#
# Each is trained (or continued), measured, and put into the package with its card and its log.
set -euo pipefail
cd "$(dirname "$0")/.."
bin=.venv/bin # of `make test`
data=$1
shift
for name in "$@"; do
    # Comment lines of the config name the training folders and, if any, the model to start from.
    arguments=()
    for folder in $(sed -n 's/^# data: //p' "runs/$name.toml"); do arguments+=(--data "$data/train/$folder"); done
    for init in $(sed -n 's/^# init: //p' "runs/$name.toml"); do arguments+=(--init "$init"); done
    resume=()
    ! compgen -G "runs/$name/checkpoint*.pt" >/dev/null || resume=(--resume)
    "$bin/srcnn" train "runs/$name.toml" "${arguments[@]}" -o "runs/$name" "${resume[@]}"
    "$bin/python" runs/publish.py "$name" "$data"
done
