"""Metadata that the tests of this folder write and look for again, and whole files that they break."""

from dataclasses import dataclass
from pathlib import Path

import corruption
import pytest
from PIL import Image, ImageCms


@dataclass(frozen=True)
class Samples:
    """Small, valid pieces of metadata."""

    icc: bytes
    exif: bytes
    xmp: bytes
    iptc: bytes


@pytest.fixture(scope="session")
def samples() -> Samples:
    """A colour profile, an EXIF block with orientation 6, sizes and a thumbnail, an XMP packet, IPTC records."""
    exif = Image.Exif()
    exif[0x010F] = "Maker"
    exif[0x0112] = 6
    exif[0x0132] = "2020:02:03 04:05:06"
    exif.get_ifd(0x8769).update({0xA002: 4000, 0xA003: 3000, 0x9003: "2020:02:03 04:05:06"})
    exif.get_ifd(0x8825).update({1: "N", 2: (48.0, 51.0, 29.0)})
    return Samples(
        icc=ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes(),
        exif=exif.tobytes(),
        xmp=b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><a tiff:Orientation="6" exif:PixelXDimension="99"/></x:xmpmeta>',
        iptc=b"\x1c\x02\x05\x00\x05title",
    )


@pytest.fixture(scope="session")
def sources(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Whole files of every format, depth and kind, to be read only."""
    return corruption.make_sources(tmp_path_factory.mktemp("sources"))
