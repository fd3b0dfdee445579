import numpy as np
from tiny_models import random_model

from srcnn.runtime.graph import Conv, replicated_graph, valid_graph

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
