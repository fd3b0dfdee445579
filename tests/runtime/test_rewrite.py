from typing import Literal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_models import random_model

from srcnn.runtime.graph import Conv, DepthToSpace, Graph, valid_graph
from srcnn.runtime.rewrite import block_last_layer


def run(graph: Graph, plane: np.ndarray) -> np.ndarray:
    """A graph in NumPy, double precision: C x H x W."""
    for operation in graph:
        if isinstance(operation, DepthToSpace):
            b = operation.block
            channels, height, width = plane.shape
            plane = plane.reshape(b, b, channels // b**2, height, width).transpose(2, 3, 0, 4, 1)
            plane = plane.reshape(channels // b**2, height * b, width * b)
        else:
            windows = np.lib.stride_tricks.sliding_window_view(plane, operation.weight.shape[2:], (1, 2))
            windows = windows[:, :: operation.stride, :: operation.stride]
            plane = np.einsum("chwij,ocij->ohw", windows, operation.weight) + operation.bias[:, None, None]
            plane = np.maximum(plane, 0) if operation.activation == "relu" else plane
    return plane


@settings(deadline=None, max_examples=40)
@given(
    block=st.integers(2, 5),
    kernel=st.sampled_from([1, 3, 5]),
    rows=st.integers(1, 4),
    columns=st.integers(1, 4),
    width=st.integers(1, 3),
    seed=st.integers(0, 99),
)
def test_a_blocked_last_layer_computes_the_same_function(
    block: int, kernel: int, rows: int, columns: int, width: int, seed: int
) -> None:
    model = random_model((3, kernel), (width,), seed=seed)
    reach = model.spec.reach
    plane = np.random.default_rng(seed).random((1, rows * block + 2 * reach, columns * block + 2 * reach))
    graph = valid_graph(model)
    blocked = block_last_layer(graph, block)
    result = run(blocked, plane)
    assert result.shape == (1, rows * block, columns * block)
    np.testing.assert_allclose(result, run(graph, plane), atol=1e-12)


def test_the_last_layer_becomes_one_strided_convolution_and_depth_to_space() -> None:
    model = random_model((5, 3), (4,))
    *before, blocked, shuffle = block_last_layer(valid_graph(model), 4)
    first = before[0]
    assert len(before) == 1
    assert isinstance(first, Conv)
    assert first.weight is model.weights["conv1.weight"]
    assert isinstance(blocked, Conv)
    assert blocked.weight.shape == (16, 4, 6, 6)
    assert blocked.bias.tolist() == model.weights["conv2.bias"].tolist() * 16
    assert (blocked.stride, blocked.activation, blocked.weight.dtype) == (4, "none", np.float32)
    assert shuffle == DepthToSpace(4)


def test_a_last_layer_of_several_channels_is_left_as_it_is() -> None:
    graph = valid_graph(random_model((3, 3), (4,), channels=3))
    assert block_last_layer(graph, 4) is graph


@pytest.mark.parametrize("activation", ["none", "relu"])
def test_a_relu_of_the_last_layer_is_kept(activation: Literal["none", "relu"]) -> None:
    (only,) = valid_graph(random_model((3,), ()))
    assert isinstance(only, Conv)
    conv = Conv(weight=only.weight, bias=only.bias, activation=activation)
    plane = np.random.default_rng(0).random((1, 8, 8)) - 0.5
    np.testing.assert_allclose(run(block_last_layer((conv,), 3), plane), run((conv,), plane), atol=1e-12)
