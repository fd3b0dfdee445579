"""Make docs/seams.png: a network used rightly, with a black frame, and on patches pasted together.

python examples/seams.py
"""

import sys
from functools import partial
from pathlib import Path

import numpy as np

from srcnn.evaluation.pasted_patches import uses_of_a_network
from srcnn.evaluation.planes import enlarge, measure_psnr, shrink, truth_planes
from srcnn.evaluation.protocol import AUTHORS
from srcnn.pictures.read import read_array
from srcnn.pictures.write import write_picture
from srcnn.runtime.network import StripNetwork
from srcnn.zoo.shipped import load_model

SCALE = 3
PART = (slice(0, 231), slice(150, 381))  # rows and columns; the upper border is among them
SHOWN = ("whole picture", "black frame", "each with its own border", "every 14 pixels", "side by side, 21x21")
GAP = 8  # white pixels between the panels


def main() -> None:
    """Enlarge the luma of the example picture in each way, print the PSNR, and put the parts side by side."""
    root = Path(__file__).parents[1]
    truth = truth_planes(read_array(root / "examples" / "flowers_original.webp"), SCALE, AUTHORS)
    small = shrink(truth, SCALE, AUTHORS)
    network = StripNetwork(load_model("srcnn-915", SCALE), engine="auto", threads=0)
    uses = uses_of_a_network(partial(network, top=True, bottom=True), reach=network.reach)
    panels: list[np.ndarray] = []
    for shown in SHOWN:
        (name,) = (name for name in uses if shown in name)
        large = enlarge(small, SCALE, AUTHORS, uses[name])
        sys.stdout.write(f"{measure_psnr(large, truth, SCALE, AUTHORS):7.3f} dB  {name}\n")
        panels += [np.rint(large[PART] * 255).astype(np.uint8), np.full((231, GAP), 255, np.uint8)]
    write_picture(root / "docs" / "seams.png", np.hstack(panels[:-1]))


if __name__ == "__main__":
    main()
