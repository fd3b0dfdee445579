"""Measure networks of luma and of colour channel by channel, as table 5 of the paper does.

    python runs/measure_colour.py MODEL.safetensors... DATA/test/Set5 [--json]

prints mean PSNR in dB of luma, Cb, Cr and RGB on the pictures of the folder, in 8 bits, bicubic first: a
table, or one JSON object a network.
"""

import argparse
import json
import sys
from pathlib import Path

from srcnn.errors import SrcnnError
from srcnn.training.colour import measure_colour
from srcnn.training.validation import CHANNELS, Quality
from srcnn.zoo.model_file import read_model


def main() -> None:
    """Print one row for bicubic and one for each network."""
    parser = argparse.ArgumentParser(description="PSNR of each channel")
    parser.add_argument("models", nargs="+", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if not options.json:
        sys.stdout.write(f"| {options.folder.name} | {' | '.join(CHANNELS)} |\n|{'---|' * (len(CHANNELS) + 1)}\n")
    for number, path in enumerate(options.models):
        bicubic, network = measure_colour(read_model(path), options.folder)
        name = path.parent.name if path.stem == "model" else path.stem
        if options.json:
            mean = {"psnr": network.luma, "channel_psnr": network.channels, "bicubic_channel_psnr": bicubic.channels}
            sys.stdout.write(json.dumps({"model": name, "mean": mean}) + "\n")
        else:
            sys.stdout.write(("" if number else _row("bicubic", bicubic)) + _row(name, network))


def _row(name: str, quality: Quality) -> str:
    return f"| {name} | {' | '.join(f'{value:.2f}' for value in quality.channels or ())} |\n"


if __name__ == "__main__":
    try:
        main()
    except SrcnnError as error:
        sys.exit(f"error: {error}")
