import numpy as np
import pytest
from scipy.ndimage import correlate
from scipy.signal import convolve2d

from srcnn.errors import InvalidImageError
from srcnn.evaluation.metrics import ms_ssim
from srcnn.imaging import imresize

TRUTH = imresize(np.random.default_rng(0).random((30, 28)), size=(200, 190)).clip(0, 1) * 255


def noisy(sigma):
    return TRUTH + np.random.default_rng(1).normal(0, sigma, TRUTH.shape)


def by_definition(x, y):
    """The same by two-dimensional windows and SciPy, slowly."""
    grid = np.arange(11) - 5
    window = np.exp(-(grid[:, None] ** 2 + grid**2) / 4.5)
    window /= window.sum()
    c1, c2 = 2.55**2, 7.65**2
    side = [131 / 3463, -199 / 8344, -101 / 913, 962 / 2549]
    wavelet = np.outer([*side, 932 / 1093, *side[::-1]], [*side, 932 / 1093, *side[::-1]])
    wavelet /= wavelet.sum()
    value = 1.0
    for level, weight in enumerate((0.0448, 0.2856, 0.3001, 0.2363, 0.1333)):
        if level:
            x, y = (correlate(image, wavelet, mode="reflect")[::2, ::2] for image in (x, y))
        mx, my, xx, yy, xy = (convolve2d(image, window, "valid") for image in (x, y, x * x, y * y, x * y))
        sx, sy, cov = np.sqrt(abs(xx - mx**2)), np.sqrt(abs(yy - my**2)), xy - mx * my
        contrast = np.mean((2 * sx * sy + c2) / (sx**2 + sy**2 + c2))
        structure = np.mean((cov + c2 / 2) / (sx * sy + c2 / 2))
        value *= contrast**weight * structure**weight
    return value * np.mean((2 * mx * my + c1) / (mx**2 + my**2 + c1)) ** weight


@pytest.mark.parametrize("sigma", [2, 20])
def test_it_is_the_definition(sigma):
    assert ms_ssim(noisy(sigma), TRUTH) == pytest.approx(by_definition(noisy(sigma), TRUTH), abs=1e-9)


def test_equal_pictures_have_one():
    assert ms_ssim(TRUTH, TRUTH) == pytest.approx(1, abs=1e-12)


def test_flat_pictures_differ_in_luminance_alone():
    # Contrast and structure are 1; luminance counts with the last level's weight.
    c1 = 2.55**2
    expected = ((2 * 100 * 120 + c1) / (100**2 + 120**2 + c1)) ** 0.1333
    flat = np.full((180, 180), 100.0)
    assert ms_ssim(flat, flat + 20) == pytest.approx(expected, abs=1e-12)


def test_more_noise_is_worse():
    assert 1 > ms_ssim(noisy(2), TRUTH) > ms_ssim(noisy(5), TRUTH) > ms_ssim(noisy(20), TRUTH) > 0


def test_a_negative_has_zero():
    assert ms_ssim(255 - TRUTH, TRUTH) == 0


def test_the_border_is_left_out():
    wrong = TRUTH.copy()
    wrong[:3] = 0
    assert ms_ssim(wrong, TRUTH, border=3) == pytest.approx(1, abs=1e-12)
    assert ms_ssim(wrong, TRUTH) < 0.9995


@pytest.mark.parametrize(
    ("shapes", "message"), [(((175, 300), (175, 300)), "at least 176"), (((200, 200), (200, 201)), "one shape")]
)
def test_what_has_no_value_is_refused(shapes, message):
    with pytest.raises(InvalidImageError, match=message):
        ms_ssim(np.zeros(shapes[0]), np.zeros(shapes[1]))
