"""Print how the trainings of a folder rank, as Markdown: python runs/compare.py runs/ablation.

They rank by their gain over bicubic on the pictures that each kept out, which may be others from training to
training; Set5 is reported, never chosen by. Of trainings with several seeds these are means, with the gain's
lowest and highest in brackets.
"""

import json
import sys
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from statistics import fmean
from typing import Any

from srcnn.training.config_file import read_config

BASE = "base"


@dataclass(frozen=True, slots=True)
class Row:
    """A training: its name within its group, its gain over bicubic in dB, and the cells of its line."""

    group: str
    name: str
    gain: float
    cells: tuple[str, ...]


def main(folder: Path) -> None:
    """Print a table for every group, the part of a name before "--", with the base among them.

    Colour has one of its own, by channels (runs/colour.sh).
    """
    logs = [path for path in sorted(folder.glob("*.jsonl")) if not path.name.startswith("colour--")]
    rows = [read_row(path) for path in logs if ".seed" not in path.name]
    base = [row for row in rows if row.name == BASE]
    others = [row for row in rows if row.name != BASE]
    for group, members in groupby(others, lambda row: row.group):
        title = group or folder.name
        columns = (title, "weights", "MAC / pixel", "minutes", "Set5 dB", "validation dB", "bicubic there", "gain")
        sys.stdout.write("\n| " + " | ".join(columns) + " |\n" + "|---" * len(columns) + "|\n")
        for row in sorted([*base, *members], key=lambda row: row.gain, reverse=True):
            sys.stdout.write("| " + " | ".join((row.name, *row.cells)) + " |\n")


def read_row(log: Path) -> Row:
    """Size and cost of a training's network, and its last measurements with every seed."""
    config = read_config(log.with_suffix(".toml"), {})
    spec = config.spec()
    logs = [log, *sorted(log.parent.glob(f"{log.stem}.seed*.jsonl"))]
    lasts: list[dict[str, Any]] = [json.loads(path.read_text().splitlines()[-1]) for path in logs]
    set5 = [json.loads(path.with_suffix(".set5.json").read_text())["mean"]["psnr"] for path in logs]
    gains = [last["validation_psnr"] - last["bicubic_psnr"] for last in lasts]
    group, _, name = log.stem.rpartition("--")
    cells = (
        f"{spec.weight_count:,}",
        f"{spec.macs_per_pixel:,}",
        f"{fmean(last['seconds'] for last in lasts) / 60:.1f}",
        f"{fmean(set5):.3f}",
        f"{fmean(last['validation_psnr'] for last in lasts):.3f}",
        f"{lasts[0]['bicubic_psnr']:.3f}",
        f"{fmean(gains):.3f}" + (f" ({min(gains):.2f} to {max(gains):.2f})" if len(gains) > 1 else ""),
    )
    return Row(group, name, fmean(gains), cells)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
