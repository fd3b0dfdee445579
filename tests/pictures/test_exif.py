import struct
from pathlib import Path

import numpy as np
import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from PIL.TiffImagePlugin import IFDRational

from srcnn.pictures.exif import left_in_tiff, read_from_tiff, updated, without_prefix, write_to_tiff


def _tags(block: bytes) -> Image.Exif:
    tags = Image.Exif()
    tags.load(block)
    return tags


def _little_endian(block: bytes) -> bytes:
    """The same tags in the other byte order, as an independent program writes them."""
    tags = _tags(block)
    tags.endian = "<"
    return tags.tobytes()


@pytest.mark.parametrize("prefix", [b"", b"Exif\0\0"])
@pytest.mark.parametrize("little_endian", [False, True])
def test_orientation_and_size_are_new_and_all_else_stays(samples, prefix: bytes, little_endian: bool) -> None:
    block = _little_endian(samples.exif) if little_endian else samples.exif
    assert without_prefix(block)[:2] == (b"II" if little_endian else b"MM")
    tags = _tags(updated(prefix + without_prefix(block), 70_000, 5))
    assert dict(tags) == dict(_tags(block)) | {0x0112: 1, 0x8769: tags[0x8769], 0x8825: tags[0x8825]}
    assert tags.get_ifd(0x8769) == _tags(block).get_ifd(0x8769) | {0xA002: 5, 0xA003: 70_000}
    assert tags.get_ifd(0x8825) == _tags(block).get_ifd(0x8825)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_an_orientation_that_is_kept_is_in_the_block(samples, orientation: int) -> None:
    assert _tags(updated(samples.exif, 3, 4, orientation=orientation))[0x0112] == orientation


def test_a_resolution_that_is_known_is_in_the_block_and_else_the_old_one_stays(samples) -> None:
    tags = _tags(samples.exif)
    tags[0x011A], tags[0x011B], tags[0x0128] = IFDRational(72), IFDRational(30), 3
    for dpi, expected in ((None, (72, 30, 3)), ((300.0, 150.5), (150.5, 300, 2))):
        again = _tags(updated(tags.tobytes(), 3, 4, dpi=dpi))
        assert (again[0x011A], again[0x011B], again[0x0128]) == expected


def test_a_resolution_without_a_unit_is_left_out(samples) -> None:
    tags = _tags(samples.exif)
    tags[0x011A], tags[0x011B], tags[0x0128] = IFDRational(300), IFDRational(300), 1
    assert not {0x011A, 0x011B, 0x0128} & set(_tags(updated(tags.tobytes(), 3, 4)))
    assert _tags(updated(tags.tobytes(), 3, 4, dpi=(150.0, 150.0)))[0x011A] == 150


def test_the_size_in_the_main_directory_is_the_new_one_where_there_was_one(samples) -> None:
    tags = _tags(samples.exif)
    assert not {0x0100, 0x0101} & set(_tags(updated(tags.tobytes(), 70_000, 5)))
    tags[0x0100], tags[0x0101] = 30, 20
    again = _tags(updated(tags.tobytes(), 70_000, 5))
    assert (again[0x0100], again[0x0101]) == (5, 70_000)


def test_values_of_every_type_survive() -> None:
    tags = Image.Exif()
    photo = {
        0x829A: IFDRational(1, 250), 0x8827: 400, 0x9000: b"0230", 0x9204: IFDRational(-1, 3),
        0x927C: b"\x01maker\x00note\xff",
        0x9286: b"ASCII\0\0\0comment", 0xA432: (IFDRational(24), IFDRational(70), IFDRational(28, 10), IFDRational(4)),
    }  # fmt: skip
    tags.get_ifd(0x8769).update(photo)
    again = _tags(updated(tags.tobytes(), 3, 4)).get_ifd(0x8769)
    assert {tag: again[tag] for tag in photo} == photo


def test_a_block_without_photo_tags_gets_the_size() -> None:
    tags = Image.Exif()
    tags[0x010F] = "Maker"
    assert _tags(updated(tags.tobytes(), 3, 4)).get_ifd(0x8769) == {0xA002: 4, 0xA003: 3}


@pytest.mark.parametrize("block", [b"", b"rubbish!", b"II*\0", b"Exif\0\0"])
def test_what_is_no_block_is_an_error(block: bytes) -> None:
    with pytest.raises(ValueError, match="no TIFF header"):
        updated(block, 1, 1)


BIG = [b"II+\0\x08\0\0\0\x10" + bytes(7), b"MM\0+\0\x08\0\0" + bytes(7) + b"\x10"]


@given(st.sampled_from([b"II*\0\x08\0\0\0", b"MM\0*\0\0\0\x08", *BIG]), st.binary(max_size=200))
def test_a_damaged_block_gives_a_sound_one(header: bytes, rest: bytes) -> None:
    assert _tags(updated(header + rest, 3, 4))[0x0112] == 1


def test_entries_that_name_each_other_end() -> None:
    # Every directory is its own photo directory, many times over.
    loop = struct.pack("<HHII", 0x8769, 4, 1, 8) + struct.pack("<HHII", 0x8825, 4, 1, 8)
    block = b"II*\0\x08\0\0\0" + struct.pack("<H", 60_000) + loop * 30_000
    assert len(updated(block, 1, 1)) < 1000


def test_entries_that_repeat_one_long_value_do_not_grow() -> None:
    size = 2**20
    entries = b"".join(struct.pack("<HHII", tag, 7, size, 8) for tag in range(2000))
    block = (b"II*\0\x08\0\0\0" + struct.pack("<H", 2000) + entries).ljust(size + 8, b"\0")
    assert len(updated(block, 1, 1)) < 2**25


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
    (tmp_path / "a.tif").write_bytes(BIG[0] + struct.pack("<Q", 2**63) + entries)
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
