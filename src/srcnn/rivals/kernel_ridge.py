"""KK, kernel ridge regression: the detail as a smooth function of the second differences around it.

The bicubic's Laplacian is what it has kept of the edges; the detail that it lacks is learned as a function of it.
Input is a square of M x M pixels of the Laplacian, output the square of N x N pixels of detail in its middle,
both divided by the input's sum of magnitudes, so that a faint and a strong edge of the same shape are one
example. Kernel ridge regression looks for functions f(x) = Σ_b k(x, b) a_b with the Gaussian kernel
k(x, b) = exp(-|x - b|² / w) that make Σ |y - f(x)|² + λ |f|² least. Over all examples as centres b that is too
large; Kim and Kwon keep few centres. Over given ones the solution is one system of equations,
(K'WK + λ K_bb) a = K'W y, K between examples and centres, W the examples' weights.

A pixel then lies in N² overlapping squares and has as many candidates. Kim and Kwon mix them by estimates of
their errors; here the mixture is the linear one with the least squared error on training pictures.

How far this is KK: features, normalisation, kernel, sparse centres and the mixture of candidates are theirs.
Centres are k-means' (theirs are 300, found by gradient descent on the regression's error; 1000 of k-means
make up for that: with 300, Set5 at x3 is 0.2 dB lower). Their last step, which sharpens major edges by a
prior of natural images, is left out. M, N and w at each scale are chosen here.

Source: Kim and Kwon, "Single-image super-resolution using sparse regression and natural image prior", IEEE
TPAMI 32 (2010). Centres: Zhang, Tsang and Kwok, "Improved Nyström low-rank approximation", ICML 2008.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from srcnn.imaging.depth import Plane, check_plane
from srcnn.progress import Progress, no_progress
from srcnn.rivals.clusters import cluster
from srcnn.rivals.patches import enlarge_by_bicubic
from srcnn.rivals.rival import Floats, check_arrays
from srcnn.rivals.samples import Lumas, bicubic_pair

_INPUT_SIDES = {2: 7, 3: 9, 4: 11}
_OUTPUT_SIDE = 5
_RIDGE = 1e-8  # λ, for each example
_FAINT = 0.02  # sum of magnitudes below which a square teaches nothing
_JITTER = 1e-9  # added to diagonals, for centres that all but coincide
_MIXED_ROWS = 8  # of every picture, that the mixture is learned from
_ROWS = 32  # of a picture worked on at a time
_BLOCK = 4096  # squares worked on at a time
_TINY = np.float32(1e-9)


@dataclass(frozen=True, slots=True, kw_only=True)
class KernelRegression:
    """KK, fitted.

    Attributes:
        name: "kk".
        scale: the enlargement.
        centres: B x M², normalised squares of the Laplacian.
        coefficients: B x N², the detail that goes with each.
        mixture: N², the weights of a pixel's candidates, in the order of its place in their squares.
    """

    name: str = "kk"
    scale: int
    centres: Floats
    coefficients: Floats
    mixture: Floats

    def __post_init__(self) -> None:
        side = _INPUT_SIDES.get(self.scale, 0)
        count = self.centres.shape[:1]
        check_arrays(
            self.name,
            self.scale,
            {
                "centres": (self.centres, (*count, side**2)),
                "coefficients": (self.coefficients, (*count, _OUTPUT_SIDE**2)),
                "mixture": (self.mixture, (_OUTPUT_SIDE**2,)),
            },
        )

    def luma(self, lr: Plane) -> Plane:
        """Enlarge a luma plane, as `Rival.luma` says."""
        check_plane(lr)
        enlarged = enlarge_by_bicubic(lr, self.scale)
        reach = _reach(self.scale)
        laplacian = _padded_laplacian(enlarged, reach)
        change = np.empty_like(enlarged)
        for first in range(0, len(enlarged), _ROWS):
            strip = laplacian[first : first + _ROWS + 2 * reach]
            change[first : first + _ROWS] = candidates(strip, self.centres, self.coefficients) @ self.mixture
        return enlarged + change


def candidates(laplacian: Plane, centres: Floats, coefficients: Floats) -> Floats:
    """What the squares around it predict for each pixel.

    Args:
        laplacian: of the enlarged picture, with M // 2 + N // 2 pixels more on every side.
        centres: B x M².
        coefficients: B x N².

    Returns:
        H x W x N²: at place (a, b) the candidate of the square in which the pixel has that place.

    Tests: tests/rivals/test_kernel_ridge.py.
    """
    side, output = math.isqrt(centres.shape[1]), math.isqrt(coefficients.shape[1])
    squares = sliding_window_view(laplacian, (side, side))
    # Row by row, so that what the kernel holds stays small.
    predicted = np.stack([predict(row.reshape(len(row), -1), centres, coefficients) for row in squares])
    height, width = (length - output + 1 for length in predicted.shape[:2])
    result = np.empty((height, width, output**2), np.float32)
    for place in range(output**2):
        top, left = (output - 1 - offset for offset in divmod(place, output))
        result[:, :, place] = predicted[top : top + height, left : left + width, place]
    return result


def predict(squares: Floats, centres: Floats, coefficients: Floats) -> Floats:
    """The regression at squares of the Laplacian: N x M² to N x N²."""
    sums = np.abs(squares).sum(1, keepdims=True)
    return (gaussian_kernel(squares / np.maximum(sums, _TINY), centres) @ coefficients) * sums


def gaussian_kernel(points: Floats, centres: Floats) -> Floats:
    """exp(-|x - b|² / w) between N and B points of M² dimensions: N x B.

    w is 2 / M², of the size of the squared lengths that vectors have whose magnitudes sum to 1.
    """
    squared = (points**2).sum(1)[:, None] + (centres**2).sum(1) - 2 * (points @ centres.T)
    return np.exp(np.maximum(squared, 0) * np.float32(-points.shape[1] / 2))


def fit_kernel_regression(
    lumas: Lumas,
    scale: int,
    *,
    centres: int = 1000,
    samples: int = 200_000,
    seed: int = 0,
    progress: Progress = no_progress,
) -> KernelRegression:
    """Learn from pictures.

    Args:
        lumas: the pictures.
        scale: the enlargement: 2, 3 or 4.
        centres: of the regression.
        samples: squares to learn from.
        seed: of the drawing and of k-means.
        progress: called with (pictures done, pictures in all).

    Returns:
        The fitted method.

    Raises:
        InvalidConfigError: too few squares with edges for so many centres.

    Tests: tests/rivals/test_kernel_ridge.py.
    """
    random = np.random.default_rng(seed)
    share = samples / max(1, sum(luma.size for luma in lumas))
    examples = _draw(lumas, scale, share, random, progress)
    chosen, _ = cluster(examples.squares, centres, seed)
    coefficients = solve_regression(examples, chosen)
    mixture = _mixture(lumas, scale, chosen, coefficients, random)
    return KernelRegression(scale=scale, centres=chosen, coefficients=coefficients, mixture=mixture)


@dataclass(frozen=True, slots=True)
class Examples:
    """What the regression learns from.

    Attributes:
        squares: N x M² of the Laplacian, their magnitudes sum to 1.
        details: N x N² of detail, divided by the same sums.
        sums: N x 1, those sums: how much an example weighs.
    """

    squares: Floats
    details: Floats
    sums: Floats


def solve_regression(examples: Examples, centres: Floats) -> Floats:
    """The coefficients of kernel ridge regression over given centres, B x N².

    Args:
        examples: to learn from.
        centres: B x M².

    Tests: tests/rivals/test_kernel_ridge.py.
    """
    from scipy.linalg import solve

    moments, target = np.zeros((len(centres),) * 2), np.zeros((len(centres), examples.details.shape[1]))
    weights = examples.sums / examples.sums.mean()
    for start in range(0, len(examples.squares), _BLOCK):
        block = slice(start, start + _BLOCK)
        kernel = gaussian_kernel(examples.squares[block], centres)
        weighted = (kernel * weights[block]).T
        moments += weighted @ kernel
        target += weighted @ examples.details[block]
    penalty = len(examples.squares) * _RIDGE * gaussian_kernel(centres, centres)
    system = moments + penalty + _JITTER * np.eye(len(centres))
    return solve(system, target, assume_a="pos").astype(np.float32)


def _draw(lumas: Lumas, scale: int, share: float, random: np.random.Generator, progress: Progress) -> Examples:
    """Examples at a share of the pixels; faint ones are left out."""
    side = _INPUT_SIDES[scale]
    drawn = [Examples(*(np.empty((0, n), np.float32) for n in (side**2, _OUTPUT_SIDE**2, 1)))]
    for done, luma in enumerate(lumas, 1):
        if min(luma.shape) >= scale:
            _, enlarged, hr = bicubic_pair(luma, scale)
            inputs = sliding_window_view(_padded_laplacian(enlarged, side // 2), (side, side))
            lacking = np.pad(hr - enlarged, _OUTPUT_SIDE // 2, mode="symmetric")
            outputs = sliding_window_view(lacking, (_OUTPUT_SIDE, _OUTPUT_SIDE))
            count = min(hr.size, round(share * luma.size))
            places = np.unravel_index(random.choice(hr.size, count, replace=False), hr.shape)
            squares, details = inputs[places].reshape(count, -1), outputs[places].reshape(count, -1)
            sums = np.abs(squares).sum(1, keepdims=True)
            kept = sums[:, 0] > _FAINT
            drawn.append(Examples(squares[kept] / sums[kept], details[kept] / sums[kept], sums[kept]))
        progress(done, len(lumas))
    return Examples(
        np.concatenate([examples.squares for examples in drawn]),
        np.concatenate([examples.details for examples in drawn]),
        np.concatenate([examples.sums for examples in drawn]),
    )


def _mixture(lumas: Lumas, scale: int, centres: Floats, coefficients: Floats, random: np.random.Generator) -> Floats:
    """The weights of candidates with the least squared error on some rows of every picture."""
    reach = _reach(scale)
    moments, target = np.zeros((_OUTPUT_SIDE**2,) * 2), np.zeros(_OUTPUT_SIDE**2)
    for luma in lumas:
        if min(luma.shape) >= scale:
            _, enlarged, hr = bicubic_pair(luma, scale)
            first = int(random.integers(0, max(1, len(hr) - _MIXED_ROWS + 1)))
            strip = _padded_laplacian(enlarged, reach)[first : first + _MIXED_ROWS + 2 * reach]
            found = candidates(strip, centres, coefficients).reshape(-1, _OUTPUT_SIDE**2).astype(np.float64)
            moments += found.T @ found
            target += found.T @ (hr - enlarged)[first : first + _MIXED_ROWS].ravel()
    ridge = _JITTER * np.trace(moments) * np.eye(len(moments))
    return np.linalg.solve(moments + ridge, target).astype(np.float32)


def _padded_laplacian(enlarged: Plane, margin: int) -> Plane:
    """The sum of the four neighbours minus four times the pixel, with a mirrored margin."""
    padded = np.pad(enlarged, margin + 1, mode="symmetric")
    neighbours = padded[:-2, 1:-1] + padded[2:, 1:-1] + padded[1:-1, :-2] + padded[1:-1, 2:]
    return neighbours - 4 * padded[1:-1, 1:-1]


def _reach(scale: int) -> int:
    """Pixels around a pixel that its candidates see."""
    return _INPUT_SIDES[scale] // 2 + _OUTPUT_SIDE // 2
