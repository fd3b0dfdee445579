"""The bicubic resizes that other libraries do, for measuring what they cost; not for making pictures.

`srcnn.imaging.imresize` is MATLAB's. OpenCV's has a = -0.75 and no antialiasing, Pillow's cuts the
kernel at the border and rounds between its passes. This module knows nothing of colour or protocols.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from srcnn.imaging.depth import Image, round_to
from srcnn.imaging.resize import cubic_taps, mirror

ResizeBorder = Literal["mirror", "replicate", "cut"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CubicResize:
    """A bicubic resize, by what distinguishes the libraries.

    Attributes:
        kernel_a: the free coefficient of Keys' kernel: -0.5 in MATLAB and Pillow, -0.75 in OpenCV.
        antialias: widen the kernel when shrinking.
        border: what lies beyond the picture: its mirror image, its last sample, or nothing (the
            kernel is cut and its rest normalised).
        columns_first: take the width before the height, as Pillow does (before version 13 always).
            It matters only where there is rounding between the two.
    """

    kernel_a: float
    antialias: bool
    border: ResizeBorder
    columns_first: bool = False


def resize_cubic(image: Image, size: tuple[int, int], kind: CubicResize) -> Image:
    """Resize with one of the libraries' bicubic kernels.

    Args:
        image: H x W or H x W x C, uint8, or floating point of any range.
        size: (height, width) of the result, each >= 1.
        kind: which resize.

    Returns:
        The resized picture in the same dtype. uint8 is rounded and clipped after each of the two
        passes; floating point never.

    Source: Keys 1981, doi:10.1109/TASSP.1981.1163711; OpenCV resize.cpp (a = -0.75); Pillow
        Resample.c. Tests: tests/evaluation/test_resize_variants.py.
    """
    result = image.astype(np.float64)
    for axis in (1, 0) if kind.columns_first else (0, 1):
        matrix = _matrix(image.shape[axis], size[axis], kind)
        result = np.moveaxis(np.tensordot(matrix, result, (1, axis)), 0, axis)
        if image.dtype.kind == "u":
            result = round_to(result, image.dtype).astype(np.float64)
    return result.astype(image.dtype)


@lru_cache(maxsize=64)
def _matrix(n_in: int, n_out: int, kind: CubicResize) -> NDArray[np.float64]:
    """The matrix that resizes one dimension, n_out x n_in."""
    inputs, weights = cubic_taps(np.arange(n_out), n_out / n_in, antialias=kind.antialias, a=kind.kernel_a)
    if kind.border == "cut":
        weights = np.where((inputs >= 0) & (inputs < n_in), weights, 0.0)
    if kind.border == "mirror":
        inputs = mirror(inputs, n_in)
    inputs = np.clip(inputs, 0, n_in - 1)
    weights = weights / weights.sum(1, keepdims=True)
    matrix = np.zeros((n_out, n_in))
    np.add.at(matrix, (np.arange(n_out)[:, None], inputs), weights)
    return matrix
