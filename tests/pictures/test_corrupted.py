import signal
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import corruption
import numpy as np
import pytest
import pyvips
from limits import limit_memory, read_within_limits

from srcnn.errors import ImageTooLargeError, InvalidImageError
from srcnn.pictures.picture import Picture
from srcnn.pictures.read import read_picture
from srcnn.pictures.write import write_picture


def test_broken_files_end_in_a_picture_or_one_sentence(sources: list[Path], tmp_path: Path) -> None:
    wholes = [source.read_bytes() for source in sources]
    refused = 0
    count = 16 * len(sources)
    for number in range(count):
        random = np.random.default_rng(number)
        which = number % len(sources)
        path = tmp_path / f"broken{sources[which].suffix}"
        path.write_bytes(corruption.corrupt(wholes[which], wholes[random.integers(len(wholes))], random))
        refused += corruption.check(path)
    assert count >= 400
    assert count // 3 < refused < count  # damage to pixels without a checksum cannot be seen


@pytest.mark.slow
@pytest.mark.parametrize("first", range(0, 20_000, 1000))
def test_a_thousand_broken_files_crash_nothing_in_time_and_memory(tmp_path: Path, first: int) -> None:
    program = [sys.executable, "-W", "error", corruption.__file__, str(tmp_path), str(first), "1000"]
    done = subprocess.run(program, capture_output=True, text=True, timeout=600, preexec_fn=limit_memory, check=False)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout[-200:]


def test_a_file_that_takes_too_long_ends_the_program_and_is_named(tmp_path: Path) -> None:
    program = (
        "import pathlib, sys\nimport corruption\n"
        "corruption.SECONDS = 0.05\n"
        "corruption.check = lambda _: any(number < 0 for number in iter(int, 1))\n"
        "corruption.main(pathlib.Path(sys.argv[1]), 7, 3)"
    )
    folder = Path(corruption.__file__).parent
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == -signal.SIGPROF
    assert done.stdout.startswith("7 ")
    assert done.stdout.count("\n") == 1


@pytest.mark.parametrize("name", ["rgb.png", "rgba16.png", "moving.png", "rgb.jpg", "progressive.jpg", "lossless.webp",
                                  "moving.webp", "pages.tif", "float.tif", "jpeg.tif", "rgb.avif", "moving.gif",
                                  "plain.tif", "rgb.bmp", "rgba.tga", "deep.ppm", "rgba.ico"])  # fmt: skip
def test_a_file_cut_anywhere_is_refused(sources: list[Path], tmp_path: Path, name: str) -> None:
    (whole,) = (source.read_bytes() for source in sources if source.name == name)
    path = tmp_path / name
    end = whole.rindex(b"IDAT") if name == "rgb.png" else len(whole)  # what follows are metadata
    for length in {end * part // 12 for part in range(1, 12)} | {end - 40}:
        path.write_bytes(whole[:length])
        with pytest.raises(InvalidImageError, match=r"cut short|cannot be decoded"):
            read_picture(path)


def test_a_png_that_is_cut_behind_its_pixels_is_read_and_it_is_said(sources: list[Path], tmp_path: Path) -> None:
    (source,) = (source for source in sources if source.name == "rgb.png")
    whole, path = source.read_bytes(), tmp_path / "a.png"
    expected = read_picture(source)
    assert expected.notes == ()
    for length in (whole.index(b"iTXt") + 9, len(whole) - 9):
        path.write_bytes(whole[:length])
        picture = read_picture(path)
        np.testing.assert_array_equal(picture.image, expected.image)
        assert picture.notes == ("the file is cut short behind its pixels, where metadata may have been",)
        assert picture.xmp == (expected.xmp if length > len(whole) - 10 else None)


def test_the_reason_is_that_of_the_broken_file_after_many_whole_ones(tmp_path: Path) -> None:
    # libvips collects messages while it reads AVIF, until its room for them is full.
    write_picture(tmp_path / "whole.avif", Picture(frames=(np.zeros((8, 8, 3), np.uint8),)))
    for _ in range(100):
        read_picture(tmp_path / "whole.avif")
    (tmp_path / "broken.webp").write_bytes(b"RIFF\x16\0\0\0WEBPVP8X")
    with pytest.raises(InvalidImageError, match=r"\(webp: unable to parse image\)"):
        read_picture(tmp_path / "broken.webp")


@pytest.fixture
def jpeg() -> bytes:
    image = np.random.default_rng(0).integers(0, 255, (128, 128, 3), np.uint8)
    return bytes(pyvips.Image.new_from_array(image).jpegsave_buffer(Q=90, restart_interval=8))


@pytest.mark.parametrize("damage", ["zeros", "rubbish", "gap", "early end", "wrong restart"])
def test_a_jpeg_that_a_decoder_would_fill_with_grey_is_refused(tmp_path: Path, jpeg: bytes, damage: str) -> None:
    middle = len(jpeg) // 2
    restart = jpeg.index(b"\xff\xd3", middle)
    broken = {
        "zeros": jpeg[:middle] + bytes(900) + jpeg[middle + 900 :],
        "rubbish": jpeg[:middle] + np.random.default_rng(1).bytes(3000) + jpeg[middle + 3000 :],
        "gap": jpeg[:middle] + jpeg[middle + 3000 :],
        "early end": jpeg[:middle] + b"\xff\xd9",
        "wrong restart": jpeg[:restart] + b"\xff\xd5" + jpeg[restart + 2 :],
    }
    (tmp_path / "a.jpg").write_bytes(broken[damage])
    with pytest.raises(
        InvalidImageError, match=r"a\.jpg, got one that cannot be decoded \(VipsJpeg: Corrupt JPEG data"
    ):
        read_picture(tmp_path / "a.jpg")


def test_stray_bytes_in_a_whole_jpeg_are_only_mentioned(tmp_path: Path, jpeg: bytes) -> None:
    behind = 4 + int.from_bytes(jpeg[4:6], "big")  # the first segment
    (tmp_path / "whole.jpg").write_bytes(jpeg)
    (tmp_path / "a.jpg").write_bytes(jpeg[:behind] + b"\x11\x22\x33" + jpeg[behind:])
    picture = read_picture(tmp_path / "a.jpg")
    np.testing.assert_array_equal(picture.image, read_picture(tmp_path / "whole.jpg").image)
    assert picture.notes == (
        "the file is not quite as it should be (VipsJpeg: Corrupt JPEG data: 3 extraneous bytes before marker 0xdb)",
    )


def _png_with(chunk: bytes, body: bytes) -> bytes:
    """A PNG of one pixel with one more chunk."""
    chunks = [(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)), (chunk, body),
              (b"IDAT", zlib.compress(b"\0\0")), (b"IEND", b"")]  # fmt: skip
    packed = (struct.pack(">I", len(b)) + n + b + struct.pack(">I", zlib.crc32(n + b)) for n, b in chunks)
    return b"\x89PNG\r\n\x1a\n" + b"".join(packed)


def _zip_bomb() -> bytes:
    """1.2 GB of zeros, which is more than the limit; 16 MiB are compressed once, and that is repeated."""
    compressor = zlib.compressobj(1, wbits=-zlib.MAX_WBITS)
    block = compressor.compress(bytes(2**24)) + compressor.flush(zlib.Z_FULL_FLUSH)
    adler32 = 72 * 2**24 % 65_521 << 16 | 1  # of zeros
    return b"\x78\x01" + 72 * block + compressor.flush() + struct.pack(">I", adler32)


def _gif_of(frames: int) -> bytes:
    frame = b"!\xf9\x04\0\1\0\0\0" + b",\0\0\0\0\1\0\1\0\0" + b"\2\2D\1\0"
    return b"GIF89a\1\0\1\0\x80\0\0\0\0\0\xff\xff\xff" + frame * frames + b";"


def _tiff_of(width: int, height: int) -> bytes:
    entries = [(256, width), (257, height), (258, 8), (259, 1), (262, 1), (273, 8), (277, 1), (278, height), (279, 1)]
    table = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in entries)
    return b"II*\0\x08\0\0\0" + struct.pack("<H", len(entries)) + table + b"\0\0\0\0"


def _icon_of(width: int, height: int) -> bytes:
    png = bytearray(_png_with(b"tEXt", b"a\0b"))
    png[16:24] = struct.pack(">II", width, height)
    png[29:33] = struct.pack(">I", zlib.crc32(png[12:29]))
    return b"\0\0\1\0\1\0" + struct.pack("<BBBBHHII", 16, 16, 0, 0, 1, 32, len(png), 22) + bytes(png)


BOMBS = {
    "text.png": lambda: _png_with(b"zTXt", b"a\0\0" + _zip_bomb()),
    "international.png": lambda: _png_with(b"iTXt", b"a\0\1\0\0\0" + _zip_bomb()),
    "profile.png": lambda: _png_with(b"iCCP", b"a\0\0" + _zip_bomb()),
    "frames.gif": lambda: _gif_of(40_000),
    "wide.tif": lambda: _tiff_of(2**31 - 1, 2**31 - 1),
    "large.ico": lambda: _icon_of(40_000, 40_000),
    "large.pgm": lambda: b"P5 999999999 999999999 255\n",
    "large.bmp": lambda: b"BM" + struct.pack("<IIIIiiHHIIiiII", 0, 0, 54, 40, 99_999, 99_999, 1, 24, 0, 0, 0, 0, 0, 0),
    "large.webp": lambda: b"RIFF\x16\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0" + b"\xff" * 6,
}


def test_files_made_to_fill_the_memory_end_in_time_and_memory(tmp_path: Path) -> None:
    paths = [tmp_path / name for name in BOMBS]
    for path in paths:
        path.write_bytes(BOMBS[path.name]())
    for path, told in zip(paths, read_within_limits(*paths), strict=True):
        # Text and profiles that are too long may be left out instead, with the pixels whole.
        assert path.name in told or (path.suffix == ".png" and told == "1 frames")


def test_an_icon_that_holds_more_than_it_says_is_refused_from_its_header(tmp_path: Path) -> None:
    (tmp_path / "a.ico").write_bytes(_icon_of(2000, 3000))
    with pytest.raises(ImageTooLargeError, match=r"at most 5,000,000 pixels in .*a\.ico, got 2,000 x 3,000"):
        read_picture(tmp_path / "a.ico", max_pixels=5_000_000)


def test_the_smallest_animation_of_the_bomb_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.gif").write_bytes(_gif_of(3))
    assert len(read_picture(tmp_path / "a.gif").frames) == 3
    (tmp_path / "a.png").write_bytes(_png_with(b"tEXt", b"a\0b"))
    assert read_picture(tmp_path / "a.png").image.shape == (1, 1)
