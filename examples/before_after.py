"""Make docs/before_after.png: bicubic, fine and the original of a part of Kodak's picture 5, no training picture.

python examples/before_after.py DATA/test/Kodak24/kodim05.png
"""

import sys
from pathlib import Path

import numpy as np

import srcnn
from srcnn.pictures.read import read_array
from srcnn.pictures.write import write_picture

PART = (slice(140, 420), slice(300, 580))  # rows and columns of the original
GAP = 8  # white pixels between the panels


def main(picture: Path) -> None:
    """Shrink the original three times, enlarge it again, and put the parts side by side."""
    original = read_array(picture)[:, :, :3]
    small = srcnn.imaging.imresize(original, 1 / 3)
    bicubic = srcnn.imaging.imresize(small, 3)
    sr = srcnn.load("fine", scale=3)(small)
    gap = np.full((PART[0].stop - PART[0].start, GAP, 3), 255, np.uint8)
    panels = np.hstack([bicubic[PART], gap, sr[PART], gap, original[PART]])
    write_picture(Path(__file__).parents[1] / "docs" / "before_after.png", panels)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
