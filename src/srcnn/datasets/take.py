"""Take a set's pictures out of a folder or an archive that somebody has, whatever they are called there.

A picture is known by its samples alone, so nothing in the archive decides where a file is written.
This module knows no network.
"""

import bz2
import gzip
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Generator, Iterator
from contextlib import ExitStack, closing
from pathlib import Path, PurePosixPath
from typing import Any

from srcnn.atomic import write_atomically
from srcnn.datasets.manifest import StandardPicture
from srcnn.datasets.pixels import pixel_hash
from srcnn.errors import InvalidConfigError, InvalidImageError
from srcnn.pictures.find import find_pictures
from srcnn.pictures.formats import SUFFIXES
from srcnn.pictures.read import read_array

_MAX_BYTES = 64 << 20  # of one member, unpacked
_OPENERS = {b"\x1f\x8b": gzip.open, b"BZ": bz2.open, b"\xfd7": lzma.open}
_BOUNDED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # of which no more is unpacked than is asked for


def take_pictures(source: Path, wanted: list[StandardPicture], folder: Path) -> set[str]:
    """Copy the pictures of a set from a folder or an archive.

    Args:
        source: a folder, searched with those inside, or a ZIP (stored or deflated) or TAR archive, compressed or not.
        wanted: pictures to look for.
        folder: where they go, each under its own name and with the ending it had.

    Returns:
        Names of those that were found.

    Raises:
        InvalidConfigError: neither a folder nor a readable archive.
        OutputError: a picture cannot be written.

    Tests: tests/datasets/test_take.py.
    """
    names: dict[str, list[str]] = {}
    for picture in wanted:
        names.setdefault(picture.pixels, []).append(picture.name)  # two pictures of T91 are the same
    found: set[str] = set()
    probe = folder / ".srcnn-take.part"
    try:
        with closing(_members(source)) as members:
            for suffix, content in members:
                write_atomically(probe, content)
                try:
                    same = names.pop(pixel_hash(read_array(probe)), [])
                except InvalidImageError:  # other files of the archive are none of our business
                    continue
                for name in same:
                    write_atomically(folder / f"{name}{suffix}", content)
                    found.add(name)
                if not names:
                    break
    finally:
        probe.unlink(missing_ok=True)
    return found


def _members(source: Path) -> Generator[tuple[str, bytes]]:
    """Ending and content of everything in a folder or archive that ends like a picture."""
    if source.is_dir():
        for path in find_pictures(source, follow_links=True):
            yield path.suffix.lower(), path.read_bytes()
        return
    try:
        if zipfile.is_zipfile(source):
            yield from _of_zip(source)
        else:
            yield from _of_tar(source)
    except InvalidConfigError:
        raise
    except (
        zipfile.BadZipFile,
        tarfile.TarError,
        zlib.error,
        lzma.LZMAError,
        EOFError,
        RuntimeError,
        ValueError,
    ) as error:
        raise InvalidConfigError(
            f"expected a whole archive at {source}, got a damaged or encrypted one ({error}); get it again"
        ) from error
    except OSError as error:
        raise InvalidConfigError(
            f"expected a folder or an archive at {source}, got: {error.strerror or error}; check the path"
        ) from error


class _Bounded:
    """A file for `tarfile`, which would read as much at once as any header says."""

    def __init__(self, file: Any) -> None:
        self._file = file
        self.seek = file.seek
        self.tell = file.tell

    def read(self, size: int) -> bytes:
        """At most so many bytes."""
        if size > _MAX_BYTES + tarfile.RECORDSIZE:
            raise tarfile.ReadError(f"a header of {size:,} bytes")
        return self._file.read(size)


def _of_zip(source: Path) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(source) as archive:
        for member in archive.infolist():
            suffix = PurePosixPath(member.filename).suffix.lower()
            if suffix in SUFFIXES and member.compress_type in _BOUNDED and member.file_size <= _MAX_BYTES:
                with archive.open(member) as file:
                    yield suffix, file.read(_MAX_BYTES)


def _of_tar(source: Path) -> Iterator[tuple[str, bytes]]:
    with source.open("rb") as file:
        opener = _OPENERS.get(file.read(2), open)
    with ExitStack() as stack:
        file: Any = _Bounded(stack.enter_context(opener(source, "rb")))
        try:
            archive = stack.enter_context(tarfile.open(fileobj=file, mode="r:"))
        except tarfile.ReadError as error:
            raise InvalidConfigError(
                f"expected a folder, a ZIP or a TAR archive at {source}, got something else; "
                "unpack it and name the folder"
            ) from error
        for member in archive:
            suffix = PurePosixPath(member.name).suffix.lower()
            if suffix in SUFFIXES and member.isfile() and member.size <= _MAX_BYTES:
                file = archive.extractfile(member)
                if file is not None:
                    yield suffix, file.read()
