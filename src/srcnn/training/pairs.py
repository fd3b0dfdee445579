"""A picture file becomes a pair of luma planes: what the network sees, and the truth.

The order is the authors': luma of the whole picture, cropped to a multiple of the scale, shrunk by
bicubic without rounding (or degraded as the config says), and enlarged by bicubic. This module knows
nothing of patches and networks.
"""

import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from srcnn.errors import InvalidImageError
from srcnn.imaging import crop_to_multiple, from_float, imresize, rgb_to_luma_bt601, to_float
from srcnn.pictures.read import read_array
from srcnn.training.config import TrainConfig
from srcnn.training.degradation import Plane, degrade


@dataclass(frozen=True, slots=True)
class Pair:
    """One picture's luma at one size.

    Attributes:
        name: of the file.
        lr: h x w float32, degraded and shrunk: what a network in "lr" sees.
        enlarged: H x W float32, that enlarged by bicubic: what a network in "hr" sees.
        hr: H x W float32 in [0, 1], limited-range luma, the truth.
    """

    name: str
    lr: Plane
    enlarged: Plane
    hr: Plane


def read_luma(path: Path) -> NDArray[np.uint8]:
    """A picture's limited-range luma in 8 bit; a grey picture is its own luma, as in the authors' code.

    Raises:
        InvalidImageError: not a picture that can be read.
    """
    image = read_array(path)
    if image.dtype != np.uint8:
        image = from_float(to_float(image), np.uint8)
    if image.ndim == 3 and image.shape[2] in (2, 4):
        image = image[:, :, :-1]
    if image.ndim == 3:
        return rgb_to_luma_bt601(image) if image.shape[2] == 3 else image[:, :, 0]
    return image


def read_usable_luma(path: Path, config: TrainConfig) -> NDArray[np.uint8]:
    """The luma of a picture that a patch fits into.

    Raises:
        InvalidImageError: not a picture that can be read, or smaller than a patch.
    """
    luma = read_luma(path)
    if min(luma.shape) < config.hr_patch_size:
        raise InvalidImageError(f"{path}: {luma.shape[0]} x {luma.shape[1]} is smaller than a patch")
    return luma


def pair_bytes(pixels: int, config: TrainConfig) -> float:
    """What all pairs of a picture of this many pixels take."""
    return (
        (8 + 4 / config.scale**2)
        * pixels
        * config.degradations_per_picture
        * sum(size**2 for size in config.augment_scales)
    )


def make_pair(name: str, luma: NDArray[np.uint8], config: TrainConfig, *, size: float = 1.0, version: int = 0) -> Pair:
    """Make what the network sees of a picture.

    Args:
        name: of the file; with the config's seed it decides the strengths of the degradations.
        luma: H x W, whole picture.
        config: scale and degradations.
        size: the picture is shrunk to this share of itself first, in (0, 1].
        version: another number gives other strengths.

    Returns:
        Two planes of one size, a multiple of the scale.

    Raises:
        InvalidImageError: smaller than the scale.

    Tests: tests/training/test_data.py.
    """
    small, hr = degraded(name, luma, config, size=size, version=version)
    return Pair(name, small, small if config.scale == 1 else imresize(small, config.scale), hr)


def degraded(
    name: str, luma: NDArray[np.uint8], config: TrainConfig, *, size: float = 1.0, version: int = 0
) -> tuple[Plane, Plane]:
    """The degraded picture, before it is enlarged, and the truth; arguments and errors of `make_pair`."""
    if size != 1:
        luma = imresize(luma, size)
    hr = to_float(crop_to_multiple(luma, config.scale))
    random = np.random.default_rng([config.seed, zlib.crc32(name.encode()), round(size * 1e6), version])
    return degrade(hr, config, random), hr
