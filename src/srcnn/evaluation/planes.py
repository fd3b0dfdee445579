"""One picture through a protocol, step by step: the truth, the small picture, the enlarged, the difference.

A step has one implementation and reads the protocol's fields for its variants. This module knows
nothing of folders or averages.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from srcnn.errors import InvalidConfigError, InvalidImageError
from srcnn.evaluation.protocol import Protocol, varied
from srcnn.evaluation.resize_variants import CubicResize, resize_cubic
from srcnn.imaging import (
    crop_to_multiple,
    from_float,
    imresize,
    psnr,
    rgb_to_luma_bt601,
    rgb_to_luma_bt601_full_range,
    rgb_to_ycbcr_bt601,
    ssim,
    to_float,
    ycbcr_to_rgb_bt601,
)
from srcnn.imaging.depth import Image, Plane

_FAR_BEYOND_WHITE = 20.0
"""No value in [0, 1] becomes this, even by a network that has learned nothing."""
Enlarger = Callable[[Plane], Plane]
"""Enlarges luma: float32 H x W in [0, 1] to float32 sH x sW."""


@dataclass(frozen=True, slots=True)
class OfPictures:
    """A method that enlarges the picture, all its channels, where the protocol shrinks RGB; such as an `Upscaler`.

    Attributes:
        enlarger: from float32 H x W x 3 RGB, or H x W grey, in [0, 1] to the same, sH x sW. An `Upscaler` clips, so
            where the protocol does not round it measures a little higher than the network.
        luma: the method where the protocol shrinks luma; None for one that has none.
    """

    enlarger: Enlarger
    luma: "Enlarger | OnEnlarged | None" = None


@dataclass(frozen=True, slots=True)
class OnEnlarged:
    """A method that sees what the protocol's own bicubic has enlarged, as SRCNN does in everybody's program.

    Attributes:
        network: from enlarged luma, float32 H x W in [0, 1], to luma of the same size; or from pictures to pictures.
    """

    network: Enlarger | OfPictures


Method = Enlarger | OfPictures | OnEnlarged


def truth_planes(picture: Image, scale: int, protocol: Protocol) -> Plane:
    """Take from a picture the planes that are shrunk and later compared with.

    Args:
        picture: H x W or H x W x 1 to x 4, uint8, uint16, or floating point in [0, 1]; alpha is dropped, and deeper
            samples become 8 bits.
        scale: the enlargement.
        protocol: decides colour, rounding and cropping.

    Returns:
        H x W luma or H x W x 3 RGB, float32 in [0, 1].

    Raises:
        InvalidImageError: smaller than `scale`, or another number of channels.

    Tests: tests/evaluation/test_planes.py.
    """
    picture = _grey_or_rgb_8bit(picture)
    if protocol.crop == "before":
        picture = crop_to_multiple(picture, scale)
    if picture.ndim == 2 and protocol.grey == "luma":
        return to_float(picture)
    if picture.ndim == 2:
        picture = np.repeat(picture[:, :, None], 3, 2)
    planes = to_float(picture)
    return planes if protocol.resized == "rgb" else _luma(planes, protocol)


def shrink(truth: Plane, scale: int, protocol: Protocol) -> Plane:
    """Make the small picture that methods enlarge.

    Args:
        truth: planes of `truth_planes`.
        scale: how many times smaller.
        protocol: decides kernel, border and rounding of the resize.

    Returns:
        (H // scale) x (W // scale), with the truth's channels; float32, rounded to 8 bits or not.
    """
    size = (truth.shape[0] // scale, truth.shape[1] // scale)
    small = _resize(truth, size, protocol.kernel_a_down, protocol)
    return _rounded(small) if protocol.lr_rounded else small


def enlarge_bicubic(small: Plane, scale: int, protocol: Protocol) -> Plane:
    """Enlarge by the protocol's own bicubic, the baseline.

    Returns:
        (scale H) x (scale W), with the same channels; float32, rounded to 8 bits or not.
    """
    large = _resize(small, (small.shape[0] * scale, small.shape[1] * scale), protocol.kernel_a_up, protocol)
    return _rounded(large) if protocol.output_rounded else large


def enlarge(small: Plane, scale: int, protocol: Protocol, method: Method | None) -> Plane:
    """Enlarge by a method; where it sees luma alone, colour is enlarged by bicubic around it.

    A method of luma sees the protocol's own luma / 255: where the protocol shrinks RGB, limited-range BT.601. One
    `OnEnlarged` sees what the protocol has enlarged, rounded only if the resize works in 8 bits.

    Args:
        small: planes of `shrink`.
        scale: the enlargement.
        protocol: decides rounding, and the bicubic of the colours.
        method: float32 luma to float32 luma, on the small or the enlarged one; `OfPictures`; or None for the protocol's
            own bicubic.

    Returns:
        (scale H) x (scale W), with the same channels; float32, rounded to 8 bits or not.

    Raises:
        InvalidConfigError: a method `OfPictures` without one of luma, where the protocol shrinks luma, or an `Upscaler`
            for a function of luma.
        InvalidImageError: the method returned another shape, or values that are not finite or far from [0, 1].

    Tests: tests/evaluation/test_planes.py.
    """
    if method is None:
        return enlarge_bicubic(small, scale, protocol)
    if isinstance(method, OnEnlarged):
        enlarged = _resize(small, (small.shape[0] * scale, small.shape[1] * scale), protocol.kernel_a_up, protocol)
        return enlarge(enlarged, 1, protocol, method.network)
    if isinstance(method, OfPictures):
        if protocol.resized != "rgb" and method.luma is not None:
            return enlarge(small, scale, protocol, method.luma)
        if protocol.resized != "rgb":
            raise InvalidConfigError(
                f"expected a protocol that shrinks RGB for a method of pictures alone, got {protocol.name}; take rgb "
                f"to measure RGB, or '{varied(protocol, resized='rgb').name}'"
            )
        large = _called(method.enlarger, small, scale)
    elif hasattr(method, "luma"):  # it would take luma for a grey picture
        raise InvalidConfigError(
            "expected a function of luma, got an Upscaler; give its method luma, or OfPictures of it"
        )
    elif small.ndim == 2:
        large = _called(method, small, scale)
    else:
        ycbcr = rgb_to_ycbcr_bt601(small)
        luma = _called(method, np.ascontiguousarray(ycbcr[:, :, 0]), scale)
        colours = _resize(ycbcr[:, :, 1:], luma.shape, protocol.kernel_a_up, protocol, in_float=True)
        large = ycbcr_to_rgb_bt601(np.concatenate([luma[:, :, None], colours], 2))
    return _rounded(large) if protocol.output_rounded else large


def _called(method: Enlarger, small: Plane, scale: int) -> Plane:
    """What a method returns; refuses what cannot be measured."""
    large = np.asarray(method(small))
    expected = (small.shape[0] * scale, small.shape[1] * scale, *small.shape[2:])
    if large.shape != expected:
        raise InvalidImageError(
            f"expected the method to return {' x '.join(map(str, expected))} values for "
            f"{' x '.join(map(str, small.shape))} at x{scale}, got shape {large.shape}; return the whole enlarged "
            f"{'luma plane' if small.ndim == 2 else 'picture'}"
        )
    wrong = large.size - int(np.isfinite(large).sum())
    if wrong:
        raise InvalidImageError(
            f"expected finite values from the method, got NaN or infinity in {wrong} of {large.size} pixels; "
            "correct the method"
        )
    if large.dtype.kind != "f" or np.abs(large).max() > _FAR_BEYOND_WHITE:
        raise InvalidImageError(
            f"expected values in [0, 1] from the method, got {large.dtype} from {large.min():g} to {large.max():g}; "
            "divide by 255, or correct the method"
        )
    return large.astype(np.float32, copy=False)


def measure_psnr(large: Plane, truth: Plane, scale: int, protocol: Protocol) -> float:
    """PSNR in dB of an enlarged picture, by the protocol's colour, rounding and border.

    Returns:
        Decibels; infinity for equal pictures.

    Raises:
        InvalidImageError: nothing left inside the border.
    """
    sr, hr = compared(large, truth, protocol)
    return psnr(sr, hr, data_range=255, border=protocol.border_pixels(scale))


def measure_ssim(large: Plane, truth: Plane, scale: int, protocol: Protocol) -> float:
    """SSIM of an enlarged picture on the same samples as `measure_psnr`; over RGB the mean of three.

    Raises:
        InvalidImageError: smaller than SSIM's window inside the border.
    """
    sr, hr = compared(large, truth, protocol)
    border = protocol.border_pixels(scale)
    if sr.ndim == 2:
        return ssim(sr, hr, data_range=255, border=border)
    return float(np.mean([ssim(sr[:, :, c], hr[:, :, c], data_range=255, border=border) for c in range(3)]))


def compared(large: Plane, truth: Plane, protocol: Protocol) -> tuple[Plane, Plane]:
    """An enlarged picture and the truth as they are compared, by the protocol's colour: luma or RGB in 0..255."""
    truth = truth[: large.shape[0], : large.shape[1]]
    if truth.ndim == 3 and protocol.measured != "rgb":
        large, truth = _luma(large, protocol), _luma(truth, protocol)
    return large * np.float32(255), truth * np.float32(255)


def _luma(rgb: Plane, protocol: Protocol) -> Plane:
    """Luma of RGB in [0, 1], by the protocol's standard."""
    if protocol.measured == "luma_pillow":
        from PIL import Image as PillowImage

        ycbcr = PillowImage.fromarray(from_float(rgb, np.uint8)).convert("YCbCr")
        return to_float(np.asarray(ycbcr)[:, :, 0])
    convert = rgb_to_luma_bt601 if protocol.measured == "luma_bt601" else rgb_to_luma_bt601_full_range
    return to_float(convert(from_float(rgb, np.uint8) if protocol.luma_rounded else rgb))


def _resize(
    planes: Plane, size: tuple[int, ...], kernel_a: float, protocol: Protocol, *, in_float: bool = False
) -> Plane:
    """Resize by the protocol; MATLAB's own two ways go through `imresize`."""
    target = (size[0], size[1])
    in_float = in_float or protocol.resize_in == "float"
    samples = planes if in_float else from_float(planes, np.uint8)
    if kernel_a == -0.5 and protocol.resize_border == ("mirror" if in_float else "replicate"):
        resized = imresize(samples, size=target, antialias=protocol.antialias)
    else:
        # Pillow takes the columns first.
        kind = CubicResize(
            kernel_a=kernel_a,
            antialias=protocol.antialias,
            border=protocol.resize_border,
            columns_first=protocol.resize_border == "cut",
        )
        resized = resize_cubic(samples, target, kind)
    return to_float(resized)


def _rounded(planes: Plane) -> Plane:
    return to_float(from_float(planes, np.uint8))


def _grey_or_rgb_8bit(picture: Image) -> Image:
    """The picture as H x W or H x W x 3 of uint8."""
    if picture.ndim == 3:
        channels = picture.shape[2]
        if channels > 4:
            raise InvalidImageError(f"expected 1 to 4 channels, got {channels}; convert the picture to RGB")
        picture = picture[:, :, 0] if channels <= 2 else picture[:, :, :3]
    return picture if picture.dtype == np.uint8 else from_float(to_float(picture), np.uint8)
