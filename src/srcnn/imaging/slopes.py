"""How a picture's colours follow its luma. This module knows nothing of networks."""

import numpy as np

from srcnn.imaging.color import FULL_RANGE_LUMA_BT601
from srcnn.imaging.depth import Planes

_NOISE = 1e-4  # of the luma's variance, where black to white is 1: below about 2.5 grey levels luma tells nothing
# How far to go from 1 to the measured slope. 1 would suit a perfect luma; the network's is a guess, and JPEG and film
# put noise into colours. Chosen on training pictures of T91, BSD200, CID22 and GB82; `benchmarks/chroma.py` shows what
# another share gives.
_TRUST = 0.6


def luma_slopes(rgb: Planes) -> Planes:
    """How much each channel is to rise when the luma rises by one, estimated within 3 x 3 pixels.

    The slope of the line through a neighbourhood's values, channel against luma, by least squares; of which 0.6 are
    taken, and 0.4 of 1: all channels alike, which changes the luma and leaves chroma as it is. Where luma is
    flat and tells nothing, all slopes are 1. Whatever the slopes, their sum weighted as luma is 1, so that a change of
    luma times the slopes is that change of luma again.

    Args:
        rgb: 3 x H x W, float32 in [0, 1].

    Returns:
        3 x H x W, float32.

    Source: the local linear model of He et al. 2010, "Guided Image Filtering", equation 5.
        Tests: tests/imaging/test_slopes.py.
    """
    luma = np.tensordot(FULL_RANGE_LUMA_BT601.astype(np.float32), rgb, 1)
    # One array, so that one pass takes the means of all.
    products = np.concatenate((luma[None], rgb, luma[None], rgb))
    products[4:] *= luma
    means = _mean(products)
    moments: Planes = means[4:]
    moments -= means[:4] * means[0]
    moments += np.float32(_NOISE)
    moments[1:] *= np.float32(_TRUST) / moments[0]
    moments[1:] += np.float32(1 - _TRUST)
    return moments[1:]


def _mean(planes: Planes) -> Planes:
    """The mean of 3 x 3 pixels, the border replicated."""
    padded = np.pad(planes, ((0, 0), (1, 1), (1, 1)), "edge")
    columns: Planes = padded[:, :-2] + padded[:, 1:-1] + padded[:, 2:]
    return (columns[:, :, :-2] + columns[:, :, 1:-1] + columns[:, :, 2:]) / np.float32(9)
