"""Pictures with something for a metric to find."""

from pathlib import Path

import numpy as np
from PIL import Image


def draw(path: Path, seed: int, size: tuple[int, int] = (42, 36)) -> None:
    """Write discs of one colour each on a gradient: `size` is (width, height)."""
    random = np.random.default_rng(seed)
    rows, columns = np.mgrid[: size[1], : size[0]]
    picture = np.repeat((rows * 3 + columns)[:, :, None] * 1.5, 3, 2)
    for _ in range(8):
        row, column, radius = random.uniform((0, 0, 3), (size[1], size[0], 9))
        picture[(rows - row) ** 2 + (columns - column) ** 2 < radius**2] = random.uniform(0, 255, 3)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(picture.clip(0, 255).astype(np.uint8)).save(path)
