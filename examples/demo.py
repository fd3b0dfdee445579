"""Enlarge the example picture three times and put bicubic beside it: `make demo`."""

import sys
from pathlib import Path

import numpy as np

import srcnn
from srcnn.pictures.picture import Picture
from srcnn.pictures.read import read_picture
from srcnn.pictures.write import write_picture

SCALE = 3
GAP = 12  # white pixels between the two


def main() -> None:
    """Write demo/flowers_x3.png and demo/bicubic_and_srcnn.png."""
    source = Path(__file__).parent / "flowers.png"
    folder = Path("demo")
    folder.mkdir(exist_ok=True)
    picture = read_picture(source)
    sr = srcnn.load("fine", scale=SCALE)(picture.image)
    bicubic = srcnn.imaging.imresize(picture.image, SCALE)
    result, beside = folder / "flowers_x3.png", folder / "bicubic_and_srcnn.png"
    write_picture(result, Picture(frames=(sr,)))
    gap = np.full((sr.shape[0], GAP, sr.shape[2]), 255, sr.dtype)
    write_picture(beside, Picture(frames=(np.hstack([bicubic, gap, sr]),)))
    sys.stdout.write(
        f"{source}: {picture.image.shape[1]} x {picture.image.shape[0]} pixels\n"
        f"{result}: {sr.shape[1]} x {sr.shape[0]} pixels, by fine\n"
        f"{beside}: bicubic on the left, fine on the right; fine has learned from this picture, in its original size\n"
    )


if __name__ == "__main__":
    main()
