import gc
import io
import os
import struct
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import pyvips
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from srcnn.errors import ImageTooLargeError, InvalidConfigError, InvalidImageError, OutputError
from srcnn.imaging import to_float
from srcnn.pictures import write
from srcnn.pictures.codecs import libvips_encode
from srcnn.pictures.exif import makers_note
from srcnn.pictures.formats import FORMATS
from srcnn.pictures.picture import CLIPPED, Picture
from srcnn.pictures.read import read_array, read_picture
from srcnn.pictures.strips import Strips
from srcnn.pictures.write import WriteOptions, write_picture
from srcnn.pictures.xmp import updated

TWO = (np.zeros((2, 2), np.uint8),) * 2
SHAPES = {"grey": (9, 13), "grey and alpha": (9, 13, 2), "RGB": (9, 13, 3), "RGBA": (9, 13, 4)}
# Formats that give back the very samples, with the channels they hold.
EXACT = [
    *((suffix, dtype, kind) for suffix in ("png", "tif") for dtype in ("uint8", "uint16") for kind in SHAPES),
    *(("tif", "float32", kind) for kind in SHAPES),
    *((suffix, "uint8", kind) for suffix in ("webp", "apng") for kind in ("RGB", "RGBA")),
    *(("tga", "uint8", kind) for kind in SHAPES),
    *((suffix, "uint8", kind) for suffix in ("bmp", "ppm") for kind in ("grey", "RGB")),
    *(("ppm", "uint16", kind) for kind in ("grey", "RGB")),
]


def _noise(shape: tuple[int, ...], dtype: str = "uint8", seed: int = 0) -> np.ndarray:
    random = np.random.default_rng(seed)
    if dtype == "float32":
        return random.random(shape, np.float32)
    return random.integers(0, np.iinfo(dtype).max, shape, dtype, endpoint=True)


@pytest.mark.parametrize(("suffix", "dtype", "kind"), EXACT)
def test_every_sample_is_read_as_it_was_written(tmp_path: Path, suffix: str, dtype: str, kind: str) -> None:
    image = _noise(SHAPES[kind], dtype)
    assert write_picture(tmp_path / f"a.{suffix}", Picture(frames=(image,))) == ()
    again = read_picture(tmp_path / f"a.{suffix}")
    assert again.image.dtype == image.dtype
    np.testing.assert_array_equal(again.image, image)


@pytest.mark.parametrize("shape", [*SHAPES.values(), (9, 13, 1)])
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32", "float64"])
def test_an_array_is_a_picture_and_a_path_may_be_text(tmp_path: Path, shape: tuple[int, ...], dtype: str) -> None:
    image = _noise(shape, "float32" if dtype == "float64" else dtype).astype(dtype)[:, ::-1]
    assert write_picture(f"{tmp_path}/a.tif", image) == ()
    for again in (read_picture(f"{tmp_path}/a.tif").image, read_array(f"{tmp_path}/a.tif")):
        np.testing.assert_array_equal(again.reshape(shape), image)


@pytest.mark.parametrize(
    ("image", "message"),
    [
        (np.zeros((4, 4), np.int64), "expected an image of dtype .*, got int64"),
        (np.zeros((4, 4), bool), "expected an image of dtype .*, got bool"),
        (np.zeros((4, 4, 5), np.uint8), r"expected 1 to 4 channels \(grey, .*\), got 5"),
        (np.zeros((0, 4), np.uint8), r"expected an image of shape .*, got \(0, 4\)"),
        (np.full((4, 4), 255.0), r"expected floating point in \[0, 1\], got values from 255 to 255"),
    ],
)
def test_an_array_that_is_no_picture_is_refused(tmp_path: Path, image: np.ndarray, message: str) -> None:
    for picture in (image, Picture(frames=(image,))):
        with pytest.raises(InvalidImageError, match=message):
            write_picture(tmp_path / "a.png", picture)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("suffix", ["png", "jpg", "tif", "webp", "avif", "gif", "bmp", "tga", "pgm"])
@pytest.mark.parametrize("strips", [False, True])
def test_one_channel_is_grey_in_every_format(tmp_path: Path, suffix: str, strips: bool) -> None:
    image = np.full((9, 13, 1), 90, np.uint8)
    frame = Strips(image.shape, image.dtype, lambda: iter([image[:4], image[4:]])) if strips else image
    write_picture(tmp_path / f"a.{suffix}", Picture(frames=(frame,)))
    again = read_picture(tmp_path / f"a.{suffix}").image
    assert again.shape[:2] == (9, 13)
    np.testing.assert_allclose(again.reshape(9, 13, -1)[:, :, 0], 90, atol=2)


@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_overshoot_is_clipped_and_told_in_every_format(tmp_path: Path, suffix: str) -> None:
    image = np.linspace(-0.1, 1.1, 117, dtype=np.float32).reshape(9, 13)
    assert CLIPPED in write_picture(tmp_path / f"a.{suffix}", image)
    again = read_picture(tmp_path / f"a.{suffix}")
    assert again.notes == ()
    np.testing.assert_allclose(to_float(again.image), image.clip(0, 1), atol=1e-5)


@pytest.mark.parametrize("dtype", [">u2", ">f4", ">f8"])
def test_the_order_of_bytes_does_not_matter(tmp_path: Path, dtype: str) -> None:
    image = _noise((9, 13, 3), "uint16" if dtype == ">u2" else "float32").astype(dtype)
    write_picture(tmp_path / "a.tif", image)
    np.testing.assert_array_equal(read_array(tmp_path / "a.tif"), image)


@pytest.mark.parametrize(
    ("picture", "message"),
    [
        ([[1, 2], [3, 4]], "expected a Picture or a NumPy array, got list; give"),
        (Picture(frames=()), "expected a tuple of frames, got none; "),
        (Picture(frames=np.zeros((2, 2), np.uint8)), "expected a tuple of frames, got ndarray; "),
        (Picture(frames=TWO, icc=5), r"expected icc as bytes or None in a Picture, got 5"),  # pyright: ignore
        (Picture(frames=TWO, exif="str"), r"expected exif as bytes or None"),  # pyright: ignore
        (Picture(frames=TWO, xmp="s"), r"expected xmp as bytes or None"),  # pyright: ignore
        (Picture(frames=TWO, orientation="1"), r"expected an orientation from 1 to 8"),  # pyright: ignore
        (Picture(frames=TWO, texts=((b"tEXt",),)), r"expected texts as pairs of bytes"),  # pyright: ignore
        (Picture(frames=TWO, durations_ms=None), r"expected durations in milliseconds in a Picture, got None"),  # pyright: ignore
        (
            Picture(frames=TWO, inks=True),
            r"expected four inks in every frame with inks=True in a Picture, got \[\(2, 2\)",
        ),
        (Picture(frames=TWO, orientation=9), r"expected an orientation from 1 to 8 in a Picture, got 9"),
        (
            Picture(frames=TWO, durations_ms=(40,)),
            r"expected a duration for each of 2 frames in a Picture, got \(40,\)",
        ),
        (
            Picture(frames=TWO, durations_ms=(40, -1)),
            r"expected durations in milliseconds in a Picture, got \(40, -1\)",
        ),
        (
            Picture(frames=TWO, durations_ms=(40, np.nan)),
            r"expected durations in milliseconds in a Picture, got \(40, nan",
        ),
        (Picture(frames=TWO, loop=-1), "expected loop as a whole number from 0 in a Picture, got -1"),
        (Picture(frames=TWO, dpi=300), "expected dpi as two numbers, along height and width, in a Picture, got 300"),
        (
            Picture(frames=TWO, dpi=(300,)),
            r"expected dpi as two numbers, along height and width, in a Picture, got \(300,\)",
        ),
        (Picture(frames=TWO, texts=(("a", "b"),)), "expected texts as pairs of bytes in a Picture, got"),
        (
            Picture(frames=(np.zeros((2, 2, 3), np.uint8), np.zeros((2, 2), np.uint8)), durations_ms=(40, 40)),
            "expected frames of an animation to be alike, got 2 x 2 uint8 and 2 x 2 x 3 uint8; ",
        ),
    ],
)
def test_what_is_no_picture_is_refused(tmp_path: Path, picture: Picture, message: str) -> None:
    with pytest.raises(InvalidImageError, match=message):
        write_picture(tmp_path / "a.gif", picture)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("suffix", ["jpg", "avif", "webp"])
@pytest.mark.parametrize("kind", SHAPES)
def test_lossy_formats_come_close(tmp_path: Path, suffix: str, kind: str) -> None:
    image = np.full(SHAPES[kind], 90, np.uint8)
    if kind.endswith("A") or "alpha" in kind:
        image[..., -1] = 255
    write_picture(tmp_path / f"a.{suffix}", Picture(frames=(image,), format="JPEG"))
    np.testing.assert_allclose(read_picture(tmp_path / f"a.{suffix}").image[..., 0], 90, atol=2)


def test_avif_keeps_more_than_8_bit_of_16(tmp_path: Path) -> None:
    ramp = np.linspace(0, 65535, 64 * 64).astype(np.uint16).reshape(64, 64)
    write_picture(tmp_path / "a.avif", Picture(frames=(np.dstack([ramp] * 3),)), options=WriteOptions(quality=100))
    assert len(np.unique(read_picture(tmp_path / "a.avif").image)) > 1000


@pytest.mark.parametrize("shape", [(1, 1), (1, 1, 3), (1, 7, 4), (7, 1, 3)])
@pytest.mark.parametrize("suffix", ["png", "tif", "webp", "jpg", "bmp", "ppm", "tga", "gif", "avif"])
def test_the_smallest_pictures_are_written(tmp_path: Path, suffix: str, shape: tuple[int, ...]) -> None:
    write_picture(tmp_path / f"a.{suffix}", Picture(frames=(np.full(shape, 255, np.uint8),)))
    assert read_picture(tmp_path / f"a.{suffix}").image.shape[:2] == shape[:2]


@pytest.mark.parametrize("frames", [1, 2])
def test_texts_of_a_png_stay_unless_stripped(tmp_path: Path, frames: int) -> None:
    texts = ((b"tEXt", b"parameters\0a cat"), (b"iTXt", "Title\0\0\0\0\0名前".encode()))
    pixels = tuple(_noise((4, 4, 3), seed=seed) for seed in range(frames))
    picture = Picture(frames=pixels, durations_ms=(10,) * frames if frames > 1 else (), texts=texts)
    assert write_picture(tmp_path / "a.png", picture) == ()
    assert read_picture(tmp_path / "a.png").texts == texts
    np.testing.assert_array_equal(read_picture(tmp_path / "a.png").image, pixels[0])
    write_picture(tmp_path / "a.png", picture, options=WriteOptions(strip_metadata=True))
    assert read_picture(tmp_path / "a.png").texts == ()


def test_a_full_disk_is_an_output_error_that_leaves_nothing(tmp_path: Path) -> None:
    program = (
        "import pathlib, resource, sys\nimport numpy as np\nfrom srcnn.errors import OutputError\n"
        "from srcnn.pictures.picture import Picture\nfrom srcnn.pictures.write import write_picture\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))\n"
        "image = np.random.default_rng(0).integers(0, 256, (200, 200, 3), np.uint8)\n"
        "for name in ('a.png', 'a.jpg', 'a.tif', 'a.webp', 'a.gif', 'a.bmp', 'a.ppm', 'a.tga'):\n"
        "    try: write_picture(pathlib.Path(sys.argv[1], name), Picture(frames=(image,)))\n"
        "    except OutputError: continue\n"
        "    raise SystemExit(name + ' was written')\n"
    )
    done = subprocess.run([sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("suffix", ["png", "jpg", "tif", "webp", "avif", "gif"])
def test_a_full_disk_is_named_where_an_encoder_says_only_that_it_failed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str
) -> None:
    def fail(*_: object) -> None:
        raise OSError("write failed")

    monkeypatch.setattr(libvips_encode, "_save", fail)
    for free, message in ((2**30, "got: write failed; choose another format or folder"), (0, "got a full disk; free")):
        monkeypatch.setattr("shutil.disk_usage", lambda _, free=free: SimpleNamespace(free=free))
        with pytest.raises(OutputError, match=message):
            write_picture(tmp_path / f"a.{suffix}", _noise((4, 5, 3)))


def test_every_frame_of_a_gif_has_its_own_colours(tmp_path: Path) -> None:
    frames = tuple(np.full((5, 4, 3), (10 + 3 * n, 200 - 2 * n, 100 + 5 * n), np.uint8) for n in range(6))
    write_picture(tmp_path / "a.gif", Picture(frames=frames, durations_ms=(100,) * 6))
    for read, written in zip(read_picture(tmp_path / "a.gif").frames, frames, strict=True):
        np.testing.assert_array_equal(read, written)


def test_a_still_gif_is_no_animation(tmp_path: Path) -> None:
    write_picture(tmp_path / "a.gif", _noise((4, 5, 3)))
    assert b"NETSCAPE" not in (tmp_path / "a.gif").read_bytes()
    assert read_picture(tmp_path / "a.gif").loop == 0


@pytest.mark.parametrize(
    ("suffix", "kept"),
    [("png", {"icc", "exif", "xmp", "dpi"}), ("jpg", {"icc", "exif", "xmp", "iptc", "dpi"}),
     ("webp", {"icc", "exif", "xmp"}), ("avif", {"icc", "exif", "xmp"}), ("tif", {"icc", "exif", "xmp", "iptc", "dpi"}),
     ("gif", set()), ("bmp", {"dpi"})],
)  # fmt: skip
def test_metadata_are_kept_where_the_format_holds_them(tmp_path: Path, samples, suffix: str, kept: set[str]) -> None:
    given = {"icc": samples.icc, "exif": samples.exif, "xmp": updated(samples.xmp, 8, 6), "iptc": samples.iptc}
    given["dpi"] = (300.0, 150.0)
    write_picture(tmp_path / f"a.{suffix}", Picture(frames=(_noise((8, 6, 3)),), **given))
    again = read_picture(tmp_path / f"a.{suffix}")
    assert {name for name in given if getattr(again, name)} == kept
    for name in kept - {"exif", "dpi"}:
        assert getattr(again, name) == given[name], name
    if "dpi" in kept:
        assert again.dpi == pytest.approx((300.0, 150.0), abs=0.02)


@pytest.mark.parametrize("suffix", ["png", "jpg", "webp", "avif", "tif"])
def test_exif_is_kept_with_the_new_size_and_no_thumbnail(tmp_path: Path, samples, suffix: str) -> None:
    thumbnail = io.BytesIO()
    Image.fromarray(_noise((8, 8, 3))).save(thumbnail, "JPEG")
    exif = _with_thumbnail(samples.exif, thumbnail.getvalue())
    write_picture(tmp_path / f"a.{suffix}", Picture(frames=(_noise((8, 6, 3)),), exif=exif))
    again = read_picture(tmp_path / f"a.{suffix}")
    assert again.orientation == 1
    assert again.image.shape == (8, 6, 3)
    assert again.exif is not None
    assert b"\xff\xd8\xff" not in again.exif
    tags = Image.Exif()
    tags.load(again.exif)
    photo = tags.get_ifd(0x8769)
    assert tags.get(0x0112, 1) == 1
    assert (tags[0x010F], tags[0x0132]) == ("Maker", "2020:02:03 04:05:06")
    assert (photo[0xA002], photo[0xA003], photo[0x9003]) == (6, 8, "2020:02:03 04:05:06")
    assert tags.get_ifd(0x8825)[2] == (48.0, 51.0, 29.0)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("stripped", [False, True])
@pytest.mark.parametrize("suffix", ["png", "jpg", "webp", "tif"])
def test_the_orientation_tag_is_that_of_the_picture(
    tmp_path: Path, samples, suffix: str, stripped: bool, orientation: int
) -> None:
    picture = Picture(frames=(_noise((8, 6, 3)),), exif=samples.exif, xmp=samples.xmp, orientation=orientation)
    assert write_picture(tmp_path / f"a.{suffix}", picture, options=WriteOptions(strip_metadata=stripped)) == ()
    again = read_picture(tmp_path / f"a.{suffix}", turn=False)
    assert (again.orientation, again.image.shape) == (orientation, (8, 6, 3))
    assert again.xmp == (None if stripped else updated(samples.xmp, 8, 6, orientation=orientation))
    with Image.open(tmp_path / f"a.{suffix}") as independent:
        assert independent.getexif().get(0x0112, 1) == orientation


@pytest.mark.parametrize("suffix", ["avif", "gif", "bmp", "tga", "ppm"])
def test_where_there_is_no_tag_the_pixels_are_turned_and_a_note_says_so(tmp_path: Path, suffix: str) -> None:
    image = np.repeat(np.array([[0, 80], [160, 240], [40, 120]], np.uint8), 16, 0).repeat(16, 1)
    picture = Picture(frames=(np.dstack([image] * 3),), orientation=6)
    notes = write_picture(tmp_path / f"a.{suffix}", picture, options=WriteOptions(quality=100))
    assert [note.split(":")[0] for note in notes] == ["the pixels were turned upright"]
    again = read_picture(tmp_path / f"a.{suffix}", turn=False)
    assert again.orientation == 1
    np.testing.assert_allclose(np.atleast_3d(again.image)[..., 0], np.rot90(image, -1), atol=6)


def test_where_the_tag_could_not_be_written_the_pixels_are_turned(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = libvips_encode._write

    def lose_the_tag(path: Path, picture: Picture, *rest) -> Picture:
        return original(path, replace(picture, orientation=1), *rest)

    monkeypatch.setattr(libvips_encode, "_write", lose_the_tag)
    image = np.repeat(np.array([[0, 240], [80, 160], [40, 120]], np.uint8), 16, 0).repeat(16, 1)
    notes = write_picture(tmp_path / "a.jpg", Picture(frames=(image,), orientation=6))
    assert notes == ("the pixels were turned upright: the orientation tag could not be written into this JPEG",)
    again = read_picture(tmp_path / "a.jpg", turn=False)
    assert again.orientation == 1
    np.testing.assert_allclose(again.image, np.rot90(image, -1), atol=6)


def test_a_tiff_with_64_bit_offsets_says_that_it_holds_no_exif(
    tmp_path: Path, samples, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(write, "_BIGTIFF_FROM", 0)
    picture = Picture(frames=(_noise((8, 6, 3)),), exif=samples.exif, iptc=samples.iptc, orientation=3)
    notes = write_picture(tmp_path / "a.tif", picture)
    assert notes == ("EXIF left out: TIFF could not hold it", "IPTC left out: TIFF could not hold it")
    assert read_picture(tmp_path / "a.tif", turn=False).orientation == 3


def _with_thumbnail(exif: bytes, jpeg: bytes) -> bytes:
    """Append IFD1 with a thumbnail, as cameras do."""
    tiff = bytearray(exif[6:])
    order = ">" if tiff[:2] == b"MM" else "<"
    first = struct.unpack_from(order + "I", tiff, 4)[0]
    link = first + 2 + 12 * struct.unpack_from(order + "H", tiff, first)[0]
    at = len(tiff)
    struct.pack_into(order + "I", tiff, link, at)
    entries = [(0x0103, 3, 6 << 16 if order == ">" else 6), (0x0201, 4, at + 42), (0x0202, 4, len(jpeg))]
    tiff += struct.pack(order + "H", 3)
    for tag, kind, value in entries:
        tiff += struct.pack(order + "HHII", tag, kind, 1, value)
    return b"Exif\0\0" + bytes(tiff + struct.pack(order + "I", 0) + jpeg)


def test_the_test_for_thumbnails_has_one_to_find(tmp_path: Path, samples) -> None:
    thumbnail = io.BytesIO()
    Image.fromarray(_noise((8, 8, 3))).save(thumbnail, "JPEG")
    exif = _with_thumbnail(samples.exif, thumbnail.getvalue())
    Image.fromarray(_noise((8, 6, 3))).save(tmp_path / "a.jpg", exif=exif)
    assert pyvips.Image.jpegload(str(tmp_path / "a.jpg")).get("jpeg-thumbnail-data") == thumbnail.getvalue()


@pytest.mark.parametrize("suffix", ["png", "jpg", "webp", "tif"])
def test_stripping_leaves_only_the_profile_and_the_resolution(tmp_path: Path, samples, suffix: str) -> None:
    picture = Picture(
        frames=(_noise((8, 6, 3)),), icc=samples.icc, exif=samples.exif, xmp=samples.xmp, iptc=samples.iptc
    )
    write_picture(tmp_path / f"a.{suffix}", picture, options=WriteOptions(strip_metadata=True))
    again = read_picture(tmp_path / f"a.{suffix}")
    assert (again.icc, again.xmp, again.iptc) == (samples.icc, None, None)
    assert b"Maker" not in (again.exif or b"")


@pytest.mark.parametrize("suffix", ["gif", "webp", "png"])
def test_animations_are_written_frame_by_frame(tmp_path: Path, suffix: str) -> None:
    # WebP's encoder joins equal neighbours into one longer frame; the others keep them.
    levels = (10, 200, 100, 90) if suffix == "webp" else (10, 200, 200, 90)
    frames = tuple(np.full((6, 5, 3), level, np.uint8) for level in levels)
    picture = Picture(frames=frames, durations_ms=(50, 70, 1000, 20), loop=3)
    assert write_picture(tmp_path / f"a.{suffix}", picture) == ()
    again = read_picture(tmp_path / f"a.{suffix}")
    assert again.durations_ms == (50, 70, 1000, 20)
    assert again.loop == 3
    assert [int(frame[0, 0, 0]) for frame in again.frames] == list(levels)


@pytest.mark.parametrize(("suffix", "longest_ms"), [("png", 65_535_000), ("webp", 16_777_215), ("gif", 655_350)])
def test_a_frame_is_shown_no_longer_than_the_format_can_say(tmp_path: Path, suffix: str, longest_ms: int) -> None:
    frames = (np.zeros((4, 4), np.uint8), np.ones((4, 4), np.uint8))
    for duration, notes in ((longest_ms, 0), (longest_ms + 10, 1)):
        path = tmp_path / f"a.{suffix}"
        said = write_picture(path, Picture(frames=frames, durations_ms=(200, duration)))
        assert read_picture(path).durations_ms == (200, longest_ms)
        assert len([note for note in said if "were shortened" in note]) == len(said) == notes


@pytest.mark.parametrize(
    ("suffix", "given", "stored", "note"),
    [
        ("webp", (5, 11), (11, 11), "frames were lengthened to 11 ms: WebP shows none shorter"),
        ("webp", (11, 12), (11, 12), None),
        ("gif", (26, 40), (30, 40), "durations were rounded to 10 ms: GIF holds no others"),
        ("gif", (12, 40), (20, 40), "frames were lengthened to 20 ms: GIF shows none shorter"),
        ("png", (5, 16), (5, 16), None),
        ("png", (5.4, 16.0), (5, 16), None),
    ],
)
def test_durations_that_a_format_does_not_hold_are_changed_and_said(
    tmp_path: Path, suffix: str, given: tuple[int, ...], stored: tuple[int, ...], note: str | None
) -> None:
    said = write_picture(tmp_path / f"a.{suffix}", Picture(frames=(TWO[0], TWO[0] + 1), durations_ms=given))
    assert read_picture(tmp_path / f"a.{suffix}").durations_ms == stored
    assert said == ((note,) if note else ())


@pytest.mark.parametrize("suffix", ["webp", "gif", "png"])
def test_an_animation_plays_as_often_as_formats_count(tmp_path: Path, suffix: str) -> None:
    for loop, stored, notes in ((0, 0, 0), (3, 3, 0), (65_535, 65_535, 0), (1_000_000, 65_535, 1)):
        animation = Picture(frames=(TWO[0], TWO[0] + 1), durations_ms=(40, 40), loop=loop)
        said = write_picture(tmp_path / f"a.{suffix}", animation)
        assert read_picture(tmp_path / f"a.{suffix}").loop == stored
        assert len([note for note in said if "the animation plays 65,535 times: " in note]) == len(said) == notes


@pytest.mark.parametrize("suffix", ["tif", "png", "jpg"])
def test_a_resolution_of_0_says_nothing(tmp_path: Path, suffix: str) -> None:
    assert write_picture(tmp_path / f"a.{suffix}", Picture(frames=TWO[:1], dpi=(0, 300))) == ()
    assert read_picture(tmp_path / f"a.{suffix}").dpi is None


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"quality": 0}, "expected quality as a whole number from 1 to 100, got 0; "),
        ({"quality": 101}, "expected quality as a whole number from 1 to 100, got 101; "),
        ({"quality": 90.5}, "expected quality as a whole number from 1 to 100, got 90.5; "),
        ({"quality": "90"}, "expected quality as a whole number from 1 to 100, got '90'; "),
        ({"png_level": None}, "expected png_level as a whole number from 0 to 9, got None; "),
        ({"png_level": 10}, "expected png_level as a whole number from 0 to 9, got 10; "),
        (
            {"background": (128, 128, 128)},
            r"expected a background of three numbers in \[0, 1\], got \(128, 128, 128\); ",
        ),
        ({"background": (0, 1)}, "expected a background of three numbers"),
        ({"background": (0, 1, np.nan)}, "expected a background of three numbers"),
        ({"background": "white"}, "expected a background of three numbers"),
    ],
    ids=str,
)
def test_options_that_cannot_be_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidConfigError, match=message):
        WriteOptions(**options)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
@pytest.mark.parametrize("first", ["read", "write", "webp"])
@pytest.mark.parametrize("then", ["read", "write"])
def test_a_process_forked_after_a_picture_was_written_or_a_webp_read_says_so_and_does_not_wait_for_ever(
    tmp_path: Path, first: str, then: str
) -> None:
    program = f"""
import os, signal, sys
import numpy as np
from srcnn import errors, read_picture, write_picture
image = np.zeros((4, 4), np.uint8)
png, webp = sys.argv[1:]
read_picture(png)
if {first!r} == "write":
    write_picture(png, image)
if {first!r} == "webp":
    read_picture(webp)
child = os.fork()
if not child:
    signal.alarm(20)
    try:
        write_picture(png, image) if {then!r} == "write" else read_picture(webp)
    except (errors.OutputError, errors.InvalidImageError) as error:
        os._exit(2 if " forked from a process that had written a picture or read a WebP already; " in str(error) else 3)
    os._exit(1)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
    names = [str(tmp_path / name) for name in ("a.png", "a.webp")]
    for name in names:
        write_picture(name, _noise((300, 400, 3)))
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", program, *names])
    assert done.returncode == {"read": 1, "write": 2, "webp": 2}[first]


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="only Linux tells which files are open")
@pytest.mark.parametrize("suffix", ["png", "jpg", "webp", "tif", "avif", "gif"])
def test_files_that_have_been_read_are_closed(tmp_path: Path, suffix: str) -> None:
    for number in range(3):
        write_picture(tmp_path / f"{number}.{suffix}", _noise((20, 30, 3)))
        read_picture(tmp_path / f"{number}.{suffix}")
    gc.collect()
    files = {os.path.realpath(f"/proc/self/fd/{name}") for name in os.listdir("/proc/self/fd")}  # noqa: PTH208
    assert not [file for file in files if file.startswith(str(tmp_path))]


@pytest.mark.parametrize("density", [4_294_967.296, 2**32 * 0.0254, float("inf"), float("nan"), -1.0])
@pytest.mark.parametrize("suffix", ["png", "jpg", "tif", "bmp", "webp", "avif"])
def test_a_resolution_that_cannot_be_is_left_out_and_said(tmp_path: Path, samples, suffix: str, density: float) -> None:
    picture = Picture(frames=(np.zeros((4, 4, 3), np.uint8),), dpi=(72.0, density), exif=samples.exif)
    notes = write_picture(tmp_path / f"a.{suffix}", picture)
    assert any(note.startswith("resolution left out: it cannot be ") for note in notes)
    assert max(read_picture(tmp_path / f"a.{suffix}").dpi or (0,)) < 100


def test_the_highest_resolution_that_exif_holds_is_written(tmp_path: Path, samples) -> None:
    dpi = (2**32 - 1) / 1000
    picture = Picture(frames=(np.zeros((4, 4, 3), np.uint8),), dpi=(dpi, dpi), exif=samples.exif)
    assert write_picture(tmp_path / "a.png", picture) == ()
    assert read_picture(tmp_path / "a.png").dpi == pytest.approx((dpi, dpi))


def test_pages_of_one_size_are_written_as_pages(tmp_path: Path) -> None:
    frames = tuple(_noise((6, 5, 3), "uint16", seed) for seed in range(3))
    write_picture(tmp_path / "a.tif", Picture(frames=frames))
    again = read_picture(tmp_path / "a.tif")
    for frame, written in zip(again.frames, frames, strict=True):
        np.testing.assert_array_equal(frame, written)


def test_pages_of_different_sizes_and_depths_are_written_as_pages(tmp_path: Path) -> None:
    frames = (_noise((6, 5, 3), "uint16"), _noise((3, 8)), _noise((2, 2, 4), "float32"))
    assert write_picture(tmp_path / "a.tif", Picture(frames=frames)) == ()
    again = read_picture(tmp_path / "a.tif")
    for frame, written in zip(again.frames, frames, strict=True):
        assert frame.dtype == written.dtype
        np.testing.assert_array_equal(frame, written)


@pytest.mark.parametrize("lossy", [True, False])
def test_webp_is_lossless_unless_the_input_was_lossy(tmp_path: Path, lossy: bool) -> None:
    image = _noise((16, 16, 3))
    write_picture(tmp_path / "a.webp", Picture(frames=(image,), lossy=lossy))
    again = read_picture(tmp_path / "a.webp")
    assert np.array_equal(again.image, image) == (not lossy)
    assert again.lossy == lossy


@pytest.mark.parametrize("lossy", [True, False])
def test_a_quality_that_is_named_makes_webp_lossy(tmp_path: Path, lossy: bool) -> None:
    picture = Picture(frames=(_noise((32, 32, 3)),), lossy=lossy)
    for quality in (20, 90):
        write_picture(tmp_path / f"{quality}.webp", picture, options=WriteOptions(quality=quality))
    assert (tmp_path / "20.webp").stat().st_size < (tmp_path / "90.webp").stat().st_size
    assert read_picture(tmp_path / "90.webp").lossy


@pytest.mark.parametrize(("name", "lossy"), [("a.png", False), ("a.jpg", True), ("a.avif", True), ("a.tif", False)])
def test_a_picture_says_whether_its_file_was_lossy(tmp_path: Path, name: str, lossy: bool) -> None:
    write_picture(tmp_path / name, Picture(frames=(_noise((16, 16, 3)),)))
    assert read_picture(tmp_path / name).lossy == lossy


@pytest.mark.parametrize("source", ["png", "jpg", "tif"])
@pytest.mark.parametrize("target", ["webp", "avif", "gif"])
def test_no_note_names_a_resolution_that_no_file_had(tmp_path: Path, source: str, target: str) -> None:
    Image.fromarray(_noise((16, 16, 3))).save(tmp_path / f"a.{source}")
    picture = read_picture(tmp_path / f"a.{source}")
    assert picture.dpi is None
    assert not [note for note in write_picture(tmp_path / f"b.{target}", picture) if "resolution" in note]


def test_colours_under_full_transparency_stay(tmp_path: Path) -> None:
    image = _noise((8, 8, 4))
    image[..., 3] = 0
    for suffix in ("png", "webp", "tif"):
        write_picture(tmp_path / f"a.{suffix}", Picture(frames=(image,)))
        np.testing.assert_array_equal(read_picture(tmp_path / f"a.{suffix}").image, image)


def test_quality_decides_the_size_of_a_jpeg(tmp_path: Path) -> None:
    for quality in (50, 95):
        write_picture(
            tmp_path / f"{quality}.jpg", Picture(frames=(_noise((64, 64, 3)),)), options=WriteOptions(quality=quality)
        )
    assert (tmp_path / "50.jpg").stat().st_size < (tmp_path / "95.jpg").stat().st_size


def test_the_background_shows_in_a_jpeg(tmp_path: Path) -> None:
    picture = Picture(frames=(np.zeros((16, 16, 4), np.uint8),))
    notes = write_picture(tmp_path / "a.jpg", picture, options=WriteOptions(background=(0.0, 0.0, 1.0)))
    assert notes == ("transparency was flattened on the background: JPEG holds none",)
    np.testing.assert_allclose(read_picture(tmp_path / "a.jpg").image, np.full((16, 16, 3), (0, 0, 255)), atol=2)


def test_metadata_that_cannot_be_written_never_cost_the_picture(
    tmp_path: Path, samples, monkeypatch: pytest.MonkeyPatch
) -> None:
    save = libvips_encode._save

    def fail_with_tags(path: Path, picture: Picture, *rest) -> None:
        if picture.exif:
            raise pyvips.Error("no", "exif: too strange\n")
        save(path, picture, *rest)

    monkeypatch.setattr(libvips_encode, "_save", fail_with_tags)
    picture = Picture(frames=(_noise((8, 6, 3)),), icc=samples.icc, exif=samples.exif)
    notes = write_picture(tmp_path / "a.png", picture)
    assert notes == ("EXIF, XMP, IPTC, texts left out: they could not be written (exif: too strange)",)
    assert read_picture(tmp_path / "a.png").icc == samples.icc


@pytest.mark.parametrize("suffix", ["png", "jpg", "webp", "avif", "tif"])
@pytest.mark.parametrize(
    "blob",
    [b"", b"rubbish", b"Exif\0\0", b"Exif\0\0II*\0\xff\xff\xff\xff", b"Exif\0\0" + np.random.default_rng(1).bytes(500)],
)
def test_broken_metadata_never_cost_the_picture(tmp_path: Path, samples, suffix: str, blob: bytes) -> None:
    broken_icc = samples.icc[:20] + blob
    picture = Picture(frames=(_noise((8, 6, 3)),), icc=broken_icc, exif=blob, xmp=blob, iptc=blob)
    write_picture(tmp_path / f"a.{suffix}", picture)
    assert read_picture(tmp_path / f"a.{suffix}").image.shape == (8, 6, 3)


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "avif", "tif"])
def test_a_makers_note_is_whole_or_it_is_said(tmp_path: Path, suffix: str) -> None:
    # libexif knows Canon's notes and makes nothing of one that is none; it copies those of makers it does not know.
    for maker, shortened in (("Leica", False), ("Canon", suffix != "tif")):
        tags = Image.Exif()
        tags[0x010F] = maker
        tags.get_ifd(0x8769)[0x927C] = note = np.random.default_rng(0).bytes(1500)
        notes = write_picture(tmp_path / f"a.{suffix}", Picture(frames=(_noise((8, 6, 3)),), exif=tags.tobytes()))
        said = "of the camera maker's private note in EXIF 1,494 of 1,500 bytes were left out"
        assert notes == ((said,) if shortened else ())
        assert (makers_note(read_picture(tmp_path / f"a.{suffix}").exif) == note) is not shortened


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "avif", "tif"])
def test_of_exif_too_long_the_short_entries_are_kept_and_it_is_said(tmp_path: Path, suffix: str) -> None:
    tags = Image.Exif()
    tags[0x010E], tags[0x013B] = "d" * 70_000, "an artist"
    notes = write_picture(tmp_path / f"a.{suffix}", Picture(frames=(_noise((8, 6, 3)),), exif=tags.tobytes()))
    again = Image.Exif()
    again.load(read_picture(tmp_path / f"a.{suffix}").exif or b"")
    assert again[0x013B] == "an artist"
    assert (0x010E in again) is (suffix == "tif")
    name = {"jpg": "JPEG", "webp": "WebP"}.get(suffix, suffix.upper())
    said = f"of EXIF the longest entries were left out (1): {name} files are written with at most 64 KiB of it"
    assert notes == (() if suffix == "tif" else (said,))


def test_metadata_too_long_for_jpeg_are_named(tmp_path: Path, samples) -> None:
    picture = Picture(frames=(_noise((8, 6, 3)),), exif=samples.exif, xmp=b"<x>" + b" " * 70_000 + b"</x>")
    notes = write_picture(tmp_path / "a.jpg", picture)
    assert notes == ("XMP left out: JPEG could not hold it",)
    assert read_picture(tmp_path / "a.jpg").exif is not None


def test_a_suffix_we_do_not_write_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"expected an output name ending in"):
        write_picture(tmp_path / "a.xyz", Picture(frames=(_noise((2, 2)),)))
    assert not list(tmp_path.iterdir())


def test_a_picture_too_large_for_the_format_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(ImageTooLargeError, match="16,383"):
        write_picture(tmp_path / "a.webp", Picture(frames=(np.zeros((1, 16_384), np.uint8),)))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("suffix", ["png", "jpg", "webp", "tif", "bmp", "ppm", "gif"])
def test_a_folder_that_is_not_there_is_an_output_error(tmp_path: Path, suffix: str) -> None:
    with pytest.raises(OutputError, match="nowhere"):
        write_picture(tmp_path / "nowhere" / f"a.{suffix}", Picture(frames=(_noise((2, 2)),)))


@pytest.mark.parametrize("error", [KeyboardInterrupt, MemoryError])
def test_an_interrupt_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: type[BaseException]
) -> None:
    (tmp_path / "a.png").write_bytes(b"old")

    def interrupt(path: Path, *_: object) -> None:
        path.write_bytes(b"half")
        raise error

    monkeypatch.setattr(write, "_encode", interrupt)
    with pytest.raises(error):
        write_picture(tmp_path / "a.png", Picture(frames=(_noise((2, 2)),)))
    assert list(tmp_path.iterdir()) == [tmp_path / "a.png"]
    assert (tmp_path / "a.png").read_bytes() == b"old"


def test_names_of_every_kind_are_written(tmp_path: Path) -> None:
    for name in ("名前 😀.png", "-dash.tif", "a[Q=1].jpg", "sp ace.webp", "CAPITAL.PNG", "ü" * 120 + ".png"):
        write_picture(tmp_path / name, Picture(frames=(_noise((3, 4, 3)),)))
        assert read_picture(tmp_path / name).image.shape == (3, 4, 3)


@pytest.mark.parametrize("suffix", ["png", "jpg", "webp", "tif", "gif", "avif", "bmp", "ppm", "tga"])
def test_a_name_and_a_folder_that_are_not_utf_8_are_written(tmp_path: Path, suffix: str) -> None:
    folder, name = tmp_path / os.fsdecode(b"\xfe"), b"\xff." + suffix.encode()
    try:
        folder.mkdir()
    except OSError:
        pytest.skip("this file system refuses the name")
    write_picture(folder / os.fsdecode(name), Picture(frames=(_noise((3, 4, 3)),)))
    assert os.listdir(os.fsencode(folder)) == [name]  # noqa: PTH208 (as bytes)
    assert read_picture(folder / os.fsdecode(name)).image.shape[:2] == (3, 4)


def test_frames_that_are_views_are_written_as_they_look(tmp_path: Path) -> None:
    image = _noise((9, 8, 3))
    write_picture(tmp_path / "a.png", Picture(frames=(image[::-1, ::2],)))
    np.testing.assert_array_equal(read_picture(tmp_path / "a.png").image, image[::-1, ::2])


@settings(max_examples=60)
@given(st.data())
def test_strips_give_the_very_file_of_the_whole(
    tmp_path_factory: pytest.TempPathFactory, samples, data: st.DataObject
) -> None:
    suffix = data.draw(st.sampled_from(["png", "jpg", "tif", "webp", "avif", "gif", "bmp", "tga", "ppm"]))
    shape = data.draw(st.tuples(st.integers(1, 40), st.integers(1, 12)))
    shape += data.draw(st.sampled_from([(), (2,), (3,), (4,)]))
    image = _noise(shape, data.draw(st.sampled_from(["uint8", "uint16", "float32"])))
    cuts = sorted(data.draw(st.sets(st.integers(1, shape[0]), max_size=5)) - {shape[0]})
    metadata = data.draw(st.sampled_from([{}, {"exif": samples.exif, "icc": samples.icc, "xmp": samples.xmp}]))
    given_whole = Picture(frames=(image,), orientation=data.draw(st.sampled_from([1, 6])), **metadata)
    given_in_strips = replace(
        given_whole, frames=(Strips(image.shape, image.dtype, lambda: iter(np.split(image, cuts))),)
    )
    folder = tmp_path_factory.mktemp("strips")
    notes = [
        write_picture(folder / f"{name}.{suffix}", picture)
        for name, picture in (("whole", given_whole), ("strips", given_in_strips))
    ]
    assert notes[0] == notes[1]
    assert (folder / f"whole.{suffix}").read_bytes() == (folder / f"strips.{suffix}").read_bytes()


@pytest.mark.parametrize("suffix", ["png", "tif", "webp", "gif"])
def test_frames_in_strips_give_the_very_file_of_whole_frames(tmp_path: Path, suffix: str) -> None:
    frames = tuple(_noise((9, 13, 3), seed=seed) for seed in range(3))
    picture = Picture(frames=frames, durations_ms=(10, 20, 30))
    in_strips = tuple(Strips(f.shape, f.dtype, lambda f=f: iter(np.split(f, [2, 7]))) for f in frames)
    write_picture(tmp_path / f"whole.{suffix}", picture)
    write_picture(tmp_path / f"strips.{suffix}", replace(picture, frames=in_strips))
    assert (tmp_path / f"whole.{suffix}").read_bytes() == (tmp_path / f"strips.{suffix}").read_bytes()


@pytest.mark.parametrize("suffix", ["png", "jpg", "tif", "ppm"])
@pytest.mark.parametrize("kind", SHAPES)
def test_strips_are_made_once_and_let_go_while_the_file_grows(tmp_path: Path, samples, suffix: str, kind: str) -> None:
    made, alive, most = 0, 0, 0

    class Counted(np.ndarray):
        def __del__(self) -> None:
            nonlocal alive
            alive -= 1

    def parts() -> Iterator[np.ndarray]:
        nonlocal made, alive, most
        for _ in range(100):
            made += 1
            alive += 1
            most = max(most, alive)
            yield np.zeros((20, 500, *SHAPES[kind][2:]), np.uint16).view(Counted)

    frame = Strips((2000, 500, *SHAPES[kind][2:]), np.dtype(np.uint16), parts)
    write_picture(tmp_path / f"a.{suffix}", Picture(frames=(frame,), exif=samples.exif, icc=samples.icc))
    assert made == 100
    assert most <= 4


def test_pixels_are_made_once_even_if_the_encoder_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[int] = []

    def parts() -> Iterator[np.ndarray]:
        made.append(1)
        yield np.zeros((1, 30, 3), np.uint8)  # and no more: 39 rows are missing

    with pytest.raises(OutputError, match="expected to write PNG, got: "):
        write_picture(tmp_path / "a.png", Picture(frames=(Strips((40, 30, 3), np.dtype(np.uint8), parts),)))
    assert made == [1]
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("error", [KeyError, KeyboardInterrupt, OutputError])
@pytest.mark.parametrize("suffix", ["png", "jpg", "tif", "webp", "gif", "avif", "bmp", "tga", "ppm"])
def test_what_fails_while_strips_are_made_is_raised_and_leaves_nothing(
    tmp_path: Path, suffix: str, error: type[BaseException]
) -> None:
    def parts() -> Iterator[np.ndarray]:
        yield np.zeros((1, 30, 3), np.uint8)
        raise error("while a strip was made")

    picture = Picture(frames=(Strips((40, 30, 3), np.dtype(np.uint8), parts),))
    with pytest.raises(error, match="while a strip was made"):
        write_picture(tmp_path / f"a.{suffix}", picture)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp", ".avif", ".tif"])
def test_no_exif_is_made_up(tmp_path: Path, samples, suffix: str) -> None:
    picture = Picture(frames=(_noise((16, 16, 3)),), icc=samples.icc, xmp=updated(samples.xmp, 16, 16))
    assert write_picture(tmp_path / f"a{suffix}", picture) == ()
    again = read_picture(tmp_path / f"a{suffix}")
    assert again.exif is None
    assert (again.icc, again.xmp) == (picture.icc, picture.xmp)
    stripped = replace(picture, exif=samples.exif, icc=None)
    write_picture(tmp_path / f"b{suffix}", stripped, options=WriteOptions(strip_metadata=True))
    assert read_picture(tmp_path / f"b{suffix}").exif is None


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".tif"])
def test_a_resolution_is_kept_without_exif(tmp_path: Path, suffix: str) -> None:
    write_picture(tmp_path / f"a{suffix}", Picture(frames=(_noise((16, 16, 3)),), dpi=(300, 300)))
    assert read_picture(tmp_path / f"a{suffix}").dpi == pytest.approx((300, 300), abs=0.1)


@pytest.mark.skipif(os.name == "nt", reason="Windows limits no file's size")
@pytest.mark.parametrize("suffix", sorted(suffix for kind in FORMATS if kind.writes for suffix in kind.suffixes[:1]))
def test_a_disk_that_takes_only_a_part_of_a_file_is_an_error_in_every_format(tmp_path: Path, suffix: str) -> None:
    import resource

    path = tmp_path / f"a{suffix}"
    path.write_bytes(b"old")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2000, limits[1]))
    try:
        with pytest.raises(OutputError, match="expected to write"):
            write_picture(path, np.random.default_rng(0).integers(0, 256, (64, 48, 3), np.uint8))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert path.read_bytes() == b"old"
    assert [each.name for each in tmp_path.iterdir()] == [path.name]


def test_a_picture_beyond_what_a_format_can_count_is_an_output_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def save(*_: object, **__: object) -> None:
        raise ValueError("File size is too large for the BMP format")  # as Pillow says it

    monkeypatch.setattr(Image.Image, "save", save)
    with pytest.raises(
        OutputError, match=r"expected a picture that BMP holds for .*a\.bmp, got: .*too large.*; write PNG"
    ):
        write_picture(tmp_path / "a.bmp", TWO[0])
    assert not list(tmp_path.iterdir())
