"""Transparency. This module knows nothing of resizing or networks."""

import numpy as np
from numpy.typing import NDArray

from srcnn.imaging.depth import Image, from_float, to_float


def fill_transparent(image: Image) -> Image:
    """Give fully transparent pixels the colour of the visible ones around them.

    What a file stores under alpha 0 is arbitrary, often black, and anything that looks at
    neighbours would draw it into the visible edge as a fringe.

    Args:
        image: H x W x 2 (grey, alpha) or H x W x 4 (RGB, alpha), any sample depth, not premultiplied.

    Returns:
        The picture with those pixels' colours replaced; everything else is untouched.

    Source: pull-push interpolation, Gortler et al. 1996, "The Lumigraph", section 3.4.
        Tests: tests/imaging/test_alpha.py.
    """
    hidden = image[:, :, -1] == 0
    if not hidden.any() or hidden.all():
        return image
    colour = to_float(image[:, :, :-1])
    filled = _pull_push(colour, (~hidden).astype(np.float32)[:, :, None])
    result = image.copy()
    result[hidden, :-1] = from_float(filled[hidden], image.dtype)
    return result


def _pull_push(colour: NDArray[np.floating], weight: NDArray[np.floating]) -> NDArray[np.floating]:
    """Fill where the weight is 0 from the average of ever coarser neighbourhoods."""
    if weight.all():
        return colour
    coarse_weight = _halve(weight)
    coarse = _halve(colour * weight) / np.maximum(coarse_weight, 1e-12)
    coarse = _pull_push(coarse, (coarse_weight > 0).astype(np.float32))
    doubled = coarse.repeat(2, 0).repeat(2, 1)[: colour.shape[0], : colour.shape[1]]
    return np.where(weight > 0, colour, doubled)


def _halve(image: NDArray[np.floating]) -> NDArray[np.floating]:
    """Sum over squares of 2 x 2 pixels; an odd last row or column stands alone."""
    padded = np.pad(image, ((0, image.shape[0] % 2), (0, image.shape[1] % 2), (0, 0)))
    return padded[::2, ::2] + padded[1::2, ::2] + padded[::2, 1::2] + padded[1::2, 1::2]
