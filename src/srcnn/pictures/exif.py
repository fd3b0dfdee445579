"""EXIF blocks, as pictures carry them: what they say, brought up to date.

An EXIF block is a small TIFF file without pixels. Values are carried over byte for byte, in their byte order: a
maker's private note has the same, and does not say so. Notes that count from the start of the block may no longer
find their parts, as after any program that rewrites EXIF.

This module knows no pixels and no libraries. Source: EXIF 2.3 (CIPA DC-008), 4.6.
"""

import struct
from collections.abc import Iterator

from srcnn.pictures.exif_directory import (
    ENTRY_BYTES,
    LONG,
    PHOTO,
    RESOLUTION_UNIT,
    RESOLUTIONS,
    SHORT,
    Directory,
    Value,
    parse,
    serialise,
)
from srcnn.pictures.tiff import header

_PREFIX = b"Exif\0\0"
_RATIONAL = 5
_ORIENTATION, _MAKERS_NOTE = 0x0112, 0x927C
_MAIN_WIDTH, _MAIN_HEIGHT, _WIDTH, _HEIGHT = 0x0100, 0x0101, 0xA002, 0xA003
_NO_UNIT, _INCH = 1, 2


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
        The block with its prefix, this orientation, size and resolution, without the thumbnail, in its own byte order.
        Entries that point outside the block are left out.

    Raises:
        ValueError: not an EXIF block.

    Tests: tests/pictures/test_exif.py.
    """
    block = without_prefix(exif)
    main, _ = parse(block)
    main[_ORIENTATION] = _short(orientation)
    if dpi:
        for tag, density in zip(RESOLUTIONS, dpi, strict=True):
            main[tag] = (_RATIONAL, 1, struct.pack("<II", round(density * 1000), 1000))
        main[RESOLUTION_UNIT] = _short(_INCH)
    elif main.get(RESOLUTION_UNIT) == _short(_NO_UNIT):  # libvips would write pixels per millimetre
        for tag in (*RESOLUTIONS, RESOLUTION_UNIT):
            main.pop(tag, None)
    for tag, side in ((_MAIN_WIDTH, width), (_MAIN_HEIGHT, height)):
        if tag in main:
            main[tag] = _long(side)
    photo = main.setdefault(PHOTO, {})
    if isinstance(photo, dict):
        photo[_WIDTH], photo[_HEIGHT] = _long(width), _long(height)
    return _PREFIX + block_of(main, header(block)[0].order)


def orientation_of(exif: bytes) -> int:
    """How a picture is to be turned as its block says it, 1 to 8; 1 where it says nothing valid, or is no block.

    Tests: tests/pictures/test_exif.py.
    """
    try:
        value = parse(without_prefix(exif))[0].get(_ORIENTATION)
    except ValueError:
        return 1
    return next((tag for tag in range(1, 9) if value == _short(tag)), 1)


def without_longest(exif: bytes, most: int) -> tuple[bytes, int]:
    """Leave out the longest entries of a block until it is short enough.

    Args:
        exif: from `updated`.
        most: bytes of it, with its prefix.

    Returns:
        The block with its prefix, and how many entries were left out.

    Tests: tests/pictures/test_exif.py.
    """
    block = without_prefix(exif)
    main, _ = parse(block)
    length, left_out = len(exif), 0
    for taken, directory, tag in sorted(_leaves(main), key=lambda leaf: -leaf[0]):
        if length <= most:
            break
        del directory[tag]
        length -= taken
        left_out += 1
    return (_PREFIX + block_of(main, header(block)[0].order) if left_out else exif), left_out


def _leaves(directory: Directory) -> Iterator[tuple[int, Directory, int]]:
    """Bytes of every entry in the block, the directory it is in, and its tag."""
    for tag, value in directory.items():
        if isinstance(value, dict):
            yield from _leaves(value)
        else:
            far = len(value[2])
            yield ENTRY_BYTES + (far + far % 2 if far > 4 else 0), directory, tag


def makers_note(exif: bytes | None) -> bytes:
    """The private note of the camera's maker in a block; nothing where there is none, or no block.

    Tests: tests/pictures/test_exif.py.
    """
    try:
        photo = parse(without_prefix(exif or b""))[0].get(PHOTO)
    except ValueError:
        return b""
    note = photo.get(_MAKERS_NOTE) if isinstance(photo, dict) else None
    return note[2] if isinstance(note, tuple) else b""


def block_of(directory: Directory, order: str) -> bytes:
    """A block of this directory without its prefix, in the byte order "<" or ">"."""
    return (b"II*\0\x08\0\0\0" if order == "<" else b"MM\0*\0\0\0\x08") + serialise(directory, 8, order=order)


def _short(number: int) -> Value:
    return SHORT, 1, struct.pack("<H", number)


def _long(number: int) -> Value:
    return LONG, 1, struct.pack("<I", number)
