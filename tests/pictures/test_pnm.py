from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from srcnn.errors import ImageTooLargeError, InvalidImageError
from srcnn.pictures.codecs.pnm import decode, encode


def _decoded(path: Path, content: bytes, max_pixels: int = 1000) -> np.ndarray:
    path.write_bytes(content)
    return decode(path, max_pixels=max_pixels).image


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"P1 3 2\n1 0 1\n0 1 0", [[0, 255, 0], [255, 0, 255]]),
        (b"P1 # a comment\n3 2 101010", [[0, 255, 0], [255, 0, 255]]),
        (b"P2\n2 1\n255\n0 255", [[0, 255]]),
        (b"P2\n2 1\n15\n0 # none\n15", [[0, 255]]),
        (b"P3 1 1 255 1 2 3", [[[1, 2, 3]]]),
        (b"P4\n3 2\n\xa0\x40", [[0, 255, 0], [255, 0, 255]]),
        (b"P5\n2 1\n255\n\x00\xff", [[0, 255]]),
        (b"P5\n2 1\n1\n\x00\x01", [[0, 255]]),
        (b"P6\n1 1\n255\n\x01\x02\x03", [[[1, 2, 3]]]),
        (b"P5\n2 1\n65535\n\x01\x02\xff\xff", [[258, 65535]]),
        (b"P5\n2 1\n1023\n\x00\x00\x03\xff", [[0, 65535]]),
    ],
)
def test_every_kind_is_read(tmp_path: Path, content: bytes, expected: list[object]) -> None:
    image = _decoded(tmp_path / "a.pnm", content)
    np.testing.assert_array_equal(image, expected)
    assert image.dtype == (np.uint16 if np.max(expected) > 255 else np.uint8)


@pytest.mark.parametrize(
    "content",
    [
        b"P5\n2 2\n255\n\x00\xff", b"P5\n0 2\n255\n", b"P5\n2\n", b"P5\n2 2\n0\n\0\0\0\0", b"P5\n2 2\n70000\n\0\0\0\0",
        b"P2\n2 2\n255\n1 2 3", b"P4\n9 2\n\0\0\0", b"P5\n2 1\n15\n\x00\x10", b"P1\n2 2\n1 1 1", b"P6", b"P2 2 2 255",
        b"P2\n2 1\n123456\n1 2", b"P5\n2 1\n655350\nab\n1234", b"P2\n2 1\n65535\n1234567 8", b"P2\n2 1\n255\n-7 8",
        b"P3 1 1 255 1 2x 3", b"P1\n2 1\n1 7", b"P1\n3 1\n1 7 0 1",
    ],
)  # fmt: skip
def test_broken_files_are_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(InvalidImageError, match=r"a\.pnm"):
        _decoded(tmp_path / "a.pnm", content)


def test_the_limit_holds_before_pixels_are_read(tmp_path: Path) -> None:
    with pytest.raises(ImageTooLargeError):
        _decoded(tmp_path / "a.pnm", b"P6\n999999999 999999999\n255\n")


@pytest.mark.parametrize("first", [b"P4\n9 2\n" + bytes(4), b"P5\n2 1\n255\n\x00\xff", b"P6 1 1 300 " + bytes(6)])
@pytest.mark.parametrize("behind", [b"P4\n1 1\n\0", b"P5 2 1 255 \0\0", b"\nP6\n1 1\n255\n\0\0\0"])
def test_a_second_picture_in_a_file_is_left_out_and_said(tmp_path: Path, first: bytes, behind: bytes) -> None:
    (tmp_path / "a.pnm").write_bytes(first + behind)
    picture = decode(tmp_path / "a.pnm", max_pixels=1000)
    assert picture.notes == ("only the first of several pictures in the file was read",)
    np.testing.assert_array_equal(picture.image, _decoded(tmp_path / "b.pnm", first))


@pytest.mark.parametrize("content", [b"P5\n2 1\n255\n\x00\xff", b"P6 1 1 255 \1\2\3", b"P4 1 1 \0", b"P2 1 1 9 8"])
@pytest.mark.parametrize("behind", [b"", b"\n", b"P", b"P7", b"P5", b"rubbish P5 1 1 255 a"])
def test_other_bytes_behind_the_picture_are_no_second_one(tmp_path: Path, content: bytes, behind: bytes) -> None:
    (tmp_path / "a.pnm").write_bytes(content + behind)
    assert decode(tmp_path / "a.pnm", max_pixels=1000).notes == ()


def test_plain_text_holds_one_picture_whatever_follows(tmp_path: Path) -> None:
    (tmp_path / "a.pgm").write_bytes(b"P2 1 1 9 8\nP5 1 1 255 a")
    assert decode(tmp_path / "a.pgm", max_pixels=1000).notes == ()


@given(
    arrays(
        st.sampled_from([np.uint8, np.uint16]),
        st.one_of(
            st.tuples(st.integers(1, 9), st.integers(1, 9)), st.tuples(st.integers(1, 9), st.integers(1, 9), st.just(3))
        ),
    )
)
def test_what_is_written_is_read_again(tmp_path_factory: pytest.TempPathFactory, image: np.ndarray) -> None:
    path = tmp_path_factory.getbasetemp() / "again.pnm"
    encode(path, image)
    again = decode(path, max_pixels=1000).image
    assert again.dtype == image.dtype
    np.testing.assert_array_equal(again, image)
