"""Strips as an image of libvips that is never held: libvips asks for rows while it encodes.

libvips reads pixels that are still to come only from formats of files. The simplest it knows is TIFF
without compression, so the frames are shown to it as such a file: a header, and behind it the rows, one
frame below the other. It reads them once, from top to bottom.

Source: TIFF 6.0, section 2; BigTIFF (libtiff.gitlab.io/libtiff/specification/bigtiff.html).
"""

import struct
import sys
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from io import SEEK_CUR, SEEK_END
from typing import TYPE_CHECKING, Any

import numpy as np

from srcnn.pictures.strips import Strips

if TYPE_CHECKING:
    import pyvips

_READ_BYTES = 2**18
"""What libvips asks for at a time, about."""


@contextmanager
def image_of_rows(frames: Sequence[Strips]) -> Generator["pyvips.Image"]:
    """Lend an image whose rows are made when libvips asks for them, in a thread of libvips.

    Args:
        frames: of equal width, channels and dtype (uint8, uint16, float32); they come one below the other.

    Yields:
        An image to use once, from top to bottom, and only within the block. Pixels that cannot be made end
        whatever uses it.

    Raises:
        BaseException: what making the strips raised, in place of what libvips then said.

    Tests: tests/pictures/test_libvips_rows.py.
    """
    import pyvips

    rows = _TiffOfRows(frames)
    source = pyvips.SourceCustom()
    source.on_read(rows.read)
    source.on_seek(rows.seek)
    try:
        yield pyvips.Operation.call("tiffload_source", source, access="sequential", fail_on="error")
    finally:
        if rows.failure:
            raise rows.failure


class _TiffOfRows:
    """A file that can be read once, from its beginning to its end; only the header more often."""

    def __init__(self, frames: Sequence[Strips]) -> None:
        shape = (sum(frame.shape[0] for frame in frames), *frames[0].shape[1:])
        self.failure: BaseException | None = None
        self._header = tiff_header(shape, frames[0].dtype)
        self._strips: Iterator[memoryview] = _buffers(frames)
        self._rest = memoryview(b"")
        self._place = 0
        self._next_row = len(self._header)
        self._end = len(self._header) + sum(frame.nbytes for frame in frames)

    def read(self, length: int) -> bytes | None:
        """At most `length` bytes from the place on; none where it ends, or cannot go on."""
        if self.failure:
            return None
        if self._place < len(self._header):
            chunk = self._header[self._place : self._place + length]
        else:
            try:
                chunk = self._next_rows(length)
            except BaseException as failure:  # the caller is C and would print it
                self.failure = failure
                return None
        self._place += len(chunk)
        return chunk

    def seek(self, offset: int, whence: int) -> int:
        """Go to a place."""
        self._place = offset + {SEEK_CUR: self._place, SEEK_END: self._end}.get(whence, 0)
        return self._place

    def _next_rows(self, length: int) -> bytes:
        assert self._place == self._next_row, "rows come once, from top to bottom"
        if not self._rest:
            self._rest = next(self._strips, self._rest)
        chunk, self._rest = self._rest[:length], self._rest[length:]
        self._next_row += len(chunk)
        return bytes(chunk)


def _buffers(frames: Sequence[Strips]) -> Iterator[memoryview]:
    for frame in frames:
        for strip in frame.parts():
            yield np.ascontiguousarray(strip).data.cast("B")


def tiff_header(shape: tuple[int, ...], dtype: np.dtype[Any]) -> bytes:
    """What stands before the rows in an uncompressed BigTIFF file of one page.

    Args:
        shape: H x W or H x W x C.
        dtype: uint8, uint16 or float32, in this machine's byte order.

    Tests: tests/pictures/test_libvips_rows.py.
    """
    height, width, channels = (*shape, 1)[:3]
    row = width * channels * dtype.itemsize
    step = min(height, max(1, _READ_BYTES // row))
    tops = range(0, height, step)
    tags = {
        256: ("I", [width]), 257: ("I", [height]), 258: ("H", [8 * dtype.itemsize] * channels), 259: ("H", [1]),
        262: ("H", [2 if channels > 2 else 1]), 273: ("Q", [top * row for top in tops]), 277: ("H", [channels]),
        278: ("I", [step]), 279: ("Q", [(min(top + step, height) - top) * row for top in tops]),
        338: ("H", [2] * (channels in (2, 4))),  # alpha that is not multiplied in
        339: ("H", [3 if dtype.kind == "f" else 1] * channels),
    }  # fmt: skip
    tags = {tag: (code, numbers) for tag, (code, numbers) in tags.items() if numbers}
    values_at = 16 + 8 + 20 * len(tags) + 8
    rows_at = values_at + sum(size for code, numbers in tags.values() if (size := _size(code, numbers)) > 8)
    tags[273] = ("Q", [rows_at + place for place in tags[273][1]])
    table, values = b"", b""
    for tag, (code, numbers) in tags.items():
        packed = struct.pack(f"={len(numbers)}{code}", *numbers)
        if len(packed) > 8:
            packed, values = struct.pack("=Q", values_at + len(values)), values + packed
        table += struct.pack("=HHQ8s", tag, _TYPES[code], len(numbers), packed)
    mark = b"II" if sys.byteorder == "little" else b"MM"
    return mark + struct.pack("=HHHQQ", 43, 8, 0, 16, len(tags)) + table + struct.pack("=Q", 0) + values


_TYPES = {"H": 3, "I": 4, "Q": 16}


def _size(code: str, numbers: Sequence[int]) -> int:
    return struct.calcsize(code) * len(numbers)
