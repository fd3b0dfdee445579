"""Sample depths: uint8, uint16 and floating point in [0, 1].

This module knows nothing of colour: it only maps a full integer range to [0, 1] and back.
"""

from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from srcnn.errors import InvalidImageError

Image = NDArray[Any]
"""H x W or H x W x C; uint8, uint16, or float32/float64 in [0, 1]."""
Plane = NDArray[np.float32]
"""H x W, float32: one channel, as a rule luma / 255."""
Planes = NDArray[np.float32]
"""C x H x W, float32, or fewer or more dimensions before H x W."""

_DEPTHS = ("uint8", "uint16", "float32", "float64")


def check_array(image: Image) -> None:
    """Refuse what is not an array in the shape of a picture, of whatever dtype.

    Raises:
        InvalidImageError: not an array, masked, a matrix, not H x W or H x W x C, or empty.

    Tests: tests/imaging/test_depth.py.
    """
    if not isinstance(image, np.ndarray):  # pyright: ignore[reportUnnecessaryIsInstance] (callers are not all typed)
        raise InvalidImageError(f"expected a NumPy array, got {type(image).__name__}; use numpy.asarray first")
    # Naming np.ma imports it, which takes 10 ms; a plain array is asked nothing.
    if type(image) is not np.ndarray and isinstance(image, (np.ma.MaskedArray, np.matrix)):
        raise InvalidImageError(
            f"expected a plain NumPy array, got {type(image).__name__}; use numpy.asarray, or filled() of a masked one"
        )
    if image.ndim not in (2, 3) or 0 in image.shape:
        raise InvalidImageError(
            f"expected an image of shape H x W or H x W x C, got {image.shape}; "
            "pass one picture with at least one pixel"
        )


def check_image(image: Image) -> None:
    """Refuse what is not an image array.

    Raises:
        InvalidImageError: as `check_array`, or another dtype than those of `Image`.

    Tests: tests/imaging/test_depth.py.
    """
    check_array(image)
    if image.dtype.name not in _DEPTHS:
        raise InvalidImageError(
            f"expected an image of dtype {', '.join(_DEPTHS[:-1])} or {_DEPTHS[-1]}, got {image.dtype}; "
            "convert it first (srcnn never guesses a range)"
        )


def check_plane(luma: Plane) -> None:
    """Refuse what is not a luma plane.

    Raises:
        InvalidImageError: not a plane of floating point, or values far outside [0, 1].
    """
    check_image(luma)
    if luma.ndim != 2 or luma.dtype.kind != "f":
        raise InvalidImageError(
            f"expected a luma plane H x W of floating point, got {luma.shape} {luma.dtype}; "
            "take the luma with srcnn.imaging.rgb_to_luma_bt601(to_float(image))"
        )
    check_range(luma)


def check_range(image: Image) -> None:
    """Refuse floating point that cannot be meant for [0, 1]; a little overshoot can.

    Args:
        image: of any dtype; integers pass.

    Raises:
        InvalidImageError: NaN or infinity, or values below -1 or above 2.

    Tests: tests/imaging/test_depth.py.
    """
    if image.dtype.kind != "f":
        return
    low, high = float(image.min()), float(image.max())
    if not (low >= -1 and high <= 2):  # NaN neither
        raise InvalidImageError(
            f"expected floating point in [0, 1], got values from {low:g} to {high:g}; divide by the largest value that "
            "the samples can have, such as 255, and replace what is no number"
        )


def to_float(image: Image) -> NDArray[np.float32]:
    """Map a picture's full range to float32 in [0, 1].

    Args:
        image: H x W or H x W x C, uint8, uint16, or floating point (taken as it is).

    Returns:
        The same shape, float32; 1.0 is the largest value of the integer dtype.

    Raises:
        InvalidImageError: another dtype or shape.

    Tests: tests/imaging/test_depth.py.
    """
    check_image(image)
    if image.dtype.kind == "f":
        return image.astype(np.float32, copy=False)
    return np.multiply(image, np.float32(1 / np.iinfo(image.dtype).max), dtype=np.float32)


def from_float(image: NDArray[np.floating], dtype: DTypeLike) -> Image:
    """Clip to [0, 1] and map to a sample depth, rounding halves up as MATLAB does.

    Args:
        image: any shape, floating point, nominally in [0, 1].
        dtype: uint8, uint16, float32 or float64.

    Returns:
        The same shape in `dtype`.

    Raises:
        InvalidImageError: another dtype, no floating point, or NaN or infinity in it.

    Tests: tests/imaging/test_depth.py.
    """
    if np.dtype(dtype).name not in _DEPTHS:
        raise InvalidImageError(
            f"expected a dtype of {', '.join(_DEPTHS[:-1])} or {_DEPTHS[-1]}, got {np.dtype(dtype)}; take one of them"
        )
    if not isinstance(image, np.ndarray) or image.dtype.kind != "f":  # pyright: ignore[reportUnnecessaryIsInstance]
        got = getattr(image, "dtype", type(image).__name__)
        raise InvalidImageError(f"expected an array of floating point, got {got}; use srcnn.imaging.to_float first")
    values = image.astype(np.promote_types(image.dtype, np.float32))  # 65,535 is beyond half precision
    if not np.isfinite(values).all():
        raise InvalidImageError("expected floating point in [0, 1], got NaN or infinity; replace it first")
    result = np.empty(image.shape, dtype)
    write_float(values, result)
    return result


def write_float(values: NDArray[np.floating], out: Image) -> None:
    """`from_float` into an array that is there.

    Args:
        values: any shape, floating point, nominally in [0, 1]; overwritten.
        out: the same shape, uint8, uint16, float32 or float64.

    Tests: tests/imaging/test_depth.py.
    """
    if out.dtype.kind == "f":
        np.clip(values, 0, 1, out=out)
        return
    largest = np.iinfo(out.dtype.name).max
    values *= values.dtype.type(largest)
    _round_into(values, out)


def round_to(values: NDArray[np.floating], dtype: DTypeLike) -> Image:
    """Round halves up and clip to the range of an integer dtype.

    Args:
        values: any shape, floating point, in units of the integer dtype.
        dtype: uint8 or uint16.

    Returns:
        The same shape in `dtype`.
    """
    result = np.empty(values.shape, dtype)
    _round_into(values.copy(), result)
    return result


def _round_into(values: NDArray[np.floating], out: Image) -> None:
    """`round_to` into an array that is there; overwrites the values."""
    info = np.iinfo(out.dtype.name)
    np.clip(values, info.min, info.max, out=values)
    values += values.dtype.type(0.5)
    np.copyto(out, values, casting="unsafe")  # cuts off what is behind the point
