"""IFC, the information fidelity criterion. This module chooses no colour and no border."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from srcnn.errors import InvalidImageError, MissingExtraError
from srcnn.evaluation.metrics.inside import inside_border
from srcnn.imaging.depth import Image

_LEVELS = 4
_ORIENTATIONS = (0, 3)  # of six: the gratings along rows and along columns
_BLOCK = 3  # coefficients a side of the vectors that the model of natural pictures is about
_SMALLEST = 72  # at which the coarsest level still holds one block that no border touches
_TOLERANCE = 1e-15  # a variance below it is none
_LEAST_NOISE = 1e-10  # of the channel, so that equal pictures share finitely many bits

_Band = NDArray[np.float64]


def ifc(sr: Image, hr: Image, *, border: int = 0) -> float:
    """Information that a picture shares with the truth, as Sheikh's published program measures it.

    Blocks of 3 x 3 coefficients of a steerable pyramid are taken side by side from the corner, so the
    value depends on where that is: on Set5 at x3 the authors' 9-5-5 network has 4.66 inside a border
    of 3 and 4.58 inside a border of 1. The SRCNN paper prints 4.58 and names no border.

    Args:
        sr: the picture to judge, H x W, linear, in 0..255.
        hr: the truth, same shape.
        border: pixels left out on every side first.

    Returns:
        Bits per pixel, 0 or more; large but finite for equal pictures.

    Raises:
        InvalidImageError: different shapes, not H x W, or below 72 pixels a side inside the border.
        MissingExtraError: pyrtools is not installed.

    Source: Sheikh, Bovik, de Veciana 2005, doi:10.1109/TIP.2005.859389, with the subbands, windows and
        borders of the program they released. Tests: tests/evaluation/metrics/test_ifc.py.
    """
    judged, truth = inside_border(sr, hr, border)
    if min(truth.shape) < _SMALLEST:
        raise InvalidImageError(
            f"expected at least {_SMALLEST} x {_SMALLEST} pixels inside the border, got {truth.shape}; "
            f"a pyramid of {_LEVELS} levels does not fit into smaller pictures"
        )
    bands = zip(_subbands(judged), _subbands(truth), strict=True)
    return sum(_shared_bits(x, y, window) for (window, x), (_, y) in bands) / truth.size


def _subbands(image: _Band) -> list[tuple[int, _Band]]:
    """The subbands that count, cut to whole blocks, each with its window: 17, 9, 5 and 3 pixels, fine to coarse."""
    try:
        from pyrtools.pyramids import SteerablePyramidSpace
    except ImportError as error:
        raise MissingExtraError("pyrtools", "paper") from error
    # pyrtools has no annotations: its default "auto" makes pyright take height for a text.
    height: Any = _LEVELS
    pyramid = SteerablePyramidSpace(image, height=height, order=5, edge_type="reflect1").pyr_coeffs
    bands: list[tuple[int, _Band]] = []
    for level in range(_LEVELS):
        for orientation in _ORIENTATIONS:
            band: _Band = pyramid[level, orientation]
            rows, columns = (length // _BLOCK * _BLOCK for length in band.shape)
            bands.append((2 ** (_LEVELS - level) + 1, band[:rows, :columns]))
    return bands


def _shared_bits(x: _Band, y: _Band, window: int) -> float:
    """Bits that the judged subband x shares with the true subband y, over all blocks no border touches."""
    gain, noise = _channel(x, y, window)
    strength, eigenvalues = _source(y)
    margin = -(-(window // 2) // _BLOCK)
    inside = (slice(margin, -margin), slice(margin, -margin))
    ratio = gain[inside] ** 2 * strength[inside] / (noise[inside] + _LEAST_NOISE)
    return float(sum(np.log2(1 + ratio * eigenvalue).sum() for eigenvalue in eigenvalues))


def _channel(x: _Band, y: _Band, window: int) -> tuple[_Band, _Band]:
    """The gain and the variance of the noise of the channel that makes x of y, for each block."""
    mean_x, mean_y = _windowed(x, window), _windowed(y, window)
    count = window * window
    variance_x = np.maximum(_windowed(x * x, window) - mean_x * mean_x, 0) * count
    variance_y = np.maximum(_windowed(y * y, window) - mean_y * mean_y, 0) * count
    covariance = (_windowed(x * y, window) - mean_x * mean_y) * count
    gain = covariance / (variance_y + _TOLERANCE)
    noise = (variance_x - gain * covariance) / count
    flat_x, flat_y, opposed = variance_x < _TOLERANCE, variance_y < _TOLERANCE, gain < 0
    noise = np.select([flat_x, flat_y | opposed], [0.0, variance_x], noise)
    return np.where(flat_x | flat_y | opposed, 0.0, gain), np.maximum(noise, _TOLERANCE)


def _source(band: _Band) -> tuple[_Band, _Band]:
    """The strength of each block, and the eigenvalues of the covariance that all overlapping blocks share."""
    offsets = [(row, column) for column in range(_BLOCK) for row in range(_BLOCK)]
    height, width = (length - _BLOCK + 1 for length in band.shape)
    overlapping = np.stack([band[row : row + height, column : column + width].ravel() for row, column in offsets])
    covariance = np.cov(overlapping, bias=True)
    blocks = np.stack([band[row::_BLOCK, column::_BLOCK] for row, column in offsets], axis=-1)
    whitened = blocks @ np.linalg.pinv(covariance, hermitian=True)
    return (whitened * blocks).sum(-1) / _BLOCK**2, np.linalg.eigvalsh(covariance).clip(min=0)


def _windowed(band: _Band, window: int) -> _Band:
    """The mean in a window around the middle of each block, the border mirrored at the outermost coefficient."""
    from scipy.ndimage import uniform_filter

    return uniform_filter(band, window, mode="mirror")[_BLOCK // 2 :: _BLOCK, _BLOCK // 2 :: _BLOCK]
