"""A picture file becomes a pair: what the network sees, and the truth.

The order is the authors': luma of the whole picture, cropped to a multiple of the scale, shrunk by
bicubic without rounding (or degraded as the config says, or read from a file of its own), and enlarged
by bicubic. Networks of colour have three channels in place of luma. This module knows nothing of batches
and networks.
"""

import math
import os
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from srcnn.errors import InvalidImageError
from srcnn.imaging import (
    crop_to_multiple,
    from_float,
    imresize,
    rgb_to_luma_bt601,
    rgb_to_ycbcr_bt601,
    to_float,
)
from srcnn.imaging.color import grey_channel, grey_to_luma_bt601
from srcnn.pictures.read import read_array
from srcnn.training.config import TrainConfig
from srcnn.training.degradation import Plane, degrade


@dataclass(frozen=True, slots=True)
class Sample:
    """A picture as it is read, in 8 bit: H x W luma, or H x W x 3 RGB for networks of colour.

    Attributes:
        picture: the truth.
        small: the one that belongs to it, (H / scale) x (W / scale); None leaves it to the config to make it.
    """

    picture: NDArray[np.uint8]
    small: NDArray[np.uint8] | None = None

    def window(self, top: int, left: int, side: int, scale: int) -> "Sample":
        """A square of the picture, or what there is of it; where the small one is given, at multiples of the scale."""
        if self.small is None:
            return Sample(self.picture[top : top + side, left : left + side])
        top, left, side = top // scale, left // scale, side // scale
        square = np.s_[scale * top : scale * (top + side), scale * left : scale * (left + side)]
        return Sample(self.picture[square], self.small[top : top + side, left : left + side])


@dataclass(frozen=True, slots=True)
class Pair:
    """One picture at one size: H x W in luma, H x W x 3 in the config's other colours, float32.

    Attributes:
        name: of the file.
        lr: degraded and shrunk: what a network in "lr" sees.
        enlarged: that enlarged by bicubic: what a network in "hr" sees.
        hr: in [0, 1], the truth: limited-range luma, limited-range YCbCr, or RGB.
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
    return _luma_of(_read_opaque(path))


def read_rgb(path: Path) -> NDArray[np.uint8]:
    """A picture's colours in 8 bit, H x W x 3; those of a grey picture are three times the same.

    Raises:
        InvalidImageError: not a picture that can be read.
    """
    return _rgb_of(_read_opaque(path))


def _luma_of(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return rgb_to_luma_bt601(image) if image.ndim == 3 else image


def _rgb_of(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return image if image.ndim == 3 else np.repeat(image[:, :, None], 3, axis=2)


def _luma_beside(true: NDArray[np.uint8], path: Path) -> NDArray[np.uint8]:
    """The luma of a small picture in the range of the true one's, whichever of the two is stored as grey."""
    image = _read_opaque(path)
    if true.ndim == 3:
        return rgb_to_luma_bt601(image) if image.ndim == 3 else grey_to_luma_bt601(image)
    try:
        return grey_channel(image)
    except InvalidImageError as error:
        raise InvalidImageError(f"{path}: {error}") from error


def _read_opaque(path: Path) -> NDArray[np.uint8]:
    """A picture in 8 bit without its alpha: H x W, or H x W x 3."""
    image = read_array(path)
    if image.dtype != np.uint8:
        image = from_float(to_float(image), np.uint8)
    if image.ndim == 3 and image.shape[2] in (2, 4):
        image = image[:, :, :-1]
    return image[:, :, 0] if image.shape[2:] == (1,) else image


def read_usable(path: Path, config: TrainConfig, given: Path | None = None) -> Sample:
    """A picture that a patch fits into: its luma, or its RGB for networks of colour.

    Args:
        path: of the picture.
        config: scale, patch size and colour.
        given: of the small picture that belongs to it; None leaves it to the config to make it.

    Raises:
        InvalidImageError: not a picture that can be read, or smaller than a patch; or a small one of another size.
    """
    stored = _read_opaque(path)
    picture = _luma_of(stored) if config.colour == "luma" else _rgb_of(stored)
    height, width = picture.shape[:2]
    if min(height, width) < config.hr_patch_size:
        side = config.hr_patch_size
        raise InvalidImageError(f"{path}: {height} x {width} is smaller than a patch of {side} x {side}")
    if min(height, width) < 3 * config.scale:  # one that validation could not measure within its border
        raise InvalidImageError(f"{path}: {height} x {width} is smaller than three times the scale")
    if given is None:
        return Sample(picture)
    small = _luma_beside(stored, given) if config.colour == "luma" else read_rgb(given)
    rows, columns = height // config.scale, width // config.scale
    if small.shape[:2] != (rows, columns):
        raise InvalidImageError(
            f"{path}: expected {rows} x {columns} pixels of its small picture {given}, got "
            f"{small.shape[0]} x {small.shape[1]}"
        )
    return Sample(crop_to_multiple(picture, config.scale), small)


def usable_sizes(picture: NDArray[np.uint8], config: TrainConfig) -> list[float]:
    """The sizes of `augment_scales` at which a patch fits into a picture, cropped to a multiple of the scale."""
    sides = [math.ceil(min(picture.shape[:2]) * size - 1e-9) for size in config.augment_scales]  # those of `imresize`
    return [
        size
        for size, side in zip(config.augment_scales, sides, strict=True)
        if side // config.scale * config.scale >= config.hr_patch_size
    ]


def pair_bytes(samples: float, scale: int) -> float:
    """What a pair takes whose true picture has this many samples (pixels times channels)."""
    return samples * (8 + 4 / scale**2 if scale > 1 else 8)  # at scale 1 the small picture is the enlarged one


def picture_bytes(samples: int, config: TrainConfig) -> float:
    """What all pairs of a picture of this many samples take."""
    sizes = sum(size**2 for size in config.augment_scales)
    return pair_bytes(samples, config.scale) * config.degradations_per_picture * sizes


def make_pair(name: str, sample: Sample, config: TrainConfig, *, size: float = 1.0, version: int = 0) -> Pair:
    """Make what the network sees of a picture.

    Args:
        name: of the file; with the config's seed it decides the strengths of the degradations.
        sample: the whole of it, or a window.
        config: colour, scale and degradations.
        size: the picture is shrunk to this share of itself first, in (0, 1].
        version: another number gives other strengths.

    Returns:
        The pair; its sides are multiples of the scale.

    Raises:
        InvalidImageError: smaller than the scale.

    Tests: tests/training/test_data.py.
    """
    if sample.small is None:
        small, hr = degraded(name, sample.picture, config, size=size, version=version)
    else:
        small, hr = (_as_seen(to_float(part), config) for part in (sample.small, sample.picture))
    return Pair(name, small, small if config.scale == 1 else imresize(small, config.scale), hr)


def degraded(
    name: str, picture: NDArray[np.uint8], config: TrainConfig, *, size: float = 1.0, version: int = 0
) -> tuple[Plane, Plane]:
    """The degraded picture, before it is enlarged, and the truth; arguments and errors of `make_pair`."""
    if size != 1:
        picture = imresize(picture, size)
    hr = to_float(crop_to_multiple(picture, config.scale))
    random = np.random.default_rng([config.seed, zlib.crc32(os.fsencode(name)), round(size * 1e6), version])
    return _as_seen(degrade(hr, config, random), config), _as_seen(hr, config)


def _as_seen(planes: Plane, config: TrainConfig) -> Plane:
    """A picture, luma or RGB, as a network of the config's colour sees it."""
    return rgb_to_ycbcr_bt601(planes) if config.picture_colour == "ycbcr" else planes
