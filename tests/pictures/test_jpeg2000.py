"""JPEG 2000 and PCX: formats that are read only where that is allowed."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from srcnn.errors import ImageTooLargeError, InvalidImageError
from srcnn.pictures.formats import RISKY
from srcnn.pictures.read import read_array, read_picture

ALLOWED = {kind.name for kind in RISKY.values()}


def noise(*shape: int, dtype: type = np.uint8) -> np.ndarray:
    return np.random.default_rng(0).integers(0, np.iinfo(dtype).max, shape, dtype, endpoint=True)


@pytest.mark.parametrize(
    ("suffix", "pixels"),
    [
        *((suffix, noise(9, 14, *channels)) for suffix in ("jp2", "j2k") for channels in ((), (2,), (3,), (4,))),
        ("jp2", noise(9, 14, dtype=np.uint16)),
        ("pcx", noise(9, 14)),
        ("pcx", noise(9, 14, 3)),
    ],
)
def test_they_are_read_exactly_where_allowed_and_else_refused(tmp_path: Path, suffix: str, pixels: np.ndarray) -> None:
    path = tmp_path / f"a.{suffix}"
    Image.fromarray(pixels).save(path)
    picture = read_picture(path, allowed=ALLOWED)
    assert (picture.notes, picture.icc, picture.dpi) == ((), None, None)
    assert picture.image.dtype == pixels.dtype
    np.testing.assert_array_equal(picture.image, pixels)
    for read in (read_picture, read_array):
        with pytest.raises(InvalidImageError, match=rf"read unasked at .*a\.{suffix}, got .*use --allow-formats "):
            read(path)


def test_one_that_is_allowed_does_not_allow_the_other(tmp_path: Path) -> None:
    Image.fromarray(noise(4, 4)).save(tmp_path / "a.pcx")
    with pytest.raises(InvalidImageError, match=r"got PCX, .* use --allow-formats pcx"):
        read_picture(tmp_path / "a.pcx", allowed={"JPEG 2000"})


@pytest.mark.parametrize("method", [2, 3])
def test_the_profile_of_a_jp2_is_kept(tmp_path: Path, samples, method: int) -> None:
    Image.fromarray(noise(9, 14, 3)).save(tmp_path / "a.jp2")
    whole = (tmp_path / "a.jp2").read_bytes()
    box = whole.index(b"colr") - 4
    length = int.from_bytes(whole[box : box + 4], "big")
    header = whole.index(b"jp2h") - 4
    colour = (11 + len(samples.icc)).to_bytes(4, "big") + b"colr" + bytes([method, 0, 0]) + samples.icc
    colour = b"\0\0\0\x08free" + colour  # and an empty box before it
    header_length = int.from_bytes(whole[header : header + 4], "big") + len(colour) - length
    parts = (whole[:header], header_length.to_bytes(4, "big"), whole[header + 4 : box], colour, whole[box + length :])
    (tmp_path / "a.jp2").write_bytes(b"".join(parts))
    picture = read_picture(tmp_path / "a.jp2", allowed=ALLOWED)
    assert picture.icc == samples.icc
    np.testing.assert_array_equal(picture.image, noise(9, 14, 3))


def test_deeper_colour_becomes_8_bit_and_a_note_says_so(tmp_path: Path) -> None:
    Image.fromarray(noise(9, 14, 3)).save(tmp_path / "a.jp2")
    whole = bytearray((tmp_path / "a.jp2").read_bytes())
    at = whole.index(b"\xff\x4f\xff\x51") + 42
    whole[at : at + 9 : 3] = bytes([11, 11, 11])  # one less than the bits
    (tmp_path / "a.jp2").write_bytes(whole)
    picture = read_picture(tmp_path / "a.jp2", allowed=ALLOWED)
    assert picture.image.dtype == np.uint8
    assert picture.notes == ("12 bit was reduced to 8 bit: the decoder gives no deeper colour",)


def test_cmyk_is_refused(tmp_path: Path) -> None:
    Image.fromarray(noise(9, 14, 4), "CMYK").save(tmp_path / "a.jp2")
    with pytest.raises(InvalidImageError, match=r"cannot be decoded \(CMYK in this format\)"):
        read_picture(tmp_path / "a.jp2", allowed=ALLOWED)


@pytest.mark.parametrize("suffix", ["jp2", "j2k", "pcx"])
def test_the_limit_holds_and_broken_files_are_refused(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a.{suffix}"
    Image.fromarray(noise(90, 140, 3)).save(path)
    with pytest.raises(ImageTooLargeError, match="got 140 x 90"):
        read_picture(path, allowed=ALLOWED, max_pixels=9999)
    whole = path.read_bytes()
    for length in (20, 60, 120, len(whole) // 2):
        path.write_bytes(whole[:length])
        with pytest.raises(InvalidImageError, match=r"cannot be decoded \("):
            read_picture(path, allowed=ALLOWED)
