import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from srcnn.errors import InvalidConfigError, InvalidImageError
from srcnn.imaging import psnr, ssim
from srcnn.imaging.metrics import comparable

RANGES = {"uint8": 255.0, "uint16": 65535.0, "float32": 1.0, "float64": 1.0}


def pair(shape: tuple[int, ...], dtype: str, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Two similar pictures."""
    random = np.random.default_rng(seed)
    first = random.random(shape)
    second = np.clip(first + random.normal(0, 0.1, shape), 0, 1)
    scaled = (np.rint(p * RANGES[dtype]) if dtype.startswith("u") else p for p in (first, second))
    first, second = (p.astype(dtype) for p in scaled)
    return first, second


@pytest.mark.parametrize("difference", [1, 2, 5, 255])
def test_psnr_of_a_constant_difference_is_the_closed_form(difference: int) -> None:
    hr = np.zeros((6, 7), np.uint8)
    assert psnr(hr + np.uint8(difference), hr, data_range=255) == pytest.approx(20 * math.log10(255 / difference))
    assert psnr(hr, hr + np.uint8(difference), data_range=255) == pytest.approx(20 * math.log10(255 / difference))


def test_one_level_everywhere_is_48_13_db() -> None:
    image = np.zeros((4, 4), np.uint8)
    assert round(psnr(image + np.uint8(1), image, data_range=255), 4) == 48.1308


def test_equal_pictures_have_an_infinite_psnr_and_an_ssim_of_one() -> None:
    image = np.random.default_rng(0).integers(0, 256, (16, 16), np.uint8)
    assert psnr(image, image, data_range=255) == math.inf
    assert ssim(image, image, data_range=255) == pytest.approx(1)


@pytest.mark.parametrize("shape", [(12, 12), (11, 40), (33, 27), (20, 20, 3)])
@pytest.mark.parametrize("dtype", list(RANGES))
def test_psnr_equals_scikit_image(shape: tuple[int, ...], dtype: str) -> None:
    sr, hr = pair(shape, dtype)
    expected = peak_signal_noise_ratio(hr, sr, data_range=RANGES[dtype])
    assert psnr(sr, hr, data_range=RANGES[dtype]) == pytest.approx(expected, rel=1e-6)


@settings(deadline=None, max_examples=30)
@given(shape=st.tuples(st.integers(11, 45), st.integers(11, 45)), dtype=st.sampled_from(list(RANGES)))
def test_ssim_equals_scikit_image_on_the_inner_part(shape: tuple[int, int], dtype: str) -> None:
    sr, hr = pair(shape, dtype)
    # Its mean leaves out (11 - 1) / 2 pixels on each side, where its windows would be filled up.
    expected = structural_similarity(
        hr.astype(np.float64),
        sr.astype(np.float64),
        data_range=RANGES[dtype],
        gaussian_weights=True,
        sigma=1.5,
        use_sample_covariance=False,
    )
    assert ssim(sr, hr, data_range=RANGES[dtype]) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("metric", [psnr, ssim])
def test_the_border_is_left_out_first(metric) -> None:
    sr, hr = pair((30, 31), "uint8")
    expected = metric(sr[3:-3, 3:-3], hr[3:-3, 3:-3], data_range=255)
    assert metric(sr, hr, data_range=255, border=3) == pytest.approx(expected)
    assert metric(sr, hr, data_range=255) != pytest.approx(expected)


@pytest.mark.parametrize("metric", [psnr, ssim])
def test_the_same_pictures_in_8_bit_and_in_unit_range_have_the_same_value(metric) -> None:
    sr, hr = pair((20, 20), "uint8")
    assert metric(sr / 255, hr / 255, data_range=1.0) == pytest.approx(metric(sr, hr, data_range=255))


@pytest.mark.parametrize("metric", [psnr, ssim])
def test_different_shapes_are_refused(metric) -> None:
    with pytest.raises(InvalidImageError, match=r"one shape, got \(20, 20\) and \(20, 21\)"):
        metric(np.zeros((20, 20)), np.zeros((20, 21)), data_range=255)


def test_ssim_refuses_colour_and_pictures_smaller_than_its_window() -> None:
    with pytest.raises(InvalidImageError, match=r"single channel of shape H x W, got \(20, 20, 3\)"):
        ssim(np.zeros((20, 20, 3)), np.zeros((20, 20, 3)), data_range=255)
    with pytest.raises(InvalidImageError, match=r"got 10 x 20; leave the picture out"):
        ssim(np.zeros((16, 26)), np.zeros((16, 26)), data_range=255, border=3)
    assert ssim(np.zeros((17, 26)), np.zeros((17, 26)), data_range=255, border=3) == pytest.approx(1)


def test_psnr_refuses_a_border_that_leaves_nothing() -> None:
    with pytest.raises(InvalidImageError, match="border of 2"):
        psnr(np.zeros((4, 9)), np.zeros((4, 9)), data_range=255, border=2)


@pytest.mark.parametrize("metric", [psnr, ssim])
@pytest.mark.parametrize("data_range", [0, -255, float("nan")])
def test_a_peak_that_is_not_above_0_is_refused(metric, data_range: float) -> None:
    picture = np.zeros((16, 16), np.uint8)
    with pytest.raises(InvalidConfigError, match="expected a data_range above 0, got "):
        metric(picture, picture, data_range=data_range)


def test_means_are_over_what_no_method_gives_exactly_or_over_all() -> None:
    inf = np.inf
    assert comparable([30.0, inf, 31.0, 32.0], [28.0, 60.0, inf, 29.0]).tolist() == [True, False, False, True]
    assert comparable([inf, 31.0], [28.0, inf]).tolist() == [True, True]
    assert comparable([], []).tolist() == []


@pytest.mark.parametrize(
    "image", [[[1]], np.ma.masked_array(np.ones((20, 20)), True), np.ones(20), np.ones((1, 2, 3, 4))]
)
def test_what_is_no_picture_is_not_measured(image: Any) -> None:
    for measure in (psnr, ssim):
        with pytest.raises(InvalidImageError, match=r"^expected (a|an) .*, got .*; "):
            measure(image, image, data_range=255)


def test_a_border_is_a_whole_number() -> None:
    image = np.ones((20, 20))
    with pytest.raises(InvalidConfigError, match=r"expected a border of 0 pixels or more, got 1\.5; "):
        psnr(image, image, data_range=255, border=1.5)  # pyright: ignore[reportArgumentType]
