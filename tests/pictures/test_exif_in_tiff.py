import struct
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from srcnn.pictures.exif import updated
from srcnn.pictures.exif_in_tiff import left_in_tiff, read_from_tiff, write_to_tiff

BIG = b"II+\0\x08\0\0\0\x10" + bytes(7)


def _tags(block: bytes) -> Image.Exif:
    tags = Image.Exif()
    tags.load(block)
    return tags


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("pages", [1, 3])
def test_a_tiff_file_takes_and_gives_the_block(tmp_path: Path, samples, order: str, pages: int) -> None:
    path = tmp_path / "a.tif"
    images = [np.full((4, 5), level, np.uint8) for level in range(pages)]
    with tifffile.TiffWriter(path, byteorder=order) as file:
        for image in images:
            file.write(image, contiguous=False, description="", metadata=None)
    if order == ">":
        with pytest.raises(ValueError, match="little-endian"):
            write_to_tiff(path, exif=samples.exif, iptc=samples.iptc)
        assert read_from_tiff(path)[0] is not None  # tifffile's own name
        return
    write_to_tiff(path, exif=samples.exif, iptc=samples.iptc)
    with tifffile.TiffFile(path) as file:
        for page, image in zip(file.pages, images, strict=True):
            np.testing.assert_array_equal(page.asarray(), image)
        assert file.pages[0].tags["Make"].value == "Maker"
        assert file.pages[0].tags["ExifTag"].value["PixelXDimension"] == 4000
        assert file.pages[0].tags[33723].value == samples.iptc
    block, iptc = read_from_tiff(path)
    assert iptc == samples.iptc
    assert block is not None
    assert _tags(block)[0x010F] == "Maker"
    assert 0x0100 not in _tags(block)  # the size of the pixels is no description
    assert _tags(block).get_ifd(0x8769) == _tags(samples.exif).get_ifd(0x8769)


@pytest.mark.parametrize("order", ["<", ">"])
def test_a_comment_in_utf16_is_in_the_order_of_what_holds_it(tmp_path: Path, order: str) -> None:
    codec = {"<": "utf-16-le", ">": "utf-16-be"}
    tags = Image.Exif()
    tags.endian = order
    tags.get_ifd(0x8769)[0x9286] = b"UNICODE\0" + "Grüße".encode(codec[order])
    block = updated(tags.tobytes(), 3, 4)
    assert _tags(block).get_ifd(0x8769)[0x9286] == b"UNICODE\0" + "Grüße".encode(codec[order])
    Image.new("L", (4, 3)).save(tmp_path / "a.tif")
    write_to_tiff(tmp_path / "a.tif", exif=block, iptc=None)
    with Image.open(tmp_path / "a.tif") as file:
        assert file.getexif().get_ifd(0x8769)[0x9286] == b"UNICODE\0" + "Grüße".encode("utf-16-le")


def test_a_tiff_file_that_says_nothing_has_no_exif(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.tif", np.zeros((4, 5), np.uint8), software="", metadata=None)
    assert read_from_tiff(tmp_path / "a.tif") == (None, None)


@pytest.mark.parametrize("order", ["<", ">"])
def test_bigtiff_gives_the_block_too(tmp_path: Path, order: str) -> None:
    iptc = b"\x1c\x02\x05\x00\x05title"
    photo = struct.pack(order + "QHHQI", 1, 0xA002, 4, 1, 4000) + bytes(12)
    head = (b"II+\0" if order == "<" else b"MM\0+") + struct.pack(order + "HHQ", 8, 0, 16)
    if order == ">":
        head = b"MM\0+" + struct.pack(">HHQ", 8, 0, 16)
    behind = 16 + 8 + 20 * 4 + 8
    entries = [
        (0x0100, 4, 1, struct.pack(order + "I", 5)),
        (0x010F, 2, 6, b"Maker\0"),
        (0x83BB, 7, len(iptc), struct.pack(order + "Q", behind)),
        (0x8769, 18, 1, struct.pack(order + "Q", behind + len(iptc))),
    ]
    table = b"".join(struct.pack(order + "HHQ", *fields) + value.ljust(8, b"\0") for *fields, value in entries)
    (tmp_path / "a.tif").write_bytes(head + struct.pack(order + "Q", 4) + table + bytes(8) + iptc + photo)
    block, found = read_from_tiff(tmp_path / "a.tif")
    assert found == iptc
    assert block is not None
    assert _tags(block)[0x010F] == "Maker"
    assert 0x0100 not in _tags(block)
    assert _tags(block).get_ifd(0x8769) == {0xA002: 4000}


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("kind", [1, 4, 7])
def test_iptc_records_of_every_type_are_bytes_in_their_order(tmp_path: Path, order: str, kind: int) -> None:
    # Photoshop says that they are LONG, but they are no numbers to turn around.
    iptc = b"\x1c\x02\x05\x00\x07caption"
    count = len(iptc) // 4 if kind == 4 else len(iptc)
    entry = struct.pack(order + "HHII", 0x83BB, kind, count, 26)
    head = b"II*\0" if order == "<" else b"MM\0*"
    table = struct.pack(order + "IH", 8, 1) + entry + bytes(4)
    (tmp_path / "a.tif").write_bytes(head + table + iptc)
    assert read_from_tiff(tmp_path / "a.tif") == (None, iptc)


def test_a_bigtiff_that_claims_countless_entries_ends(tmp_path: Path) -> None:
    # One that counts lies beyond the 65,536 of the small kind, which are as many as anyone needs.
    entries = bytes(20 * 2**16) + struct.pack("<HHQ", 0x010F, 2, 6) + b"Maker\0\0\0"
    (tmp_path / "a.tif").write_bytes(BIG + struct.pack("<Q", 2**63) + entries)
    assert read_from_tiff(tmp_path / "a.tif") == (None, None)


def test_a_bigtiff_that_begins_beyond_any_file_says_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.tif").write_bytes(b"II+\0\x08\0\0\0" + b"\xff" * 16)
    assert read_from_tiff(tmp_path / "a.tif") == (None, None)


class TestWhatIsLeftInATiff:
    def test_nothing_of_pages_that_say_the_same_or_nothing(self, tmp_path: Path) -> None:
        with tifffile.TiffWriter(tmp_path / "a.tif") as file:
            for description in ("a letter", None, "a letter"):
                file.write(np.zeros((3, 4), np.uint8), resolution=(300, 300), description=description, metadata=None)
        assert left_in_tiff(tmp_path / "a.tif", 3) == ()

    def test_resolution_and_description_of_other_pages(self, tmp_path: Path) -> None:
        with tifffile.TiffWriter(tmp_path / "a.tif") as file:
            for page, dpi in enumerate((300, 600)):
                image = np.zeros((3, 4), np.uint8)
                file.write(image, resolution=(dpi, dpi), description=f"page {page}", metadata=None)
        assert left_in_tiff(tmp_path / "a.tif", 2) == (
            "resolution and EXIF of other pages than the first were left out",
        )
        assert left_in_tiff(tmp_path / "a.tif", 1) == ()

    def test_of_very_many_pages_the_first_hundred_are_compared(self, tmp_path: Path) -> None:
        """Since they may all name the same megabytes: 10,000 such pages would take minutes."""
        with tifffile.TiffWriter(tmp_path / "a.tif") as file:
            for page in range(103):
                file.write(np.zeros((3, 4), np.uint8), description="z" if page == 101 else "a", metadata=None)
        assert left_in_tiff(tmp_path / "a.tif", 103) == ()

    def test_the_place_on_earth(self, tmp_path: Path) -> None:
        pixel_scale = (33550, "d", 3, (10.0, 10.0, 0.0), True)
        tifffile.imwrite(tmp_path / "a.tif", np.zeros((3, 4), np.uint8), extratags=[pixel_scale], metadata=None)
        assert left_in_tiff(tmp_path / "a.tif", 1) == ("the place on Earth (GeoTIFF) was left out",)

    @pytest.mark.parametrize("ome", [False, True])
    def test_a_description_that_tells_of_the_size(self, tmp_path: Path, ome: bool) -> None:
        page = np.zeros((3, 4), np.uint8)
        tifffile.imwrite(tmp_path / "a.tif", np.stack([page, page]), ome=ome, photometric="minisblack")
        said = ("the description by OME was left out: it tells of the old size",) if ome else ()
        assert left_in_tiff(tmp_path / "a.tif", 2) == said
        assert 270 not in _tags(read_from_tiff(tmp_path / "a.tif")[0] or b"")

    def test_a_description_for_people_stays(self, tmp_path: Path) -> None:
        tifffile.imwrite(tmp_path / "a.tif", np.zeros((3, 4), np.uint8), description="a cat", metadata=None)
        assert left_in_tiff(tmp_path / "a.tif", 1) == ()
        assert _tags(read_from_tiff(tmp_path / "a.tif")[0] or b"")[270] == "a cat"

    @pytest.mark.parametrize("content", [b"", b"II*\0", b"II*\0\x08\0\0\0\xff\xff"])
    def test_nothing_of_a_file_that_is_damaged(self, tmp_path: Path, content: bytes) -> None:
        (tmp_path / "a.tif").write_bytes(content or b"\0")
        assert left_in_tiff(tmp_path / "a.tif", 1) == ()
