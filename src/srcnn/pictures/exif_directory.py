"""Directories of numbered entries, of which EXIF and TIFF are made: read into dicts and written.

Values are little-endian here, whatever their order in the file. This module knows no pixels and no libraries. Source:
TIFF 6.0, section 2; EXIF 2.3 (CIPA DC-008), 4.6.
"""

import struct
from collections.abc import Collection

from srcnn.pictures.tiff import MAX_ENTRIES, Buffer, Layout, header, table

Value = tuple[int, int, bytes]
"""Type, count, little-endian bytes."""
Directory = dict[int, "Value | Directory"]

SHORT, LONG = 3, 4
ENTRY_BYTES = 12
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 18: 8}
_WORDS = {3: 2, 4: 4, 5: 4, 8: 2, 9: 4, 10: 4, 11: 4, 12: 8, 13: 4}
"""How many bytes are turned around together where the byte order changes."""
_OFFSETS = (4, 13, 16, 18)
_ONLY_BIG = (16, 18)

PHOTO, GPS, _INTEROPERABILITY = 0x8769, 0x8825, 0xA005
_POINTERS = (PHOTO, GPS, _INTEROPERABILITY)
RESOLUTIONS, RESOLUTION_UNIT = (0x011B, 0x011A), 0x0128
IPTC, _USER_COMMENT = 0x83BB, 0x9286
_UTF16 = b"UNICODE\0"
_MAX_BYTES = 2**24


def parse(data: Buffer, only: Collection[int] | None = None) -> tuple[Directory, int]:
    """The main directory of a block or TIFF file with those below it, and where the next one begins.

    Args:
        data: from the TIFF header on.
        only: numbers of the entries that are read; None reads all.

    Raises:
        ValueError: no TIFF header.

    Tests: tests/pictures/test_exif.py, tests/pictures/test_exif_in_tiff.py.
    """
    layout, start = header(data)
    return read_directory(data, start, layout, only)


def read_directory(
    data: Buffer, start: int, layout: Layout, only: Collection[int] | None, *, depth: int = 0
) -> tuple[Directory, int]:
    """The directory that begins at a place, as far as it is sound, and where the next one begins, 0 for none.

    Args:
        data: from the TIFF header on.
        start: the place.
        layout: from `header`.
        only: as for `parse`.
        depth: of this directory below the main one.

    Tests: tests/pictures/test_exif.py, tests/pictures/test_exif_in_tiff.py.
    """
    directory: Directory = {}
    room = min(_MAX_BYTES, len(data))  # many entries may name the same bytes
    entry = struct.Struct(f"{layout.order}HH{layout.offset}")
    pointer = layout.pointer
    try:
        count, first, step = table(data, start, layout)
        for at in range(first, first + step * min(count, MAX_ENTRIES), step):
            tag, kind, number = entry.unpack_from(data, at)
            size = number * _SIZES.get(kind, 0)
            if not 0 < size <= room or tag in directory or (only is not None and tag not in only):
                continue
            value = at + entry.size
            place = value if size <= pointer.size else pointer.unpack_from(data, value)[0]
            body = data[place : place + size]
            if tag in _POINTERS and number == 1 and kind in _OFFSETS and depth < 2:
                target = int.from_bytes(body, "little" if layout.order == "<" else "big")
                directory[tag], _ = read_directory(data, target, layout, None, depth=depth + 1)
            elif len(body) == size and kind not in _ONLY_BIG:
                room -= size
                directory[tag] = (kind, number, _turned(tag, kind, body) if layout.order == ">" else body)
        return directory, pointer.unpack_from(data, first + step * count)[0]
    except (struct.error, OverflowError):
        return directory, 0


def _turned(tag: int, kind: int, body: bytes) -> bytes:
    """A value in the other byte order."""
    if tag == _USER_COMMENT and body.startswith(_UTF16):
        return _UTF16 + _reversed_words(body[len(_UTF16) :], 2)
    # IPTC is bytes, though Photoshop gives it the type of long numbers.
    return body if tag == IPTC else _reversed_words(body, _WORDS.get(kind, 1))


def _reversed_words(body: bytes, word: int) -> bytes:
    return b"".join(body[i : i + word][::-1] for i in range(0, len(body), word))


def serialise(directory: Directory, start: int, following: int = 0, *, order: str = "<") -> bytes:
    """A directory that begins at `start`, its values and those below it behind it."""
    table: list[bytes] = []
    values: list[bytes] = []
    end = start + 2 + ENTRY_BYTES * len(directory) + 4
    for tag in sorted(directory):
        value = directory[tag]
        if isinstance(value, dict):
            kind, number, far = LONG, 1, serialise(value, end, order=order)
        else:
            kind, number, far = value
            far = _turned(tag, kind, far) if order == ">" else far
        near = far
        if isinstance(value, dict) or len(far) > 4:
            near = struct.pack(order + "I", end)
            values += far, b"\0" * (len(far) % 2)
            end += len(far) + len(far) % 2
        table += struct.pack(order + "HHI", tag, kind, number), near.ljust(4, b"\0")
    return b"".join([struct.pack(order + "H", len(directory)), *table, struct.pack(order + "I", following), *values])
