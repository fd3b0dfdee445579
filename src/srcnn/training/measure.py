"""How much a network gives back of what a config's degradations take. Knows no engine and no torch."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from srcnn.errors import InvalidConfigError
from srcnn.imaging import from_float, imresize, psnr, rgb_to_luma_bt601
from srcnn.imaging.metrics import comparable
from srcnn.pictures.find import find_pictures
from srcnn.training.config import TrainConfig
from srcnn.training.degradation import Plane
from srcnn.training.pairs import degraded, read_luma, read_rgb


def measure_degraded(
    method: Callable[[Plane], Plane], folder: Path, config: TrainConfig, *, of_luma: bool = False
) -> tuple[float, float]:
    """Degrade every picture of a folder and measure it before and after a network.

    Args:
        method: what restores: H x W luma, or RGB where the config's colour is that, to as much scale H x scale W,
            float32; such as `Upscaler.luma`, or an `Upscaler`.
        folder: pictures, also in folders below.
        config: scale, degradations and the seed that draws them, and colour: "luma", or "rgb" to degrade pictures.
        of_luma: measure the luma of RGB.

    Returns:
        Mean PSNR in dB of bicubic's enlargement (at scale 1 the degraded picture itself) and of the
        network's output: limited-range BT.601 luma, or RGB, in 8 bits, `scale` pixels left out on every side. Pictures
        that either gives exactly count for neither, unless there are no others.

    Raises:
        InvalidConfigError: no picture in the folder.
        InvalidImageError: a picture that cannot be read.

    Tests: tests/training/test_measure.py.
    """
    read = read_luma if config.colour == "luma" else read_rgb
    rows: list[list[float]] = []
    for path in find_pictures(folder, follow_links=True):
        small, hr = degraded(path.name, read(path), config)
        pair = [_in_8_bits(each, of_luma=of_luma) for each in (imresize(small, config.scale), method(small))]
        true = _in_8_bits(hr, of_luma=of_luma)
        rows.append([psnr(picture, true, data_range=255, border=config.scale) for picture in pair])
    if not rows:
        raise InvalidConfigError(f"expected pictures in {folder}, got none; name another folder")
    before, after = np.array(rows)[comparable(*zip(*rows, strict=True))].mean(axis=0)
    return float(before), float(after)


def _in_8_bits(picture: Plane, *, of_luma: bool) -> NDArray[np.uint8]:
    samples = from_float(picture, np.uint8)
    return rgb_to_luma_bt601(samples) if of_luma else samples
