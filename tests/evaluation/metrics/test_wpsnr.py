import math
from statistics import fmean

import numpy as np
import pytest
from scipy.signal import convolve2d

from srcnn.errors import InvalidImageError
from srcnn.evaluation.metrics import wpsnr
from srcnn.evaluation.planes import enlarge_bicubic, shrink, truth_planes
from srcnn.evaluation.protocol import AUTHORS
from srcnn.imaging import imresize
from srcnn.pictures.named import named_pictures
from srcnn.pictures.read import read_array

TRUTH = imresize(np.random.default_rng(0).random((30, 28)), size=(75, 90)).clip(0, 1) * 255


def sensitivity(u, v):
    """The formula of WPSNR.m, one frequency at a time."""
    w = 2 * math.pi * math.hypot(u, v) / 60
    spatial = 1.5 * math.exp(-(2**2) * w**2 / 2) - math.exp(-2 * 2**2 * w**2 / 2)
    angle = math.pi / 2 if u == 0 else math.atan(v / u)
    high = math.exp(8 * (w - 2 * math.pi * 11.13 / 60))
    return spatial * (1 + high * math.cos(2 * angle) ** 4) / (1 + high)


def taps():
    """41 x 41 taps by the definition of frequency sampling, as a sum of cosines."""
    grid = range(-20, 21)
    cosines = np.cos(2 * np.pi * np.outer(grid, grid) / 41)  # the response is even in both directions
    return cosines @ np.array([[sensitivity(u, v) for v in grid] for u in grid]) @ cosines / 41**2


def test_it_is_the_definition():
    sr = TRUTH + np.random.default_rng(1).normal(0, 10, TRUTH.shape)
    error = convolve2d((sr - TRUTH) / 255, taps(), "same")
    assert wpsnr(sr, TRUTH) == pytest.approx(-10 * np.log10(np.mean(error**2)), abs=1e-9)


def test_a_flat_difference_is_seen_half():
    # Sensitivity 1.5 - 1 at frequency 0; away from the border, where zeros come in: 20 log10(255 / 5).
    flat = np.full((600, 600), 100.0)
    assert wpsnr(flat + 10, flat) == pytest.approx(20 * np.log10(51), abs=0.3)


def test_a_diagonal_grating_is_seen_less_than_an_upright_one():
    phase = 2 * np.pi * 15 / 41 * np.arange(410)
    upright = np.cos(phase) * np.ones((410, 1))
    diagonal = np.cos((phase + phase[:, None]) / np.sqrt(2))
    assert wpsnr(10 * diagonal, 0 * diagonal) > wpsnr(10 * upright, 0 * upright) + 6


def test_equal_pictures_have_infinity():
    assert wpsnr(TRUTH, TRUTH) == np.inf


def test_ten_times_the_difference_is_twenty_decibels():
    noise = np.random.default_rng(1).normal(0, 1, TRUTH.shape)
    assert wpsnr(TRUTH + noise, TRUTH) == pytest.approx(wpsnr(TRUTH + 10 * noise, TRUTH) + 20, abs=1e-6)


def test_the_border_is_left_out():
    wrong = TRUTH.copy()
    wrong[:, -2:] = 0
    assert wpsnr(wrong, TRUTH, border=2) == np.inf
    assert wpsnr(wrong, TRUTH) < 60


def test_two_shapes_are_refused():
    with pytest.raises(InvalidImageError, match="one shape"):
        wpsnr(TRUTH, TRUTH[1:])


# SRCNN, TPAMI 2016, tables 2 and 3: bicubic. They print two digits.
@pytest.mark.parametrize(
    ("dataset", "scale", "printed"),
    [
        ("Set5", 2, 50.06),
        ("Set5", 3, 41.65),
        ("Set5", 4, 37.21),
        pytest.param("Set14", 3, 39.72, marks=pytest.mark.slow),
        pytest.param("Set14", 4, 35.71, marks=pytest.mark.slow),
    ],
)
def test_bicubic_has_the_papers_values(shared_data, dataset, scale, printed):
    values = []
    for path in named_pictures(shared_data / "test" / dataset).values():
        truth = truth_planes(read_array(path), scale, AUTHORS)
        large = enlarge_bicubic(shrink(truth, scale, AUTHORS), scale, AUTHORS)
        values.append(wpsnr(large * 255, truth * 255, border=scale))
    assert fmean(values) == pytest.approx(printed, abs=0.0051)
