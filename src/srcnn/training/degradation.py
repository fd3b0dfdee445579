"""What makes the small picture of a true one: blur, down-scaling, noise and JPEG, in this order.

Every step works on limited-range BT.601 luma in [0, 1], or on the channels of an RGB picture, all but JPEG on each
for itself, and what is random is drawn from a generator that the caller seeds. This
module knows nothing of files of pictures, patches or networks.
"""

import io
import math
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from srcnn.errors import InvalidConfigError, MissingExtraError
from srcnn.imaging import from_float, imresize, to_float
from srcnn.imaging.color import grey_to_luma_bt601, luma_bt601_to_grey
from srcnn.training.config import ResizeKernel, TrainConfig

Plane = NDArray[np.float32]
"""H x W, or H x W x C for networks of colour."""

_HALVED_CHROMA = 0.75  # of colour JPEGs
_MIXED: tuple[ResizeKernel, ...] = ("bicubic", "bilinear", "box")  # what most programs shrink by


def degrade(truth: Plane, config: TrainConfig, random: np.random.Generator) -> Plane:
    """Apply a config's degradations.

    Args:
        truth: H x W luma, or H x W x 3 RGB; both sides are multiples of the scale.
        config: blur_sigma or blur_kernel, scale and downscale, noise_sigma, jpeg_quality, clean_share.
        random: decides every strength within its range, the noise, and what is left clean.

    Returns:
        (H / scale) x (W / scale), the same channels, float32; not clipped unless JPEG does.

    Raises:
        InvalidConfigError: the kernel's file cannot be used, or the small pictures are given and not made.
        MissingExtraError: downscale = "spline" without SciPy.

    Tests: tests/training/test_degradation.py.
    """
    if config.downscale == "given":
        raise InvalidConfigError(
            "expected a downscale that can be computed, got 'given'; choose \"bicubic\" or another"
        )
    if config.clean_share and random.random() < config.clean_share:
        return shrink(truth, config.scale, "bicubic") if config.scale > 1 else truth
    picture = truth
    if config.blur_sigma:
        low, high = config.blur_sigma
        kernel = gaussian_kernel(random.uniform(low, high))
        picture = convolve(convolve(picture, kernel), kernel.T)
    if config.blur_kernel:
        picture = convolve(picture, read_kernel(Path(config.blur_kernel)))
    if config.scale > 1:
        kind = _MIXED[random.integers(len(_MIXED))] if config.downscale == "mixed" else config.downscale
        picture = shrink(picture, config.scale, kind)
    if config.noise_sigma:
        low, high = config.noise_sigma
        picture = add_noise(picture, random.uniform(low, high), random)
    if config.jpeg_quality:
        worst, best = config.jpeg_quality
        quality = int(random.integers(worst, best + 1))
        halved = picture.ndim == 3 and random.random() < _HALVED_CHROMA
        picture = compress_jpeg(picture, quality, halved=halved)
    return picture


def gaussian_kernel(sigma: float) -> NDArray[np.float64]:
    """A column of Gaussian weights that add up to 1, cut at three deviations; sigma in pixels, 0 or more."""
    radius = math.ceil(3 * sigma)
    weights = np.exp(-0.5 * (np.arange(-radius, radius + 1) / max(sigma, 1e-9)) ** 2)
    return (weights / weights.sum())[:, None]


def read_kernel(path: Path) -> NDArray[np.float64]:
    """Read a blur kernel: a text file of one row of numbers a line.

    Args:
        path: the file; `#` begins a comment.

    Returns:
        The matrix, divided by its sum.

    Raises:
        InvalidConfigError: unreadable, no matrix with odd sides, or a sum that is not above 0.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
        rows = [[float(word) for word in row.split()] for line in lines if (row := line.partition("#")[0]).strip()]
        kernel = np.array(rows, np.float64)  # rows of unequal length raise a ValueError
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise InvalidConfigError(
            f"expected a matrix of numbers in {path}, got: {reason}; correct the file or blur_kernel"
        ) from error
    if kernel.ndim != 2 or not all(side % 2 for side in kernel.shape) or not 0 < kernel.sum() < math.inf:
        raise InvalidConfigError(
            f"expected a matrix with odd sides and a sum above 0 in {path}, got {' x '.join(map(str, kernel.shape))} "
            f"with the sum {kernel.sum():g}; correct the file"
        )
    return kernel / kernel.sum()


def convolve(picture: Plane, kernel: NDArray[np.float64]) -> Plane:
    """Convolve with a small kernel of odd sides; the border is mirrored, edge included. Same size, float32."""
    rows, columns = (side // 2 for side in kernel.shape)
    padded = np.pad(picture, [(rows, rows), (columns, columns), (0, 0)][: picture.ndim], mode="symmetric")
    result = np.zeros_like(picture)
    for (row, column), weight in np.ndenumerate(kernel[::-1, ::-1]):
        result += padded[row : row + picture.shape[0], column : column + picture.shape[1]] * np.float32(weight)
    return result


def shrink(picture: Plane, scale: int, kind: ResizeKernel) -> Plane:
    """Make a picture `scale` times smaller.

    Args:
        picture: H x W, or H x W x C; both sides are multiples of `scale`.
        scale: 2 or more.
        kind: "bicubic": MATLAB's, antialiased; "bilinear": a triangle of twice the scale, antialiased as
            MATLAB's and Pillow's; "box": the mean of scale x scale pixels; "nearest": the pixel in the
            middle, or right and below of it; "spline": `scipy.ndimage.zoom` without prefilter and
            antialiasing.

    Returns:
        (H / scale) x (W / scale), as many channels, float32.

    Raises:
        MissingExtraError: "spline" without SciPy.

    Source: the spline is that of a TensorFlow reproduction, tegg89/SRCNN-Tensorflow.
        Tests: tests/training/test_degradation.py.
    """
    if kind == "bicubic":
        return imresize(picture, 1 / scale)
    if kind == "spline":
        try:
            from scipy.ndimage import zoom
        except ImportError as error:
            raise MissingExtraError("scipy", "paper") from error
        if picture.ndim == 3:  # without its prefilter, `zoom` blurs also along an axis that keeps its size
            return np.stack([shrink(channel, scale, kind) for channel in np.moveaxis(picture, 2, 0)], axis=2)
        return np.asarray(zoom(picture, 1 / scale, order=3, prefilter=False), np.float32)
    middle = (scale - 1) / 2  # of the pixels that become one
    if kind == "nearest":
        taps = {scale // 2: 1.0}
    elif kind == "box":
        taps = dict.fromkeys(range(scale), 1 / scale)
    else:
        around = range(math.ceil(middle - scale), math.floor(middle + scale) + 1)
        taps = {place: (1 - abs(place - middle) / scale) / scale for place in around}
    columns = _keep_every(picture, scale, taps).swapaxes(0, 1)
    return np.ascontiguousarray(_keep_every(columns, scale, taps).swapaxes(0, 1))


def _keep_every(picture: Plane, scale: int, taps: dict[int, float]) -> Plane:
    """Weighted sums of the rows at every `scale`-th place; `taps` maps distance to weight."""
    padded = np.pad(picture, [(scale, scale), (0, 0), (0, 0)][: picture.ndim], mode="symmetric")
    result = np.zeros((picture.shape[0] // scale, *picture.shape[1:]), np.float32)
    for place, weight in taps.items():
        result += padded[scale + place :: scale][: len(result)] * np.float32(weight)
    return result


def add_noise(picture: Plane, sigma: float, random: np.random.Generator) -> Plane:
    """Add white Gaussian noise; sigma in grey levels of 255. Neither rounded nor clipped."""
    added = random.standard_normal(picture.shape, np.float32) * np.float32(sigma / 255)
    return (picture + added).astype(np.float32, copy=False)


def compress_jpeg(picture: Plane, quality: int, *, halved: bool = False) -> Plane:
    """Save as a JPEG, a grey one of luma, and open it again.

    A JPEG holds full-range luma: the quantisation of a real file works on it, so limited range becomes
    full range and 8 bits on the way in. What lies beyond black and white is clipped.

    Args:
        picture: H x W luma in limited range, or H x W x 3 RGB.
        quality: of the IJG's scale, 1 to 100.
        halved: chroma is kept at half the width and height, as most programs do it.

    Returns:
        The same size and colour, float32, not rounded.
    """
    if picture.ndim == 3:
        return _as_jpeg(picture, quality, halved=halved)
    return grey_to_luma_bt601(_as_jpeg(luma_bt601_to_grey(picture), quality, halved=False))


def _as_jpeg(picture: Plane, quality: int, *, halved: bool) -> Plane:
    """Grey or RGB in [0, 1], in and out of a file."""
    from PIL import Image

    file, subsampling = io.BytesIO(), "4:2:0" if halved else "4:4:4"
    Image.fromarray(from_float(picture, np.uint8)).save(file, "JPEG", quality=quality, subsampling=subsampling)
    with Image.open(file) as opened:
        return to_float(np.asarray(opened))
