"""Enlarge the example picture three times and put bicubic beside it: `make demo`."""

import sys
from pathlib import Path

import numpy as np

import srcnn

SCALE = 3
GAP = 12  # white pixels between the two


def main() -> None:
    """Write demo/flowers_x3.png and demo/bicubic_and_srcnn.png."""
    source = Path(__file__).parent / "flowers.png"
    folder = Path("demo")
    folder.mkdir(exist_ok=True)
    picture = srcnn.read_picture(source)
    sr = srcnn.load("fine", scale=SCALE)(picture.image)
    bicubic = srcnn.imaging.imresize(picture.image, SCALE)
    result, beside = folder / "flowers_x3.png", folder / "bicubic_and_srcnn.png"
    srcnn.write_picture(result, sr)
    gap = np.full((sr.shape[0], GAP, sr.shape[2]), 255, sr.dtype)
    srcnn.write_picture(beside, np.hstack([bicubic, gap, sr]))
    sys.stdout.write(
        f"{source}: {picture.image.shape[1]} x {picture.image.shape[0]} pixels\n"
        f"{result}: {sr.shape[1]} x {sr.shape[0]} pixels, by fine\n"
        f"{beside}: bicubic on the left, fine on the right; fine has learned from this picture, in its original size\n"
    )


if __name__ == "__main__":
    main()
