"""NQM, the noise quality measure. This module chooses no colour and no border."""

import numpy as np
from numpy.typing import NDArray

from srcnn.evaluation.metrics.inside import inside_border
from srcnn.imaging.depth import Image

_BANDS = 5  # octaves around 2, 4, 8, 16 and 32 cycles a picture
_VIEWING_ANGLE = np.degrees(1 / 3.5)  # the picture seen from 3.5 times its height


def nqm(sr: Image, hr: Image, *, border: int = 0) -> float:
    """Noise quality measure: a signal-to-noise ratio of what is seen.

    Both pictures are split into octaves of contrast. What the eye cannot see is removed from both;
    where the difference is masked by the truth's own contrast, the truth is put in place.

    Args:
        sr: the picture to judge, H x W, linear, of any range.
        hr: the truth, same shape and range.
        border: pixels left out on every side first.

    Returns:
        Decibels; infinity where no difference is visible.

    Raises:
        InvalidImageError: different shapes, not H x W, or nothing left inside the border.

    Source: Damera-Venkata et al. 2000, doi:10.1109/83.841940, with the viewing distance of MeTriX MuX 1.1.
        Tests: tests/evaluation/metrics/test_nqm.py, tests/zoo/test_authors.py.
    """
    judged, truth = inside_border(sr, hr, border)
    seen_truth, seen_noise = np.zeros_like(truth), np.zeros_like(truth)
    (judged_mean, *judged_bands), (truth_mean, *truth_bands) = _octaves(judged), _octaves(truth)
    for band, (in_judged, in_truth) in enumerate(zip(judged_bands, truth_bands, strict=True), 1):
        # Contrast: the band over the local mean, which is the sum of the coarser bands.
        judged_contrast, truth_contrast = _ratio(in_judged, judged_mean), _ratio(in_truth, truth_mean)
        judged_mean, truth_mean = judged_mean + in_judged, truth_mean + in_truth
        limited = np.where(np.abs(judged_contrast) > 1, 1, judged_contrast)
        masked = np.abs(limited - truth_contrast) < _masking(truth_contrast, band)
        in_judged = np.where(masked, in_truth, in_judged)
        threshold = _threshold(2.0**band / _VIEWING_ANGLE)
        kept_truth = np.where(np.abs(truth_contrast) < threshold, 0, in_truth)
        kept_judged = np.where(np.abs(judged_contrast) < threshold, 0, in_judged)
        seen_truth += kept_truth
        seen_noise += kept_truth - kept_judged
    signal, noise = float(np.sum(seen_truth**2)), float(np.sum(seen_noise**2))
    if noise == 0:
        return float("inf")
    return float(10 * np.log10(signal / noise)) if signal else float("-inf")


def _octaves(image: NDArray[np.float64]) -> list[NDArray[np.float64]]:
    """The local mean and the bands around it: raised cosines of the logarithm of frequency, which sum to one."""
    rows, columns = (np.fft.fftshift(np.arange(length) - length / 2) for length in image.shape)
    cycles = np.hypot(rows[:, None], columns)
    spectrum = np.fft.fft2(image)
    bands: list[NDArray[np.float64]] = []
    for band in range(_BANDS + 1):
        octave = np.log2(np.maximum(cycles, 2.0**-9)) - band if band else np.log2(cycles + 2) - 1
        gain = np.where(np.abs(octave) <= 1, (1 + np.cos(np.pi * octave)) / 2, 0)
        bands.append(np.fft.ifft2(gain * spectrum).real)
    return bands


def _threshold(cycles_per_degree: float) -> float:
    """The contrast that is just seen at a spatial frequency."""
    frequency = 0.114 * cycles_per_degree
    return float(1 / (520 * (0.0192 + frequency) * np.exp(-(frequency**1.1))))


def _masking(contrast: NDArray[np.float64], band: int) -> NDArray[np.float64]:
    """The change of contrast that is just seen beside the truth's.

    As in the source, only contrasts above the local mean mask, and the band's number stands for its frequency.
    """
    threshold = _threshold(band)
    return threshold * (0.86 * (contrast / threshold - 1) + 0.3)


def _ratio(band: NDArray[np.float64], mean: NDArray[np.float64]) -> NDArray[np.float64]:
    """Contrast, 0 where the mean is black."""
    return np.divide(band, mean, out=np.zeros_like(band), where=mean != 0)
