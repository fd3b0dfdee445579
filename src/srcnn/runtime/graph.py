"""A network as the few operations that an engine runs, made from a model file's spec and weights.

This module knows nothing of engines; `rewrite` changes graphs, `onnx` writes them down.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from srcnn.imaging import imresize
from srcnn.layer import Activation
from srcnn.runtime.deconvolution import shuffled_deconvolution
from srcnn.zoo.model_file import Model

LANES = 16  # of a vector register, each with an output channel; engines fill up what is missing


@dataclass(frozen=True, slots=True, kw_only=True)
class Conv:
    """A convolution with bias.

    Attributes:
        weight: out x in x k x k, float32.
        bias: out, float32.
        activation: what follows.
        slopes: out, float32: below zero, of a PReLU.
        stride: of rows and columns.
        replicate: pixels of replicated border put around the input first.
        zeros: pixels of zeros put around it instead.
        fill: pixels of zeros put below and on the right beside that, so that a stride's last step is whole.
    """

    weight: NDArray[np.float32]
    bias: NDArray[np.float32]
    activation: Activation
    slopes: NDArray[np.float32] | None = None
    stride: int = 1
    replicate: int = 0
    zeros: int = 0
    fill: int = 0


@dataclass(frozen=True, slots=True)
class DepthToSpace:
    """Channel block^2 c + block a + b becomes channel c of the pixel at offset (a, b) of each block x block square."""

    block: int


@dataclass(frozen=True, slots=True)
class AddEnlarged:
    """The graph's input, enlarged, is added: mirrored by 2 pixels, correlated, and shuffled into place.

    Attributes:
        kernels: s^2 C x 1 x 5 x 5, float32; for each channel one for every place (a, b) within a square, at s a + b.
        channels: C, of input and output.
    """

    kernels: NDArray[np.float32]
    channels: int


@dataclass(frozen=True, slots=True)
class Crop:
    """Rows and columns cut off.

    Attributes:
        top: rows above.
        left: columns.
        bottom: rows below.
        right: columns.
    """

    top: int
    left: int
    bottom: int
    right: int


@dataclass(frozen=True, slots=True)
class Sum:
    """What several graphs make of the same input, added up.

    Attributes:
        branches: at least two, each with a convolution at its end; their outputs have one shape.
    """

    branches: tuple["Graph", ...]


Graph = tuple[Conv | DepthToSpace | AddEnlarged | Crop | Sum, ...]


def valid_graph(model: Model) -> tuple[Conv, ...]:
    """The network without padding: the output is `reach` pixels smaller on every side.

    Tests: tests/runtime/test_graph.py.
    """
    return tuple(replace(conv, replicate=0) for conv in replicated_graph(model))


def replicated_graph(model: Model) -> tuple[Conv, ...]:
    """The network with the border replicated in every layer, as the authors use it: the definition.

    Tests: tests/runtime/test_graph.py.
    """
    return tuple(
        Conv(
            weight=model.weights[f"conv{i}.weight"],
            bias=model.weights[f"conv{i}.bias"],
            activation=layer.activation,
            slopes=model.weights.get(f"conv{i}.slope"),
            replicate=layer.reach,
        )
        for i, layer in enumerate(model.spec.layers, 1)
    )


def enlarging_graph(model: Model) -> Graph:
    """A network in "lr" with the bicubic enlargement its output may be added to: from a small picture to a large one.

    Bicubic interpolation is linear and repeats from pixel to pixel, so it is one small kernel for every
    place within the square that a pixel becomes. They are read off what a single bright pixel becomes.

    Tests: tests/runtime/test_onnx.py.
    """
    scale = model.spec.scale
    bright = np.zeros((9, 9), np.float32)
    bright[4, 4] = 1
    squares = imresize(bright, scale)[2 * scale : 7 * scale, 2 * scale : 7 * scale].reshape(5, scale, 5, scale)
    # The square d pixels after the bright one sees it d pixels before itself.
    kernels = squares[::-1, :, ::-1, :].transpose(1, 3, 0, 2).reshape(scale * scale, 1, 5, 5)
    channels = model.spec.channels
    enlarged = AddEnlarged(np.tile(kernels, (channels, 1, 1, 1)), channels)
    return (*zero_padded_graph(model), *([enlarged] if model.spec.adds_to_bicubic else []))


def zero_padded_graph(model: Model) -> Graph:
    """A network on the low-resolution plane, with borders of zeros and its maps shuffled into place.

    Tests: tests/runtime/test_onnx.py.
    """
    *convs, last = (replace(conv, replicate=0, zeros=conv.replicate) for conv in replicated_graph(model))
    last_layer = model.spec.layers[-1]
    if last_layer.upsampling > 1:
        weight, bias = shuffled_deconvolution(last.weight, last.bias, last_layer.upsampling, last_layer.crop)
        last = replace(last, weight=weight, bias=bias)
    return (*convs, last, DepthToSpace(model.spec.shuffle))


def convolutions(graph: Graph) -> Iterator[Conv]:
    """All convolutions, those of branches too."""
    for operation in graph:
        if isinstance(operation, Conv):
            yield operation
        elif isinstance(operation, Sum):
            for branch in operation.branches:
                yield from convolutions(branch)


def channels_out(graph: Graph, channels: int) -> int:
    """Channels that leave a graph, of so many that enter it.

    Tests: tests/runtime/test_onnx.py.
    """
    for operation in graph:
        if isinstance(operation, Conv):
            channels = len(operation.weight)
        elif isinstance(operation, DepthToSpace):
            channels //= operation.block**2
        elif isinstance(operation, Sum):
            channels = channels_out(operation.branches[0], channels)
    return channels


def products_per_pixel(graph: Graph) -> float:
    """Multiply-accumulates per pixel of the output, counting those of idle vector lanes too.

    Tests: tests/runtime/test_graph.py.
    """
    products, pixels = _products(graph, 1.0)
    return products / pixels


def _products(graph: Graph, pixels: float) -> tuple[float, float]:
    """Multiply-accumulates, and pixels of the output, for so many pixels of the input."""
    products = 0.0
    for operation in graph:
        if isinstance(operation, Conv):
            maps, *kernel = operation.weight.shape
            pixels /= operation.stride**2
            products += pixels * -(-maps // LANES) * LANES * math.prod(kernel)
        elif isinstance(operation, DepthToSpace):
            pixels *= operation.block**2
        elif isinstance(operation, Sum):
            branches = [_products(branch, pixels) for branch in operation.branches]
            products += sum(of_branch for of_branch, _ in branches)
            pixels = branches[0][1]
    return products, pixels
