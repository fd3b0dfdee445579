"""What Pillow leaves out of JPEG 2000 files: the profile, and how deep the samples are. No pixels are decoded.

Source: ISO/IEC 15444-1 (ITU-T T.800), A.5.1 and I.5.3. Tests: tests/pictures/test_jpeg2000.py.
"""

import struct
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from srcnn.pictures.picture import Picture

_HEAD_BYTES = 2**24
"""Where the header must lie; profiles are smaller."""
_SIZE = b"\xff\x4f\xff\x51"
_RESTRICTED, _ANY = 2, 3
"""Methods of a colour box that holds a profile."""


def completed(picture: Picture, path: Path) -> Picture:
    """Add the profile to a decoded picture, and a note where colours were deeper than 8 bit.

    Args:
        picture: as Pillow decodes it.
        path: the file.
    """
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    picture = replace(picture, icc=_profile(head))
    depth = _depth(head)
    if depth > 8 and picture.frames[0].dtype == "uint8":
        picture = replace(picture, notes=(f"{depth} bit was reduced to 8 bit: the decoder gives no deeper colour",))
    return picture


def _profile(head: bytes) -> bytes | None:
    for name, body in _boxes(head):
        if name == b"jp2h":
            for inner, colour in _boxes(body):
                if inner == b"colr" and colour[:1] in (bytes([_RESTRICTED]), bytes([_ANY])):
                    return colour[3:]
    return None


def _depth(head: bytes) -> int:
    """The most bits of a component."""
    at = head.find(_SIZE)
    if at < 0 or at + 42 > len(head):
        return 8
    (count,) = struct.unpack_from(">H", head, at + 40)
    return max(((bits & 0x7F) + 1 for bits in head[at + 42 : at + 42 + 3 * count : 3]), default=8)


def _boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 0
    while at + 8 <= len(data):
        length, name = struct.unpack_from(">I4s", data, at)
        if length < 8:  # to the end, or longer than a header can be
            return
        yield name, data[at + 8 : at + length]
        at += length
