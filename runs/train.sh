#!/usr/bin/env bash
# Make shipped models again: runs/train.sh DATA NAME...
#
#   DATA  a folder with train/T91 and the other training sets, and test/Set5 and test/Set14
#   NAME  configs of this folder without .toml, such as srcnn-915-t91_x3; without any, all of them
#
# Each is trained (or continued), measured, and put into the package with its card and its log.
set -euo pipefail
cd "$(dirname "$0")/.."
data=$1
shift
[ $# -gt 0 ] || set -- $(cd runs && ls *.toml | sed 's/\.toml$//')
for name in "$@"; do
    # The first comment line that names folders decides what a model learns from.
    folders=$(sed -n 's/^# data: //p' "runs/$name.toml")
    arguments=()
    for folder in $folders; do arguments+=(--data "$data/train/$folder"); done
    resume=()
    [ ! -e "runs/$name/checkpoint.pt" ] || resume=(--resume)
    srcnn train "runs/$name.toml" "${arguments[@]}" -o "runs/$name" "${resume[@]}"
    python runs/publish.py "$name" "$data"
done
