"""Colour conversions of ITU-R BT.601, each named with its range.

Limited range ("studio swing") puts luma into 16..235 and chroma into 16..240 of 255, as MATLAB's
`rgb2ycbcr` does; the paper measures on that luma. Full range (JPEG, Pillow, OpenCV) reads about
1.3 dB lower for the same picture, which is why neither is ever called just "Y" here.

The result has the dtype of the input: integers are rounded, halves up (to YCbCr from sums that are exact); floating
point is not rounded. To get unrounded luma of an 8-bit picture, convert with `to_float` first.
"""

import numpy as np
from numpy.typing import NDArray

from srcnn.errors import InvalidImageError
from srcnn.imaging.depth import Image, check_image, round_to, to_float

# MATLAB's rgb2ycbcr, 1000 times: rows Y, Cb, Cr for R, G, B in [0, 1]; results and offset in 1/255.
_TO_YCBCR = np.array([[65481.0, 128553, 24966], [-37797, -74203, 112000], [112000, -93786, -18214]])
_TO_YCBCR_UNIT = 255_000.0
_OFFSET = np.array([16.0, 128, 128])
_TO_RGB = np.linalg.inv(_TO_YCBCR / _TO_YCBCR_UNIT).astype(np.float64)
RED_OF_CR_BT601, BLUE_OF_CB_BT601 = float(_TO_RGB[0, 2]), float(_TO_RGB[2, 1])
"""How much red in [0, 1] rises with limited-range Cr / 255, and blue with Cb; neither does with the other."""
LUMA_BT601_SPAN = 219 / 255
"""What black to white spans in limited-range luma / 255."""
LUMA_BT601_BLACK = 16 / 255
"""Limited-range luma / 255 of black."""
CHROMA_BT601_GREY = 128 / 255
"""Cb / 255 and Cr / 255 of grey."""
LUMA_BT601_SHARES = tuple(float(share) for share in _TO_YCBCR[0] / _TO_YCBCR_UNIT)
"""The shares of R, G and B in [0, 1] in limited-range luma / 255."""
_FULL_RANGE_LUMA = np.array([299.0, 587, 114])
FULL_RANGE_LUMA_BT601 = _FULL_RANGE_LUMA / 1000
"""The shares of R, G and B in luma."""


def rgb_to_luma_bt601(image: Image) -> Image:
    """Luma of BT.601 in limited range (16..235 of 255), as MATLAB's `rgb2ycbcr` gives it.

    Args:
        image: H x W x 3 RGB, uint8, uint16, or floating point in [0, 1].

    Returns:
        H x W in the same dtype: rounded for integers, unrounded for floating point.

    Raises:
        InvalidImageError: not three channels.

    Source: ITU-R BT.601; the golden value: white is 235. Tests: tests/imaging/test_color.py.
    """
    _check_three_channels(image)
    return _transform(image, _TO_YCBCR[0], _TO_YCBCR_UNIT, _OFFSET[:1])


def grey_channel(image: Image) -> Image:
    """One channel of a grey picture, also of one that is stored as three equal ones, as many programs do.

    Args:
        image: H x W, H x W x 1, or 3 or 4 channels, any sample depth.

    Returns:
        The same if it is stored as grey, else H x W.

    Raises:
        InvalidImageError: it has colours.

    Tests: tests/imaging/test_color.py.
    """
    if image.ndim == 2 or image.shape[2] <= 2:
        return image
    if not np.array_equal(image[:, :, :1].repeat(2, 2), image[:, :, 1:3]):
        raise InvalidImageError(
            "expected a grey picture, as the true one is, got colours; shrink and enlarge it as one channel"
        )
    return image[:, :, 0]


def grey_to_luma_bt601(image: Image) -> Image:
    """Limited-range luma of a grey picture: that of the RGB picture with three equal channels.

    Args:
        image: H x W, uint8, uint16, or floating point in [0, 1].

    Returns:
        The same shape and dtype: 16..235 of 255, rounded for integers.

    Source: ITU-R BT.601. Tests: tests/imaging/test_color.py.
    """
    check_image(image)
    return _transform(image, np.array(219.0), 255.0, _OFFSET[:1])


def luma_bt601_to_grey(luma: NDArray[np.float32]) -> NDArray[np.float32]:
    """The grey level that has a limited-range luma: the inverse of `grey_to_luma_bt601`.

    Args:
        luma: float32, / 255.

    Returns:
        The same shape; not clipped: luma beyond black and white leaves [0, 1].

    Source: ITU-R BT.601. Tests: tests/imaging/test_color.py.
    """
    grey = luma - np.float32(LUMA_BT601_BLACK)
    grey *= np.float32(1 / LUMA_BT601_SPAN)
    return grey


def rgb_to_luma_bt601_full_range(image: Image) -> Image:
    """Luma of BT.601 in full range (0..255), as JPEG, Pillow and OpenCV have it; not the paper's.

    Args:
        image: H x W x 3 RGB, uint8, uint16, or floating point in [0, 1].

    Returns:
        H x W in the same dtype: rounded for integers, unrounded for floating point.

    Raises:
        InvalidImageError: not three channels.

    Source: ITU-T T.871 (JFIF). Tests: tests/imaging/test_color.py.
    """
    _check_three_channels(image)
    return _transform(image, _FULL_RANGE_LUMA, 1000.0, np.zeros(1))


def rgb_to_ycbcr_bt601(image: Image) -> Image:
    """RGB to limited-range luma, Cb and Cr, as MATLAB's `rgb2ycbcr`.

    Args:
        image: H x W x 3 RGB, uint8, uint16, or floating point in [0, 1].

    Returns:
        H x W x 3 in the same dtype: rounded for integers, unrounded for floating point.

    Raises:
        InvalidImageError: not three channels.

    Source: ITU-R BT.601. Tests: tests/imaging/test_color.py.
    """
    _check_three_channels(image)
    return _transform(image, _TO_YCBCR, _TO_YCBCR_UNIT, _OFFSET)


def ycbcr_to_rgb_bt601(image: Image) -> Image:
    """Limited-range luma, Cb and Cr back to RGB: the inverse of `rgb_to_ycbcr_bt601`.

    Args:
        image: H x W x 3 Y, Cb, Cr, uint8, uint16, or floating point in [0, 1].

    Returns:
        H x W x 3 RGB in the same dtype. Floating point is not clipped: colours outside the RGB cube
        leave [0, 1].

    Raises:
        InvalidImageError: not three channels.

    Source: ITU-R BT.601. Tests: tests/imaging/test_color.py.
    """
    _check_three_channels(image)
    return _transform(image, _TO_RGB, 1.0, -_TO_RGB @ _OFFSET)


def _transform(image: Image, matrix: NDArray[np.float64], unit: float, offset: NDArray[np.float64]) -> Image:
    """Multiply the channels by matrix / unit and add offset / 255; whole numbers in both make integers' sums exact."""
    multiply = np.matmul if matrix.ndim else np.multiply
    if image.dtype.kind == "f":
        weights, add = (matrix / unit).T.astype(np.float32), (offset / 255).astype(np.float32)
        return (multiply(to_float(image), weights) + add).astype(image.dtype, copy=False)
    largest = np.iinfo(image.dtype.name).max
    sums: NDArray[np.float64] = multiply(image.astype(np.float64), matrix.T)
    return round_to(sums / unit + offset * (largest / 255), image.dtype)


def _check_three_channels(image: Image) -> None:
    check_image(image)
    if image.ndim != 3 or image.shape[2] != 3:
        raise InvalidImageError(
            f"expected a colour picture of shape H x W x 3, got {image.shape}; "
            "a grey picture is its own luma, and alpha must be split off first"
        )
