"""Pixels that come from top to bottom, some rows at a time: how a large result is written without being held.

This module knows no files of pictures and no codecs.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from srcnn.imaging.depth import Image
from srcnn.imaging.large import forget, put_together

_BLOCK_BYTES = 2**20
"""Of an array that is handed on in strips."""


@dataclass(frozen=True, slots=True)
class Strips:
    """A frame whose rows come one strip after another.

    Attributes:
        shape: H x W or H x W x C of the whole frame.
        dtype: of its samples.
        parts: begins at the top each time it is called; yields strips of full width, H rows together.
    """

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    parts: Callable[[], Iterator[Image]]

    @property
    def nbytes(self) -> int:
        """Bytes of the whole frame."""
        return int(np.prod(self.shape, dtype=np.int64)) * self.dtype.itemsize

    def each(self, change: Callable[[Image], Image]) -> "Strips":
        """Change every strip as it comes.

        Args:
            change: keeps the number of rows; what a row becomes depends on that row alone.

        Returns:
            The changed frame.
        """
        row = change(np.zeros((1, *self.shape[1:]), self.dtype))
        return Strips((self.shape[0], *row.shape[1:]), row.dtype, lambda: map(change, self.parts()))


Frame = Image | Strips
"""An array is a frame that is there already."""


def strips_of(frame: Frame) -> Strips:
    """Any frame as strips; those of an array are views of some rows.

    Tests: tests/pictures/test_strips.py.
    """
    if isinstance(frame, Strips):
        return frame
    step = max(1, _BLOCK_BYTES * len(frame) // frame.nbytes)

    def parts() -> Iterator[Image]:
        for start in range(0, len(frame), step):
            yield frame[start : start + step]
            forget(frame)

    return Strips(frame.shape, frame.dtype, parts)


def whole(frame: Frame) -> Image:
    """Any frame as an array; strips are made and put together, which takes as long as making them.

    Args:
        frame: an array is returned as it is.

    Returns:
        All rows. If they are more than 128 MiB they lie in a temporary file that has no name, and are
        read-only.

    Raises:
        OutputError: the temporary folder has no room.

    Tests: tests/pictures/test_strips.py.
    """
    if not isinstance(frame, Strips):
        return frame
    return put_together(frame.parts(), frame.shape, frame.dtype)
