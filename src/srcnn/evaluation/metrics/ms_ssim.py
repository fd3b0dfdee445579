"""Multi-scale SSIM, in the variant whose values the SRCNN paper prints. This module chooses no colour and no border."""

import numpy as np
from numpy.typing import NDArray

from srcnn.errors import InvalidImageError
from srcnn.evaluation.metrics.inside import inside_border
from srcnn.imaging.depth import Image
from srcnn.imaging.metrics import SSIM_WINDOW, filter_inside, window_mean

_WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)  # of the levels, fine to coarse: Wang et al. 2003
_SMALLEST = SSIM_WINDOW << len(_WEIGHTS) - 1
# Low-pass filter of the biorthogonal 9/7 wavelet, centre and one side.
_WAVELET = (932 / 1093, 962 / 2549, -101 / 913, -199 / 8344, 131 / 3463)


def ms_ssim(sr: Image, hr: Image, *, border: int = 0) -> float:
    """Multi-scale SSIM as the MeTriX MuX package computes it.

    It is not Wang's own program: luminance, contrast and structure are averaged over the picture one
    by one before they are multiplied, and a 9/7 wavelet's low-pass filter comes before halving. On
    Set5 at x3 the authors' 9-5-5 network has 0.9866 by it and 0.9881 by Wang's; the paper prints 0.987.

    Args:
        sr: the picture to judge, H x W, in 0..255.
        hr: the truth, same shape.
        border: pixels left out on every side first.

    Returns:
        At most 1, which equal pictures have; 0 where a level is negatively correlated.

    Raises:
        InvalidImageError: different shapes, not H x W, or below 176 pixels a side inside the border.

    Source: Wang, Simoncelli, Bovik 2003, doi:10.1109/ACSSC.2003.1292216, section 3; MeTriX MuX 1.1.
        Tests: tests/evaluation/metrics/test_ms_ssim.py, tests/zoo/test_authors.py.
    """
    x, y = inside_border(sr, hr, border)
    if min(x.shape) < _SMALLEST:
        raise InvalidImageError(
            f"expected at least {_SMALLEST} x {_SMALLEST} pixels inside the border, got {x.shape}; "
            f"SSIM of {len(_WEIGHTS)} levels has no value on smaller pictures"
        )
    value = 1.0
    for level, weight in enumerate(_WEIGHTS):
        if level:
            x, y = _halved(x), _halved(y)
        luminance, contrast, structure = _components(x, y)
        value *= (contrast * max(structure, 0.0)) ** weight
        if level == len(_WEIGHTS) - 1:
            value *= luminance**weight
    return value


def _components(x: NDArray[np.float64], y: NDArray[np.float64]) -> tuple[float, float, float]:
    """The means of luminance, contrast and structure over one level."""
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    mean_x, mean_y = window_mean(x), window_mean(y)
    variance_x = np.abs(window_mean(x * x) - mean_x * mean_x)
    variance_y = np.abs(window_mean(y * y) - mean_y * mean_y)
    covariance = window_mean(x * y) - mean_x * mean_y
    deviations = np.sqrt(variance_x * variance_y)
    luminance = (2 * mean_x * mean_y + c1) / (mean_x * mean_x + mean_y * mean_y + c1)
    contrast = (2 * deviations + c2) / (variance_x + variance_y + c2)
    structure = (covariance + c2 / 2) / (deviations + c2 / 2)
    return float(luminance.mean()), float(contrast.mean()), float(structure.mean())


def _halved(image: NDArray[np.float64]) -> NDArray[np.float64]:
    """Every second sample of the low-passed picture, its border mirrored."""
    taps = np.array([*_WAVELET[:0:-1], *_WAVELET])
    return filter_inside(np.pad(image, len(taps) // 2, "symmetric"), taps / taps.sum())[::2, ::2]
