"""Pictures a method can learn from: smooth luma with sharp edges."""

import numpy as np
from numpy.typing import NDArray


def disc_luma(seed: int, height: int = 66, width: int = 75) -> NDArray[np.uint8]:
    """Discs of different brightness before each other; 16..235 of 8 bits."""
    random = np.random.default_rng(seed)
    rows, columns = np.mgrid[:height, :width]
    luma = np.full((height, width), 90.0) + 0.3 * rows
    for _ in range(14):
        row, column, radius = random.uniform((0, 0, 4), (height, width, 18))
        luma[(rows - row) ** 2 + (columns - column) ** 2 < radius**2] = random.uniform(16, 235)
    return luma.astype(np.uint8)
