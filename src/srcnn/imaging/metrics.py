"""PSNR and SSIM, each with its convention in its arguments. This module chooses no colour and no border."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from srcnn.errors import InvalidConfigError, InvalidImageError
from srcnn.imaging.depth import Image, check_array
from srcnn.imaging.geometry import shave_border

SSIM_WINDOW = 11
_SSIM_SIGMA = 1.5


def psnr(sr: Image, hr: Image, *, data_range: float, border: int = 0) -> float:
    """Peak signal-to-noise ratio in dB, in double precision.

    Args:
        sr: the picture to judge, H x W or H x W x C.
        hr: the truth, same shape.
        data_range: the peak: 255 for 8-bit values, 1.0 for [0, 1].
        border: pixels left out on every side ("shave").

    Returns:
        20 log10(data_range / rmse); infinity for equal pictures.

    Raises:
        InvalidConfigError: a data_range that is not above 0, or a border below 0.
        InvalidImageError: different shapes, or nothing left inside the border.

    Source: compute_psnr.m of the SRCNN authors' package. Tests: tests/imaging/test_metrics.py.
    """
    _check(sr, hr, data_range)
    difference = shave_border(sr, border).astype(np.float64) - shave_border(hr, border)
    mse = float(np.mean(difference * difference))
    return float("inf") if mse == 0 else float(10 * np.log10(data_range**2 / mse))


def comparable(*psnr_of_methods: Sequence[float]) -> NDArray[np.bool_]:
    """Which pictures means of PSNR can be over, the same ones for every method.

    Args:
        psnr_of_methods: for each method that of every picture, in dB, infinite where it gives the picture exactly, as
            bicubic does flat ones.

    Returns:
        For every picture whether no method gives it exactly; all of them if there would be none.

    Tests: tests/imaging/test_metrics.py.
    """
    finite = np.logical_and.reduce(np.isfinite(psnr_of_methods), axis=0)
    return finite if finite.any() else ~finite


def ssim(sr: Image, hr: Image, *, data_range: float, border: int = 0) -> float:
    """Structural similarity of two single-channel pictures, by Wang's own program.

    An 11 x 11 Gaussian window of sigma 1.5, K = (0.01, 0.03), population covariance, only where the
    window lies inside, no down-sampling. Equals scikit-image with gaussian_weights=True, sigma=1.5,
    use_sample_covariance=False on the inner part.

    Args:
        sr: the picture to judge, H x W.
        hr: the truth, same shape.
        data_range: 255 for 8-bit values, 1.0 for [0, 1].
        border: pixels left out on every side first.

    Returns:
        The mean of the SSIM map, at most 1.

    Raises:
        InvalidConfigError: a data_range that is not above 0, or a border below 0.
        InvalidImageError: different shapes, not H x W, or smaller than the window.

    Source: Wang et al. 2004, doi:10.1109/TIP.2003.819861; ssim_index.m.
        Tests: tests/imaging/test_metrics.py (scikit-image over shapes and ranges).
    """
    _check(sr, hr, data_range)
    if sr.ndim != 2:
        raise InvalidImageError(f"expected a single channel of shape H x W, got {sr.shape}; take the luma first")
    x, y = (shave_border(image, border).astype(np.float64) for image in (sr, hr))
    if min(x.shape) < SSIM_WINDOW:
        raise InvalidImageError(
            f"expected at least {SSIM_WINDOW} x {SSIM_WINDOW} pixels inside the border, "
            f"got {x.shape[0]} x {x.shape[1]}; leave the picture out, since SSIM has no value on smaller ones"
        )
    c1, c2 = (0.01 * data_range) ** 2, (0.03 * data_range) ** 2
    mean_x, mean_y = window_mean(x), window_mean(y)
    variance_x = window_mean(x * x) - mean_x * mean_x
    variance_y = window_mean(y * y) - mean_y * mean_y
    covariance = window_mean(x * y) - mean_x * mean_y
    luminance = (2 * mean_x * mean_y + c1) / (mean_x * mean_x + mean_y * mean_y + c1)
    structure = (2 * covariance + c2) / (variance_x + variance_y + c2)
    return float(np.mean(luminance * structure))


def window_mean(image: NDArray[np.float64]) -> NDArray[np.float64]:
    """The mean under SSIM's Gaussian window, where it lies inside: H x W to (H - 10) x (W - 10)."""
    offsets = np.arange(SSIM_WINDOW) - SSIM_WINDOW // 2
    weights = np.exp(-(offsets**2) / (2 * _SSIM_SIGMA**2))
    return filter_inside(image, weights / weights.sum())


def filter_inside(image: NDArray[np.float64], taps: NDArray[np.float64]) -> NDArray[np.float64]:
    """Apply a symmetric filter along both dimensions, where it lies inside.

    Args:
        image: H x W.
        taps: n, odd.

    Returns:
        (H - n + 1) x (W - n + 1).

    Tests: tests/imaging/test_metrics.py, tests/evaluation/metrics/test_ms_ssim.py.
    """
    for axis in (0, 1):
        length = image.shape[axis] - len(taps) + 1
        parts = (image[i : i + length] if axis == 0 else image[:, i : i + length] for i in range(len(taps)))
        image = sum((tap * part for tap, part in zip(taps, parts, strict=True)), np.zeros(()))
    return image


def _check(sr: Image, hr: Image, data_range: float) -> None:
    if not data_range > 0:
        raise InvalidConfigError(f"expected a data_range above 0, got {data_range}; give the peak, such as 255 or 1.0")
    for image in (sr, hr):
        check_array(image)
    if sr.shape != hr.shape:
        raise InvalidImageError(
            f"expected two pictures of one shape, got {sr.shape} and {hr.shape}; "
            "crop both to a multiple of the scale before comparing"
        )
