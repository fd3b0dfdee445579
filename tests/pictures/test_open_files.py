import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from srcnn.errors import ImageTooLargeError, InvalidConfigError, InvalidImageError, OutputError
from srcnn.pictures.read import read_picture
from srcnn.pictures.write import write_picture

IMAGE = np.random.default_rng(0).integers(0, 256, (9, 13, 3), np.uint8)


@pytest.mark.parametrize("suffix", ["png", "tif", "webp", "bmp", "ppm"])
def test_a_picture_goes_into_memory_and_comes_out_of_it(suffix: str) -> None:
    memory = io.BytesIO()
    assert write_picture(memory, IMAGE, format=suffix) == ()
    memory.seek(0)
    picture = read_picture(memory)
    np.testing.assert_array_equal(picture.image, IMAGE)


def test_an_open_file_is_read_from_where_it_stands_and_written_where_it_stands(tmp_path: Path) -> None:
    with (tmp_path / "both").open("w+b") as file:
        file.write(b"before")
        write_picture(file, IMAGE, format="png")
        assert file.tell() > 200
        file.seek(len(b"before"))
        np.testing.assert_array_equal(read_picture(file).image, IMAGE)
        assert not file.closed


def test_it_is_the_very_file_that_a_path_gets(tmp_path: Path) -> None:
    memory = io.BytesIO()
    write_picture(memory, IMAGE, format="jpg")
    write_picture(tmp_path / "a.jpg", IMAGE)
    assert memory.getvalue() == (tmp_path / "a.jpg").read_bytes()


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"", "expected a picture at the open file, got an empty file"), (b"hello", "known format at the open file, got")],
)
def test_errors_name_no_file_that_nobody_knows(content: bytes, message: str) -> None:
    with pytest.raises(InvalidImageError, match=message):
        read_picture(io.BytesIO(content))


def test_limits_hold_for_open_files() -> None:
    memory = io.BytesIO()
    write_picture(memory, IMAGE, format="png")
    memory.seek(0)
    with pytest.raises(ImageTooLargeError, match="at most 100 pixels in the open file, got 13 x 9"):
        read_picture(memory, max_pixels=100)


def test_nothing_is_written_where_the_format_is_none() -> None:
    memory = io.BytesIO()
    with pytest.raises(OutputError, match=r"expected an output name ending in one of \.png"):
        write_picture(memory, IMAGE, format="xyz")
    assert memory.getvalue() == b""


@pytest.mark.parametrize("file", [b"bytes", 3, None, io.StringIO()])
def test_what_is_no_file_is_refused(file: Any) -> None:
    message = "expected a path, or a binary file to .*, got (bytes|int|NoneType|StringIO); wrap bytes in io.BytesIO"
    with pytest.raises(InvalidConfigError, match=message):
        read_picture(file)
    with pytest.raises(InvalidConfigError, match=message):
        write_picture(file, IMAGE, format="png")


def test_the_format_is_said_once(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfigError, match="expected no format with a path, whose suffix says it, got 'png'"):
        write_picture(tmp_path / "a.png", IMAGE, format="png")
    with pytest.raises(InvalidConfigError, match="expected a format with an open file, got none; give one, such as"):
        write_picture(io.BytesIO(), IMAGE)


class Narrow(io.RawIOBase):
    """Takes few bytes at a time, and no more than there is room."""

    def __init__(self, room: int, *, waits: bool = True) -> None:
        self.content = bytearray()
        self._room, self._waits = room, waits

    def writable(self) -> bool:
        return True

    def write(self, chunk: Any) -> int | None:
        taken = bytes(chunk[: min(7, self._room - len(self.content))])
        self.content += taken
        return len(taken) or (None if not self._waits else self._refuse())

    def _refuse(self) -> int:
        raise OSError(28, "No space left on device")


def test_an_open_file_without_a_buffer_gets_all_of_it() -> None:
    narrow, memory = Narrow(10_000), io.BytesIO()
    for file in (narrow, memory):
        write_picture(file, IMAGE, format="png")
    assert narrow.content == memory.getvalue()


@pytest.mark.parametrize(("waits", "reason"), [(True, "No space left"), (False, "takes nothing more")])
def test_an_open_file_that_does_not_take_all_of_it_is_an_error(waits: bool, reason: str) -> None:
    with pytest.raises(OSError, match=reason):
        write_picture(Narrow(50, waits=waits), IMAGE, format="png")
