from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from srcnn.errors import InvalidImageError
from srcnn.imaging import from_float, to_float
from srcnn.imaging.depth import check_image, check_range, round_to, write_float


@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
def test_every_level_survives_the_way_to_float_and_back(dtype: str) -> None:
    levels = np.arange(np.iinfo(dtype).max + 1, dtype=dtype)[None]
    result = from_float(to_float(levels), dtype)
    assert result.dtype == dtype
    np.testing.assert_array_equal(result, levels)


def test_the_largest_level_is_one_and_zero_is_zero() -> None:
    for dtype in (np.uint8, np.uint16):
        image = to_float(np.array([[0, np.iinfo(dtype).max]], dtype))
        assert image.dtype == np.float32
        assert image.tolist() == [[0.0, 1.0]]


def test_levels_differ_by_one_over_the_largest() -> None:
    np.testing.assert_allclose(to_float(np.array([[51]], np.uint8)), 0.2, rtol=1e-7)
    np.testing.assert_allclose(to_float(np.array([[13107]], np.uint16)), 0.2, rtol=1e-7)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_floating_point_is_taken_as_it_is_and_clipped_only_on_the_way_out(dtype: str) -> None:
    image = np.array([[-0.5, 0.25, 1.5]], dtype)
    assert to_float(image).tolist() == [[-0.5, 0.25, 1.5]]
    assert from_float(image, dtype).tolist() == [[0.0, 0.25, 1.0]]
    assert from_float(image, dtype).dtype == dtype


def test_halves_are_rounded_up() -> None:
    # NumPy's own rounding would give 0, 2, 2.
    assert round_to(np.array([0.5, 1.5, 2.5]), np.uint8).tolist() == [1, 2, 3]
    assert from_float(np.array([[0.5]]), np.uint8).item() == 128  # 127.5


def test_what_leaves_the_range_is_clipped_not_wrapped() -> None:
    assert from_float(np.array([[-0.01, 1.01]]), np.uint8).tolist() == [[0, 255]]
    assert round_to(np.array([-3.0, 255.4, 255.6, 300.0]), np.uint8).tolist() == [0, 255, 255, 255]
    assert round_to(np.array([-3.0, 65535.6]), np.uint16).tolist() == [0, 65535]


@settings(deadline=None, max_examples=50)
@given(value=st.floats(0, 1, width=32), dtype=st.sampled_from(["uint8", "uint16"]))
def test_the_nearest_level_is_taken(value: float, dtype: str) -> None:
    peak = np.iinfo(dtype).max
    level = int(from_float(np.array([[value]], np.float32), dtype).item())
    assert abs(level - value * peak) <= 0.5 + peak * 2**-23


@pytest.mark.parametrize("dtype", ["int8", "int32", "uint32", "float16", "bool", "complex64", "object"])
def test_other_dtypes_are_refused_with_those_that_are_taken(dtype: str) -> None:
    with pytest.raises(InvalidImageError, match=f"uint8, uint16, float32 or float64, got {dtype}; convert it first"):
        to_float(np.zeros((2, 2), dtype))


@pytest.mark.parametrize("dtype", ["int8", "int32", "uint32", "float16", "bool"])
def test_other_dtypes_are_not_made(dtype: str) -> None:
    with pytest.raises(InvalidImageError, match=f"expected a dtype of uint8, uint16, float32 or float64, got {dtype}"):
        from_float(np.zeros((2, 2), np.float32), dtype)


@pytest.mark.parametrize("shape", [(), (3,), (0, 3), (3, 0), (2, 2, 0), (1, 2, 2, 3)])
def test_other_shapes_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(InvalidImageError, match=r"expected an image of shape H x W or H x W x C, got \("):
        check_image(np.zeros(shape, np.uint8))


@pytest.mark.filterwarnings("ignore:the matrix subclass")
@pytest.mark.parametrize("kind", [np.ma.masked_array, np.matrix])
def test_a_mask_and_a_matrix_are_refused(kind: Callable) -> None:
    with pytest.raises(InvalidImageError, match=r"expected a plain NumPy array, got (MaskedArray|matrix); "):
        check_image(kind(np.zeros((3, 4), np.uint8)))


@pytest.mark.parametrize(("dtype", "largest"), [("uint8", 255), ("uint16", 65535), ("float32", 1)])
def test_half_precision_reaches_white(dtype: str, largest: int) -> None:
    half = 0.5 if dtype == "float32" else (largest + 1) // 2
    assert from_float(np.array([0, 0.5, 1], np.float16), dtype).tolist() == [0, half, largest]


@pytest.mark.parametrize(
    ("image", "got"),
    [
        ([[0.5]], "list"),
        (np.ones((1, 2), np.uint8), "uint8"),
        (np.ones((1, 2), bool), "bool"),
        (np.array([0.5, np.nan]), "NaN or infinity"),
        (np.array([0.5, np.inf]), "NaN or infinity"),
    ],
)
def test_what_is_no_floating_point_is_not_mapped(image: Any, got: str) -> None:
    with pytest.raises(InvalidImageError, match=f"expected .*, got {got}; "):
        from_float(image, np.uint8)


@pytest.mark.parametrize("value", [255.0, 2.1, -1.1, np.nan, np.inf, -np.inf])
def test_values_that_cannot_be_meant_for_0_to_1_are_refused(value: float) -> None:
    image = np.full((3, 4), 0.5, np.float32)
    image[1, 2] = value
    with pytest.raises(InvalidImageError, match=r"expected floating point in \[0, 1\], got values from "):
        check_range(image)


def test_integers_and_a_little_overshoot_pass() -> None:
    check_range(np.full((2, 2), 255, np.uint8))
    check_range(np.array([[-0.2, 1.3]], np.float32))


def test_large_numbers_are_numbers_though_their_sum_is_none() -> None:
    np.testing.assert_array_equal(from_float(np.full((40, 40), 1e36, np.float32), np.uint8), 255)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32", "float64"])
def test_values_are_written_into_one_channel_as_from_float_gives_them(dtype: str) -> None:
    values = np.linspace(-0.2, 1.2, 60, dtype=np.float32).reshape(6, 10)
    picture = np.zeros((6, 10, 3), dtype)
    write_float(values.copy(), picture[:, :, 1])
    np.testing.assert_array_equal(picture[:, :, 1], from_float(values, dtype))
    assert not picture[:, :, ::2].any()


def test_from_float_and_round_to_leave_what_is_given_as_it_was() -> None:
    values = np.array([[0.3, 1.7]])
    from_float(values, np.uint8)
    round_to(values, np.uint8)
    assert values.tolist() == [[0.3, 1.7]]
