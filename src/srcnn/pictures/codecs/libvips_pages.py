"""Pages of a TIFF file one by one, each as if it were alone.

libvips goes along the chain of pages whenever it opens a file, so that opening each of n pages takes n steps. What
is opened here is the file with two numbers changed: its header names the page, and no other follows it.
"""

import mmap
from io import SEEK_CUR, SEEK_END
from typing import TYPE_CHECKING

from srcnn.pictures.tiff import Page, header

if TYPE_CHECKING:
    import pyvips


def load_page(data: mmap.mmap, page: Page) -> tuple["pyvips.Image", "pyvips.SourceCustom"]:
    """Open a page.

    Args:
        data: the file.
        page: one of its pages.

    Returns:
        The page, and what must be kept as long as it is used.

    Tests: tests/pictures/test_tiff.py.
    """
    import pyvips

    file = _FileOfOnePage(data, page)
    source = pyvips.SourceCustom()
    source.on_read(file.read)
    source.on_seek(file.seek)
    image = pyvips.Operation.call("tiffload_source", source, access="sequential", fail_on="error")
    return image, source


class _FileOfOnePage:
    def __init__(self, data: mmap.mmap, page: Page) -> None:
        pointer = header(data)[0].pointer
        self._data = data
        self._place = 0
        changes = ((pointer.size, pointer.pack(page.start)), (page.link, pointer.pack(0)))
        self._changed = {at + number: byte for at, packed in changes for number, byte in enumerate(packed)}

    def read(self, length: int) -> bytes | None:
        """At most `length` bytes from the place on."""
        chunk = self._data[self._place : self._place + length]
        for at, byte in self._changed.items():
            if 0 <= (here := at - self._place) < len(chunk):
                chunk = chunk[:here] + bytes([byte]) + chunk[here + 1 :]
        self._place += len(chunk)
        return chunk or None

    def seek(self, offset: int, whence: int) -> int:
        """Go to a place."""
        self._place = max(0, offset + {SEEK_CUR: self._place, SEEK_END: len(self._data)}.get(whence, 0))
        return self._place
