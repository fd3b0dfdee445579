"""Transparency. This module knows nothing of resizing or networks."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from srcnn.imaging.depth import Image, from_float, to_float
from srcnn.imaging.large import blocks, forget, put_together


def is_see_through(image: Image) -> bool:
    """Whether a picture has a pixel that is not opaque.

    Args:
        image: H x W or H x W x C, any sample depth; an even number of channels ends in alpha.

    Tests: tests/imaging/test_alpha.py.
    """
    if image.ndim == 2 or image.shape[2] % 2:
        return False
    opaque = np.iinfo(image.dtype).max if image.dtype.kind == "u" else 1
    return bool((image[:, :, -1] < opaque).any())


def is_seen_as_grey(image: Image) -> bool:
    """Whether the colours of a picture are alike wherever they are seen; no where none is.

    Args:
        image: H x W x 3 (RGB) or H x W x 4 (RGB, alpha), any sample depth.

    Tests: tests/imaging/test_alpha.py.
    """
    seen = image.shape[2] == 3
    for block in blocks(image):
        red, green, blue = (block[:, :, channel] for channel in range(3))
        alike = (red == green) & (green == blue)
        if block.shape[2] == 4:
            visible = block[:, :, 3] != 0
            alike |= ~visible
            seen |= bool(visible.any())
        if not alike.all():
            return False
    return seen


def fill_transparent(image: Image) -> Image:
    """Give fully transparent pixels the colour of the visible ones around them.

    What a file stores under alpha 0 is arbitrary, often black, and anything that looks at
    neighbours would draw it into the visible edge as a fringe. The work is done in blocks of rows: beside the
    result it takes at most twice the memory of an 8-bit picture, and for deeper ones less. What is larger than
    128 MiB lies in a file, and of that only a block is held.

    Args:
        image: H x W x 2 (grey, alpha) or H x W x 4 (RGB, alpha), any sample depth, not premultiplied.

    Returns:
        The picture with those pixels' colours replaced; everything else is untouched.

    Raises:
        OutputError: the temporary folder has no room.

    Source: pull-push interpolation, Gortler et al. 1996, "The Lumigraph", section 3.4.
        Tests: tests/imaging/test_alpha.py.
    """
    hidden, visible = False, False
    for block in blocks(image):
        hidden |= bool((block[:, :, -1] == 0).any())
        visible |= bool((block[:, :, -1] != 0).any())
    if not (hidden and visible):
        return image
    height, width, channels = image.shape
    half = (-(-height // 2), -(-width // 2), channels)
    coarse = fill_transparent(put_together(map(_coarsened, blocks(image)), half, np.dtype(np.float32)))
    return put_together(_filled(image, coarse), image.shape, image.dtype)


def _coarsened(block: Image) -> NDArray[np.float32]:
    """The mean of the visible pixels in each square of 2 x 2, and 1 as alpha unless it has none."""
    hidden = block[:, :, -1:] == 0
    weight = _halve((~hidden).astype(np.float32))
    # Chosen, not multiplied: what is hidden may be no number at all.
    total = _halve(np.where(hidden, np.float32(0), to_float(block[:, :, :-1])))
    return np.concatenate((total / np.maximum(weight, 1), weight > 0), axis=2, dtype=np.float32)


def _filled(image: Image, coarse: Image) -> Iterator[Image]:
    """Blocks of the picture in which hidden pixels have the colour of their square."""
    top = 0
    for block in blocks(image):
        result = block.copy()
        rows, columns = np.nonzero(block[:, :, -1] == 0)
        result[rows, columns, :-1] = from_float(coarse[(top + rows) // 2, columns // 2, :-1], image.dtype)
        yield result
        top += len(block)
        forget(coarse)


def _halve(image: NDArray[np.floating]) -> NDArray[np.floating]:
    """Sum over squares of 2 x 2 pixels; an odd last row or column stands alone."""
    padded = np.pad(image, ((0, image.shape[0] % 2), (0, image.shape[1] % 2), (0, 0)))
    return padded[::2, ::2] + padded[1::2, ::2] + padded[::2, 1::2] + padded[1::2, 1::2]
