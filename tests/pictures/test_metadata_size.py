"""Files that carry more than memory: each ends in a clear error within the time and the memory of a broken file."""

import struct
import zlib
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pytest
import pyvips
from limits import read_within_limits

from srcnn.errors import InvalidImageError
from srcnn.pictures import metadata_size
from srcnn.pictures.formats import format_named
from srcnn.pictures.metadata_size import check_metadata_size
from srcnn.pictures.picture import Picture
from srcnn.pictures.read import read_picture
from srcnn.pictures.write import write_picture

MANY = 700 * 2**20
SEGMENT = 65_000


def png_with_profile(path: Path) -> None:
    head = b"IHDR" + struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    pixels = b"IDAT" + zlib.compress(b"\0\0")
    with path.open("wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n" + png_chunk(head) + struct.pack(">I", MANY) + b"iCCPa\0\0\x78\1")
        file.seek(MANY, 1)
        file.write(png_chunk(pixels) + png_chunk(b"IEND"))


def png_chunk(chunk: bytes) -> bytes:
    return struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk))


def jpeg(**options: object) -> bytes:
    return bytes(pyvips.Image.new_from_array(np.zeros((16, 16), np.uint8)).jpegsave_buffer(**options))


def jpeg_with_profile(path: Path) -> None:
    whole = jpeg()
    with path.open("wb") as file:
        file.write(whole[:2])
        for number in range(MANY // SEGMENT):
            part = b"ICC_PROFILE\0" + bytes([number % 255 + 1, 255])
            file.write(b"\xff\xe2" + struct.pack(">H", SEGMENT + 2) + part)
            file.seek(SEGMENT - len(part), 1)  # zeros, which take no place on the disk
        file.write(whole[2:])


def jpeg_with_comments_between_its_scans(path: Path) -> None:
    whole = jpeg(interlace=True)
    second = whole.index(b"\xff\xda", whole.index(b"\xff\xda") + 2)
    with path.open("wb") as file:
        file.write(whole[:second])
        for _ in range(MANY // SEGMENT):
            file.write(b"\xff\xfe" + struct.pack(">H", SEGMENT + 2))
            file.seek(SEGMENT, 1)
        file.write(whole[second:])


def webp_with(path: Path, name: bytes) -> None:
    whole = bytes(pyvips.Image.new_from_array(np.zeros((8, 8, 3), np.uint8)).webpsave_buffer(lossless=True))
    pixels = whole[whole.index(b"VP8L") :]
    flags = {b"ICCP": 0x20, b"EXIF": 0x08}[name]
    head = b"VP8X" + struct.pack("<IIHBHB", 10, flags, 7, 0, 7, 0)
    with path.open("wb") as file:
        file.write(b"RIFF" + struct.pack("<I", 12 + len(head) + MANY + len(pixels)) + b"WEBP" + head)
        for part in (name, b"") if name == b"ICCP" else (b"", name):
            file.write(part + struct.pack("<I", MANY) if part else pixels)
            file.truncate(file.tell() + MANY * bool(part))
            file.seek(0, 2)


def tiff_with(path: Path, tag: int) -> None:
    numbers = {256: 1, 257: 1, 258: 8, 259: 1, 262: 1, 273: 8, 277: 1, 278: 1, 279: 1}
    entries = [(number, 4, 1, value) for number, value in numbers.items()] + [(tag, 7, MANY, 200)]
    table = b"".join(struct.pack("<HHII", *entry) for entry in sorted(entries))
    with path.open("wb") as file:
        file.write(b"II*\0" + struct.pack("<I", 16) + bytes(8) + struct.pack("<H", len(entries)) + table + bytes(4))
        file.truncate(200 + MANY)


GIANTS: dict[str, Callable[[Path], None]] = {
    "profile.png": png_with_profile,
    "profile.jpg": jpeg_with_profile,
    "between.jpg": jpeg_with_comments_between_its_scans,
    "profile.webp": lambda path: webp_with(path, b"ICCP"),
    "exif.webp": lambda path: webp_with(path, b"EXIF"),
    "profile.tif": lambda path: tiff_with(path, 34675),
    "xmp.tif": lambda path: tiff_with(path, 700),
    "iptc.tif": lambda path: tiff_with(path, 33723),
    "title.tif": lambda path: tiff_with(path, 270),
}


def test_giant_metadata_are_a_clear_error_in_time_and_memory(tmp_path: Path) -> None:
    paths = [tmp_path / name for name in GIANTS]
    for path in paths:
        GIANTS[path.name](path)
    every_told = read_within_limits(*paths)
    for path, told in zip(paths, every_told, strict=True):
        path.unlink()
        assert path.name in told
        too_much = "expected at most 64 MiB of profiles" in told
        assert too_much or ("Failed to allocate memory" in told and path.suffix == ".tif"), told


@pytest.mark.parametrize("suffix", ["png", "jpg", "webp"])
def test_the_limit_is_on_metadata_and_not_on_pixels(
    tmp_path: Path, samples, suffix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    path = tmp_path / f"a.{suffix}"
    write_picture(path, Picture(frames=(noise,), icc=samples.icc, exif=samples.exif, xmp=samples.xmp))
    held = len(samples.icc) + len(samples.exif) + len(samples.xmp)
    monkeypatch.setattr(metadata_size, "MAX_BYTES", held // 2)
    with pytest.raises(
        InvalidImageError, match=rf"at most 0 MiB of profiles, EXIF and texts in .*a\.{suffix}, got more"
    ):
        read_picture(path)
    monkeypatch.setattr(metadata_size, "MAX_BYTES", held + 1000)
    assert path.stat().st_size > held + 1000
    assert read_picture(path).icc == samples.icc


def test_every_kind_of_file_is_looked_through_to_its_end(sources: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metadata_size, "MAX_BYTES", 100_000)
    for source in sources:
        read_picture(source)


def test_chunks_of_odd_length_are_padded_in_webp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chunks = b"ICCP" + struct.pack("<I", 3) + bytes(4) + b"XMP " + struct.pack("<I", 500) + bytes(500)
    (tmp_path / "a.webp").write_bytes(b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WEBP" + chunks)
    kind = format_named("WebP")
    for most, refused in ((503, False), (502, True)):
        monkeypatch.setattr(metadata_size, "MAX_BYTES", most)
        with pytest.raises(InvalidImageError) if refused else nullcontext():
            check_metadata_size(tmp_path / "a.webp", kind)


def test_a_picture_inside_the_metadata_of_a_jpeg_counts_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inside = b"\xff\xd8\xff\xe1\xff\xff" + bytes(400)
    (tmp_path / "a.jpg").write_bytes(b"\xff\xd8\xff\xe1" + struct.pack(">H", 2 + len(inside)) + inside + jpeg()[2:])
    kind = format_named("JPEG")
    monkeypatch.setattr(metadata_size, "MAX_BYTES", 1000)
    check_metadata_size(tmp_path / "a.jpg", kind)


@pytest.mark.parametrize(("suffix", "part"), [("png", png_chunk(b"aaAa")), ("jpg", b"\xff\xfe\0\2")])
def test_very_many_parts_are_refused_however_small(tmp_path: Path, suffix: str, part: bytes) -> None:
    write_picture(tmp_path / f"a.{suffix}", np.zeros((8, 8), np.uint8))
    whole = (tmp_path / f"a.{suffix}").read_bytes()
    begin = {"png": 8 + 25, "jpg": 2}[suffix]
    for count, refused in ((65_000, False), (65_537, True)):
        (tmp_path / f"a.{suffix}").write_bytes(whole[:begin] + count * part + whole[begin:])
        with pytest.raises(InvalidImageError, match="at most 65,536 parts of") if refused else nullcontext():
            check_metadata_size(tmp_path / f"a.{suffix}", format_named({"png": "PNG", "jpg": "JPEG"}[suffix]))
