"""What a network has learned: the filters of its first layer, and what its layers make of a picture."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from srcnn.errors import InvalidImageError
from srcnn.imaging import imresize
from srcnn.imaging.depth import Plane
from srcnn.zoo.filters import strongest_filters
from srcnn.zoo.model_file import Model

_COLUMNS = 8
_SHOWN_LAYERS = 2


def filter_sheet(model: Model) -> NDArray[np.uint8]:
    """Lay out the first layer's kernels, strongest first, each from black to white in its own range.

    Args:
        model: its first layer has one input channel.

    Returns:
        H x W x 2, grey and alpha; transparent between the kernels.

    Source: figure 5 of the paper's journal version. Tests: tests/reproduce/test_filters.py.
    """
    return _sheet([_stretched(kernel) for kernel in strongest_filters(model)[:, 0]])


def feature_sheets(model: Model, small: Plane) -> tuple[NDArray[np.uint8], ...]:
    """Lay out what the first two layers make of a picture, each map in its own range; a transposed one is left out.

    Args:
        model: of one channel.
        small: h x w, limited-range BT.601 luma / 255, at low resolution.

    Returns:
        A sheet for each layer: H x W x 2, grey and alpha. None for a network that begins with a transposed layer.

    Raises:
        InvalidImageError: smaller than the kernels.

    Source: the figure of feature maps in the paper's journal version. Tests: tests/reproduce/test_filters.py.
    """
    plane = small if model.spec.input_space == "lr" else imresize(small, model.spec.scale)
    maps = plane[None]
    sheets: list[NDArray[np.uint8]] = []
    for number, layer in enumerate(model.spec.layers[:_SHOWN_LAYERS], 1):
        if layer.upsampling > 1:
            break
        maps = maps_of_layer(model, number, maps)
        sheets.append(_sheet([_stretched(one) for one in maps]))
    return tuple(sheets)


def maps_of_layer(model: Model, number: int, planes: Plane) -> Plane:
    """Apply a layer where its kernel lies inside.

    Args:
        model: the network.
        number: of a layer that is not transposed, from 1.
        planes: C x H x W that enter it.

    Returns:
        O x (H - k + 1) x (W - k + 1).

    Raises:
        InvalidImageError: smaller than the kernel.

    Tests: tests/reproduce/test_filters.py.
    """
    weight, bias = model.weights[f"conv{number}.weight"], model.weights[f"conv{number}.bias"]
    size = weight.shape[2]
    if min(planes.shape[1:]) < size:
        raise InvalidImageError(
            f"expected at least {size} x {size} pixels, got {planes.shape[1:]}; use a larger picture"
        )
    height, width = (length - size + 1 for length in planes.shape[1:])
    result = np.zeros((len(weight), height * width), np.float32)
    for row in range(size):
        for column in range(size):
            window = planes[:, row : row + height, column : column + width]
            result += weight[:, :, row, column] @ window.reshape(len(planes), -1)
    maps = (result + bias[:, None]).reshape(-1, height, width)
    match model.spec.layers[number - 1].activation:
        case "relu":
            return np.maximum(maps, 0)
        case "prelu":
            return np.where(maps < 0, model.weights[f"conv{number}.slope"][:, None, None] * maps, maps)
        case "tanh":
            return np.tanh(maps)
        case "none":
            return maps


def _stretched(plane: Plane) -> NDArray[np.uint8]:
    """From its least value, black, to its greatest, white; a flat plane is black."""
    low, high = float(plane.min()), float(plane.max())
    return np.round((plane - low) / (high - low or 1) * 255).astype(np.uint8)


def _sheet(planes: Sequence[NDArray[np.uint8]]) -> NDArray[np.uint8]:
    """Planes of one size in rows of eight, one transparent pixel apart."""
    height, width = planes[0].shape
    columns = min(_COLUMNS, len(planes))
    rows = -(-len(planes) // columns)
    sheet = np.zeros((rows * (height + 1) - 1, columns * (width + 1) - 1, 2), np.uint8)
    for number, plane in enumerate(planes):
        top, left = (number // columns) * (height + 1), (number % columns) * (width + 1)
        sheet[top : top + height, left : left + width, 0] = plane
        sheet[top : top + height, left : left + width, 1] = 255
    return sheet
