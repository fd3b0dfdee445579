from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from srcnn.errors import InvalidConfigError, InvalidImageError
from srcnn.imaging import crop_to_multiple, shave_border


@given(height=st.integers(4, 50), width=st.integers(4, 50), multiple=st.integers(1, 4), colour=st.booleans())
def test_a_crop_is_the_largest_top_left_part_that_the_multiple_divides(
    height: int, width: int, multiple: int, colour: bool
) -> None:
    shape = (height, width, 3) if colour else (height, width)
    image = np.arange(np.prod(shape)).reshape(shape)
    cropped = crop_to_multiple(image, multiple)
    assert cropped.shape[0] % multiple == cropped.shape[1] % multiple == 0
    assert height - cropped.shape[0] < multiple
    assert width - cropped.shape[1] < multiple
    np.testing.assert_array_equal(cropped, image[: cropped.shape[0], : cropped.shape[1]])


def test_set5_woman_is_cropped_to_342_x_228_for_x3() -> None:
    # woman is 344 x 228: 344 // 3 * 3 = 342.
    assert crop_to_multiple(np.zeros((344, 228, 3), np.uint8), 3).shape == (342, 228, 3)


@pytest.mark.parametrize("shape", [(2, 9), (9, 2), (2, 2, 3)])
def test_a_picture_smaller_than_the_multiple_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(InvalidImageError, match=f"expected at least 3 x 3 pixels, got {shape[0]} x {shape[1]}; "):
        crop_to_multiple(np.zeros(shape), 3)


@pytest.mark.parametrize("multiple", [0, -3])
def test_a_multiple_below_1_is_refused(multiple: int) -> None:
    with pytest.raises(InvalidConfigError, match=f"expected a multiple of 1 pixel or more, got {multiple}; "):
        crop_to_multiple(np.zeros((9, 9), np.uint8), multiple)


def test_a_border_is_left_out_on_every_side() -> None:
    image = np.arange(7 * 9).reshape(7, 9)
    np.testing.assert_array_equal(shave_border(image, 2), image[2:5, 2:7])
    np.testing.assert_array_equal(shave_border(image, 0), image)
    assert shave_border(np.zeros((7, 9, 3)), 3).shape == (1, 3, 3)


@pytest.mark.parametrize("shape", [(6, 9), (9, 6), (1, 1)])
def test_a_border_that_leaves_nothing_is_refused(shape: tuple[int, int]) -> None:
    with pytest.raises(InvalidImageError, match=r"expected more than 6 pixels a side .* border of 3, got .*; "):
        shave_border(np.zeros(shape), 3)


def test_a_border_below_0_is_refused() -> None:
    with pytest.raises(InvalidConfigError, match="expected a border of 0 pixels or more, got -1; "):
        shave_border(np.zeros((9, 9), np.uint8), -1)


@pytest.mark.parametrize("image", [[[1]], np.ones(20)])
def test_what_is_no_picture_is_not_cropped(image: Any) -> None:
    for crop in (crop_to_multiple, shave_border):
        with pytest.raises(InvalidImageError, match=r"^expected an? .*, got .*; "):
            crop(image, 1)


def test_a_multiple_is_a_whole_number() -> None:
    with pytest.raises(InvalidConfigError, match=r"expected a multiple of 1 pixel or more, got 1\.5; "):
        crop_to_multiple(np.ones((20, 20)), 1.5)  # pyright: ignore[reportArgumentType]
