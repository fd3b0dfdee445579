"""Files that are no paths, such as `io.BytesIO` and uploads: by way of the system's temporary folder.

Decoders map a file and go to and fro in it, and encoders choose by its name.
"""

import errno
import io
import os
import shutil
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO

from srcnn.errors import InvalidConfigError, SrcnnError

File = str | os.PathLike[str] | BinaryIO
_CHUNK_BYTES = 1 << 20


@contextmanager
def path_to_read(file: File) -> Generator[Path]:
    """Lend the path of a file.

    Args:
        file: a path, or a binary file that is open for reading, read from where it stands to its end.

    Yields:
        The path, of an open file that of a copy.

    Raises:
        InvalidConfigError: neither a path nor a binary file.
        SrcnnError: what the block raised, without the name of the copy.

    Tests: tests/pictures/test_open_files.py.
    """
    with _path(file, "", "read") as path:
        if not isinstance(file, str | os.PathLike):
            with path.open("wb") as copy:
                shutil.copyfileobj(file, copy)
        yield path


@contextmanager
def path_to_write(file: File, suffix: str | None) -> Generator[Path]:
    """Lend the path of a file to come; an open file gets what was written once the block ends without an error.

    Args:
        file: a path, or a binary file that is open for writing.
        suffix: of the format, such as "png", for an open file, and for that alone.

    Yields:
        The path.

    Raises:
        InvalidConfigError: neither a path nor a binary file; a format with a path, whose own suffix says it, or none
            with an open file.
        SrcnnError: what the block raised, without the name of the copy.

    Tests: tests/pictures/test_open_files.py.
    """
    is_path = isinstance(file, str | os.PathLike)
    if is_path and suffix is not None:
        raise InvalidConfigError(f"expected no format with a path, whose suffix says it, got {suffix!r}; leave it out")
    if not is_path and suffix is None:
        raise InvalidConfigError('expected a format with an open file, got none; give one, such as format="png"')
    with _path(file, f".{suffix}", "write") as path:
        yield path
        if not isinstance(file, str | os.PathLike):
            copy_whole(path, file)


def copy_whole(path: Path, file: BinaryIO) -> None:
    """Copy a file into an open one to its end: those without a buffer may take less than they are given.

    Args:
        path: what to copy.
        file: open for writing.

    Raises:
        OSError: it cannot take all of it.

    Tests: tests/pictures/test_open_files.py.
    """
    with path.open("rb") as copy:
        while chunk := copy.read(_CHUNK_BYTES):
            if isinstance(file, io.RawIOBase):
                _write_whole(file, chunk)
            else:
                file.write(chunk)


def _write_whole(file: io.RawIOBase, chunk: bytes) -> None:
    while chunk:
        taken = file.write(chunk)
        if taken is None:
            raise BlockingIOError(errno.EAGAIN, "it takes nothing more now, and does not wait")
        chunk = chunk[taken:]


@contextmanager
def _path(file: File, suffix: str, use: str) -> Generator[Path]:
    """A path as it is; of an open file one in a folder of its own."""
    if isinstance(file, str | os.PathLike):
        yield Path(file)
        return
    if not hasattr(file, use) or hasattr(file, "encoding"):
        raise InvalidConfigError(
            f"expected a path, or a binary file to {use}, got {type(file).__name__}; wrap bytes in io.BytesIO"
        )
    with TemporaryDirectory(prefix="srcnn-") as folder:
        path = Path(folder, f"picture{suffix}")
        try:
            yield path
        except SrcnnError as error:
            raise type(error)(str(error).replace(str(path), "the open file")) from error
