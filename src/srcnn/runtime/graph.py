"""A network as the few operations that an engine runs, made from a model file's spec and weights.

This module knows nothing of engines; `rewrite` changes graphs, `onnx` writes them down.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from srcnn.zoo.model_file import Model


@dataclass(frozen=True, slots=True, kw_only=True)
class Conv:
    """A convolution with bias.

    Attributes:
        weight: out x in x k x k, float32.
        bias: out, float32.
        relu: whether a ReLU follows.
        stride: of rows and columns.
        replicate: pixels of replicated border put around the input first.
    """

    weight: NDArray[np.float32]
    bias: NDArray[np.float32]
    relu: bool
    stride: int = 1
    replicate: int = 0


@dataclass(frozen=True, slots=True)
class DepthToSpace:
    """Channel block a + b of block^2 becomes the pixel at offset (a, b) of each block x block square."""

    block: int


Graph = tuple[Conv | DepthToSpace, ...]


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
            relu=layer.relu,
            replicate=layer.reach,
        )
        for i, layer in enumerate(model.spec.layers, 1)
    )
