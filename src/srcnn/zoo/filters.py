"""What a network's first layer has learned, as a picture."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from srcnn.zoo.model_file import Model

_COLUMNS = 8


def filter_sheet(model: Model) -> NDArray[np.uint8]:
    """Lay out the first layer's kernels, strongest first, each from black to white in its own range.

    A kernel's strength is its energy without its mean: what it does to a flat area does not count.

    Args:
        model: of a network of colour the kernels of the three channels stand side by side.

    Returns:
        H x W x 2, grey and alpha, as `lay_out` gives it.

    Source: figure 5 of the paper's journal version. Tests: tests/zoo/test_filters.py.
    """
    kernels = model.weights["conv1.weight"]
    strength = np.square(kernels - kernels.mean((1, 2, 3), keepdims=True)).sum((1, 2, 3))
    strongest_first = kernels[np.argsort(-strength, kind="stable")]
    return lay_out([np.concatenate(kernel, axis=1) for kernel in strongest_first])


def lay_out(planes: Sequence[NDArray[np.float32]]) -> NDArray[np.uint8]:
    """Lay out planes in rows of eight, each from its least value, black, to its greatest, white.

    Args:
        planes: H x W each, all of one size; a flat one is black.

    Returns:
        Grey and alpha, with a transparent pixel between planes.

    Tests: tests/zoo/test_filters.py.
    """
    height, width = planes[0].shape
    columns = min(_COLUMNS, len(planes))
    rows = -(-len(planes) // columns)
    sheet = np.zeros((rows * (height + 1) - 1, columns * (width + 1) - 1, 2), np.uint8)
    for number, plane in enumerate(planes):
        top, left = (number // columns) * (height + 1), (number % columns) * (width + 1)
        low, high = float(plane.min()), float(plane.max())
        sheet[top : top + height, left : left + width, 0] = np.round((plane - low) / (high - low or 1) * 255)
        sheet[top : top + height, left : left + width, 1] = 255
    return sheet
