"""Cropping. This module knows nothing of what the samples mean."""

from numbers import Integral

from srcnn.errors import InvalidConfigError, InvalidImageError
from srcnn.imaging.depth import Image, check_array


def crop_to_multiple(image: Image, multiple: int) -> Image:
    """Keep the top-left part whose height and width are multiples of `multiple`.

    The papers call it "modcrop".

    Args:
        image: H x W or H x W x C, any dtype.
        multiple: pixels, >= 1.

    Returns:
        A view, (H // multiple * multiple) x (W // multiple * multiple).

    Raises:
        InvalidConfigError: a multiple that is no whole number or below 1.
        InvalidImageError: no array of a picture, or the picture is smaller than `multiple`.

    Source: modcrop.m of the SRCNN authors' package. Tests: tests/imaging/test_geometry.py.
    """
    check_array(image)
    if not isinstance(multiple, Integral) or multiple < 1:
        raise InvalidConfigError(f"expected a multiple of 1 pixel or more, got {multiple}; give another number")
    height, width = (length // multiple * multiple for length in image.shape[:2])
    if not height or not width:
        raise InvalidImageError(
            f"expected at least {multiple} x {multiple} pixels, got {image.shape[0]} x {image.shape[1]}; "
            "use a larger picture or a smaller scale"
        )
    return image[:height, :width]


def shave_border(image: Image, border: int) -> Image:
    """Leave out `border` pixels on every side.

    Args:
        image: H x W or H x W x C, any dtype.
        border: pixels, >= 0.

    Returns:
        A view, (H - 2 border) x (W - 2 border).

    Raises:
        InvalidConfigError: a border that is no whole number or below 0.
        InvalidImageError: no array of a picture, or nothing would be left.

    Source: shave.m of the SRCNN authors' package. Tests: tests/imaging/test_geometry.py.
    """
    check_array(image)
    if not isinstance(border, Integral) or border < 0:
        raise InvalidConfigError(f"expected a border of 0 pixels or more, got {border}; give another number")
    height, width = image.shape[:2]
    if min(height, width) <= 2 * border:
        raise InvalidImageError(
            f"expected more than {2 * border} pixels a side to leave out a border of {border}, "
            f"got {height} x {width}; use a larger picture or a smaller border"
        )
    return image[border : height - border, border : width - border]
