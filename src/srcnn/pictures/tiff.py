"""How TIFF stores numbers, and its chain of directories, one for each page. Knows no pixels and no libraries.

Source: TIFF 6.0, section 2; BigTIFF (libtiff.gitlab.io/libtiff/specification/bigtiff.html).
"""

import mmap
import struct
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple

Buffer = bytes | mmap.mmap
_WIDTH, _HEIGHT = 256, 257
_SUBFILE_TYPE, _COMPRESSION, _PHOTOMETRIC, _ORIENTATION, _SAMPLES = 254, 259, 262, 274, 277
_SUB_DIRECTORIES, _EXTRA_SAMPLES, _DNG_VERSION = 330, 338, 50706
_MASK, _REDUCED = 4, 1  # bits of the subfile type
_LOSSY = (6, 7, 50001)
"""Compressions: JPEG of TIFF 6.0, section 22, and of Adobe's technical note 2 on TIFF, and WebP, which is hardly ever
lossless there."""
_SHORT = 3
_MAX_TAGS, _MAX_SAMPLES = 339, 64
MAX_ENTRIES = 4096
"""Of a directory that is looked through; a damaged one may promise more."""


class Layout(NamedTuple):
    """How a kind of TIFF stores numbers, in codes of `struct`; BigTIFF has 64-bit offsets and counts."""

    order: str
    entries: str
    offset: str

    @property
    def pointer(self) -> struct.Struct:
        """An offset. The one to the first directory stands where its own size says, at 4 or 8."""
        return struct.Struct(self.order + self.offset)


_LAYOUTS = {
    b"II*\0": Layout("<", "H", "I"), b"MM\0*": Layout(">", "H", "I"),
    b"II+\0": Layout("<", "Q", "Q"), b"MM\0+": Layout(">", "Q", "Q"),
}  # fmt: skip


class Page(NamedTuple):
    """A page's directory.

    Attributes:
        start: where it begins.
        link: where the offset of the next one stands.
        orientation: the tag, 1 where it says nothing valid.
        lossy: its pixels are compressed as JPEG or WebP.
        beside: what it is of a page before it, if it is no picture of its own: a mask of its transparency, or a
            smaller copy.
        pixels: width times height.
        photometric: what its samples are, as PhotometricInterpretation says it, or -1.
        samples: of a pixel.
        extra: what those beside the colours are, as ExtraSamples says it.
    """

    start: int
    link: int
    orientation: int = 1
    lossy: bool = False
    beside: str = ""
    pixels: int = 0
    photometric: int = -1
    samples: int = 1
    extra: tuple[int, ...] = ()


def header(data: Buffer) -> tuple[Layout, int]:
    """How numbers are stored, and where the first directory begins.

    Raises:
        ValueError: no TIFF.
    """
    layout = _LAYOUTS.get(data[:4])
    if layout is None or len(data) < 2 * layout.pointer.size:
        raise ValueError("no TIFF header")
    return layout, layout.pointer.unpack_from(data, layout.pointer.size)[0]


def pages(data: Buffer) -> Iterator[Page]:
    """The directories in the order of the chain, to its end, to the first that is damaged, or to one that came before.

    Tests: tests/pictures/test_tiff.py.
    """
    seen: set[int] = set()
    shown = 0  # pixels of the last page that is a picture of its own
    try:
        layout, place = header(data)
        while place and place not in seen:
            seen.add(place)
            page = _page(data, place, layout, shown)
            shown = shown if page.beside else page.pixels
            yield page
            (place,) = layout.pointer.unpack_from(data, page.link)
    except (ValueError, OverflowError, struct.error):
        return


def first_pages(path: Path, most: int) -> list[Page]:
    """The directories of a file, `most` at most."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        return list(islice(pages(data), most))


def is_camera_raw(path: Path) -> bool:
    """Whether what a reader of TIFF finds first is the thumbnail in a camera's raw file, such as DNG, NEF or ARW.

    Source: TIFF 6.0, NewSubfileType; TIFF/EP (ISO 12234-2), SubIFDs; DNG 1.7, DNGVersion. Tests:
    tests/pictures/test_tiff.py.
    """
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        tags = first_directory(data)
    return _DNG_VERSION in tags or bool(tags.get(_SUBFILE_TYPE, 0) & 1 and _SUB_DIRECTORIES in tags)


def first_directory(data: Buffer) -> dict[int, int]:
    """What the first directory says in single short or long numbers, by tag; nothing if it is damaged.

    Values of other kinds are where they stand, or their first bytes.
    """
    try:
        layout, place = header(data)
        return {tag: value for tag, _, value in islice(_entries(data, place, layout), MAX_ENTRIES)}
    except (ValueError, OverflowError, struct.error):
        return {}


def _page(data: Buffer, start: int, layout: Layout, shown: int) -> Page:
    numbers: dict[int, int] = {}
    extra = ()
    for at, (tag, kind, value) in enumerate(islice(_entries(data, start, layout), _MAX_TAGS)):
        if tag > _EXTRA_SAMPLES:  # entries are sorted by tag
            break
        if kind == _SHORT or tag in (_SUBFILE_TYPE, _WIDTH, _HEIGHT):
            numbers[tag] = value
        if (tag, kind) == (_EXTRA_SAMPLES, _SHORT):
            extra = _shorts(data, start, layout, at)
    pixels = numbers.get(_WIDTH, 0) * numbers.get(_HEIGHT, 0)
    count, first, step = table(data, start, layout)
    orientation = numbers.get(_ORIENTATION, 1)
    return Page(
        start,
        first + step * count,
        orientation=orientation if orientation in range(1, 9) else 1,
        lossy=numbers.get(_COMPRESSION) in _LOSSY,
        beside=_beside(numbers.get(_SUBFILE_TYPE, 0), pixels, shown),
        pixels=pixels,
        photometric=numbers.get(_PHOTOMETRIC, -1),
        samples=numbers.get(_SAMPLES, 1),
        extra=extra,
    )


def _beside(kind: int, pixels: int, shown: int) -> str:
    """What a page is of the one shown before it; many programs flag all their pages as reduced."""
    if kind & _MASK:
        return "a transparency mask of another"
    return "a smaller copy of another" if kind & _REDUCED and pixels < shown else ""


def _shorts(data: Buffer, start: int, layout: Layout, entry: int) -> tuple[int, ...]:
    """All numbers of an entry whose type is short, of which there are few."""
    _, first, step = table(data, start, layout)
    at = first + step * entry + 4
    (count,) = struct.unpack_from(layout.order + layout.offset, data, at)
    count = min(count, _MAX_SAMPLES)
    at += layout.pointer.size
    if 2 * count > layout.pointer.size:
        (at,) = layout.pointer.unpack_from(data, at)
    return struct.unpack_from(f"{layout.order}{count}H", data, at)


def table(data: Buffer, start: int, layout: Layout) -> tuple[int, int, int]:
    """How many entries a directory has, where the first is, and bytes from one to the next."""
    (count,) = struct.unpack_from(layout.order + layout.entries, data, start)
    first = start + struct.calcsize(layout.order + layout.entries)
    return count, first, struct.calcsize(f"{layout.order}HH2{layout.offset}")


def _entries(data: Buffer, start: int, layout: Layout) -> Iterator[tuple[int, int, int]]:
    """Tag, type, and the value if it is one short or long number."""
    count, first, step = table(data, start, layout)
    long, short = (struct.Struct(f"{layout.order}HH{layout.offset}{code}") for code in "IH")
    for at in range(first, first + step * count, step):
        tag, kind, _, value = long.unpack_from(data, at)
        yield tag, kind, short.unpack_from(data, at)[-1] if kind == _SHORT else value
