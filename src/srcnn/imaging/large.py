"""Arrays larger than memory should hold: they lie in a file, whose pages the system may take back.

This module knows nothing of pictures.
"""

import mmap
import tempfile
from collections.abc import Generator, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from tempfile import TemporaryFile
from typing import IO, Any

import numpy as np

from srcnn.errors import OutputError
from srcnn.imaging.depth import Image

_IN_MEMORY_BYTES = 2**27
"""Larger arrays lie in a file."""
_BLOCK_PIXELS = 2**18
"""Worked on at a time."""


def put_together(rows: Iterable[Image], shape: tuple[int, ...], dtype: np.dtype[Any]) -> Image:
    """Make an array of blocks of rows.

    Args:
        rows: blocks in order, of full width.
        shape: H x W or H x W x C of all of them together.
        dtype: of their samples.

    Returns:
        All rows. If they are more than 128 MiB they lie in a temporary file that has no name, and are
        read-only.

    Raises:
        OutputError: the temporary folder has no room.

    Tests: tests/imaging/test_large.py.
    """
    size = int(np.prod(shape, dtype=np.int64)) * dtype.itemsize
    if size > _IN_MEMORY_BYTES:
        return np.frombuffer(_in_file(rows, size), dtype).reshape(shape)
    result = np.empty(shape, dtype)
    top = 0
    for block in rows:
        result[top : top + len(block)] = block
        top += len(block)
    assert top == len(result)
    return result


def forget(image: Image) -> None:
    """Give back the memory of an array that lies in a file; what is needed again is read again.

    Args:
        image: any array, or a view of one; others than those in a file that nobody writes into stay as they are.

    Tests: tests/imaging/test_large.py.
    """
    base: Any = image
    while isinstance(base, np.ndarray):
        base = base.base
    if isinstance(base, memoryview):
        base = base.obj
    # What was written into a private map is in no file.
    if isinstance(base, mmap.mmap) and memoryview(base).readonly and hasattr(mmap, "MADV_DONTNEED"):
        base.madvise(mmap.MADV_DONTNEED)


def blocks(image: Image) -> Iterator[Image]:
    """Go through an array some rows at a time, and forget what lies behind.

    Args:
        image: H x W or H x W x C.

    Yields:
        Blocks of an even number of rows; the last may be odd.

    Tests: tests/imaging/test_large.py.
    """
    step = 2 * max(1, _BLOCK_PIXELS // (2 * image.shape[1]))
    for start in range(0, len(image), step):
        yield image[start : start + step]
        forget(image)


def _in_file(rows: Iterable[Image], size: int) -> mmap.mmap:
    with ExitStack() as stack:
        with _room_for(size):
            # What is left in a buffer would be written once more while it closes, and fail once more.
            file = stack.enter_context(TemporaryFile(prefix="srcnn-", buffering=0))
        for block in rows:
            with _room_for(size):
                _write(file, np.ascontiguousarray(block).data.cast("B"))
        return mmap.mmap(file.fileno(), size, access=mmap.ACCESS_READ)


def _write(file: IO[bytes], rest: memoryview) -> None:
    """Write all of it; the system may take less at a time, as the last of what there is room for."""
    while rest:
        rest = rest[file.write(rest) :]


@contextmanager
def _room_for(size: int) -> Generator[None]:
    """Say of what fails in the block that the temporary folder has no room."""
    try:
        yield
    except OSError as error:
        folder = f" {tempfile.tempdir}" if tempfile.tempdir else ""  # none where there is room in not one
        raise OutputError(
            f"expected room for {size / 1e6:,.0f} MB in the temporary folder{folder}, "
            f"got: {error.strerror}; free some, or name another folder in the variable TMPDIR"
        ) from error
