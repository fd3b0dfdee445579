"""Picture files for tests."""

from pathlib import Path

import numpy as np
from PIL import Image


def save_noise(path: Path, size: tuple[int, int], seed: int = 0) -> Path:
    """Write an RGB file of noise, `size` = (width, height); makes the folder. Returns the path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 3), np.uint8)
    Image.fromarray(pixels).save(path)
    return path
