"""How much a network gives back of what a config's degradations take. Knows no engine and no torch."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from srcnn.errors import InvalidConfigError
from srcnn.imaging import from_float, imresize, psnr, rgb_to_luma_bt601
from srcnn.imaging.metrics import comparable
from srcnn.pictures.find import find_pictures
from srcnn.training.config import TrainConfig
from srcnn.training.degradation import Plane
from srcnn.training.pairs import degraded, read_luma, read_rgb

PSNRs = tuple[float, ...]
"""In dB: of luma; of colour pictures also of RGB."""


def measure_degraded(method: Callable[[Plane], Plane], folder: Path, config: TrainConfig) -> tuple[PSNRs, PSNRs]:
    """Degrade every picture of a folder and measure it before and after a network.

    Args:
        method: what restores: H x W luma, or RGB where the config's colour is another, to as much scale H x scale W,
            float32; such as `Upscaler.luma`, or an `Upscaler`.
        folder: pictures, also in folders below.
        config: scale, degradations and the seed that draws them, and colour: of all but "luma", pictures are degraded.

    Returns:
        Mean PSNR in dB of bicubic's enlargement (at scale 1 the degraded picture itself) and of the
        network's output: limited-range BT.601 luma, and of colour pictures RGB too, in 8 bits, `scale` pixels left out
        on every side. Pictures that either gives exactly count for neither, unless there are no others.

    Raises:
        InvalidConfigError: no picture in the folder.
        InvalidImageError: a picture that cannot be read.

    Tests: tests/training/test_measure.py.
    """
    if config.colour != "luma":
        config = replace(config, colour="rgb", loss_channels=())  # whatever a network of it sees
    read = read_luma if config.colour == "luma" else read_rgb
    rows: list[list[PSNRs]] = []
    for path in find_pictures(folder, follow_links=True):
        small, hr = degraded(path.name, read(path), config)
        rows.append([_psnrs(picture, hr, config.scale) for picture in (imresize(small, config.scale), method(small))])
    if not rows:
        raise InvalidConfigError(f"expected pictures in {folder}, got none; name another folder")
    before, after = np.moveaxis(np.array(rows), 1, 0)  # pictures x measures
    counts = np.transpose([comparable(*both) for both in zip(before.T, after.T, strict=True)])
    return tuple(before.mean(axis=0, where=counts).tolist()), tuple(after.mean(axis=0, where=counts).tolist())


def _psnrs(picture: Plane, hr: Plane, border: int) -> PSNRs:
    sr, true = (from_float(each, np.uint8) for each in (picture, hr))
    pairs = [(sr, true)] if sr.ndim == 2 else [(rgb_to_luma_bt601(sr), rgb_to_luma_bt601(true)), (sr, true)]
    return tuple(psnr(*pair, data_range=255, border=border) for pair in pairs)
