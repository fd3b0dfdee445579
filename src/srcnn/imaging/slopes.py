"""How a picture's colours follow its luma. This module knows nothing of networks."""

import numpy as np
from numpy.typing import NDArray

from srcnn.imaging.color import FULL_RANGE_LUMA_BT601

_NOISE = 1e-4  # of the luma's variance, where black to white is 1: below about 2.5 grey levels luma tells nothing


def luma_slopes(rgb: NDArray[np.float32]) -> NDArray[np.float32]:
    """By how much each channel rises when the luma rises by one, within 3 x 3 pixels.

    The slope of the line through a neighbourhood's values, channel against luma, by least squares.
    Where luma is flat it tells nothing, and the slope is 1: all channels alike, which changes the luma
    and leaves chroma as it is. Whatever the slopes, their sum weighted as luma is 1, so that a change of
    luma times the slopes is that change of luma again.

    Args:
        rgb: H x W x 3, float32 in [0, 1].

    Returns:
        H x W x 3, float32.

    Source: the local linear model of He et al. 2010, "Guided Image Filtering", equation 5.
        Tests: tests/imaging/test_slopes.py.
    """
    luma: NDArray[np.float32] = (rgb @ FULL_RANGE_LUMA_BT601.astype(np.float32))[:, :, None]
    mean = _mean(luma)
    variance = _mean(luma * luma) - mean * mean
    covariance = _mean(rgb * luma) - _mean(rgb) * mean
    return ((covariance + _NOISE) / (variance + _NOISE)).astype(np.float32, copy=False)


def _mean(planes: NDArray[np.float32]) -> NDArray[np.float32]:
    """The mean of 3 x 3 pixels, the border replicated."""
    padded = np.pad(planes, ((1, 1), (0, 0), (0, 0)), "edge")
    columns: NDArray[np.float32] = padded[:-2] + padded[1:-1] + padded[2:]
    padded = np.pad(columns, ((0, 0), (1, 1), (0, 0)), "edge")
    return (padded[:, :-2] + padded[:, 1:-1] + padded[:, 2:]) / np.float32(9)
