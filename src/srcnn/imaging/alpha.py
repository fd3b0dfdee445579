"""Transparency. This module knows nothing of resizing or networks."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from srcnn.imaging.depth import Image, from_float, to_float

_BLOCK_PIXELS = 2**18
"""Worked on in floating point at a time."""


def fill_transparent(image: Image) -> Image:
    """Give fully transparent pixels the colour of the visible ones around them.

    What a file stores under alpha 0 is arbitrary, often black, and anything that looks at
    neighbours would draw it into the visible edge as a fringe. The work is done in blocks of rows: it takes
    at most twice the memory of an 8-bit picture beside the result, and for deeper ones less.

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
    result = image.copy()
    _fill(result[:, :, :-1], hidden)
    return result


def _fill(colour: Image, hidden: NDArray[np.bool_]) -> None:
    """Fill hidden pixels in place from the average of ever coarser neighbourhoods."""
    coarse, coarse_hidden = _coarsen(colour, hidden)
    if coarse_hidden.any():
        _fill(coarse, coarse_hidden)
    for start, stop in _blocks(hidden.shape):
        rows, columns = np.nonzero(hidden[start:stop])
        colour[start + rows, columns] = from_float(coarse[(start + rows) // 2, columns // 2], colour.dtype)


def _coarsen(colour: Image, hidden: NDArray[np.bool_]) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """The mean of the visible pixels in each square of 2 x 2, and which squares have none."""
    height, width = (-(-side // 2) for side in hidden.shape)
    coarse = np.empty((height, width, colour.shape[2]), np.float32)
    coarse_hidden = np.empty((height, width), np.bool_)
    for start, stop in _blocks(hidden.shape):
        block = hidden[start:stop, :, None]
        weight = _halve((~block).astype(np.float32))
        # Chosen, not multiplied: what is hidden may be no number at all.
        total = _halve(np.where(block, np.float32(0), to_float(colour[start:stop])))
        rows = slice(start // 2, -(-stop // 2))
        coarse[rows] = total / np.maximum(weight, 1)
        coarse_hidden[rows] = weight[:, :, 0] == 0
    return coarse, coarse_hidden


def _blocks(shape: tuple[int, ...]) -> Iterator[tuple[int, int]]:
    """First and last row of blocks of an even number of rows; the last may be odd."""
    step = 2 * max(1, _BLOCK_PIXELS // (2 * shape[1]))
    for start in range(0, shape[0], step):
        yield start, min(start + step, shape[0])


def _halve(image: NDArray[np.floating]) -> NDArray[np.floating]:
    """Sum over squares of 2 x 2 pixels; an odd last row or column stands alone."""
    padded = np.pad(image, ((0, image.shape[0] % 2), (0, image.shape[1] % 2), (0, 0)))
    return padded[::2, ::2] + padded[1::2, ::2] + padded[::2, 1::2] + padded[1::2, 1::2]
