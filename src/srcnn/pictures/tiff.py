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
_ORIENTATION, _SHORT = 0x0112, 3


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
    """

    start: int
    link: int
    orientation: int


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
    try:
        layout, place = header(data)
        while place and place not in seen:
            seen.add(place)
            page = _page(data, place, layout)
            yield page
            (place,) = layout.pointer.unpack_from(data, page.link)
    except (ValueError, OverflowError, struct.error):
        return


def first_pages(path: Path, most: int) -> list[Page]:
    """The directories of a file, `most` at most."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        return list(islice(pages(data), most))


def _page(data: Buffer, start: int, layout: Layout) -> Page:
    (count,) = struct.unpack_from(layout.order + layout.entries, data, start)
    first = start + struct.calcsize(layout.order + layout.entries)
    entry = struct.Struct(f"{layout.order}HH{layout.offset}H")  # the value of the tag is a short number
    step = struct.calcsize(f"{layout.order}HH2{layout.offset}")
    orientation = 1
    for at in range(first, first + step * min(count, _ORIENTATION), step):  # entries are sorted by tag
        tag, kind, _, value = entry.unpack_from(data, at)
        if tag >= _ORIENTATION:
            orientation = value if (tag, kind) == (_ORIENTATION, _SHORT) and value in range(1, 9) else 1
            break
    return Page(start, first + step * count, orientation)
