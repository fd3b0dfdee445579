"""XMP packets, as pictures carry them, brought up to date.

A packet repeats some of what EXIF says, as attributes or as elements. This module knows no pixels and no libraries.
Source: XMP, part 2 (Adobe 2016), 2.5 and 2.6: the namespaces tiff and exif.
"""

import re

_WIDTH = ("tiff:ImageWidth", "exif:PixelXDimension")
_HEIGHT = ("tiff:ImageLength", "exif:PixelYDimension")


def updated(xmp: bytes, height: int, width: int, *, orientation: int = 1) -> bytes:
    """Make a packet fit a picture that has a new size, and may have been turned.

    Args:
        xmp: the packet.
        height: of the picture in pixels.
        width: of the picture in pixels.
        orientation: of the pixels, 1 to 8.

    Returns:
        The packet; what it does not say of size and orientation is not added.

    Tests: tests/pictures/test_xmp.py.
    """
    for names, number in ((_WIDTH, width), (_HEIGHT, height), (("tiff:Orientation",), orientation)):
        said = rf"((?:{'|'.join(names)})(?:\s*=\s*[\"']|>)\s*)\d+(?=\s*[\"'<])"
        xmp = re.sub(said.encode(), rb"\g<1>%d" % number, xmp)
    return xmp
