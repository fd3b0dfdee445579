from typing import Literal

import numpy as np
import pytest
from graphs_in_numpy import run_graph
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_models import random_model

from srcnn.runtime.graph import Conv, DepthToSpace, replicated_graph, valid_graph
from srcnn.runtime.rewrite import block_last_layer
from srcnn.spec import Colour


@settings(deadline=None, max_examples=40)
@given(
    block=st.integers(2, 5),
    kernel=st.sampled_from([1, 3, 5]),
    rows=st.integers(1, 15),
    columns=st.integers(1, 15),
    width=st.integers(1, 3),
    colour=st.sampled_from(["luma", "rgb"]),
    seed=st.integers(0, 99),
)
def test_a_blocked_last_layer_computes_the_same_function(
    block: int, kernel: int, rows: int, columns: int, width: int, colour: Colour, seed: int
) -> None:
    model = random_model((3, kernel), (width,), colour=colour, seed=seed)
    reach = model.spec.reach
    plane = np.random.default_rng(seed).random((model.spec.channels, rows + 2 * reach, columns + 2 * reach))
    for graph in (valid_graph(model), replicated_graph(model)):
        expected = run_graph(graph, plane)
        result = run_graph(block_last_layer(graph, block), plane)
        assert result.shape == (model.spec.channels, *(-(-length // block) * block for length in expected.shape[1:]))
        np.testing.assert_allclose(result[:, : expected.shape[1], : expected.shape[2]], expected, atol=1e-12)


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
    assert (blocked.stride, blocked.fill, blocked.activation, blocked.weight.dtype) == (4, 3, "none", np.float32)
    assert shuffle == DepthToSpace(4)


@pytest.mark.parametrize("activation", ["none", "relu"])
def test_a_relu_of_the_last_layer_is_kept(activation: Literal["none", "relu"]) -> None:
    (only,) = valid_graph(random_model((3,), ()))
    assert isinstance(only, Conv)
    conv = Conv(weight=only.weight, bias=only.bias, activation=activation)
    plane = np.random.default_rng(0).random((1, 8, 8)) - 0.5
    result = run_graph(block_last_layer((conv,), 3), plane)[:, :8, :8]
    np.testing.assert_allclose(result, run_graph((conv,), plane), atol=1e-12)
