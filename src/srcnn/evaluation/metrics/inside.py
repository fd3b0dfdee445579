"""What every metric here takes: two pictures of one shape, without their border."""

import numpy as np
from numpy.typing import NDArray

from srcnn.errors import InvalidImageError
from srcnn.imaging import shave_border
from srcnn.imaging.depth import Image


def inside_border(sr: Image, hr: Image, border: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Leave out the border of a picture and of its truth.

    Args:
        sr: the picture to judge, H x W.
        hr: the truth, same shape.
        border: pixels left out on every side.

    Returns:
        Both, (H - 2 border) x (W - 2 border), contiguous float64.

    Raises:
        InvalidImageError: different shapes, not H x W, or nothing left inside the border.

    Tests: tests/evaluation/metrics/test_inside.py.
    """
    if sr.shape != hr.shape or sr.ndim != 2:
        raise InvalidImageError(
            f"expected two pictures of one shape H x W, got {sr.shape} and {hr.shape}; take the luma of both"
        )
    judged, truth = (np.ascontiguousarray(shave_border(image, border), np.float64) for image in (sr, hr))
    return judged, truth
