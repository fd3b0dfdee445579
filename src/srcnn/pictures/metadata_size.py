"""How much a file carries beside its pixels, by its structure alone; decoders would copy all of it into memory.

This module decodes nothing and knows no libraries. TIFF, AVIF and GIF are not its business: their decoders
have limits of their own. Sources: PNG, third edition (W3C 2025), 5.3; ITU-T T.81, B.1.1; RFC 9649, 2.3.
"""

import mmap
import re
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from srcnn.errors import InvalidImageError
from srcnn.pictures.codecs.png import chunks_of
from srcnn.pictures.formats import PictureFormat

MAX_BYTES = 2**26
_MAX_PARTS = 2**16
_PIXELS = (b"IDAT", b"fdAT", b"VP8 ", b"VP8L", b"ALPH", b"ANMF")
_MARK = re.compile(rb"\xff([^\x00\xd0-\xd7\xff])")
"""The others stand within pixels."""
_FREE = (*range(0xE0, 0xF0), 0xFE)
_WITHOUT_LENGTH, _END = (0x01, 0xD8), 0xD9


def check_metadata_size(path: Path, kind: PictureFormat) -> None:
    """Refuse a file whose profiles, EXIF, XMP and texts are far larger, or far more, than any are.

    Args:
        path: a file of the format `kind`.
        kind: PNG, JPEG and WebP are looked through; all others pass.

    Raises:
        InvalidImageError: more than 64 MiB, or 65,536 parts.

    Tests: tests/pictures/test_metadata_size.py.
    """
    parts = {"PNG": _png, "JPEG": _jpeg, "WebP": _webp}.get(kind.name)
    if parts is None:
        return
    total = 0
    with path.open("rb") as file:
        for count, size in enumerate(parts(file), 1):
            total += size
            if total > MAX_BYTES or count > _MAX_PARTS:
                most = f"{MAX_BYTES // 2**20} MiB" if total > MAX_BYTES else f"{_MAX_PARTS:,} parts"
                raise InvalidImageError(
                    f"expected at most {most} of profiles, EXIF and texts in {path}, got more; "
                    "remove them with a program for metadata, or convert the file"
                )


def _png(file: BinaryIO) -> Iterator[int]:
    for name, length in chunks_of(file):
        if name == b"IEND":  # some programs leave bytes of their own behind it
            return
        if name not in _PIXELS:
            yield length


def _jpeg(file: BinaryIO) -> Iterator[int]:
    """Segments for programs and comments, also those between the scans; what they hold is not looked into."""
    with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        at = 2
        while found := _MARK.search(data, at):
            mark, at = found[1][0], found.end()
            if mark == _END:
                return
            if mark not in _WITHOUT_LENGTH:
                length = int.from_bytes(data[at : at + 2], "big")
                at += length
                if mark in _FREE:
                    yield length


def _webp(file: BinaryIO) -> Iterator[int]:
    end = 8 + int.from_bytes(file.read(8)[4:], "little")  # some programs leave bytes of their own behind it
    file.seek(12)
    while file.tell() < end and len(start := file.read(8)) == 8:
        name, length = struct.unpack("<4sI", start)
        if name not in _PIXELS:
            yield length
        file.seek(length + length % 2, 1)
