from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from srcnn.batch.size import FITS, Size, Target
from srcnn.errors import InvalidConfigError

SIDES = st.integers(1, 10_000)


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        (Size(scale=2), (8, 20)),
        (Size(scale=1), (4, 10)),
        (Size(scale=2.5), (10, 25)),
        (Size(scale=1.125), (5, 11)),  # 4.5 and 11.25: to the nearest, halves up
        (Size(width=25), (10, 25)),
        (Size(width=3), (1, 3)),
        (Size(width=1), (1, 1)),
        (Size(height=6), (6, 15)),
        (Size(long_side=15), (6, 15)),
        (Size(megapixels=0.000160), (8, 20)),
        (Size(width=20, height=100), (8, 20)),
        (Size(width=100, height=8), (8, 20)),
        (Size(width=30, height=30, fit="inside"), (12, 30)),
        (Size(width=30, height=31, fit="stretch"), (31, 30)),
    ],
    ids=str,
)
def test_sizes_of_a_picture_of_10_x_4(size: Size, expected: tuple[int, int]) -> None:
    assert size.target(4, 10) == Target(expected, expected)


def test_the_long_side_is_the_height_of_a_tall_picture() -> None:
    assert Size(long_side=15).target(10, 4).kept == (15, 6)


def test_cover_fills_both_sides_and_keeps_the_middle() -> None:
    assert Size(width=10, height=10, fit="cover").target(4, 10) == Target((10, 25), (10, 10))
    assert Size(width=30, height=6, fit="cover").target(4, 10) == Target((12, 30), (6, 30))


@given(SIDES, SIDES, SIDES, SIDES)
def test_fits_keep_their_promises(height: int, width: int, box_height: int, box_width: int) -> None:
    inside, cover, stretch = (Size(width=box_width, height=box_height, fit=fit).target(height, width) for fit in FITS)
    assert inside.kept[0] <= box_height
    assert inside.kept[1] <= box_width
    assert inside.kept[0] == box_height or inside.kept[1] == box_width
    assert cover.kept == stretch.kept == stretch.resized == (box_height, box_width)
    assert cover.resized[0] >= box_height
    assert cover.resized[1] >= box_width
    assert cover.resized[0] == box_height or cover.resized[1] == box_width


@given(SIDES, SIDES, SIDES)
def test_a_side_that_is_asked_for_is_hit_exactly(height: int, width: int, asked: int) -> None:
    assert Size(width=asked).target(height, width).kept[1] == asked
    assert Size(height=asked).target(height, width).kept[0] == asked
    assert max(Size(long_side=asked).target(height, width).kept) == asked


@pytest.mark.parametrize(
    ("size", "label"),
    [
        (Size(scale=3), "x3"),
        (Size(scale=2.5), "x2.5"),
        (Size(width=800), "w800"),
        (Size(height=600), "h600"),
        (Size(width=800, height=600), "800x600"),
        (Size(long_side=1000), "long1000"),
        (Size(megapixels=1.5), "1.5mp"),
    ],
)
def test_labels_for_names(size: Size, label: str) -> None:
    assert size.label == label


@pytest.mark.parametrize(
    "values",
    [
        {"scale": 2, "width": 3},
        {"long_side": 3, "megapixels": 3},
        {"width": 3, "height": 3, "scale": 2},
        {"width": 3, "long_side": 3},
    ],
)
def test_two_sizes_at_once_are_refused(values: dict[str, int]) -> None:
    with pytest.raises(InvalidConfigError, match=r"expected one of scale, .*, got \w+, \w+.*; give one of them"):
        Size(**values)  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize("values", [{}, {"width": 3}, {"scale": 2}])
def test_a_fit_without_both_sides_is_refused(values: dict[str, int]) -> None:
    with pytest.raises(InvalidConfigError, match="expected a fit of inside, cover, stretch, together with width and"):
        Size(**values, fit="cover")  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize(
    ("name", "value"),
    [("scale", 0.9), ("scale", float("nan")), ("width", 0), ("megapixels", 0), ("height", -1)],
)
def test_sizes_out_of_range_are_refused(name: str, value: float) -> None:
    with pytest.raises(InvalidConfigError, match=rf"expected a {name} of .*, got {value}; give a larger number"):
        Size(**{name: value})  # pyright: ignore[reportArgumentType]


def test_nothing_given_is_nothing_given() -> None:
    assert not Size().given
    assert Size(scale=1).given


@pytest.mark.parametrize("size", [{"scale": 1e308}, {"width": 10**10}, {"megapixels": 1e300}], ids=str)
def test_numbers_beyond_every_format_are_refused(size: dict[str, Any]) -> None:
    with pytest.raises(InvalidConfigError, match=r"expected a \w+ of at most 1,000,000,000, got "):
        Size(**size)
