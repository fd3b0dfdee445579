"""What a network's layers make of a picture."""

import numpy as np
from numpy.typing import NDArray

from srcnn.errors import InvalidImageError
from srcnn.imaging import imresize
from srcnn.imaging.color import luma_bt601_to_grey
from srcnn.imaging.depth import Plane
from srcnn.imaging.joining import AllChannels
from srcnn.zoo.filters import lay_out
from srcnn.zoo.model_file import Model

_SHOWN_LAYERS = 2


def feature_sheets(model: Model, small: Plane) -> tuple[NDArray[np.uint8], ...]:
    """Lay out what the first two layers make of a picture, each map in its own range; a transposed one is left out.

    Args:
        model: of luma, or of colour, which sees a grey picture.
        small: h x w, limited-range BT.601 luma / 255, at low resolution.

    Returns:
        A sheet for each layer: H x W x 2, grey and alpha. None for a network that begins with a transposed layer.

    Raises:
        InvalidImageError: smaller than the kernels.

    Source: the figure of feature maps in the paper's journal version. Tests: tests/reproduce/test_feature_maps.py.
    """
    plane = small if model.spec.input_space == "lr" else imresize(small, model.spec.scale)
    maps = plane[None]
    if model.spec.colour != "luma":
        maps = AllChannels(model.spec.colour, residual=False).seen(luma_bt601_to_grey(maps))
    sheets: list[NDArray[np.uint8]] = []
    for number, layer in enumerate(model.spec.layers[:_SHOWN_LAYERS], 1):
        if layer.upsampling > 1:
            break
        maps = maps_of_layer(model, number, maps)
        sheets.append(lay_out(list(maps)))
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

    Tests: tests/reproduce/test_feature_maps.py.
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
