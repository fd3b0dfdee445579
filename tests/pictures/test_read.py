import os
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import pyvips
import tifffile
from PIL import Image, PngImagePlugin

from srcnn.errors import ImageTooLargeError, InvalidImageError
from srcnn.pictures.picture import CLIPPED, upright
from srcnn.pictures.read import read_array, read_picture
from srcnn.pictures.recognise import recognise

RANDOM = np.random.default_rng(0)


def _noise(*shape: int, dtype: type = np.uint8) -> np.ndarray:
    return RANDOM.integers(0, np.iinfo(dtype).max, shape, dtype, endpoint=True)


def _png(
    path: Path,
    *,
    depth: int,
    colour: int,
    rows: list[bytes],
    extra: list[tuple[bytes, bytes]] | None = None,
    width: int,
) -> Path:
    """A PNG written by hand, so that the reader is tested against the standard and not against a library."""
    header = struct.pack(">IIBBBBB", width, len(rows), depth, colour, 0, 0, 0)
    pixels = zlib.compress(b"".join(b"\0" + row for row in rows))
    chunks = [(b"IHDR", header), *(extra or []), (b"IDAT", pixels), (b"IEND", b"")]
    body = b"".join(struct.pack(">I", len(b)) + n + b + struct.pack(">I", zlib.crc32(n + b)) for n, b in chunks)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + body)
    return path


@pytest.mark.parametrize(
    ("extra", "named"),
    [
        ([], ""),
        ([(b"sRGB", b"\0")], ""),
        ([(b"gAMA", struct.pack(">I", 45455))], ""),
        ([(b"gAMA", struct.pack(">I", 100000))], "gAMA"),
        ([(b"sRGB", b"\0"), (b"gAMA", struct.pack(">I", 100000))], ""),  # sRGB goes before
        ([(b"gAMA", struct.pack(">I", 45450))], ""),  # rounded
        ([(b"gAMA", bytes(4))], ""),  # says nothing
        ([(b"cHRM", struct.pack(">8I", 31270, 32900, 64000, 33000, 21000, 71000, 15000, 6000))], "cHRM"),  # Adobe RGB
        ([(b"gAMA", b"\0"), (b"cHRM", bytes(3))], ""),  # damaged
        ([(b"cICP", bytes((9, 16, 0, 1))), (b"gAMA", struct.pack(">I", 100000))], "cICP"),  # which goes before all
        ([(b"cICP", bytes((1, 13, 0, 1))), (b"gAMA", struct.pack(">I", 100000))], ""),
    ],
)
def test_colours_that_a_png_gives_without_a_profile_are_told(
    tmp_path: Path, extra: list[tuple[bytes, bytes]], named: str
) -> None:
    path = _png(tmp_path / "a.png", depth=8, colour=2, rows=[bytes(12)] * 3, extra=extra, width=4)
    told = (f"the colours were taken for sRGB: {named} of a PNG is not kept",) if named else ()
    assert read_picture(path).notes == told


@pytest.mark.parametrize("suffix", ["png", "gif", "jpg", "tif", "webp", "avif", "bmp", "tga", "ppm"])
@pytest.mark.parametrize("read", [read_picture, read_array])
def test_a_file_that_goes_away_while_it_is_read_is_named(
    tmp_path: Path, suffix: str, read: Callable[[Path], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / f"a.{suffix}"
    Image.fromarray(_noise(8, 8, 3)).save(path)

    def remove(head: bytes, suffix: str) -> object:
        path.unlink()
        return recognise(head, suffix)

    monkeypatch.setattr("srcnn.pictures.read.recognise", remove)
    with pytest.raises(InvalidImageError, match=rf"^expected .*{path}, got"):
        read(path)


def test_a_palette_is_expanded(tmp_path: Path) -> None:
    palette = (b"PLTE", bytes([1, 2, 3, 4, 5, 6]))
    path = _png(tmp_path / "a.png", depth=8, colour=3, rows=[b"\0\1"], extra=[palette], width=2)
    np.testing.assert_array_equal(read_picture(path).image, [[[1, 2, 3], [4, 5, 6]]])


def test_transparent_palette_entries_become_alpha(tmp_path: Path) -> None:
    extra = [(b"PLTE", bytes([1, 2, 3, 4, 5, 6])), (b"tRNS", bytes([0, 128]))]
    path = _png(tmp_path / "a.png", depth=8, colour=3, rows=[b"\0\1"], extra=extra, width=2)
    np.testing.assert_array_equal(read_picture(path).image, [[[1, 2, 3, 0], [4, 5, 6, 128]]])


def test_a_transparent_grey_level_becomes_alpha(tmp_path: Path) -> None:
    path = _png(tmp_path / "a.png", depth=8, colour=0, rows=[b"\7\x09"], extra=[(b"tRNS", b"\0\7")], width=2)
    np.testing.assert_array_equal(read_picture(path).image, [[[7, 0], [9, 255]]])


def test_a_transparent_16_bit_colour_becomes_16_bit_alpha(tmp_path: Path) -> None:
    rows = [struct.pack(">6H", 1, 2, 3, 4, 5, 6)]
    path = _png(
        tmp_path / "a.png", depth=16, colour=2, rows=rows, extra=[(b"tRNS", struct.pack(">3H", 1, 2, 3))], width=2
    )
    np.testing.assert_array_equal(read_picture(path).image, [[[1, 2, 3, 0], [4, 5, 6, 65535]]])


def test_1_bit_becomes_0_and_255(tmp_path: Path) -> None:
    path = _png(tmp_path / "a.png", depth=1, colour=0, rows=[b"\xa0"], width=3)
    image = read_array(path)
    assert image.dtype == np.uint8
    np.testing.assert_array_equal(image, [[255, 0, 255]])


def test_4_bits_cover_the_whole_range(tmp_path: Path) -> None:
    path = _png(tmp_path / "a.png", depth=4, colour=0, rows=[b"\x01\xf0"], width=3)
    np.testing.assert_array_equal(read_array(path), [[0, 17, 255]])


@pytest.mark.parametrize("options", [{"interlace": True}, {"interlace": True, "compression": 9}])
def test_interlaced_16_bit_colour_is_exact(tmp_path: Path, options: dict[str, object]) -> None:
    image = _noise(33, 17, 3, dtype=np.uint16)
    pyvips.Image.new_from_array(image, interpretation="rgb16").pngsave(str(tmp_path / "a.png"), **options)
    np.testing.assert_array_equal(read_array(tmp_path / "a.png"), image)


@pytest.mark.parametrize("compression", ["none", "lzw", "deflate", "packbits"])
@pytest.mark.parametrize("tiled", [False, True])
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_tiff_of_every_layout_is_exact(tmp_path: Path, compression: str, tiled: bool, dtype: str) -> None:
    image = _noise(40, 33, 3, dtype=np.uint16).astype(np.float32) / 65535
    image = image if dtype == "float32" else (image * np.iinfo(dtype).max).astype(dtype)
    pyvips.Image.new_from_array(image).tiffsave(
        str(tmp_path / "a.tif"), compression=compression, tile=tiled, tile_width=16, tile_height=16, bigtiff=tiled
    )
    again = read_array(tmp_path / "a.tif")
    assert again.dtype == dtype
    np.testing.assert_array_equal(again, image)


def test_tiff_compressed_as_jpeg_is_read(tmp_path: Path) -> None:
    image = np.full((32, 32, 3), 90, np.uint8)
    pyvips.Image.new_from_array(image).tiffsave(str(tmp_path / "a.tif"), compression="jpeg", Q=95)
    np.testing.assert_allclose(read_array(tmp_path / "a.tif"), image, atol=2)


@pytest.mark.parametrize("shape", [(4, 5), (4, 5, 3), (4, 5, 4)])
def test_32_bit_integers_become_floating_point_whose_white_is_1(tmp_path: Path, shape: tuple[int, ...]) -> None:
    values = np.random.default_rng(0).integers(0, 2**32, shape, np.uint32)
    values[0, 0], values[0, 1] = 0, 2**32 - 1
    options = {"photometric": "minisblack"} if len(shape) == 2 else {"photometric": "rgb"}
    extra = {"extrasamples": ["unassalpha"]} if shape[2:] == (4,) else {}
    tifffile.imwrite(tmp_path / "a.tif", values, **options, **extra)
    picture = read_picture(tmp_path / "a.tif")
    assert picture.image.dtype == np.float32
    assert (picture.image[0, 0].min(), picture.image[0, 1].max()) == (0, 1)
    np.testing.assert_allclose(picture.image, values / (2**32 - 1), rtol=1e-7)
    assert picture.notes == ("32-bit integers became 32-bit floating point",)


@pytest.mark.parametrize(
    ("dtype", "message"),
    [
        *(
            (name, r"unsigned integers or .* in .*a\.tif, got signed .*; convert it")
            for name in ("int8", "int16", "int32")
        ),
        *(
            (name, r"TIFF with samples of .* at .*a\.tif, got: .*; convert it")
            for name in ("int64", "uint64", "float64", "complex64")
        ),
    ],
)
def test_samples_we_do_not_know_are_refused(tmp_path: Path, dtype: str, message: str) -> None:
    tifffile.imwrite(tmp_path / "a.tif", np.ones((4, 5, 3), dtype), photometric="rgb")
    with pytest.raises(InvalidImageError, match=f"expected {message}"):
        read_picture(tmp_path / "a.tif")


def test_half_precision_is_read(tmp_path: Path) -> None:
    values = np.linspace(0, 1, 60, dtype=np.float16).reshape(4, 5, 3)
    tifffile.imwrite(tmp_path / "a.tif", values, photometric="rgb")
    np.testing.assert_array_equal(read_array(tmp_path / "a.tif"), values.astype(np.float32))


@pytest.mark.parametrize("values", [np.linspace(-0.05, 1.05, 60), np.append(np.linspace(0, 1, 199), np.nan)])
def test_floating_point_outside_0_to_1_is_no_truth(tmp_path: Path, values: np.ndarray) -> None:
    tifffile.imwrite(tmp_path / "a.tif", values.astype(np.float32).reshape(4, -1))
    with pytest.raises(InvalidImageError, match=r"expected floating point in \[0, 1\] in .*, got values outside"):
        read_array(tmp_path / "a.tif")
    assert CLIPPED in read_picture(tmp_path / "a.tif").notes  # to enlarge it, it is clipped and said


@pytest.mark.parametrize("values", [np.linspace(0, 255, 200), np.append(np.linspace(0, 1, 190), [np.nan] * 10)])
def test_floating_point_of_another_range_is_refused_and_not_clipped_to_white(
    tmp_path: Path, values: np.ndarray
) -> None:
    tifffile.imwrite(tmp_path / "a.tif", values.astype(np.float32).reshape(4, -1))
    with pytest.raises(InvalidImageError, match=r"expected .* in \[0, 1\] in .*a\.tif, got \d+ samples far outside"):
        read_picture(tmp_path / "a.tif")


def test_signalling_numbers_that_are_none_warn_nobody(tmp_path: Path) -> None:
    values = np.zeros((4, 50), np.float32)
    values.view(np.uint32)[0, 0] = 0x7F800001  # a signalling NaN, of which arithmetic warns
    tifffile.imwrite(tmp_path / "a.tif", values)
    assert CLIPPED in read_picture(tmp_path / "a.tif").notes


def test_other_pictures_in_a_jpeg_are_said_to_be_left_out(tmp_path: Path) -> None:
    first, second = (Image.fromarray(_noise(16, 24, 3)) for _ in range(2))
    first.save(tmp_path / "a.jpg", format="MPO", save_all=True, append_images=[second])
    assert read_picture(tmp_path / "a.jpg").notes == (
        "only the main one of 2 pictures in the file was read, without gain maps and previews",
    )
    first.save(tmp_path / "b.jpg")
    assert read_picture(tmp_path / "b.jpg").notes == ()


def test_five_channels_are_refused(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.tif", np.ones((4, 5, 5), np.uint8), photometric="minisblack", planarconfig="contig")
    with pytest.raises(InvalidImageError, match=r"expected 1 to 4 channels .* in .*a\.tif, got 5 of .* uchar"):
        read_picture(tmp_path / "a.tif")


def test_pages_of_different_sizes_and_depths_are_all_read(tmp_path: Path) -> None:
    pages = [Image.fromarray(_noise(5, 7, 3)), Image.fromarray(_noise(3, 4))]
    pages[0].save(tmp_path / "a.tif", save_all=True, append_images=pages[1:])
    picture = read_picture(tmp_path / "a.tif")
    assert [frame.shape for frame in picture.frames] == [(5, 7, 3), (3, 4)]
    assert picture.durations_ms == ()
    np.testing.assert_array_equal(picture.frames[1], np.asarray(pages[1]))
    np.testing.assert_array_equal(read_array(tmp_path / "a.tif"), np.asarray(pages[0]))


def test_cmyk_becomes_srgb_and_says_so(tmp_path: Path) -> None:
    inks = np.array([[[0, 0, 0, 0], [0, 255, 255, 0], [0, 0, 0, 255]]], np.uint8).repeat(8, 0).repeat(8, 1)
    for suffix in ("tif", "jpg"):
        Image.fromarray(inks, "CMYK").save(tmp_path / f"a.{suffix}", quality=100)
        picture = read_picture(tmp_path / f"a.{suffix}")
        white, red, black = picture.image[4, [4, 12, 20]].astype(int)
        assert white.min() > 250
        assert red[0] > 180
        assert red[1:].max() < 90
        assert black.max() < 70
        assert picture.notes == ("CMYK was converted to sRGB through a standard profile, as it has none",)
        assert picture.icc is not None
        assert picture.icc[16:20] == b"RGB "


def test_an_embedded_cmyk_profile_is_used(tmp_path: Path) -> None:
    inks = pyvips.Image.new_from_array(np.full((4, 4, 4), 60, np.uint8), interpretation="cmyk")
    inks = inks.copy()
    profile = (
        pyvips.Image.black(1, 1, bands=3).copy(interpretation="srgb").icc_transform("cmyk").get("icc-profile-data")
    )
    inks.set_type(pyvips.GValue.blob_type, "icc-profile-data", profile)
    inks.tiffsave(str(tmp_path / "a.tif"))
    assert read_picture(tmp_path / "a.tif").notes == ("CMYK was converted to sRGB through its profile",)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", ["jpg", "png", "tif", "webp"])
def test_orientation_is_applied_once(tmp_path: Path, suffix: str, orientation: int) -> None:
    stored = np.repeat(np.repeat(np.array([[0, 80, 160], [200, 240, 40]], np.uint8), 16, 0), 16, 1)
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(np.dstack([stored] * 3)).save(tmp_path / f"a.{suffix}", exif=exif, quality=100)
    as_stored = read_array(tmp_path / f"a.{suffix}")
    np.testing.assert_allclose(as_stored[..., 0], stored, atol=12)
    kept = read_picture(tmp_path / f"a.{suffix}", turn=False)
    assert kept.orientation == orientation
    np.testing.assert_array_equal(kept.image, as_stored)
    picture = read_picture(tmp_path / f"a.{suffix}")
    assert picture.orientation == 1
    expected = upright(type(picture)(frames=(as_stored,), orientation=orientation)).image
    np.testing.assert_array_equal(picture.image, expected)


@pytest.mark.parametrize("alike", [True, False])
def test_pages_are_turned_each_by_its_own_tag(tmp_path: Path, alike: bool) -> None:
    pages = [_noise(3, 5, 3), _noise(3, 5, 3), _noise(3, 5, 3) if alike else _noise(4, 2)]
    tags = (1, 6, 3)
    with tifffile.TiffWriter(tmp_path / "a.tif") as file:
        for page, tag in zip(pages, tags, strict=True):
            file.write(page, extratags=[(0x0112, "H", 1, tag, True)])
    for turn in (True, False):
        picture = read_picture(tmp_path / "a.tif", turn=turn)
        assert picture.orientation == 1
        assert picture.notes == ("every page was turned upright by its own orientation tag, since the tags differ",)
        for frame, page, quarters in zip(picture.frames, pages, (0, -1, 2), strict=True):
            np.testing.assert_array_equal(frame, np.rot90(page, quarters))
    np.testing.assert_array_equal(read_array(tmp_path / "a.tif"), pages[0])


def test_pages_with_one_tag_keep_it_on_request(tmp_path: Path) -> None:
    pages = [_noise(3, 5, 3), _noise(3, 5, 3)]
    with tifffile.TiffWriter(tmp_path / "a.tif") as file:
        for page in pages:
            file.write(page, extratags=[(0x0112, "H", 1, 6, True)])
    kept, upright_ = (read_picture(tmp_path / "a.tif", turn=turn) for turn in (False, True))
    assert (kept.orientation, upright_.orientation, kept.notes, upright_.notes) == (6, 1, (), ())
    for number, page in enumerate(pages):
        np.testing.assert_array_equal(kept.frames[number], page)
        np.testing.assert_array_equal(upright_.frames[number], np.rot90(page, -1))


def test_avif_is_turned_once_by_its_decoder(tmp_path: Path) -> None:
    stored = np.zeros((16, 32, 3), np.uint8)
    stored[:, :16] = 255
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(stored).save(tmp_path / "a.avif", exif=exif, quality=100)
    picture = read_picture(tmp_path / "a.avif")
    assert picture.image.shape == (32, 16, 3)
    assert picture.image[:8].min() > 250
    assert picture.image[24:].max() < 5
    assert picture.orientation == 1


@pytest.mark.parametrize("bits", [8, 10, 12])
def test_white_in_avif_of_any_depth_is_white(tmp_path: Path, bits: int) -> None:
    dtype = np.uint8 if bits == 8 else np.uint16
    white = np.full((8, 8, 3), np.iinfo(dtype).max, dtype)
    image = pyvips.Image.new_from_array(white, interpretation="srgb" if bits == 8 else "rgb16")
    image.heifsave(str(tmp_path / "a.avif"), compression="av1", bitdepth=bits, lossless=True)
    np.testing.assert_array_equal(read_array(tmp_path / "a.avif"), white)


@pytest.mark.parametrize(("suffix", "mode"), [("bmp", "1"), ("bmp", "L"), ("bmp", "P"), ("bmp", "RGB"), ("tga", "L"),
                                              ("tga", "LA"), ("tga", "RGB"), ("tga", "RGBA"),
                                              ("ico", "RGBA")])  # fmt: skip
def test_what_libvips_lacks_is_read_through_pillow(tmp_path: Path, suffix: str, mode: str) -> None:
    original = Image.fromarray(_noise(16, 16, 4)).convert(mode)
    original.save(tmp_path / f"a.{suffix}")
    expected = original.convert({"1": "L", "P": "RGB"}.get(mode, mode))
    np.testing.assert_array_equal(read_picture(tmp_path / f"a.{suffix}").image, np.asarray(expected))


@pytest.mark.parametrize("suffix", ["gif", "webp", "png"])
def test_animations_keep_frames_durations_and_loop(tmp_path: Path, suffix: str) -> None:
    levels = [np.full((6, 5, 3), level, np.uint8) for level in (0, 100, 200)]
    frames = [Image.fromarray(level) for level in levels]
    frames[0].save(
        tmp_path / f"a.{suffix}",
        save_all=True,
        append_images=frames[1:],
        duration=[50, 70, 1000],
        loop=0,
        lossless=True,
    )
    picture = read_picture(tmp_path / f"a.{suffix}")
    assert picture.durations_ms == (50, 70, 1000)
    assert picture.loop == 0
    for frame, level in zip(picture.frames, levels, strict=True):
        np.testing.assert_array_equal(frame.reshape(6, 5, -1)[..., 0], level[..., 0])
    assert read_array(tmp_path / f"a.{suffix}").shape[:2] == (6, 5)


@pytest.mark.parametrize("see_through", [False, True])
def test_an_animated_webp_has_alpha_only_where_something_is_seen_through(tmp_path: Path, see_through: bool) -> None:
    levels = [_noise(30, 40, 4)] * 2
    levels[0][..., 3] = 255
    levels[1] = levels[0].copy()
    levels[1][10:20, 10:20, :3] = 0  # the rest is as before: the second frame covers only this
    levels[1][0, 0, 3] = 0 if see_through else 255
    frames = [Image.fromarray(level if see_through else level[..., :3]) for level in levels]
    frames[0].save(tmp_path / "a.webp", save_all=True, append_images=frames[1:], quality=80)
    picture = read_picture(tmp_path / "a.webp")
    assert [frame.shape for frame in picture.frames] == [(30, 40, 4 if see_through else 3)] * 2


def test_content_decides_and_not_the_name(tmp_path: Path) -> None:
    Image.fromarray(_noise(4, 4, 3)).save(tmp_path / "a.jpg", "PNG")
    assert read_picture(tmp_path / "a.jpg").format == "PNG"


@pytest.mark.parametrize(
    "name", ["a[page=1].png", "名前 😀.png", "-dash.png", "sp ace.PNG", "ü" * 100 + ".png", "a%d.png"]
)
def test_any_name_is_read(tmp_path: Path, name: str) -> None:
    Image.fromarray(_noise(3, 4)).save(tmp_path / name, "PNG")
    assert read_picture(tmp_path / name).image.shape == (3, 4)


@pytest.mark.parametrize("suffix", ["png", "jpg", "webp", "tif", "gif", "avif", "bmp", "ppm", "tga"])
def test_a_name_that_is_not_utf_8_is_read_and_named(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / os.fsdecode(b"\xff." + suffix.encode())
    Image.fromarray(_noise(64, 64, 3)).save(tmp_path / f"a.{suffix}")
    try:
        (tmp_path / f"a.{suffix}").rename(path)
    except OSError:
        pytest.skip("this file system refuses the name")
    assert read_picture(path).image.shape[:2] == (64, 64)
    path.write_bytes(path.read_bytes()[:60])
    with pytest.raises(InvalidImageError, match=rf"at .*\udcff\.{suffix}|in .*\udcff\.{suffix}"):
        read_picture(path)


def test_a_file_that_has_changed_is_read_again(tmp_path: Path) -> None:
    for level in (10, 20):
        Image.fromarray(np.full((3, 4), level, np.uint8)).save(tmp_path / "a.png")
        assert read_array(tmp_path / "a.png")[0, 0] == level


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "got an empty file"),
        (b"hello world", "got a file that begins with b'hello wo'"),
        (b"<svg/>", "got a file that begins with"),
    ],
)
def test_what_is_no_picture_is_refused_in_one_sentence(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "a.png").write_bytes(content)
    with pytest.raises(InvalidImageError, match=rf"a\.png, {message}"):
        read_picture(tmp_path / "a.png")


def test_a_missing_file_a_folder_and_a_socket_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(InvalidImageError, match="got nothing there"):
        read_picture(tmp_path / "nowhere.png")
    with pytest.raises(InvalidImageError, match="got a folder"):
        read_picture(tmp_path)
    os.mkfifo(tmp_path / "pipe.png")
    with pytest.raises(InvalidImageError, match=r"got no file; save it as one, or pipe it to -$"):
        read_picture(tmp_path / "pipe.png")
    with pytest.raises(InvalidImageError, match="null"):
        read_picture(Path("a\0b.png"))


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may read everything")
def test_a_file_without_permission_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"x")
    (tmp_path / "a.png").chmod(0)
    with pytest.raises(InvalidImageError, match="Permission denied"):
        read_picture(tmp_path / "a.png")


def test_the_limit_holds_before_decoding(tmp_path: Path) -> None:
    # 2.5 gigapixels in a header without pixels: decoding would fail or take for ever.
    path = _png(tmp_path / "a.png", depth=8, colour=0, rows=[b"\0"], width=1)
    bomb = bytearray(path.read_bytes())
    bomb[16:24] = struct.pack(">II", 50_000, 50_000)
    bomb[29:33] = struct.pack(">I", zlib.crc32(bomb[12:29]))
    path.write_bytes(bomb)
    with pytest.raises(ImageTooLargeError, match=r"at most 500,000,000 pixels in .*a\.png, got 50,000 x 50,000"):
        read_picture(path)


@pytest.mark.parametrize("suffix", ["png", "jpg", "webp", "tif", "gif", "bmp", "tga", "ppm", "avif", "ico"])
def test_every_format_respects_the_limit(tmp_path: Path, suffix: str) -> None:
    Image.fromarray(_noise(16, 16, 3)).save(tmp_path / f"a.{suffix}")
    assert read_array(tmp_path / f"a.{suffix}", max_pixels=256).shape == (16, 16, 3)
    with pytest.raises(ImageTooLargeError, match=r"at most 255 pixels"):
        read_array(tmp_path / f"a.{suffix}", max_pixels=255)


@pytest.mark.parametrize("suffix", ["gif", "webp", "png"])
def test_the_limit_counts_every_frame(tmp_path: Path, suffix: str) -> None:
    frames = [Image.fromarray(np.full((10, 10, 3), level, np.uint8)) for level in (1, 200)]
    frames[0].save(tmp_path / f"a.{suffix}", save_all=True, append_images=frames[1:])
    with pytest.raises(ImageTooLargeError, match="10 x 10 in 2 frames"):
        read_picture(tmp_path / f"a.{suffix}", max_pixels=199)
    assert read_array(tmp_path / f"a.{suffix}", max_pixels=100).shape[:2] == (10, 10)


def test_warnings_of_the_libraries_reach_nobody(tmp_path: Path) -> None:
    Image.fromarray(_noise(16, 16, 3)).save(tmp_path / "a.tif", tiffinfo={65000: "unknown"})
    broken = tmp_path / "b.jpg"
    Image.fromarray(_noise(64, 64, 3)).save(broken)
    broken.write_bytes(broken.read_bytes()[:1500])
    program = (
        "import sys, pathlib\nfrom srcnn.errors import SrcnnError\nfrom srcnn.pictures.read import read_picture\n"
        "for name in sys.argv[1:]:\n    try: read_picture(pathlib.Path(name))\n    except SrcnnError: pass\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program, str(tmp_path / "a.tif"), str(broken)],
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_importing_the_reader_loads_no_heavy_library() -> None:
    program = (
        "import sys, srcnn.pictures.read, srcnn.pictures.write\n"
        "assert not {'pyvips', 'PIL', 'torch'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def _jpeg_with(path: Path, *segments: tuple[int, bytes]) -> Path:
    Image.new("RGB", (9, 7)).save(path)
    whole = path.read_bytes()
    parts = [b"\xff" + bytes([mark]) + struct.pack(">H", len(body) + 2) + body for mark, body in segments]
    path.write_bytes(whole[:2] + b"".join(parts) + whole[2:])
    return path


_XMP = b"http://ns.adobe.com/xap/1.0/\0"


@pytest.mark.parametrize(
    ("xmp", "said"),
    [
        (b'<x GCamera:MotionPhoto="1"/>', "the video behind the picture was left out"),
        (b"<x GCamera:MicroVideo='1'/>", "the video behind the picture was left out"),
        (b"<GCamera:MotionPhoto>1</GCamera:MotionPhoto>", "the video behind the picture was left out"),
        (b'<x hdrgm:Version="1.0"/>', "the gain map behind the picture was left out"),
        (b'<x GCamera:MotionPhoto="0"/>', None),
    ],
)
def test_what_xmp_says_stands_behind_a_jpeg_is_said_to_be_lost(tmp_path: Path, xmp: bytes, said: str | None) -> None:
    notes = read_picture(_jpeg_with(tmp_path / "a.jpg", (0xE1, _XMP + xmp))).notes
    assert notes == ((f"{said}, though XMP still tells of it",) if said else ())


@pytest.mark.parametrize(
    ("mark", "body", "said"),
    [
        (
            0xEB,
            b"JP\0\1\0\0\0\1\0\0\1\0jumb\0\0\0\x1ejumdc2pa",
            "the signed statement of its origin (C2PA) was left out",
        ),
        (0xEB, b"JP\0\1\0\0\0\1\0\0\1\0jumb\0\0\0\x1ejumdother", None),
        (0xE1, b"FLIR\0\1\0\0", "the thermal camera's temperature image was left out"),
    ],
)
def test_what_a_jpeg_says_of_itself_alone_is_said_to_be_lost(
    tmp_path: Path, mark: int, body: bytes, said: str | None
) -> None:
    assert read_picture(_jpeg_with(tmp_path / "a.jpg", (mark, body))).notes == ((said,) if said else ())


def test_a_png_with_a_signed_origin_says_that_it_is_lost(tmp_path: Path) -> None:
    info = PngImagePlugin.PngInfo()
    info.add(b"caBX", b"jumb")
    Image.new("RGB", (4, 4)).save(tmp_path / "a.png", pnginfo=info)
    assert read_picture(tmp_path / "a.png").notes == ("the signed statement of its origin (C2PA) was left out",)


def test_a_gif_without_its_last_byte_is_read_and_it_is_said(tmp_path: Path) -> None:
    path = tmp_path / "a.gif"
    frames = [Image.new("RGB", (4, 4), (90 * number, 0, 0)) for number in range(3)]
    frames[0].save(path, save_all=True, append_images=frames[1:], duration=80)
    path.write_bytes(path.read_bytes()[:-1])
    picture = read_picture(path)
    assert len(picture.frames) == 3
    assert picture.notes == ("the file ends without its mark of the end: frames may be missing",)


@pytest.mark.parametrize(("stored", "shown"), [(0, 100), (10, 100), (20, 20), (30, 30)])
def test_frames_of_a_gif_last_as_long_as_browsers_show_them(tmp_path: Path, stored: int, shown: int) -> None:
    frames = [Image.new("RGB", (4, 4), (90 * number, 0, 0)) for number in range(2)]
    path = tmp_path / "a.gif"
    frames[0].save(path, save_all=True, append_images=frames[1:], duration=[120, 50])
    before, control, after = path.read_bytes().partition(b"\x21\xf9\x04")
    path.write_bytes(before + control + after[:1] + bytes([stored // 10]) + after[2:])
    picture = read_picture(path)
    assert picture.durations_ms == (shown, 50)
    said = ("frames of at most 10 ms got 100 ms, for which browsers show them",)
    assert picture.notes == (said if stored != shown else ())


def test_xmp_in_several_parts_is_said_to_be_lost_but_for_the_first(tmp_path: Path) -> None:
    more = b"http://ns.adobe.com/xmp/extension/\0" + b"0" * 32 + struct.pack(">II", 3, 0) + b"<x>"
    picture = read_picture(_jpeg_with(tmp_path / "a.jpg", (0xE1, _XMP + b"<x/>"), (0xE1, more)))
    assert (picture.xmp, picture.notes) == (b"<x/>", ("the parts of XMP behind its first 64 KiB were left out",))


def test_of_an_animated_avif_the_first_picture_is_read_and_it_is_said(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (16, 12), (50 * number, 0, 0)) for number in range(3)]
    frames[0].save(tmp_path / "a.avif", save_all=True, append_images=frames[1:])
    picture = read_picture(tmp_path / "a.avif")
    assert (len(picture.frames), picture.notes) == (1, ("only the first picture of an animation was read",))


@pytest.mark.parametrize(
    ("primaries", "transfer", "icc", "said"),
    [(1, 13, False, False), (2, 2, False, False), (1, 1, False, False), (12, 13, False, True), (9, 16, False, True),
     (1, 8, False, True), (9, 16, True, False)],
)  # fmt: skip
def test_other_colours_that_an_avif_names_without_a_profile_are_said(
    tmp_path: Path, samples, primaries: int, transfer: int, icc: bool, said: bool
) -> None:
    path = tmp_path / "a.avif"
    Image.new("RGB", (16, 12)).save(path, **({"icc_profile": samples.icc} if icc else {}))
    whole = path.read_bytes()
    at = whole.index(b"colrnclx") + 8
    path.write_bytes(whole[:at] + struct.pack(">HH", primaries, transfer) + whole[at + 4 :])
    note = "the colours were taken for sRGB: what AVIF says of them beside a profile is not kept"
    assert read_picture(path).notes == ((note,) if said else ())


def test_cmyk_with_a_profile_of_other_colours_is_said_to_go_through_a_standard_one(tmp_path: Path, samples) -> None:
    Image.new("CMYK", (9, 7)).save(tmp_path / "a.jpg", icc_profile=samples.icc)
    said = "CMYK was converted to sRGB through a standard profile, as its own is not of CMYK"
    assert read_picture(tmp_path / "a.jpg").notes == (said,)


@pytest.mark.parametrize(("mode", "whole"), [("RGB", True), ("L", True), ("RGB", False)])
def test_a_profile_that_does_not_fit_a_png_is_said_to_be_left_out(
    tmp_path: Path, samples, mode: str, whole: bool
) -> None:
    Image.new(mode, (9, 7)).save(tmp_path / "a.png", icc_profile=samples.icc if whole else b"no profile at all")
    picture = read_picture(tmp_path / "a.png")
    kept = mode == "RGB" and whole
    assert (picture.icc is not None) is kept
    said = "the ICC profile was left out: it is damaged, or of other channels than the picture"
    assert picture.notes == (() if kept else (said,))
