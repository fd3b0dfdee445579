"""How much a network gives back of what a config's degradations take. Knows no engine and no torch."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from srcnn.errors import InvalidConfigError
from srcnn.imaging import from_float, imresize, psnr
from srcnn.imaging.metrics import comparable
from srcnn.pictures.find import find_pictures
from srcnn.training.config import TrainConfig
from srcnn.training.degradation import Plane
from srcnn.training.pairs import degraded, read_luma


def measure_degraded(method: Callable[[Plane], Plane], folder: Path, config: TrainConfig) -> tuple[float, float]:
    """Degrade every picture of a folder and measure it before and after a network.

    Args:
        method: what restores: H x W luma to scale H x scale W, float32; such as `Upscaler.luma`.
        folder: pictures, also in folders below.
        config: scale, degradations and the seed that draws them.

    Returns:
        Mean PSNR in dB of bicubic's enlargement (at scale 1 the degraded picture itself) and of the
        network's output: limited-range BT.601 luma in 8 bits, `scale` pixels left out on every side. Pictures that
        either gives exactly count for neither, unless there are no others.

    Raises:
        InvalidConfigError: no picture in the folder.
        InvalidImageError: a picture that cannot be read.

    Tests: tests/training/test_measure.py.
    """
    rows: list[list[float]] = []
    for path in find_pictures(folder, follow_links=True):
        small, hr = degraded(path.name, read_luma(path), config)
        rows.append([_psnr(luma, hr, config.scale) for luma in (imresize(small, config.scale), method(small))])
    if not rows:
        raise InvalidConfigError(f"expected pictures in {folder}, got none; name another folder")
    before, after = np.array(rows)[comparable(*zip(*rows, strict=True))].mean(axis=0)
    return float(before), float(after)


def _psnr(luma: Plane, hr: Plane, border: int) -> float:
    return psnr(from_float(luma, np.uint8), from_float(hr, np.uint8), data_range=255, border=border)
