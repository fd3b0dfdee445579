"""Print how the trainings of a folder rank, as Markdown: python runs/compare.py runs/ablation.

They rank by their gain over bicubic on the pictures that each kept out, which may be others from training to
training; Set5 is reported, never chosen by.
"""

import json
import sys
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

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
    rows = [read_row(path) for path in sorted(folder.glob("*.jsonl")) if not path.name.startswith("colour--")]
    base = [row for row in rows if row.name == BASE]
    others = [row for row in rows if row.name != BASE]
    for group, members in groupby(others, lambda row: row.group):
        title = group or folder.name
        columns = (title, "weights", "MAC / pixel", "minutes", "Set5 dB", "validation dB", "bicubic there", "gain")
        sys.stdout.write("\n| " + " | ".join(columns) + " |\n" + "|---" * len(columns) + "|\n")
        for row in sorted([*base, *members], key=lambda row: row.gain, reverse=True):
            sys.stdout.write("| " + " | ".join((row.name, *row.cells)) + " |\n")


def read_row(log: Path) -> Row:
    """Size and cost of a training's network, and its last measurements."""
    config = read_config(log.with_suffix(".toml"), {})
    spec = config.spec()
    last = json.loads(log.read_text().splitlines()[-1])
    set5 = json.loads(log.with_suffix(".set5.json").read_text())["mean"]["psnr"]
    gain = last["validation_psnr"] - last["bicubic_psnr"]
    group, _, name = log.stem.rpartition("--")
    cells = (
        f"{spec.weight_count:,}",
        f"{spec.macs_per_pixel:,}",
        f"{last['seconds'] / 60:.1f}",
        f"{set5:.3f}",
        f"{last['validation_psnr']:.3f}",
        f"{last['bicubic_psnr']:.3f}",
        f"{gain:.3f}",
    )
    return Row(group, name, gain, cells)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
