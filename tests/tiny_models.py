"""Small networks with random weights and their definition in NumPy, so that no test needs a shipped model."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from srcnn.layer import Activation
from srcnn.spec import Colour, srcnn
from srcnn.zoo.model_file import Model

Plane = NDArray[np.float32]


def random_model(
    kernel_sizes: tuple[int, ...] = (5, 1, 3),
    widths: tuple[int, ...] = (4, 3),
    *,
    scale: int = 2,
    colour: Colour = "luma",
    input_space: Literal["hr", "lr"] = "hr",
    residual: bool = True,
    activation: Activation = "relu",
    deconvolution: bool = False,
    seed: int = 0,
) -> Model:
    """A network of the SRCNN family with every weight, bias and slope random."""
    random = np.random.default_rng(seed)
    spec = srcnn(
        name="tiny",
        scale=scale,
        kernel_sizes=kernel_sizes,
        widths=widths,
        activation=activation,
        colour=colour,
        input_space=input_space,
        residual=residual,
        deconvolution=deconvolution,
    )
    weights = {
        name: random.normal(0, 0.3 if len(shape) == 1 else np.prod(shape[1:]) ** -0.5, shape).astype(np.float32)
        for name, shape in spec.tensor_shapes().items()
    }
    return Model(spec, weights)


def gentle_model(
    kernel_sizes: tuple[int, ...] = (5, 1, 3),
    *,
    scale: int = 2,
    colour: Colour = "luma",
    input_space: Literal["hr", "lr"] = "hr",
    seed: int = 0,
) -> Model:
    """A network that passes the picture through and changes it a little, so that nothing clips."""
    model = random_model(kernel_sizes, scale=scale, colour=colour, input_space=input_space, seed=seed)
    for number, layer in enumerate(model.spec.layers, 1):
        weight = model.weights[f"conv{number}.weight"]
        weight *= 0.03
        if input_space == "hr" or layer.relu:
            for channel in range(model.spec.channels):
                weight[channel, channel, layer.reach, layer.reach] += 1
        model.weights[f"conv{number}.bias"][:] *= 0.03
    return model


def run_by_definition(model: Model, planes: Plane) -> Plane:
    """Every layer's border replicated, then correlated: the sum written out in double precision.

    Of h x w, or of C x h x w.
    """
    return _correlate(model, planes, "edge").reshape(planes.shape).astype(np.float32)


def run_lr_by_definition(model: Model, planes: Plane) -> Plane:
    """Every layer's border zero, then correlated; map s a + b goes to offset (a, b) of every s x s square.

    Of h x w, or of C x h x w, whose channels have s^2 maps each; a network of chroma gives two of three.
    """
    scale = model.spec.scale
    *channels, height, width = planes.shape
    channels = [2] if model.spec.colour == "chroma" else channels
    maps = _correlate(model, planes, "constant").reshape(*channels, scale, scale, height, width)
    result = np.empty((*channels, height * scale, width * scale), np.float32)
    for a in range(scale):
        for b in range(scale):
            result[..., a::scale, b::scale] = maps[..., a, b, :, :]
    return result


def _correlate(model: Model, planes: Plane, border: Literal["edge", "constant"]) -> NDArray[np.float64]:
    planes = planes.reshape(-1, *planes.shape[-2:]).astype(np.float64)
    for number, layer in enumerate(model.spec.layers, 1):
        r = layer.reach
        padded = np.pad(planes, ((0, 0), (r, r), (r, r)), border)
        windows = np.lib.stride_tricks.sliding_window_view(padded, (layer.kernel_size,) * 2, (1, 2))
        planes = np.einsum("chwij,ocij->ohw", windows, model.weights[f"conv{number}.weight"].astype(np.float64))
        planes += model.weights[f"conv{number}.bias"][:, None, None]
        if layer.relu:
            planes = np.maximum(planes, 0)
        if layer.activation == "prelu":
            slope = model.weights[f"conv{number}.slope"][:, None, None]
            planes = np.where(planes < 0, slope * planes, planes)
        if layer.activation == "tanh":
            planes = np.tanh(planes)
    return planes
