from pathlib import Path

import pytest

from srcnn.errors import ImageTooLargeError, OutputError
from srcnn.pictures.formats import FORMATS, SUFFIXES, check_output_format, format_named, markdown_table, stem


def test_no_suffix_belongs_to_two_formats() -> None:
    assert sum(len(kind.suffixes) for kind in FORMATS) == len(SUFFIXES)


@pytest.mark.parametrize(
    ("name", "side"),
    [
        ("a.jpg", 65_535),
        ("a.webp", 16_383),
        ("a.GIF", 65_535),
        ("a.tga", 65_535),
        ("a.avif", 16_384),
        ("a.tif", 100_000_000),
    ],
)
def test_a_side_too_long_for_the_format_is_refused_before_the_work(name: str, side: int) -> None:
    assert check_output_format(Path(name), 1, side).largest_side == side
    with pytest.raises(ImageTooLargeError, match=rf"at most {side:,} pixels a side for {name}.*got 1 x {side + 1:,}"):
        check_output_format(Path(name), side + 1, 1)


@pytest.mark.parametrize(
    ("name", "side", "advice"),
    [
        ("a.jpg", 70_000, "write PNG or TIFF, or choose a smaller scale"),
        ("a.png", 2_000_000, "write TIFF, or choose a smaller scale"),
        ("a.tif", 200_000_000, "; choose a smaller scale"),
    ],
)
def test_who_asks_for_too_long_a_side_is_told_which_format_has_room(name: str, side: int, advice: str) -> None:
    with pytest.raises(ImageTooLargeError, match=f"{advice}$"):
        check_output_format(Path(name), side, 1)


@pytest.mark.parametrize("name", ["a.heic", "a.ico", "a.txt", "a", ".png"])
def test_a_name_of_no_format_we_write_is_refused(name: str) -> None:
    with pytest.raises(OutputError, match=rf"expected an output name ending in one of \.png, .*, got {name}"):
        check_output_format(Path(name), 1, 1)


def test_formats_are_known_by_name() -> None:
    assert format_named("TIFF") in FORMATS


@pytest.mark.parametrize(
    ("name", "expected"), [("in/a.b.PNG", "a.b"), ("a.avif", "a"), ("Shot at 10.15", "Shot at 10.15"), (".png", ".png")]
)
def test_only_the_ending_of_a_picture_is_no_part_of_its_name(name: str, expected: str) -> None:
    assert stem(Path(name)) == expected


def test_the_docs_show_the_table_of_the_code() -> None:
    docs = Path(__file__).parents[2] / "docs" / "formats.md"
    assert markdown_table() in docs.read_text(encoding="utf-8"), "print srcnn.pictures.formats.markdown_table() into it"
