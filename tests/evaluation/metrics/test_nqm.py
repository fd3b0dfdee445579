import numpy as np
import pytest

from srcnn.errors import InvalidImageError
from srcnn.evaluation.metrics import nqm
from srcnn.imaging import imresize

TRUTH = imresize(np.random.default_rng(0).random((30, 28)), size=(128, 120)).clip(0, 1) * 200 + 20


def grating(cycles, contrast, *, size=128, mean=100.0):
    phase = 2 * np.pi * cycles * np.arange(size) / size
    return mean * (1 + contrast * np.cos(phase)) * np.ones((size, 1))


def test_equal_pictures_have_infinity():
    assert nqm(TRUTH, TRUTH) == np.inf


def test_a_grating_too_different_to_be_masked_has_the_ratio_of_amplitudes():
    # 8 cycles lie in the middle of band 3, alone. Signal 0.5, noise 0.5 - (-0.5) = 1: -20 log10(2).
    assert nqm(grating(8, -0.5), grating(8, 0.5)) == pytest.approx(-20 * np.log10(2), abs=1e-9)


@pytest.mark.parametrize("contrast", [0.25, 0.45])
def test_a_small_difference_is_masked_where_the_truth_is_above_its_mean(contrast):
    # Seen is a change of more than about 0.86 x 0.5: none of it, and half the noise, in the bright half, is gone.
    expected = 20 * np.log10(0.5 / (0.5 - contrast)) + 10 * np.log10(2)
    assert nqm(grating(8, contrast), grating(8, 0.5)) == pytest.approx(expected, abs=1e-6)


def test_a_contrast_above_one_is_masked_as_one():
    # 16 pixels a period. As contrasts 1.5 c and 0.6 c lie 0.9 c apart, too far to be masked by 0.516 c; but as 1 and
    # 0.6 c they are masked where c is above 0.9: at its peak and one pixel, 22.5 degrees, on each side of it.
    phases = np.cos(np.pi * np.arange(2, 15) / 8)
    expected = 10 * np.log10(0.6**2 * 8 / (0.9**2 * np.sum(phases**2)))
    assert nqm(grating(8, 1.5), grating(8, 0.6)) == pytest.approx(expected, abs=1e-6)


def test_a_grating_below_the_threshold_is_not_seen():
    # 8 cycles at 16.37 degrees: 0.489 cycles a degree, threshold 1 / (520 x 0.0749 x 0.959) = 0.0268.
    truth = grating(2, 0.5)
    assert (
        nqm(truth + grating(8, 0.026, mean=100) - 100, truth)
        > nqm(truth + grating(8, 0.06, mean=100) - 100, truth) + 10
    )


def test_it_depends_on_contrast_and_not_on_the_range():
    sr = TRUTH + np.random.default_rng(1).normal(0, 20, TRUTH.shape)
    assert nqm(sr / 255, TRUTH / 255) == pytest.approx(nqm(sr, TRUTH), abs=1e-6)


def test_more_noise_is_worse():
    noise = np.random.default_rng(1).normal(0, 1, TRUTH.shape)
    assert nqm(TRUTH + 10 * noise, TRUTH) > nqm(TRUTH + 40 * noise, TRUTH)


def test_the_border_is_left_out():
    wrong = TRUTH.copy()
    wrong[:, -2:] = 0
    assert nqm(wrong, TRUTH, border=2) == np.inf
    assert nqm(wrong, TRUTH) < 60


def test_a_black_truth_has_no_signal():
    assert nqm(TRUTH, np.zeros_like(TRUTH)) == -np.inf


def test_odd_sizes_are_measured():
    truth = TRUTH[:127, :119]
    assert 0 < nqm(truth + np.random.default_rng(1).normal(0, 20, truth.shape), truth) < 60


def test_two_shapes_are_refused():
    with pytest.raises(InvalidImageError, match="one shape"):
        nqm(TRUTH, TRUTH[1:])
