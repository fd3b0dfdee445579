import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from PIL.TiffImagePlugin import IFDRational

from srcnn.pictures.exif import block_of, makers_note, orientation_of, updated, without_longest, without_prefix
from srcnn.pictures.exif_directory import parse


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
    result = updated(prefix + without_prefix(block), 70_000, 5)
    assert without_prefix(result)[:2] == without_prefix(block)[:2]  # makers' notes are in the same order
    tags = _tags(result)
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


@pytest.mark.parametrize("order", ["<", ">"])
def test_the_orientation_is_1_unless_a_block_says_another(order: str) -> None:
    for stored, expected in ((1, 1), (6, 6), (8, 8), (0, 1), (9, 1), (None, 1)):
        tags = Image.Exif()
        tags.endian = order
        tags[0x010F] = "a maker"
        if stored is not None:
            tags[0x0112] = stored
        assert orientation_of(tags.tobytes()) == expected
    assert orientation_of(b"rubbish") == 1


def test_the_makers_note_is_found_where_there_is_one(samples) -> None:
    tags = Image.Exif()
    tags.get_ifd(0x8769)[0x927C] = b"\x01maker\x00note\xff"
    assert makers_note(tags.tobytes()) == makers_note(updated(tags.tobytes(), 3, 4)) == b"\x01maker\x00note\xff"
    assert makers_note(Image.Exif().tobytes()) == makers_note(b"nonsense") == makers_note(None) == b""


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
def test_the_longest_entries_are_left_out_until_the_rest_fits(order: str) -> None:
    tags = Image.Exif()
    tags.endian = order
    tags[0x010E], tags[0x013B] = "d" * 700, "an artist"
    tags.get_ifd(0x8769).update({0x927C: b"n" * 500, 0x9003: "2020:01:02 03:04:05"})
    block = updated(tags.tobytes(), 3, 4)
    assert without_longest(block, len(block)) == (block, 0)
    for most, left in ((len(block) - 1, {0x010E}), (len(block) - 720, {0x010E, 0x927C}), (300, {0x010E, 0x927C})):
        shorter, count = without_longest(block, most)
        assert (len(shorter) <= most, count, shorter[:8]) == (True, len(left), block[:8])
        again = _tags(shorter)
        assert {0x010E, 0x013B} & set(again) == {0x010E, 0x013B} - left
        assert {0x927C, 0x9003} & set(again.get_ifd(0x8769)) == {0x927C, 0x9003} - left
    assert without_longest(block, 10)[1] > 4  # nothing is left to leave out


def test_many_entries_that_name_the_same_bytes_become_no_larger_block_than_they_were() -> None:
    """It would be hundreds of times as large, and take minutes."""
    entries = b"".join(struct.pack("<HHII", tag, 7, 50_000, 8 + 2 + 12 * 1000) for tag in range(1, 1001))
    block = b"II*\0" + struct.pack("<IH", 8, 1000) + entries + bytes(60_000)
    assert len(updated(block, 5, 6)) < len(block) + 100


def test_the_longest_of_thousands_of_entries_are_left_out_at_once() -> None:
    lengths = [10 + 2 * (tag % 20) for tag in range(4000)]
    block = b"Exif\0\0" + block_of({1 + tag: (7, length, bytes(length)) for tag, length in enumerate(lengths)}, "<")
    shorter, count = without_longest(block, len(block) // 2)
    kept = [len(value[2]) for value in parse(without_prefix(shorter))[0].values() if isinstance(value, tuple)]
    assert sorted(kept) == sorted(lengths)[: 4000 - count]
    assert len(block) // 2 - 70 < len(shorter) <= len(block) // 2
