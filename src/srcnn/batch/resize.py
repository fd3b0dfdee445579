"""A picture is resized while its strips come; what is held of it are the rows under the kernel. Knows no networks."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from srcnn.imaging import from_float, to_float
from srcnn.imaging.alpha import fill_transparent
from srcnn.imaging.depth import Image
from srcnn.imaging.large import put_together
from srcnn.imaging.resize import Band, band_blocks, multiply_band
from srcnn.pictures.strips import Strips, strips_of

Rows = NDArray[np.float32]
_BLOCK_ROWS = 16
"""Resized in width at a time, so that no result depends on the strips in which a picture comes."""


@dataclass(frozen=True, slots=True)
class Side:
    """One dimension of a picture that is resized, of which a part may be there, and a part be kept.

    Attributes:
        length: of the whole picture.
        resized: length of the whole result.
        kept: first and end of what is kept of the result.
        there: first and end of what is there of the picture.
    """

    length: int
    resized: int
    kept: tuple[int, int]
    there: tuple[int, int]

    @classmethod
    def whole(cls, length: int, resized: int) -> "Side":
        """All of it."""
        return cls(length, resized, (0, resized), (0, length))

    @classmethod
    def middle(cls, length: int, resized: int, kept: int) -> "Side":
        """As much of the picture as the middle of the result is made of."""
        if kept == resized:
            return cls.whole(length, resized)
        start = (resized - kept) // 2
        part = (start, start + kept)
        if length == resized:
            return cls(length, resized, part, part)
        band = band_blocks(length, resized, resized / length, antialias=True, mirrored=True, kept=part)
        return cls(length, resized, part, (min(low for low, _, _ in band), max(high for _, high, _ in band)))

    def band(self) -> Band:
        """What the kept samples are made of, counted from the first that is there."""
        band = band_blocks(
            self.length, self.resized, self.resized / self.length, antialias=True, mirrored=True, kept=self.kept
        )
        return tuple((low - self.there[0], high - self.there[0], weights) for low, high, weights in band)


def resize_strips(frame: Strips, sides: tuple[Side, Side], dtype: np.dtype, *, opaque: bool) -> Iterator[Image]:
    """Resize a picture by bicubic, antialiased when shrinking, on encoded values; round once, at the end.

    Colours are multiplied by alpha meanwhile, so that hidden ones bring no fringe; of a picture with alpha the
    whole result is held, since what is fully transparent in it takes its colours from afar.

    Args:
        frame: H x W or H x W x C, any sample depth; what is there of a picture.
        sides: height and width.
        dtype: of the result.
        opaque: the last of 2 or 4 channels is no alpha.

    Yields:
        Strips of what is kept from top to bottom: `imresize` of the whole, but for the last bits of floating point.

    Raises:
        OutputError: the temporary folder has no room.

    Tests: tests/batch/test_resize_strips.py.
    """
    if opaque or len(frame.shape) == 2 or frame.shape[2] in (1, 3):
        yield from (from_float(rows, dtype) for rows in _rows_of(map(to_float, frame.parts()), frame.shape, sides))
        return
    weighted = _rows_of(map(_weighted, frame.parts()), frame.shape, sides)
    size = tuple(side.kept[1] - side.kept[0] for side in sides)
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


def _rows_of(strips: Iterable[Rows], shape: tuple[int, ...], sides: tuple[Side, Side]) -> Iterator[Rows]:
    """`imresize` row by row: each is resized as it comes, and waits until all below it are there."""
    down, across = (side.band() for side in sides)
    width = sides[1].kept[1] - sides[1].kept[0]
    blocks = _planes(strips, shape)
    held, first = np.empty((math.prod(shape[2:]), 0, width), np.float32), 0
    for low, high, weights in down:
        held, first = _without(held, first, low)  # no later rows need those above
        while first + held.shape[1] < high:
            held = np.concatenate((held, multiply_band(across, next(blocks), 1, width)), axis=1)
            held, first = _without(held, first, low)
        only = ((0, high - low, weights),)
        rows = multiply_band(only, held[:, : high - low], 0, len(weights))
        yield np.moveaxis(rows, 0, 2).reshape(len(weights), width, *shape[2:])


def _without(held: Rows, first: int, low: int) -> tuple[Rows, int]:
    """Held rows, and the number of the first, without those above the lowest that is needed."""
    gone = min(low - first, held.shape[1])
    return held[:, gone:], first + gone


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
