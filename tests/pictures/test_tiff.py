"""Chains of pages: read one by one, in a circle, and in numbers that nobody needs."""

import mmap
import struct
from itertools import islice, product
from pathlib import Path

import numpy as np
import pytest
import pyvips
import tifffile
from hypothesis import given
from hypothesis import strategies as st
from limits import read_within_limits
from PIL import Image
from PIL.TiffImagePlugin import AppendingTiffWriter

from srcnn.errors import ImageTooLargeError, InvalidImageError
from srcnn.pictures import tiff
from srcnn.pictures.codecs.libvips_pages import load_page
from srcnn.pictures.read import read_array, read_picture
from srcnn.pictures.tiff import first_pages, pages


@pytest.mark.parametrize("bigtiff", [False, True])
@pytest.mark.parametrize("byteorder", ["<", ">"])
def test_every_page_has_its_own_orientation(tmp_path: Path, bigtiff: bool, byteorder: str) -> None:
    tags = (6, None, 1, 8, 9, 3)  # none, and one that means nothing
    with tifffile.TiffWriter(tmp_path / "a.tif", bigtiff=bigtiff, byteorder=byteorder) as file:
        for tag in tags:
            extra = [] if tag is None else [(0x0112, "H", 1, tag, True)]
            file.write(np.zeros((3, 4), np.uint8), extratags=extra)
    assert [page.orientation for page in first_pages(tmp_path / "a.tif", 9)] == [6, 1, 1, 8, 1, 3]
    assert len(first_pages(tmp_path / "a.tif", 2)) == 2


def test_a_page_compressed_as_jpeg_is_lossy_and_so_is_the_document(tmp_path: Path) -> None:
    page = Image.fromarray(np.zeros((16, 24, 3), np.uint8))
    for compression in ("jpeg", "tiff_adobe_deflate", "raw"):
        page.save(tmp_path / f"{compression}.tif", compression=compression)
    lossy = {name: first_pages(tmp_path / f"{name}.tif", 1)[0].lossy for name in ("jpeg", "tiff_adobe_deflate", "raw")}
    assert lossy == {"jpeg": True, "tiff_adobe_deflate": False, "raw": False}
    assert read_picture(tmp_path / "jpeg.tif").lossy
    assert not read_picture(tmp_path / "raw.tif").lossy
    with Image.open(tmp_path / "raw.tif") as first, (tmp_path / "both.tif").open("w+b") as file:
        with AppendingTiffWriter(file, new=True) as both:
            first.save(both, format="TIFF")
            both.newFrame()
            page.save(both, format="TIFF", compression="jpeg")
        del both  # it looks into the file once more
    assert [page.lossy for page in first_pages(tmp_path / "both.tif", 2)] == [False, True]
    assert read_picture(tmp_path / "both.tif").lossy
    assert not read_array(tmp_path / "both.tif").any()  # the first page alone


@pytest.mark.parametrize("bigtiff", [False, True])
@pytest.mark.parametrize("byteorder", ["<", ">"])
def test_each_page_is_opened_as_if_it_were_alone(tmp_path: Path, bigtiff: bool, byteorder: str) -> None:
    images = [np.random.default_rng(seed).integers(0, 65536, (90 + seed, 70, 3), np.uint16) for seed in range(3)]
    with tifffile.TiffWriter(tmp_path / "a.tif", bigtiff=bigtiff, byteorder=byteorder) as writer:
        for image in images:
            writer.write(image, photometric="rgb")
    with (tmp_path / "a.tif").open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        for page, image in zip(pages(data), images, strict=True):
            alone, source = load_page(data, page)
            assert alone.get("n-pages") == 1
            np.testing.assert_array_equal(alone.numpy(), image)
            del source, alone


@pytest.mark.parametrize("bigtiff", [False, True])
@pytest.mark.parametrize("byteorder", ["<", ">"])
@pytest.mark.parametrize("is_dng", [False, True])
def test_the_thumbnail_of_a_camera_raw_is_not_taken_for_the_picture(
    tmp_path: Path, bigtiff: bool, byteorder: str, is_dng: bool
) -> None:
    path = tmp_path / "a.dng"
    with tifffile.TiffWriter(path, bigtiff=bigtiff, byteorder=byteorder) as file:
        extra = [(50706, "B", 4, b"\1\4\0\0", True)] if is_dng else []
        kind = 0 if is_dng else 1
        file.write(np.zeros((3, 4, 3), np.uint8), photometric="rgb", subifds=1, subfiletype=kind, extratags=extra)
        file.write(np.zeros((12, 16), np.uint16), subfiletype=0)
    with pytest.raises(InvalidImageError, match=r"expected a developed picture at .*, got a camera's raw file"):
        read_picture(path)


def test_smaller_pictures_beside_the_first_make_it_no_camera_raw(tmp_path: Path) -> None:
    with tifffile.TiffWriter(tmp_path / "a.tif") as file:
        file.write(np.full((12, 16), 7, np.uint8), subifds=1)
        file.write(np.zeros((6, 8), np.uint8), subfiletype=1)
    assert read_array(tmp_path / "a.tif").shape == (12, 16)


@given(st.binary(max_size=300), st.sampled_from([b"II*\0", b"MM\0*", b"II+\0", b"MM\0+", b""]))
def test_rubbish_has_pages_that_are_upright_or_none(rubbish: bytes, mark: bytes) -> None:
    found = list(islice(pages(mark + rubbish), 100))
    assert len(found) < 100
    assert {page.orientation for page in found} <= set(range(1, 9))


@given(rubbish=st.binary(max_size=300), mark=st.sampled_from([b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"]))
def test_rubbish_is_camera_raw_or_not(tmp_path_factory: pytest.TempPathFactory, rubbish: bytes, mark: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "rubbish.tif"
    path.write_bytes(mark + rubbish)
    assert tiff.is_camera_raw(path) in (False, True)


def directory(place: int, following: int, *, width: int = 1) -> bytes:
    """A page of one row of white pixels, which lie in the header."""
    numbers = {256: width, 257: 1, 258: 8, 259: 1, 262: 0, 273: 8, 277: 1, 278: 1, 279: width}
    table = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in numbers.items())
    return struct.pack("<H", len(numbers)) + table + struct.pack("<I", following)


LENGTH = len(directory(0, 0))


def chain(path: Path, count: int, *, back_to: int | None = None, widths: int = 1) -> Path:
    """`count` pages, and after the last none or one of them again."""
    places = [16 + LENGTH * number for number in range(count)]
    following = [*places[1:], 0 if back_to is None else places[back_to]]
    parts = (directory(at, to, width=1 + n % widths) for n, (at, to) in enumerate(zip(places, following, strict=True)))
    path.write_bytes(b"II*\0" + struct.pack("<I", 16) + bytes(8) + b"".join(parts))
    return path


def test_a_chain_that_comes_back_to_itself_ends(tmp_path: Path) -> None:
    paths = [
        chain(tmp_path / f"{back_to}_{widths}.tif", 3, back_to=back_to, widths=widths)
        for back_to, widths in product((0, 1, 2), (1, 2))
    ]
    for path in paths:
        assert [page.start for page in first_pages(path, 99)] == [16, 16 + LENGTH, 16 + 2 * LENGTH]
    assert read_within_limits(*paths) == ["3 frames"] * 6


def test_a_page_that_follows_itself_is_one(tmp_path: Path) -> None:
    assert read_within_limits(chain(tmp_path / "a.tif", 1, back_to=0)) == ["1 frames"]


@pytest.mark.parametrize("widths", [1, 2])
def test_thousands_of_pages_are_read_in_time_whether_alike_or_not(tmp_path: Path, widths: int) -> None:
    path = chain(tmp_path / "a.tif", 2000, widths=widths)
    assert read_within_limits(path) == ["2000 frames"]


def test_a_hundred_thousand_pages_are_refused_in_time(tmp_path: Path) -> None:
    path = chain(tmp_path / "a.tif", 100_000)
    (told,) = read_within_limits(path)
    assert "expected at most 10,000 frames in " in told


def test_pages_are_counted_before_libvips_opens_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object, **__: object) -> None:
        raise AssertionError

    path = chain(tmp_path / "a.tif", 10_001)
    monkeypatch.setattr("srcnn.pictures.codecs.libvips_decode.load", never)
    for read in (read_picture, read_array):
        with pytest.raises(ImageTooLargeError, match=r"at most 10,000 frames in .*a\.tif, got 10,001; split the file"):
            read(path)


def test_a_chain_that_libvips_sees_longer_is_damaged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = chain(tmp_path / "a.tif", 3, widths=2)
    monkeypatch.setattr(tiff, "pages", lambda data: islice(pages(data), 2))
    with pytest.raises(InvalidImageError, match=r"expected 3 pages in .*a\.tif, got 2: it is damaged; get it again"):
        read_picture(path)


@pytest.mark.parametrize("bigtiff", [False, True])
@pytest.mark.parametrize("byteorder", ["<", ">"])
@pytest.mark.parametrize(
    ("photometric", "extra", "channels", "said"),
    [
        ("rgb", (0,), 3, True),  # infrared, of film scanners
        ("rgb", (1,), 4, False),
        ("rgb", (2,), 4, False),
        ("rgb", (2, 0), 4, True),
        ("rgb", (0, 0, 0), 3, True),  # these do not fit into the entry
        ("minisblack", (0,), 1, True),
        ("minisblack", (2,), 2, False),
        ("separated", (0,), 3, True),  # a spot colour; the inks become RGB
    ],
)
def test_samples_beside_the_colours_are_transparency_only_if_the_file_says_so(
    tmp_path: Path, bigtiff: bool, byteorder: str, photometric: str, extra: tuple[int, ...], channels: int, said: bool
) -> None:
    colours = {"rgb": 3, "minisblack": 1, "separated": 4}[photometric]
    pixels = np.random.default_rng(0).integers(1, 255, (9, 7, colours + len(extra)), np.uint8)
    pixels[..., colours:] = 255
    with tifffile.TiffWriter(tmp_path / "a.tif", bigtiff=bigtiff, byteorder=byteorder) as file:
        file.write(pixels, photometric=photometric, extrasamples=extra, planarconfig="contig")
    assert first_pages(tmp_path / "a.tif", 1)[0].extra == extra
    picture = read_picture(tmp_path / "a.tif")
    assert picture.image.shape[2:] == ((channels,) if channels > 1 else ())
    if photometric != "separated":
        np.testing.assert_array_equal(picture.image, pixels[..., :channels].squeeze())
    assert any("infrared" in note for note in picture.notes) is said


def test_the_samples_of_every_page_are_looked_at(tmp_path: Path) -> None:
    with tifffile.TiffWriter(tmp_path / "a.tif") as file:
        for extra, size in ((2, 9), (0, 8)):
            file.write(np.full((size, size, 4), 255, np.uint8), photometric="rgb", extrasamples=(extra,))
    assert [frame.shape for frame in read_picture(tmp_path / "a.tif").frames] == [(9, 9, 4), (8, 8, 3)]


@pytest.mark.parametrize("pages", [1, 2])
def test_a_transparency_mask_is_no_page(tmp_path: Path, pages: int) -> None:
    with tifffile.TiffWriter(tmp_path / "a.tif") as file:
        for number in range(pages):
            file.write(np.full((9, 7, 3), number, np.uint8), photometric="rgb")
            file.write(np.ones((9, 7), bool), photometric="mask", subfiletype=4)
    picture = read_picture(tmp_path / "a.tif")
    assert [(frame.shape, frame[0, 0, 0]) for frame in picture.frames] == [((9, 7, 3), n) for n in range(pages)]
    assert picture.notes == ("a page that is a transparency mask of another was left out",)


def test_a_smaller_copy_of_a_page_is_no_page(tmp_path: Path) -> None:
    with tifffile.TiffWriter(tmp_path / "a.tif") as file:
        for number in range(2):
            file.write(np.full((9, 7, 3), number, np.uint8), photometric="rgb")
            file.write(np.full((4, 3, 3), number, np.uint8), photometric="rgb", subfiletype=1)
    picture = read_picture(tmp_path / "a.tif")
    assert [(frame.shape, frame[0, 0, 0]) for frame in picture.frames] == [((9, 7, 3), 0), ((9, 7, 3), 1)]
    assert picture.notes == ("a page that is a smaller copy of another was left out",)


@pytest.mark.parametrize("sides", [(16, 16, 16), (8, 16), (4, 16)])
def test_pages_that_are_flagged_as_reduced_and_are_not_smaller_than_what_is_before_them_stay(
    tmp_path: Path, sides: tuple[int, ...]
) -> None:
    with tifffile.TiffWriter(tmp_path / "a.tif") as file:
        for side in sides:
            file.write(np.full((side, side, 3), side, np.uint8), photometric="rgb", subfiletype=1)
    picture = read_picture(tmp_path / "a.tif")
    assert [frame.shape[0] for frame in picture.frames] == list(sides)
    assert picture.notes == ()


def test_webp_in_a_tiff_counts_as_lossy(tmp_path: Path) -> None:
    pyvips.Image.new_from_array(np.zeros((9, 7, 3), np.uint8)).tiffsave(str(tmp_path / "a.tif"), compression="webp")
    assert read_picture(tmp_path / "a.tif").lossy


def test_every_page_has_its_own_palette(tmp_path: Path) -> None:
    indices = np.arange(64, dtype=np.uint8).reshape(8, 8)
    palettes = np.random.default_rng(0).integers(0, 256, (2, 3, 256), np.uint16) * 257
    with tifffile.TiffWriter(tmp_path / "a.tif") as file:
        for palette in palettes:
            file.write(indices, photometric="palette", colormap=palette)
    for frame, palette in zip(read_picture(tmp_path / "a.tif").frames, palettes, strict=True):
        np.testing.assert_array_equal(frame, np.moveaxis(palette[:, indices] // 257, 0, 2))


@pytest.mark.parametrize(
    ("profiles", "left_out"),
    [((b"one", b"two"), True), ((b"one", b""), True), ((b"", b"two"), True), ((b"one", b"one"), False)],
)
def test_profile_and_resolution_are_those_of_the_first_page(
    tmp_path: Path, samples, profiles: tuple[bytes, bytes], left_out: bool
) -> None:
    with tifffile.TiffWriter(tmp_path / "a.tif") as file:
        for number, words in enumerate(profiles):
            profile = samples.icc + words if words else None
            pixels = np.zeros((9, 7, 3), np.uint8)
            file.write(pixels, iccprofile=profile, resolution=(300 - 150 * number,) * 2, resolutionunit="INCH")
    picture = read_picture(tmp_path / "a.tif")
    assert picture.icc == (samples.icc + profiles[0] if profiles[0] else None)
    assert picture.dpi == pytest.approx((300, 300))
    what = "resolution and ICC profile" if left_out else "resolution"
    assert picture.notes == (f"{what} of other pages than the first were left out",)


def test_xmp_is_that_of_the_first_page(tmp_path: Path) -> None:
    with tifffile.TiffWriter(tmp_path / "a.tif") as file:
        for packet in (b"<x>1</x>", b"<x>2</x>"):
            file.write(np.zeros((9, 7), np.uint8), extratags=[(700, "B", len(packet), packet, True)])
    picture = read_picture(tmp_path / "a.tif")
    assert (picture.xmp, picture.notes) == (b"<x>1</x>", ("XMP of other pages than the first were left out",))


def test_the_masks_do_not_take_part_when_pages_are_turned(tmp_path: Path) -> None:
    with tifffile.TiffWriter(tmp_path / "a.tif") as file:
        for orientation in (1, 6):
            tag = [(0x0112, "H", 1, orientation, True)]
            file.write(np.zeros((9, 7, 3), np.uint8), photometric="rgb", extratags=tag)
            file.write(np.ones((9, 7), bool), photometric="mask", subfiletype=4)
    assert [frame.shape for frame in read_picture(tmp_path / "a.tif").frames] == [(9, 7, 3), (7, 9, 3)]


@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
def test_lab_of_other_kinds_than_cie_is_refused_and_not_taken_for_rgb(tmp_path: Path, dtype: str) -> None:
    tifffile.imwrite(tmp_path / "a.tif", np.zeros((9, 7, 3), dtype), photometric="icclab")
    with pytest.raises(InvalidImageError, match=r"expected RGB, grey, CMYK or CIELab in .*, got ICCLab"):
        read_picture(tmp_path / "a.tif")


def test_subsampled_colours_without_compression_have_no_transparency(tmp_path: Path) -> None:
    pixels = bytes([200, 200, 200, 200, 100, 150]) * 6  # of each 2 x 2 four of Y, one of Cb and of Cr
    numbers = {256: 6, 257: 4, 259: 1, 262: 6, 273: 300, 277: 3, 278: 4, 279: len(pixels), 530: 0}
    entries = [struct.pack("<HHII", tag, 4 if n > 99 else 3, 1, n) for tag, n in numbers.items()]
    entries[-1] = struct.pack("<HHIHH", 530, 3, 2, 2, 2)
    entries.insert(2, struct.pack("<HHII", 258, 3, 3, 200))
    file = b"II*\0\x08\0\0\0" + struct.pack("<H", len(entries)) + b"".join(entries) + bytes(4)
    file = file.ljust(200, b"\0") + struct.pack("<3H", 8, 8, 8)
    (tmp_path / "a.tif").write_bytes(file.ljust(300, b"\0") + pixels)
    picture = read_picture(tmp_path / "a.tif")
    assert (picture.image.shape, picture.notes) == ((4, 6, 3), ())
