"""What the directories of a TIFF file say of its pages: EXIF and IPTC taken out, put in, and named where they are left.

TIFF files are written little-endian, where a maker's private note may no longer be understood. This module knows no
pixels and no libraries. Source: TIFF 6.0, section 2.
"""

import mmap
import re
import struct
from itertools import islice
from pathlib import Path

from srcnn.pictures.exif import block_of, without_prefix
from srcnn.pictures.exif_directory import (
    GPS,
    IPTC,
    PHOTO,
    RESOLUTION_UNIT,
    RESOLUTIONS,
    Directory,
    parse,
    read_directory,
    serialise,
)
from srcnn.pictures.tiff import Buffer, header, pages

_UNDEFINED = 7
# What a TIFF file's main directory says about the picture and not about its pixels: document's name, description,
# maker, model, software, date, artist, computer, copyright, the titles that Windows writes, and the pointers.
_DESCRIPTION = 270
_DESCRIPTIVE = (269, _DESCRIPTION, 271, 272, 305, 306, 315, 316, 33432, *range(0x9C9B, 0x9CA0), PHOTO, GPS)
_OF_DENSITY = (*RESOLUTIONS, RESOLUTION_UNIT)
_PLACE = (33550, 33922, 34264, 34735)
_XMP, _PROFILE = 700, 34675
_SAID_ONCE = {
    "resolution": _OF_DENSITY, "EXIF": _DESCRIPTIVE, "IPTC": (IPTC,), "XMP": (_XMP,), "ICC profile": (_PROFILE,)
}  # fmt: skip
_OF_SAMPLES = re.compile(rb"""\s*(\{"shape"|(<\?xml.*)?<OME)""", re.DOTALL)
_MAX_PAGES = 100
"""That are compared; thousands may all name the same bytes, and take their time again and again."""


def read_from_tiff(path: Path) -> tuple[bytes | None, bytes | None]:
    """What a TIFF file's first page says in tags that libvips does not read.

    Args:
        path: a TIFF file, of the small kind or BigTIFF.

    Returns:
        EXIF as a block, and IPTC records; None for what is not there.

    Tests: tests/pictures/test_exif_in_tiff.py.
    """
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        try:
            main, _ = parse(data, only=(*_DESCRIPTIVE, IPTC))
            order = header(data)[0].order
        except ValueError:
            return None, None
    iptc = main.pop(IPTC, None)
    if _description_of_samples(main):
        del main[_DESCRIPTION]
    exif = block_of(main, order) if main else None
    return exif, iptc[2] if isinstance(iptc, tuple) else None


def left_in_tiff(path: Path, count: int) -> tuple[str, ...]:
    """What a TIFF file says that neither `read_from_tiff` nor libvips gives.

    Args:
        path: a TIFF file.
        count: how many of its pages were read.

    Returns:
        A sentence for what other pages than the first say of themselves, for a place on Earth, and for a description
        that is no longer true.

    Source: GeoTIFF 1.1 (OGC 19-008r4), 7.1. Tests: tests/pictures/test_exif_in_tiff.py.
    """
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        said = (_said(data, page.start) for page in islice(pages(data), min(count, _MAX_PAGES)))
        first = next(said, {})
        new = {
            tag
            for page in said
            for tag in {*page, _PROFILE}  # of which none says something too
            if page.get(tag) != first.get(tag) and not (tag == _DESCRIPTION and _description_of_samples(page))
        }
    differ = [name for name, tags in _SAID_ONCE.items() if not new.isdisjoint(tags)]
    sentences = (
        (differ, f"{' and '.join(differ)} of other pages than the first were left out"),
        (not first.keys().isdisjoint(_PLACE), "the place on Earth (GeoTIFF) was left out"),
        (b"<OME" in _description_of_samples(first), "the description by OME was left out: it tells of the old size"),
    )
    return tuple(sentence for found, sentence in sentences if found)


def _said(data: Buffer, start: int) -> Directory:
    """What a page says of itself, whether a picture can hold it or not."""
    tags = (*_DESCRIPTIVE, *_OF_DENSITY, *_PLACE, IPTC, _XMP, _PROFILE)
    return read_directory(data, start, header(data)[0], tags)[0]


def _description_of_samples(main: Directory) -> bytes:
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

    Tests: tests/pictures/test_exif_in_tiff.py.
    """
    described = parse(without_prefix(exif))[0] if exif else {}
    with path.open("r+b") as file:
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            if data[:4] != b"II*\0":
                raise ValueError("not a little-endian TIFF below 4 GiB")
            main, following = parse(data)
            end = len(data) + len(data) % 2
        main |= {tag: value for tag, value in described.items() if tag in _DESCRIPTIVE}
        if iptc:
            main[IPTC] = (_UNDEFINED, len(iptc), iptc)
        file.seek(end)
        file.write(serialise(main, end, following))
        file.seek(4)
        file.write(struct.pack("<I", end))
