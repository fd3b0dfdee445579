"""A picture is resized while its strips come; what is held of it are the rows under the kernel. Knows no networks."""

import math
from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from srcnn.imaging import from_float, to_float
from srcnn.imaging.alpha import fill_transparent
from srcnn.imaging.depth import Image
from srcnn.imaging.large import put_together
from srcnn.imaging.resize import band_blocks, multiply_band
from srcnn.pictures.strips import Strips, strips_of

Rows = NDArray[np.float32]
_BLOCK_ROWS = 16
"""Resized in width at a time, so that no result depends on the strips in which a picture comes."""


def resize_strips(frame: Strips, size: tuple[int, int], dtype: np.dtype, *, opaque: bool) -> Iterator[Image]:
    """Resize a picture by bicubic, antialiased when shrinking, on encoded values; round once, at the end.

    Colours are multiplied by alpha meanwhile, so that hidden ones bring no fringe; of a picture with alpha the
    whole result is held, since what is fully transparent in it takes its colours from afar.

    Args:
        frame: H x W or H x W x C, any sample depth.
        size: (height, width) of the result.
        dtype: of the result.
        opaque: the last of 2 or 4 channels is no alpha.

    Yields:
        Strips of the result from top to bottom: `imresize` of all of it, but for the last bits of floating point.

    Raises:
        OutputError: the temporary folder has no room.

    Tests: tests/batch/test_resize_strips.py.
    """
    if opaque or len(frame.shape) == 2 or frame.shape[2] in (1, 3):
        yield from (from_float(rows, dtype) for rows in _rows_of(map(to_float, frame.parts()), frame.shape, size))
        return
    weighted = _rows_of(map(_weighted, frame.parts()), frame.shape, size)
    result = put_together((from_float(_unweighted(rows), dtype) for rows in weighted), (*size, frame.shape[2]), dtype)
    yield from strips_of(fill_transparent(result)).parts()


def _weighted(strip: Image) -> Rows:
    """Floating point with its colours multiplied by alpha."""
    values = to_float(strip)
    alpha = values[:, :, -1:]
    return np.concatenate((values[:, :, :-1] * alpha, alpha), axis=2)


def _unweighted(rows: Rows) -> Rows:
    """In place: colours divided by alpha."""
    alpha = rows[:, :, -1:]
    # What the kernel's negative lobes leave of a picture's transparent parts is no colour.
    visible = alpha > 0
    np.divide(rows[:, :, :-1], alpha, out=rows[:, :, :-1], where=visible)
    rows[:, :, :-1][~visible[:, :, 0]] = 0
    return rows


def _rows_of(strips: Iterable[Rows], shape: tuple[int, ...], size: tuple[int, int]) -> Iterator[Rows]:
    """`imresize` row by row: each is resized as it comes, and waits until all below it are there."""
    down, across = (
        band_blocks(length, wanted, wanted / length, antialias=True, mirrored=True)
        for length, wanted in zip(shape, size, strict=False)
    )
    blocks = _planes(strips, shape)
    held, first = np.empty((math.prod(shape[2:]), 0, size[1]), np.float32), 0
    for low, high, weights in down:
        held, first = held[:, low - first :], low  # no later rows need those above
        while first + held.shape[1] < high:
            held = np.concatenate((held, multiply_band(across, next(blocks), 1, size[1])), axis=1)
        only = ((0, high - low, weights),)
        rows = multiply_band(only, held[:, : high - low], 0, len(weights))
        yield np.moveaxis(rows, 0, 2).reshape(len(weights), size[1], *shape[2:])


def _planes(strips: Iterable[Rows], shape: tuple[int, ...]) -> Iterator[Rows]:
    """C x rows x W, always as many rows but for the last; what is yielded changes with the next."""
    block = np.empty((math.prod(shape[2:]), min(_BLOCK_ROWS, shape[0]), shape[1]), np.float32)
    filled = 0
    for strip in strips:
        planes = np.moveaxis(strip.reshape(*strip.shape[:2], -1), 2, 0)
        while planes.shape[1]:
            taken = planes[:, : block.shape[1] - filled]
            block[:, filled : filled + taken.shape[1]] = taken
            filled += taken.shape[1]
            planes = planes[:, taken.shape[1] :]
            if filled == block.shape[1]:
                yield block
                filled = 0
    if filled:
        yield block[:, :filled]
