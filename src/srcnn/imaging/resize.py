"""MATLAB's `imresize` with the bicubic kernel, exactly, and fast enough to be the product's bicubic.

Resizing is separable and linear: one banded matrix for the rows, one for the columns. Each pass
multiplies dense blocks of the band, so nearly all work is in the matrix product of NumPy.

MATLAB has two numeric pipelines, and so has this module. Integer pictures are resized rows first, and rounded and
clipped between the passes; floating-point pictures are never rounded. What lies beyond the border depends on the
release: older ones repeated the last pixel, today's mirror the picture, edge included. Integers are resized here as by
the older ones, which made the published 8-bit low-resolution files (bit for bit), floating point as by today's, which
gives the published means.
"""

import math
from collections.abc import Sequence
from functools import lru_cache
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import NDArray

from srcnn.errors import InvalidConfigError
from srcnn.imaging.depth import Image, check_image

_SINGLE = np.dtype(np.float32)
Band = tuple[tuple[int, int, NDArray[np.floating]], ...]

BICUBIC_REACH = 2  # samples that an enlarged one depends on, on each side
_KERNEL_WIDTH = 2 * BICUBIC_REACH
_BLOCK = 36  # output rows per matrix product; 24 to 72 measure alike
# Multiplications in a matrix product. Larger ones OpenBLAS gives to threads of its own, which then wait for more in a
# busy loop, and take a core from whatever runs next: a network on two threads took twice its time.
_PRODUCTS = 1 << 18
# What lies on a half in exact arithmetic lies a last bit beside it or not as the order of sums has it, which differs
# between processors: all of it is rounded up.
_HALF = 0.5 + 1e-9


def imresize(
    image: Image,
    scale: float | None = None,
    *,
    size: tuple[int, int] | None = None,
    antialias: bool = True,
) -> Image:
    """Resize with Keys' cubic kernel (a = -0.5), antialiased when shrinking.

    Equals MATLAB's `imresize(image, scale, 'bicubic')`: the kernel widens with the shrink factor,
    and the size is rounded up.

    Args:
        image: H x W or H x W x C, uint8, uint16, or floating point of any range.
        scale: factor for both sides, > 0; the result is ceil(scale H) x ceil(scale W).
        size: (height, width) of the result instead of `scale`, each >= 1.
        antialias: widen the kernel when shrinking.

    Returns:
        The resized picture in the same dtype. Integers are rounded and clipped between the passes
        and at the end; floating point is neither: overshoot may leave [0, 1].

    Raises:
        InvalidImageError: not an image array.
        InvalidConfigError: neither or both of `scale` and `size`, or not positive.

    Source: Keys 1981, doi:10.1109/TASSP.1981.1163711; MATLAB's imresize.m.
        Golden files: tests/imaging/test_resize.py (87 files made by MATLAB).
    """
    check_image(image)
    size, scales = _target(image.shape[:2], scale, size)
    resize = _resize_integers if image.dtype.kind == "u" else resize_planes
    if image.ndim == 2:
        return resize(image, size, scales, antialias=antialias)
    result = np.empty((*size, image.shape[2]), image.dtype)
    for channel in range(image.shape[2]):
        result[:, :, channel] = resize(image[:, :, channel], size, scales, antialias=antialias)
    return result


def resize_planes(
    planes: NDArray[np.floating], size: tuple[int, int], scales: tuple[float, float], *, antialias: bool = True
) -> NDArray[np.floating]:
    """`imresize` of several planes of floating point at once, which is faster than one after the other.

    Args:
        planes: ... x H x W.
        size: (height, width) of the result.
        scales: factor of each dimension, which places the samples.
        antialias: widen the kernel when shrinking.

    Returns:
        ... x height x width in the same dtype.

    Tests: tests/imaging/test_resize.py.
    """
    # The pass along rows is the slower one: it comes where they are fewer.
    for axis in (0, 1) if scales[0] < 1 else (1, 0):
        blocks = band_blocks(
            planes.shape[axis - 2], size[axis], scales[axis], antialias=antialias, mirrored=True, dtype=planes.dtype
        )
        planes = multiply_band(blocks, planes, axis, size[axis])
    return planes


def _resize_integers(plane: Image, size: tuple[int, int], scales: tuple[float, float], *, antialias: bool) -> Image:
    """Resize a plane in MATLAB's order of passes, since each of them rounds."""
    working = plane.astype(np.float64)
    # MATLAB takes the dimension with the smaller scale first, and rows first when they are equal.
    for axis in (0, 1) if scales[0] <= scales[1] else (1, 0):
        blocks = band_blocks(
            plane.shape[axis], size[axis], scales[axis], antialias=antialias, mirrored=False, dtype=working.dtype
        )
        working = multiply_band(blocks, working, axis, size[axis])
        np.floor(np.add(working, _HALF, out=working), out=working)
        np.clip(working, 0, np.iinfo(plane.dtype).max, out=working)
    return working.astype(plane.dtype)


def _target(
    shape: tuple[int, ...], scale: float | None, size: tuple[int, int] | None
) -> tuple[tuple[int, int], tuple[float, float]]:
    """The size of the result and the factor of each dimension."""
    if (scale is None) == (size is None):
        raise InvalidConfigError(f"expected either scale or size, got scale={scale}, size={size}; give one of them")
    if size is None:
        assert scale is not None
        if not (isinstance(scale, Real) and scale > 0 and math.isfinite(scale)):
            raise InvalidConfigError(f"expected a scale above 0, got {scale!r}; give a positive number")
        return (_ceil(scale * shape[0]), _ceil(scale * shape[1])), (scale, scale)
    if not _is_size(size):
        raise InvalidConfigError(
            f"expected a size of (height, width), at least 1 x 1, got {size!r}; give a tuple of two whole numbers"
        )
    return size, (size[0] / shape[0], size[1] / shape[1])


def _is_size(size: object) -> bool:
    """Callers are not all typed."""
    return (
        isinstance(size, Sequence) and len(size) == 2 and all(isinstance(n, int | np.integer) and n >= 1 for n in size)
    )


def _ceil(length: float) -> int:
    """ceil, without being misled by the last bits of a factor such as 1/3."""
    return max(1, math.ceil(length - 1e-9))


def keys_cubic(x: NDArray[np.floating], a: float = -0.5) -> NDArray[np.floating]:
    """Keys' cubic kernel, (4) of the source, at distances in samples; a = -0.5 is MATLAB's and Pillow's."""
    x = np.abs(x)
    near = ((a + 2) * x - (a + 3)) * x * x + 1
    far = ((a * x - 5 * a) * x + 8 * a) * x - 4 * a
    return np.where(x <= 1, near, np.where(x < 2, far, 0.0))


def cubic_taps(
    outputs: NDArray[np.int64], scale: float, *, antialias: bool, a: float = -0.5
) -> tuple[NDArray[np.int64], NDArray[np.floating]]:
    """What each sample of a resized dimension is made of, as if the picture had no border.

    Args:
        outputs: numbers of the result's samples.
        scale: its factor.
        antialias: widen the kernel when shrinking.
        a: of the kernel.

    Returns:
        Inputs, which may lie outside, and their weights, not yet normalised: both outputs x taps.
    """
    shrink = scale if antialias and scale < 1 else 1.0
    centre = (outputs[:, None] + 0.5) / scale - 0.5
    first = np.floor(centre - _KERNEL_WIDTH / shrink / 2).astype(np.int64)
    inputs = first + np.arange(math.ceil(_KERNEL_WIDTH / shrink) + 2)
    return inputs, shrink * keys_cubic(shrink * (centre - inputs), a)


def mirror(inputs: NDArray[np.int64], n_in: int) -> NDArray[np.int64]:
    """Indices beyond a dimension of n_in samples as those of its mirror image, edge included."""
    inputs = inputs % (2 * n_in)
    return np.minimum(inputs, 2 * n_in - 1 - inputs)


@lru_cache(maxsize=64)
def band_blocks(
    n_in: int,
    n_out: int,
    scale: float,
    *,
    antialias: bool,
    mirrored: bool,
    dtype: np.dtype[Any] = _SINGLE,
    kept: tuple[int, int] | None = None,
) -> Band:
    """The resizing matrix of one dimension.

    Args:
        n_in: samples.
        n_out: samples of the result.
        scale: its factor.
        antialias: widen the kernel when shrinking.
        mirrored: beyond the border lies the mirror image, edge included; else the last sample, again and again.
        dtype: of the weights.
        kept: the first of the result's samples that are wanted, and their end; None for all.

    Returns:
        Dense blocks of the band from top to bottom: first input, end of input, weights (outputs x inputs).
    """
    inputs, weights = cubic_taps(np.arange(*(kept or (0, n_out))), scale, antialias=antialias)
    weights /= weights.sum(1, keepdims=True)
    inputs = mirror(inputs, n_in) if mirrored else np.clip(inputs, 0, n_in - 1)
    blocks: list[tuple[int, int, NDArray[np.floating]]] = []
    for start in range(0, len(weights), _BLOCK):
        block, used = weights[start : start + _BLOCK], inputs[start : start + _BLOCK]
        low, high = int(used[block != 0].min()), int(used[block != 0].max()) + 1
        dense = np.zeros((len(block), high - low))
        rows, columns = np.nonzero(block)
        np.add.at(dense, (rows, used[rows, columns] - low), block[rows, columns])
        blocks.append((low, high, dense.astype(dtype)))
    return tuple(blocks)


def multiply_band(blocks: Band, planes: NDArray[np.floating], axis: int, n_out: int) -> NDArray[np.floating]:
    """Multiply one dimension by a banded matrix.

    Args:
        blocks: from `band_blocks`, or some of them, with weights of the planes' dtype.
        planes: ... x H x W.
        axis: the dimension, 0 for H or 1 for W.
        n_out: its samples in the result.

    Returns:
        The planes with that dimension resized, in their dtype.
    """
    *stacked, height, width = planes.shape
    if axis == 1:
        planes = planes.reshape(-1, width)
        result = np.empty((len(planes), n_out), planes.dtype)
    else:
        result = np.empty((*stacked, n_out, width), planes.dtype)
    start = 0
    for low, high, dense in blocks:
        stop = start + len(dense)
        step = max(1, _PRODUCTS // dense.size)
        for left in range(0, planes.shape[axis - 1], step):
            part = slice(left, left + step)
            if axis == 0:
                np.matmul(dense, planes[..., low:high, part], out=result[..., start:stop, part])
            else:
                np.matmul(planes[part, low:high], dense.T, out=result[part, start:stop])
        start = stop
    return result.reshape(*stacked, height, n_out) if axis == 1 else result
