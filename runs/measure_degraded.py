"""Measure a network that undoes degradations.

    python runs/measure_degraded.py runs/deblock_x1.toml runs/deblock_x1/model.safetensors DATA/test/Set5...

degrades the pictures of every folder as the config says, with its seed, and prints the mean PSNR before
and after the network, a model file or a shipped name: if the config has JPEG in it, once for each quality
10, 20, 40, 60, 80 and 95, with no picture left clean.
"""

import sys
from dataclasses import replace
from pathlib import Path

from srcnn.errors import SrcnnError
from srcnn.printable import printable
from srcnn.training.config_file import read_config
from srcnn.training.measure import measure_degraded
from srcnn.upscaler import load


def main(config_file: Path, model: str, folders: list[Path]) -> None:
    """Print one line for each folder and quality."""
    config = read_config(config_file, {})
    upscaler = load(model, config.scale)
    settings = {"": config}
    if config.jpeg_quality:
        settings = {
            f" quality {q}": replace(config, jpeg_quality=(q, q), clean_share=0.0) for q in (10, 20, 40, 60, 80, 95)
        }
    for folder in folders:
        for name, setting in settings.items():
            method = upscaler.luma if config.colour == "luma" else upscaler
            (before, *_), (after, *_) = measure_degraded(method, folder, setting)
            sys.stdout.write(
                f"{printable(folder.name)}{name}: {before:.2f} dB -> {after:.2f} dB ({after - before:+.2f})\n"
            )


if __name__ == "__main__":
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    try:
        main(Path(sys.argv[1]), sys.argv[2], [Path(folder) for folder in sys.argv[3:]])
    except SrcnnError as error:
        sys.exit(f"error: {error}")
