import numpy as np
from tiny_models import random_model

from srcnn.runtime.graph import (
    Conv,
    Crop,
    DepthToSpace,
    Sum,
    convolutions,
    products_per_pixel,
    replicated_graph,
    valid_graph,
)
from srcnn.runtime.rewrite import block_last_layer

MODEL = random_model((9, 3, 1), (4, 3))


def test_both_graphs_are_the_layers_of_the_model_in_order() -> None:
    for graph in (valid_graph(MODEL), replicated_graph(MODEL)):
        assert len(graph) == 3
        for number, operation in enumerate(graph, 1):
            assert isinstance(operation, Conv)
            np.testing.assert_array_equal(operation.weight, MODEL.weights[f"conv{number}.weight"])
            np.testing.assert_array_equal(operation.bias, MODEL.weights[f"conv{number}.bias"])
            assert operation.stride == 1
        assert [operation.activation for operation in graph if isinstance(operation, Conv)] == ["relu", "relu", "none"]


def test_only_the_replicated_graph_pads_each_layer_by_its_reach() -> None:
    assert [operation.replicate for operation in valid_graph(MODEL) if isinstance(operation, Conv)] == [0, 0, 0]
    assert [operation.replicate for operation in replicated_graph(MODEL) if isinstance(operation, Conv)] == [4, 1, 0]


def conv(maps_in: int, maps_out: int, kernel: int, stride: int = 1) -> Conv:
    weight = np.zeros((maps_out, maps_in, kernel, kernel), np.float32)
    return Conv(weight=weight, bias=np.zeros(maps_out, np.float32), activation="none", stride=stride)


def test_products_are_counted_with_the_lanes_that_are_filled_up() -> None:
    # 9-1-5 of the paper: 64 x 81 + 32 x 64, and a last layer of 25 x 32 that takes 16 lanes.
    graph = valid_graph(random_model((9, 1, 5), (64, 32)))
    assert products_per_pixel(graph) == 5184 + 2048 + 16 * 800
    # In blocks of 4 x 4 all of them are used, for 8 x 8 inputs of each block.
    assert products_per_pixel(block_last_layer(graph, 4)) == 5184 + 2048 + 64 * 32


def test_products_of_branches_are_added_up_per_pixel_of_the_output() -> None:
    branch = (Crop(1, 0, 0, 0), conv(1, 32, 3), conv(32, 20, 1, stride=2))
    graph = (Sum((branch, branch)), DepthToSpace(2))
    # Each pixel of the input: 32 x 9, and 32 lanes x 32 for every fourth; as many pixels leave as enter.
    assert products_per_pixel(graph) == 2 * (288 + 1024 / 4)


def test_convolutions_are_found_in_branches_too() -> None:
    first, second, third = (conv(1, 1, size) for size in (1, 3, 5))
    assert list(convolutions((first, Sum(((Crop(0, 0, 0, 0), second), (Sum(((third,), (first,))),)))))) == [
        first,
        second,
        third,
        first,
    ]
