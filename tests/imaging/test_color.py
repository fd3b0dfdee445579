import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from srcnn.errors import InvalidImageError
from srcnn.imaging import (
    rgb_to_luma_bt601,
    rgb_to_luma_bt601_full_range,
    rgb_to_ycbcr_bt601,
    to_float,
    ycbcr_to_rgb_bt601,
)
from srcnn.imaging.color import LUMA_BT601_SPAN, grey_channel, grey_to_luma_bt601, luma_bt601_to_grey

# The 8-bit codes of 100 % colour bars in ITU-R BT.601: what MATLAB's rgb2ycbcr gives for the corners of the cube.
CORNERS = {
    (0, 0, 0): (16, 128, 128),
    (255, 255, 255): (235, 128, 128),
    (255, 0, 0): (81, 90, 240),
    (0, 255, 0): (145, 54, 34),
    (0, 0, 255): (41, 240, 110),
    (255, 255, 0): (210, 16, 146),
    (0, 255, 255): (170, 166, 16),
    (255, 0, 255): (106, 202, 222),
}
RGB = np.array(list(CORNERS), np.uint8)[None]
YCBCR = np.array(list(CORNERS.values()), np.uint8)[None]


def test_luma_of_white_is_235() -> None:
    assert rgb_to_luma_bt601(np.full((1, 1, 3), 255, np.uint8)).item() == 235


def test_luma_of_black_is_16() -> None:
    assert rgb_to_luma_bt601(np.zeros((1, 1, 3), np.uint8)).item() == 16


def test_the_corners_of_the_colour_cube_have_their_standard_codes() -> None:
    np.testing.assert_array_equal(rgb_to_ycbcr_bt601(RGB), YCBCR)
    np.testing.assert_array_equal(rgb_to_luma_bt601(RGB), YCBCR[:, :, 0])


def test_the_standard_codes_of_the_corners_give_them_back_within_a_level() -> None:
    # Codes are whole numbers; half a code is 255/219/2 of luma and up to 2.017/2 of chroma in RGB.
    back = ycbcr_to_rgb_bt601(YCBCR).astype(int)
    assert np.abs(back - RGB).max() <= 1


@settings(deadline=None, max_examples=50)
@given(seed=st.integers(0, 2**32 - 1))
def test_unrounded_colours_survive_the_way_there_and_back(seed: int) -> None:
    image = np.random.default_rng(seed).random((5, 4, 3), np.float32)
    np.testing.assert_allclose(ycbcr_to_rgb_bt601(rgb_to_ycbcr_bt601(image)), image, atol=2e-6)


def test_8_bit_colours_survive_unrounded_codes_exactly_and_rounded_ones_within_two_levels() -> None:
    levels = range(0, 256, 15)
    image = np.array(list(itertools.product(levels, levels, levels)), np.uint8)[None]
    unrounded = ycbcr_to_rgb_bt601(rgb_to_ycbcr_bt601(to_float(image)))
    np.testing.assert_array_equal(np.floor(unrounded * 255 + 0.5), image)
    # B = 1.164 (Y - 16) + 2.017 (Cb - 128): half a code of each is 1.59, rounded to at most 2 levels.
    rounded = ycbcr_to_rgb_bt601(rgb_to_ycbcr_bt601(image)).astype(int)
    assert np.abs(rounded - image).max() <= 2


def test_luma_is_rounded_half_up_for_integers_and_not_at_all_for_floating_point() -> None:
    image = np.array([[[10, 20, 30]]], np.uint8)
    # 16 + (65.481 * 10 + 128.553 * 20 + 24.966 * 30) / 255 = 31.5877
    assert rgb_to_luma_bt601(image).item() == 32
    assert rgb_to_luma_bt601(to_float(image)).item() * 255 == pytest.approx(31.58773, abs=1e-4)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_integers_are_rounded_as_exact_arithmetic_does_ties_included(dtype: type[np.unsignedinteger]) -> None:
    step = np.iinfo(dtype).max // 255  # 1 or 257
    red = np.arange(0, 256, 15)
    colours = np.stack(np.meshgrid(red, np.arange(256), np.arange(256), indexing="ij"), -1).reshape(-1, 256, 3)
    thousandths = np.array([[65481, 128553, 24966], [-37797, -74203, 112000], [112000, -93786, -18214]])
    codes = colours * step @ thousandths.T + np.array([16, 128, 128]) * step * 255_000
    exact = (2 * codes + 255_000) // 510_000
    result = rgb_to_ycbcr_bt601((colours * step).astype(dtype))
    np.testing.assert_array_equal(result, exact)
    np.testing.assert_array_equal(rgb_to_luma_bt601((colours * step).astype(dtype)), exact[..., 0])


def test_uint16_luma_has_the_same_fractions() -> None:
    image = np.array([[[65535, 0, 0], [65535, 65535, 65535], [0, 0, 0]]], np.uint16)
    # 257 times the unrounded 8-bit codes 81.481, 235 and 16.
    assert rgb_to_luma_bt601(image).tolist() == [[20941, 60395, 4112]]


def test_grey_luma_is_that_of_three_equal_channels() -> None:
    grey = np.arange(256, dtype=np.uint8)[None]
    np.testing.assert_array_equal(grey_to_luma_bt601(grey), rgb_to_luma_bt601(np.stack([grey] * 3, 2)))
    assert grey_to_luma_bt601(grey)[0, [0, 255]].tolist() == [16, 235]
    assert grey_to_luma_bt601(np.ones((1, 1), np.float32)).item() == pytest.approx(235 / 255)


def test_black_to_white_spans_219_of_255() -> None:
    white, black = (rgb_to_luma_bt601(np.full((1, 1, 3), v, np.float32)).item() for v in (1, 0))
    assert white - black == pytest.approx(LUMA_BT601_SPAN, abs=1e-6)


def test_full_range_luma_is_pillows_grey_within_a_level() -> None:
    image = np.random.default_rng(0).integers(0, 256, (40, 40, 3), np.uint8)
    pillow = np.asarray(Image.fromarray(image).convert("L")).astype(int)
    ours = rgb_to_luma_bt601_full_range(image).astype(int)
    assert np.abs(ours - pillow).max() <= 1
    assert (ours == pillow).mean() > 0.99
    assert rgb_to_luma_bt601_full_range(RGB)[0, :2].tolist() == [0, 255]


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32", "float64"])
@pytest.mark.parametrize(
    "convert", [rgb_to_luma_bt601, rgb_to_luma_bt601_full_range, rgb_to_ycbcr_bt601, ycbcr_to_rgb_bt601]
)
def test_the_dtype_is_kept(convert, dtype: str) -> None:
    assert convert(np.zeros((2, 3, 3), dtype)).dtype == dtype


@pytest.mark.parametrize("shape", [(4, 4), (4, 4, 1), (4, 4, 4), (3,)])
@pytest.mark.parametrize(
    "convert", [rgb_to_luma_bt601, rgb_to_luma_bt601_full_range, rgb_to_ycbcr_bt601, ycbcr_to_rgb_bt601]
)
def test_other_than_three_channels_are_refused(convert, shape: tuple[int, ...]) -> None:
    with pytest.raises(InvalidImageError, match=r"^expected .* got .*; "):
        convert(np.zeros(shape, np.uint8))


def test_luma_of_a_grey_picture_leads_back_to_it_unclipped() -> None:
    grey = np.linspace(-0.2, 1.2, 50, dtype=np.float32)
    luma = grey * np.float32(219 / 255) + np.float32(16 / 255)
    np.testing.assert_allclose(luma_bt601_to_grey(luma), grey, atol=1e-6)
    inside = grey.clip(0, 1)[None]
    np.testing.assert_allclose(luma_bt601_to_grey(grey_to_luma_bt601(inside)), inside, atol=1e-6)


def test_one_channel_is_taken_of_grey_however_it_is_stored() -> None:
    grey = np.arange(12, dtype=np.uint8).reshape(3, 4)
    np.testing.assert_array_equal(grey_channel(grey), grey)
    for alpha in ([], [grey + 1]):
        np.testing.assert_array_equal(grey_channel(np.stack([grey] * 3 + alpha, 2)), grey)
    coloured = np.stack([grey] * 3, 2)
    coloured[2, 3, 1] += 1
    with pytest.raises(InvalidImageError, match="expected a grey picture"):
        grey_channel(coloured)
