"""EXIF blocks: bring them up to date, and move them between a block and the directories of a TIFF file.

An EXIF block is a small TIFF file without pixels. Values are carried over byte for byte; only the byte
order becomes little-endian. A maker's private note is kept as it is; notes that count from the start of
the block may no longer find their parts, as after any program that rewrites EXIF.

This module knows no pixels and no libraries. Source: TIFF 6.0, section 2; EXIF 2.3 (CIPA DC-008), 4.6.
"""

import mmap
import re
import struct
from collections.abc import Collection
from itertools import islice
from pathlib import Path

from srcnn.pictures.tiff import Buffer, Layout, header, pages

_Value = tuple[int, int, bytes]
"""Type, count, little-endian bytes."""
_Directory = dict[int, "_Value | _Directory"]

_PREFIX = b"Exif\0\0"
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 18: 8}
_WORDS = {3: 2, 4: 4, 5: 4, 8: 2, 9: 4, 10: 4, 11: 4, 12: 8, 13: 4}
"""How many bytes are turned around together where the byte order changes."""
_SHORT, _LONG, _RATIONAL, _UNDEFINED = 3, 4, 5, 7
_OFFSETS = (4, 13, 16, 18)
_ONLY_BIG = (16, 18)

_ORIENTATION, _PHOTO, _GPS, _INTEROPERABILITY = 0x0112, 0x8769, 0x8825, 0xA005
_MAIN_WIDTH, _MAIN_HEIGHT, _WIDTH, _HEIGHT = 0x0100, 0x0101, 0xA002, 0xA003
_RESOLUTIONS, _RESOLUTION_UNIT, _NO_UNIT, _INCH = (0x011B, 0x011A), 0x0128, 1, 2
_OF_DENSITY = (*_RESOLUTIONS, _RESOLUTION_UNIT)
_IPTC = 0x83BB
_POINTERS = (_PHOTO, _GPS, _INTEROPERABILITY)
# What a TIFF file's main directory says about the picture and not about its pixels: document's name, description,
# maker, model, software, date, artist, computer, copyright, the titles that Windows writes, and the pointers.
_DESCRIPTION = 270
_DESCRIPTIVE = (269, _DESCRIPTION, 271, 272, 305, 306, 315, 316, 33432, *range(0x9C9B, 0x9CA0), _PHOTO, _GPS)
_PLACE = (33550, 33922, 34264, 34735)
_SAID_ONCE = {"resolution": _OF_DENSITY, "EXIF": _DESCRIPTIVE, "IPTC": (_IPTC,)}
_OF_SAMPLES = re.compile(rb"""\s*(\{"shape"|(<\?xml.*)?<OME)""", re.DOTALL)
_MAX_BYTES = 2**24
_MOST_PAGES = 100
"""That are compared; thousands may all name the same bytes, and take their time again and again."""
_MAX_ENTRIES = 2**16


def without_prefix(exif: bytes) -> bytes:
    """The block from its TIFF header on: some formats put "Exif" before it, some do not."""
    return exif.removeprefix(_PREFIX)


def updated(
    exif: bytes, height: int, width: int, *, orientation: int = 1, dpi: tuple[float, float] | None = None
) -> bytes:
    """Make a block fit a picture that has a new size, and may have been turned.

    Args:
        exif: a block, with or without its prefix.
        height: of the picture in pixels.
        width: of the picture in pixels.
        orientation: of the pixels, 1 to 8.
        dpi: pixels per inch along (height, width), 0 to 4,294,967; None leaves what the block says, if it says it
            in a unit.

    Returns:
        The block with its prefix, this orientation, size and resolution, without the thumbnail. Entries that
        point outside the block are left out.

    Raises:
        ValueError: not an EXIF block.

    Tests: tests/pictures/test_exif.py.
    """
    main, _ = _parse(without_prefix(exif))
    main[_ORIENTATION] = _short(orientation)
    if dpi:
        for tag, density in zip(_RESOLUTIONS, dpi, strict=True):
            main[tag] = (_RATIONAL, 1, struct.pack("<II", round(density * 1000), 1000))
        main[_RESOLUTION_UNIT] = _short(_INCH)
    elif main.get(_RESOLUTION_UNIT) == _short(_NO_UNIT):  # libvips would write pixels per millimetre
        for tag in (*_RESOLUTIONS, _RESOLUTION_UNIT):
            main.pop(tag, None)
    for tag, side in ((_MAIN_WIDTH, width), (_MAIN_HEIGHT, height)):
        if tag in main:
            main[tag] = _long(side)
    photo = main.setdefault(_PHOTO, {})
    if isinstance(photo, dict):
        photo[_WIDTH], photo[_HEIGHT] = _long(width), _long(height)
    return _PREFIX + b"II*\0\x08\0\0\0" + _serialise(main, 8)


def _short(number: int) -> _Value:
    return _SHORT, 1, struct.pack("<H", number)


def _long(number: int) -> _Value:
    return _LONG, 1, struct.pack("<I", number)


def read_from_tiff(path: Path) -> tuple[bytes | None, bytes | None]:
    """What a TIFF file's first page says in tags that libvips does not read.

    Args:
        path: a TIFF file, of the small kind or BigTIFF.

    Returns:
        EXIF as a block, and IPTC records; None for what is not there.

    Tests: tests/pictures/test_exif.py.
    """
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        try:
            main, _ = _parse(data, only=(*_DESCRIPTIVE, _IPTC))
        except ValueError:
            return None, None
    iptc = main.pop(_IPTC, None)
    if _description_of_samples(main):
        del main[_DESCRIPTION]
    exif = b"II*\0\x08\0\0\0" + _serialise(main, 8) if main else None
    return exif, iptc[2] if isinstance(iptc, tuple) else None


def left_in_tiff(path: Path, count: int) -> tuple[str, ...]:
    """What a TIFF file says that neither `read_from_tiff` nor libvips gives.

    Args:
        path: a TIFF file.
        count: how many of its pages were read.

    Returns:
        A sentence for what other pages than the first say of themselves, for a place on Earth, and for a description
        that is no longer true.

    Source: GeoTIFF 1.1 (OGC 19-008r4), 7.1. Tests: tests/pictures/test_exif.py.
    """
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        said = (_said(data, page.start) for page in islice(pages(data), min(count, _MOST_PAGES)))
        first = next(said, {})
        new = {
            tag
            for page in said
            for tag, value in page.items()
            if value != first.get(tag) and not (tag == _DESCRIPTION and _description_of_samples(page))
        }
    differ = [name for name, tags in _SAID_ONCE.items() if not new.isdisjoint(tags)]
    sentences = (
        (differ, f"{' and '.join(differ)} of other pages than the first were left out"),
        (not first.keys().isdisjoint(_PLACE), "the place on Earth (GeoTIFF) was left out"),
        (b"<OME" in _description_of_samples(first), "the description by OME was left out: it tells of the old size"),
    )
    return tuple(sentence for found, sentence in sentences if found)


def _said(data: Buffer, start: int) -> _Directory:
    """What a page says of itself, whether a picture can hold it or not."""
    tags = (*_DESCRIPTIVE, *_OF_DENSITY, *_PLACE, _IPTC)
    return _read_directory(data, start, header(data)[0], tags, depth=0)[0]


def _description_of_samples(main: _Directory) -> bytes:
    """A description for programs that gives the size and the kind of the samples: OME's, or that of tifffile."""
    description = main.get(_DESCRIPTION)
    return description[2] if isinstance(description, tuple) and _OF_SAMPLES.match(description[2]) else b""


def write_to_tiff(path: Path, *, exif: bytes | None, iptc: bytes | None) -> None:
    """Add EXIF and IPTC to a finished TIFF file's first page.

    The new directories go behind the pixels; the header then points to them.

    Args:
        path: a TIFF file.
        exif: a block, or None.
        iptc: bare records, or None.

    Raises:
        ValueError: not an EXIF block, or not a little-endian TIFF of the small kind.

    Tests: tests/pictures/test_exif.py.
    """
    described = _parse(without_prefix(exif))[0] if exif else {}
    with path.open("r+b") as file:
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            if data[:4] != b"II*\0":
                raise ValueError("not a little-endian TIFF below 4 GiB")
            main, following = _parse(data)
            end = len(data) + len(data) % 2
        main |= {tag: value for tag, value in described.items() if tag in _DESCRIPTIVE}
        if iptc:
            main[_IPTC] = (_UNDEFINED, len(iptc), iptc)
        file.seek(end)
        file.write(_serialise(main, end, following))
        file.seek(4)
        file.write(struct.pack("<I", end))


def _parse(data: Buffer, only: Collection[int] | None = None) -> tuple[_Directory, int]:
    """The main directory with those below it, and where the next one begins."""
    layout, start = header(data)
    return _read_directory(data, start, layout, only, depth=0)


def _read_directory(
    data: Buffer, start: int, layout: Layout, only: Collection[int] | None, *, depth: int
) -> tuple[_Directory, int]:
    directory: _Directory = {}
    room = _MAX_BYTES
    entry = struct.Struct(f"{layout.order}HH{layout.offset}")
    pointer = layout.pointer
    try:
        (count,) = struct.unpack_from(layout.order + layout.entries, data, start)
        first = start + struct.calcsize(layout.order + layout.entries)
        step = entry.size + pointer.size
        for at in range(first, first + step * min(count, _MAX_ENTRIES), step):
            tag, kind, number = entry.unpack_from(data, at)
            size = number * _SIZES.get(kind, 0)
            if not 0 < size <= room or tag in directory or (only is not None and tag not in only):
                continue
            value = at + entry.size
            place = value if size <= pointer.size else pointer.unpack_from(data, value)[0]
            body = data[place : place + size]
            if tag in _POINTERS and number == 1 and kind in _OFFSETS and depth < 2:
                target = int.from_bytes(body, "little" if layout.order == "<" else "big")
                directory[tag], _ = _read_directory(data, target, layout, None, depth=depth + 1)
            elif len(body) == size and kind not in _ONLY_BIG:
                room -= size
                # IPTC is bytes, though Photoshop gives it the type of long numbers.
                turned = layout.order == ">" and tag != _IPTC
                directory[tag] = (kind, number, _little_endian(body, kind) if turned else body)
        return directory, pointer.unpack_from(data, first + step * count)[0]
    except (struct.error, OverflowError):
        return directory, 0


def _little_endian(body: bytes, kind: int) -> bytes:
    word = _WORDS.get(kind)
    if word is None:
        return body
    return b"".join(body[i : i + word][::-1] for i in range(0, len(body), word))


def _serialise(directory: _Directory, start: int, following: int = 0) -> bytes:
    """A directory that begins at `start`, its values and those below it behind it."""
    table, values = b"", b""
    behind = start + 2 + 12 * len(directory) + 4
    for tag in sorted(directory):
        value = directory[tag]
        if isinstance(value, dict):
            kind, number, far = _LONG, 1, _serialise(value, behind + len(values))
        else:
            kind, number, far = value
        near = far
        if isinstance(value, dict) or len(far) > 4:
            near = struct.pack("<I", behind + len(values))
            values += far + b"\0" * (len(far) % 2)
        table += struct.pack("<HHI", tag, kind, number) + near.ljust(4, b"\0")
    return struct.pack("<H", len(directory)) + table + struct.pack("<I", following) + values
