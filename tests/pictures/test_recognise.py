import os
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from srcnn.pictures.read import read_array
from srcnn.pictures.recognise import (
    is_animated_png,
    is_lossless_webp,
    is_whole_gif,
    is_whole_png,
    lacks_gif_trailer,
    pictures_in_jpeg,
    recognise,
    suffix_of,
)


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (b"\x89PNG\r\n\x1a\n", "PNG"),
        (b"\xff\xd8\xff\xe0", "JPEG"),
        (b"RIFF\0\0\0\0WEBPVP8L", "WebP"),
        (b"II*\0", "TIFF"),
        (b"MM\0+", "TIFF"),
        (b"\0\0\0\x20ftypavif\0\0\0\0mif1avif", "AVIF"),
        (b"\0\0\0\x20ftypmif1\0\0\0\0mif1avif", "AVIF"),
        (b"\0\0\0\x20ftypheic\0\0\0\0mif1heic", "HEIF"),
        (b"GIF89a", "GIF"),
        (b"BM", "BMP"),
        (b"\0\0\1\0\1\0", "ICO"),
        (b"P6\n1 1\n255\n", "PNM"),
        (b"\0\0\0\x0cjP  \r\n\x87\n", "JPEG 2000"),
        (b"\xff\x4f\xff\x51", "JPEG 2000"),
        (b"\n\5\1\x08", "PCX"),
    ],
)
def test_the_first_bytes_say_what_a_file_is_whatever_its_name(head: bytes, name: str) -> None:
    kind = recognise(head, ".tga")
    assert kind is not None
    assert kind.name == name


def test_only_targa_is_known_by_its_suffix() -> None:
    kind = recognise(b"\0\0\2\0", ".TGA")
    assert kind is not None
    assert kind.name == "TGA"
    assert recognise(b"\0\0\2\0", ".png") is None


@pytest.mark.parametrize(
    "head", [b"<svg xmlns", b"%PDF-1.7", b"\0\0\0\x20ftypisom", b"hello", b"P7\n", b"\n\5\0\x08", b"RIFF\0\0\0\0WAVE"]
)
def test_other_files_are_not_pictures(head: bytes) -> None:
    assert recognise(head, ".png") is None


def test_a_png_is_animated_if_it_says_so_before_its_pixels(tmp_path: Path) -> None:
    frames = [Image.fromarray(np.full((4, 4), level, np.uint8)) for level in (0, 9)]
    frames[0].save(tmp_path / "moving.png", save_all=True, append_images=frames[1:])
    frames[0].save(tmp_path / "still.png")
    (tmp_path / "short.png").write_bytes((tmp_path / "still.png").read_bytes()[:20])
    assert is_animated_png(tmp_path / "moving.png")
    assert not is_animated_png(tmp_path / "still.png")
    assert not is_animated_png(tmp_path / "short.png")


@pytest.mark.parametrize("control", [struct.pack(">II", 0, 0), struct.pack(">II", 2**31, 0), b"\0\0\0\2"])
def test_a_png_with_an_invalid_animation_is_a_still_picture(tmp_path: Path, control: bytes) -> None:
    Image.fromarray(np.zeros((4, 4), np.uint8)).save(tmp_path / "a.png")
    whole = (tmp_path / "a.png").read_bytes()
    body = b"acTL" + control
    chunk = struct.pack(">I", len(control)) + body + struct.pack(">I", zlib.crc32(body))
    (tmp_path / "a.png").write_bytes(whole[:33] + chunk + whole[33:])
    assert not is_animated_png(tmp_path / "a.png")
    assert read_array(tmp_path / "a.png").shape == (4, 4)


def test_a_png_that_says_twice_how_it_is_animated_is_a_still_picture(tmp_path: Path) -> None:
    frames = [Image.fromarray(np.full((4, 4), level, np.uint8)) for level in (0, 9)]
    frames[0].save(tmp_path / "a.png", save_all=True, append_images=frames[1:])
    whole = (tmp_path / "a.png").read_bytes()
    at = whole.index(b"acTL") - 4
    (tmp_path / "a.png").write_bytes(whole[:at] + whole[at : at + 20] + whole[at:])
    assert not is_animated_png(tmp_path / "a.png")


def test_a_gif_is_whole_only_to_its_last_byte(tmp_path: Path) -> None:
    path = tmp_path / "a.gif"
    frames = [Image.fromarray(np.random.default_rng(i).integers(0, 255, (9, 9), np.uint8)) for i in range(3)]
    frames[0].save(path, save_all=True, append_images=frames[1:])
    whole = path.read_bytes()
    assert is_whole_gif(path)
    path.write_bytes(whole + b"anything")
    assert is_whole_gif(path)
    assert not lacks_gif_trailer(path)
    for length in {*range(1, len(whole), 5), len(whole) - 1, len(whole) - 2}:
        path.write_bytes(whole[:length])
        assert not is_whole_gif(path), length
    path.write_bytes(whole[:-2])
    assert not lacks_gif_trailer(path)
    path.write_bytes(whole[:-1])
    assert lacks_gif_trailer(path)


def test_a_png_is_whole_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (9, 9), np.uint8)).save(path)
    whole = path.read_bytes()
    for rest in (b"", b"anything", whole):
        path.write_bytes(whole + rest)
        assert is_whole_png(path)
    for length in range(1, len(whole) - 4):  # without its check sum the end still ends
        path.write_bytes(whole[:length])
        assert not is_whole_png(path), length


@pytest.mark.parametrize(("suffix", "format"), [(".jpg", "JPEG"), (".png", "PNG"), (".webp", "WebP"), (".tif", "TIFF")])
def test_a_name_without_a_suffix_gets_that_of_the_content(tmp_path: Path, suffix: str, format: str) -> None:
    Image.new("L", (4, 3)).save(tmp_path / "a", format)
    assert suffix_of(tmp_path / "a") == suffix


def test_what_is_no_picture_or_no_file_has_no_suffix(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"rubbish")
    os.mkfifo(tmp_path / "pipe")
    assert [suffix_of(tmp_path / name) for name in ("a", "pipe", "nothing", ".")] == [""] * 4


def test_a_gif_with_an_unknown_block_is_not_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.gif"
    path.write_bytes(b"GIF89a" + struct.pack("<HHBBB", 1, 1, 0, 0, 0) + b"\x77;")
    assert not is_whole_gif(path)


@pytest.mark.parametrize("frames", [1, 3])
@pytest.mark.parametrize("lossless", [True, False])
@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
@pytest.mark.parametrize("extras", [{}, {"exif": b"Exif\0\0MM\0*\0\0\0\x08\0\0", "icc_profile": b"odd"}])
def test_a_webp_is_lossless_if_every_picture_in_it_is(
    tmp_path: Path, frames: int, lossless: bool, mode: str, extras: dict[str, bytes]
) -> None:
    random = np.random.default_rng(0)
    pictures = [
        Image.fromarray(random.integers(0, 256, (9, 7, len(mode)), dtype=np.uint8), mode=mode) for _ in range(frames)
    ]
    path = tmp_path / "picture.webp"
    pictures[0].save(path, lossless=lossless, save_all=frames > 1, append_images=pictures[1:], **extras)
    assert is_lossless_webp(path) is lossless


def test_a_webp_cut_before_its_pixels_is_not_lossless(tmp_path: Path) -> None:
    Image.fromarray(np.zeros((9, 7, 3), np.uint8)).save(tmp_path / "whole.webp", lossless=True)
    (tmp_path / "cut.webp").write_bytes((tmp_path / "whole.webp").read_bytes()[:14])
    assert not is_lossless_webp(tmp_path / "cut.webp")


@pytest.mark.parametrize("count", [1, 2, 3])
def test_pictures_in_a_jpeg_are_counted(tmp_path: Path, count: int) -> None:
    first, *others = (Image.new("RGB", (16, 24), "teal") for _ in range(count))
    first.save(tmp_path / "a.jpg", format="MPO", save_all=True, append_images=others)
    assert pictures_in_jpeg(tmp_path / "a.jpg") == count


@pytest.mark.parametrize(
    "tail", [b"", b"\xff\xe2", b"\xff\xe2\0\0", b"\xff\xe2\0\x0aMPF\0II*\0", b"\xff\xda\0\x08MPF\0"]
)
def test_a_jpeg_that_is_cut_short_holds_one_picture(tmp_path: Path, tail: bytes) -> None:
    (tmp_path / "a.jpg").write_bytes(b"\xff\xd8" + tail)
    assert pictures_in_jpeg(tmp_path / "a.jpg") == 1


def test_what_stands_behind_the_end_of_a_webp_is_no_part_of_it(tmp_path: Path) -> None:
    path = tmp_path / "a.webp"
    Image.new("RGB", (9, 7)).save(path, lossless=True)
    path.write_bytes(path.read_bytes() + b"VP8 junk" * 500)
    assert is_lossless_webp(path)
    assert read_array(path).shape == (7, 9, 3)
