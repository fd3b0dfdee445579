"""What a file says beside its pixels, and the sentences about files that libvips does not read."""

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
import pyvips
from PIL import Image, ImageOps

from srcnn.errors import InvalidImageError
from srcnn.pictures.read import read_picture
from srcnn.pictures.write import write_picture

PIXELS = Image.fromarray(np.zeros((8, 6, 3), np.uint8))


@pytest.mark.parametrize("target", ["jpg", "png", "tif", "webp", "avif"])
def test_an_avif_that_its_decoder_has_turned_says_nowhere_that_it_must_be(tmp_path: Path, target: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    xmp = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><a tiff:Orientation="6"/></x:xmpmeta>'
    PIXELS.save(tmp_path / "a.avif", exif=exif, xmp=xmp)
    for turn in (True, False):
        picture = read_picture(tmp_path / "a.avif", turn=turn)
        assert (picture.image.shape, picture.orientation) == ((6, 8, 3), 1)
        write_picture(tmp_path / f"b.{target}", picture)
        assert read_picture(tmp_path / f"b.{target}").xmp == xmp.replace(b"6", b"1")
        with Image.open(tmp_path / f"b.{target}") as independent:
            assert ImageOps.exif_transpose(independent).size == (8, 6)


def _with_chunk(path: Path, name: bytes, body: bytes) -> Path:
    """A PNG with one more chunk behind its header."""
    file = path.read_bytes()
    chunk = struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
    path.write_bytes(file[:33] + chunk + file[33:])
    return path


def _dpi(path: Path) -> list[int] | None:
    dpi = read_picture(path).dpi
    return [round(density) for density in dpi] if dpi else None


@pytest.mark.parametrize(("unit", "x", "y", "dpi"), [(1, 11811, 5906, [150, 300]), (0, 300, 300, None),
                                                     (0, 1, 2, None), (0, 1, 1, None), (1, 0, 0, None),
                                                     (1, 11811, 0, None)])  # fmt: skip
def test_proportions_of_pixels_in_png_are_no_resolution(
    tmp_path: Path, unit: int, x: int, y: int, dpi: list[int] | None
) -> None:
    PIXELS.save(tmp_path / "a.png")
    path = _with_chunk(tmp_path / "a.png", b"pHYs", struct.pack(">IIB", x, y, unit))
    assert _dpi(path) == dpi
    PIXELS.save(tmp_path / "b.png", save_all=True, append_images=[ImageOps.invert(PIXELS)])
    path = _with_chunk(tmp_path / "b.png", b"pHYs", struct.pack(">IIB", x, y, unit))
    assert len(read_picture(path).frames) == 2
    assert _dpi(path) == dpi


@pytest.mark.parametrize(("unit", "x", "y", "dpi"), [(0, 300, 300, None), (1, 300, 150, [150, 300]),
                                                     (2, 118, 59, [150, 300]), (1, 0, 0, None),
                                                     (1, 300, 0, None)])  # fmt: skip
def test_a_density_of_jpeg_without_a_unit_and_one_of_0_are_no_resolution(
    tmp_path: Path, unit: int, x: int, y: int, dpi: list[int] | None
) -> None:
    PIXELS.save(tmp_path / "a.jpg")
    file = (tmp_path / "a.jpg").read_bytes()
    assert file[6:11] == b"JFIF\0"
    (tmp_path / "a.jpg").write_bytes(file[:13] + struct.pack(">BHH", unit, x, y) + file[18:])
    assert _dpi(tmp_path / "a.jpg") == dpi


@pytest.mark.parametrize(("unit", "dpi"), [(1, None), (2, [150, 300]), (3, [381, 762]), (None, [150, 300])])
def test_a_resolution_of_tiff_without_a_unit_is_none(tmp_path: Path, unit: int | None, dpi: list[int] | None) -> None:
    PIXELS.save(tmp_path / "a.tif", tiffinfo={282: 300.0, 283: 150.0} | ({296: unit} if unit else {}))
    assert _dpi(tmp_path / "a.tif") == dpi


@pytest.mark.parametrize("suffix", ["jpg", "png"])
@pytest.mark.parametrize("density", [None, 200])
def test_a_resolution_in_exif_without_a_unit_is_none(tmp_path: Path, suffix: str, density: int | None) -> None:
    exif = Image.Exif()
    exif[0x011A], exif[0x011B], exif[0x0128] = 300.0, 150.0, 1
    options = {"dpi": (density, density)} if density else {}
    PIXELS.save(tmp_path / f"a.{suffix}", exif=exif, **options)
    beside = [density] * 2 if density and suffix == "png" else None  # what PNG itself says is what programs show
    assert _dpi(tmp_path / f"a.{suffix}") == beside
    write_picture(tmp_path / f"b.{suffix}", read_picture(tmp_path / f"a.{suffix}"))
    assert _dpi(tmp_path / f"b.{suffix}") == beside
    exif[0x0128] = 2
    PIXELS.save(tmp_path / f"a.{suffix}", exif=exif, **options)
    assert _dpi(tmp_path / f"a.{suffix}") == (beside or [150, 300])


def test_a_resolution_in_exif_counts_beside_proportions_in_png(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x011A], exif[0x011B], exif[0x0128] = 300.0, 150.0, 2
    PIXELS.save(tmp_path / "a.png", exif=exif)
    assert _dpi(_with_chunk(tmp_path / "a.png", b"pHYs", struct.pack(">IIB", 1, 2, 0))) == [150, 300]


def _tiff(path: Path, *, bits: int, colours: int = 1, sample: int = 1) -> Path:
    """An uncompressed TIFF of 4 x 2 black pixels, written by hand."""
    numbers = {256: 4, 257: 2, 258: bits, 259: 1, 262: 1 if colours == 1 else 2, 273: 200, 277: colours, 278: 2,
               279: 2 * -(-4 * colours * bits // 8), 339: sample}  # fmt: skip
    table = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in numbers.items())
    head = b"II*\0\x08\0\0\0" + struct.pack("<H", len(numbers)) + table + bytes(4)
    path.write_bytes(head.ljust(200, b"\0") + bytes(numbers[279]))
    return path


@pytest.mark.parametrize(("bits", "colours"), [*((bits, 1) for bits in (1, 2, 4, 8, 16, 32)), (8, 3), (16, 3), (32, 3)])
def test_samples_of_the_depths_that_are_named_are_read(tmp_path: Path, bits: int, colours: int) -> None:
    image = read_picture(_tiff(tmp_path / "a.tif", bits=bits, colours=colours)).image
    assert image.shape[:2] == (2, 4)
    assert not image.any()


@pytest.mark.parametrize(
    ("bits", "colours", "sample"),
    [*((bits, 1, 1) for bits in (3, 6, 10, 12, 14, 24, 40, 64)), *((bits, 3, 1) for bits in (2, 4, 12)), (24, 1, 3)],
)
def test_samples_of_other_depths_are_refused_with_a_way_out(
    tmp_path: Path, bits: int, colours: int, sample: int
) -> None:
    path = _tiff(tmp_path / "a.tif", bits=bits, colours=colours, sample=sample)
    message = (
        r"expected TIFF with samples of 8, 16 or 32 bit, or grey or a palette of 1, 2 or 4 bit, at .*a\.tif, "
        r"got: tiff2vips: .*; "
        r"convert it first, for example to 16-bit integers or 32-bit floating point$"
    )
    with pytest.raises(InvalidImageError, match=message):
        read_picture(path)


def test_lab_of_8_bit_is_refused_with_a_way_out_and_others_are_read(tmp_path: Path) -> None:
    Image.new("LAB", (8, 6)).save(tmp_path / "a.tif")
    message = (
        r"expected TIFF with Lab colours of 16 bit or floating point at .*a\.tif, got: .*; convert it to RGB first$"
    )
    with pytest.raises(InvalidImageError, match=message):
        read_picture(tmp_path / "a.tif")
    grey = pyvips.Image.new_from_array(np.full((6, 8, 3), 128, np.uint8), interpretation="srgb")
    for name in ("lab", "labs"):
        grey.colourspace(name).tiffsave(str(tmp_path / f"{name}.tif"))
        np.testing.assert_allclose(read_picture(tmp_path / f"{name}.tif").image / 257, 128, atol=1)
