"""A transposed convolution as an ordinary one. This module knows nothing of graphs and engines."""

import numpy as np
from numpy.typing import NDArray


def shuffled_deconvolution(
    weight: NDArray[np.float32], bias: NDArray[np.float32], stride: int, crop: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Write a transposed convolution as a convolution whose maps are shuffled into place.

    Engines run the first poorly: it has few output channels, and adds up overlapping squares. With
    stride r and crop p it is

        y[m] = sum over n of x[n] w[m + p - r n]

    Let m = r i + a, 0 <= a < r, and n = i + d: then y[r i + a] = sum over d of x[i + d] w[a + p - r d], an
    ordinary convolution for each phase a: in two dimensions r^2 output channels for each of its own and the kernels
    W'[r^2 o + r a + b, c, M + d, M + e] = w[c, o, a + p - r d, b + p - r e], zero where there is no such weight.

    Args:
        weight: C x O x k x k, of the transposed convolution.
        bias: O.
        stride: r.
        crop: p, cut off above and on the left.

    Returns:
        Weight r^2 O x C x (2 M + 1) x (2 M + 1) and bias r^2 O, for DepthToSpace(r) after it.

    Tests: tests/runtime/test_deconvolution.py.
    """
    channels, outputs, k, _ = weight.shape
    reach = max((stride - 1 + crop) // stride, (k - 1 - crop) // stride)
    offsets = np.arange(-reach, reach + 1)
    taps = np.arange(stride)[:, None] + crop - stride * offsets  # phase x offset
    inside = (taps >= 0) & (taps < k)
    taps = np.where(inside, taps, 0)
    kernels = weight[:, :, taps[:, None, :, None], taps[None, :, None, :]]  # both channels, both phases, both offsets
    kernels = kernels * (inside[:, None, :, None] & inside[None, :, None, :])
    kernels = kernels.transpose(1, 2, 3, 0, 4, 5).reshape(stride * stride * outputs, channels, *[2 * reach + 1] * 2)
    return np.ascontiguousarray(kernels, np.float32), np.repeat(bias, stride * stride)
