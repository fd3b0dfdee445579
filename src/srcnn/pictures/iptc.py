"""IPTC records: bare, as TIFF holds them, and inside Photoshop's resource block, as JPEG does.

Of a Photoshop block only the IPTC records are kept: its other resources describe the old pixels, such
as thumbnails and clipping paths. This module knows no pixels and no libraries.
Source: IPTC-IIM 4.2, 1.5; Adobe Photoshop File Formats Specification, "Image resource blocks".
"""

import struct

_SIGNATURE = b"Photoshop 3.0\0"
_IPTC_RESOURCE = 0x0404
_RECORD_MARK = 0x1C


def records_of(block: bytes) -> bytes | None:
    """Take the IPTC records out of what a file holds.

    Args:
        block: bare records, with or without padding, or a Photoshop block with them inside.

    Returns:
        The bare records, None if there are none.

    Tests: tests/pictures/test_iptc.py.
    """
    if block.startswith(_SIGNATURE):
        block = _resource(block)
    end = 0
    while end + 5 <= len(block) and block[end] == _RECORD_MARK:
        (size,) = struct.unpack_from(">H", block, end + 3)
        # The highest bit marks a longer length field, which no known program writes for text.
        if size & 0x8000 or end + 5 + size > len(block):
            break
        end += 5 + size
    return block[:end] or None


def photoshop_block(records: bytes) -> bytes:
    """Wrap bare records for JPEG.

    Tests: tests/pictures/test_iptc.py.
    """
    padding = b"\0" * (len(records) % 2)
    header = b"8BIM" + struct.pack(">H", _IPTC_RESOURCE) + b"\0\0" + struct.pack(">I", len(records))
    return _SIGNATURE + header + records + padding


def _resource(block: bytes) -> bytes:
    """The IPTC resource of a Photoshop block; names and contents are padded to even lengths."""
    at = len(_SIGNATURE)
    while block[at : at + 4] == b"8BIM" and at + 12 <= len(block):
        (number,) = struct.unpack_from(">H", block, at + 4)
        content = at + 6 + (block[at + 6] // 2 + 1) * 2 + 4
        if content > len(block):
            break
        (size,) = struct.unpack_from(">I", block, content - 4)
        if number == _IPTC_RESOURCE:
            return block[content : content + size]
        at = content + size + size % 2
    return b""
