"""One patch through sparse coding and through the network's three layers: section 3.2 of the paper, in numbers.

Sparse coding is three steps. Features of a patch are compared with the atoms of D_l: since features are linear
in the picture, each comparison is a linear filter, so the first step is a convolution with as many filters as
atoms. A solver turns the comparisons into a sparse code: a nonlinear map of the vector at one place. The code
is read in D_h, a linear map to a patch of pixels, and overlapping patches are averaged: a convolution again.
SRCNN has the same three steps, learns all of them together, and its middle one is a matrix and a ReLU
instead of an iteration.

Source: Dong, Loy, He and Tang, "Image super-resolution using deep convolutional networks", section 3.2.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from srcnn.errors import InvalidImageError
from srcnn.imaging.depth import Plane
from srcnn.rivals.patches import PatchGrid, enlarge_by_bicubic
from srcnn.rivals.rival import Floats
from srcnn.rivals.sparse_coding import SparseCoding, feature_planes, features_of

_SECOND = np.array([1, 0, -2, 0, 1], np.float32)
_FIRST = np.array([0, -1, 0, 1, 0], np.float32)


@dataclass(frozen=True, slots=True)
class Trace:
    """The same patch after each of three steps.

    Attributes:
        responses: of the filters of the first step, one a filter.
        code: after the second step.
        strokes: what each entry of the code draws, code x rows x columns; their sum is the patch, but for
            the mean that sparse coding takes from the bicubic and the bias of the network's last layer.
        patch: rows x columns, at high resolution.
    """

    responses: Floats
    code: Floats
    strokes: Floats
    patch: Plane


def through_dictionaries(rival: SparseCoding, lr: Plane, row: int, column: int) -> Trace:
    """Take a patch through sparse coding.

    Args:
        rival: the two dictionaries.
        lr: h x w luma at low resolution.
        row: of the patch's first low-resolution pixel, 1 to h - 4.
        column: likewise, 1 to w - 4.

    Returns:
        Responses of the atoms of D_l to the features at length 1, the sparse code, and the patch of 3s x 3s.

    Raises:
        InvalidImageError: no patch begins there.

    Tests: tests/rivals/test_one_patch.py.
    """
    enlarged = enlarge_by_bicubic(lr, rival.scale)
    grid = PatchGrid.over(enlarged.shape, rival.scale)
    if not (1 <= row <= grid.rows and 1 <= column <= grid.columns):
        raise InvalidImageError(
            f"expected a row from 1 to {grid.rows} and a column from 1 to {grid.columns}, got {row}, {column}; "
            "choose a patch inside the outermost low-resolution pixels"
        )
    chosen = np.array([(row - 1) * grid.columns + column - 1])
    features, bicubic = features_of(feature_planes(lr), grid, chosen), grid.cut(enlarged, chosen)
    length = float(np.linalg.norm(features))
    code = rival.codes(features)[0]
    patch = rival.patches(features, bicubic)[0]
    shape = code @ rival.hr_atoms
    contrast = float(np.linalg.norm(patch - patch.mean()) / max(float(np.linalg.norm(shape)), 1e-6))
    side = 3 * rival.scale
    return Trace(
        responses=features[0] @ rival.lr_atoms.T / max(length, 1e-6),
        code=code,
        strokes=(contrast * code[:, None] * rival.hr_atoms).reshape(-1, side, side),
        patch=patch.reshape(side, side),
    )


def through_layers(weights: Mapping[str, Floats], window: Plane) -> Trace:
    """Take the middle of a window through three convolutions, the first two with a ReLU.

    Args:
        weights: "conv1.weight" (n1, 1, f1, f1), "conv1.bias", ... "conv3.bias"; f2 is 1.
        window: of the bicubic's luma, f1 + 2 (f3 - 1) pixels a side.

    Returns:
        Responses n1 and code n2 at the window's middle, the f3 x f3 pixels that this code takes part in, and
        what the code alone draws there: with the codes around it, 1 / f3² of all that is drawn.

    Raises:
        InvalidImageError: a window of another size.

    Tests: tests/rivals/test_one_patch.py.
    """
    first, second, third = (weights[f"conv{number}.weight"] for number in (1, 2, 3))
    reach = third.shape[2] - 1
    side = first.shape[2] + 2 * reach
    if window.shape != (side, side):
        raise InvalidImageError(f"expected a window of {side} x {side} pixels, got {window.shape}; cut it to that")
    responses = _layer(window[None], first, weights["conv1.bias"], relu=True)
    codes = _layer(responses, second, weights["conv2.bias"], relu=True)
    patch = _layer(codes, third, weights["conv3.bias"], relu=False)[0]
    code = codes[:, reach, reach]
    # A convolution's output pixel sees the code through the kernel; seen from the code, the kernel is turned round.
    strokes = code[:, None, None] * third[0, :, ::-1, ::-1]
    return Trace(responses=responses[:, reach, reach], code=code, strokes=strokes, patch=patch)


def as_filters(lr_atoms: Floats) -> Floats:
    """Atoms of D_l as filters of the picture enlarged twice.

    Args:
        lr_atoms: A x 144.

    Returns:
        A x 10 x 10: the correlation with 10 x 10 pixels, the patch's 6 x 6 and two around, is the atom's
        response to the patch's features, before they are brought to length 1.

    Tests: tests/rivals/test_one_patch.py.
    """
    filters = np.zeros((len(lr_atoms), 10, 10), np.float32)
    planes = lr_atoms.reshape(-1, 4, 6, 6)
    for plane, (taps, along_rows) in enumerate(((_FIRST, False), (_FIRST, True), (_SECOND, False), (_SECOND, True))):
        for offset, tap in enumerate(taps):
            top, left = (offset, 2) if along_rows else (2, offset)
            filters[:, top : top + 6, left : left + 6] += tap * planes[:, plane]
    return filters


def _layer(maps: Floats, weight: Floats, bias: Floats, *, relu: bool) -> Floats:
    """A valid convolution of C x H x W maps."""
    windows = sliding_window_view(maps, weight.shape[2:], axis=(1, 2))
    result = np.einsum("chwij,ocij->ohw", windows, weight) + bias[:, None, None]
    return np.maximum(result, np.float32(0)) if relu else result
