import numpy as np
import onnx
import onnx.numpy_helper
import onnx.reference
import onnx.shape_inference
import pytest
import torch
from graphs_in_numpy import run_graph
from tiny_models import random_model, run_lr_by_definition
from torch.nn import functional

from srcnn.imaging import imresize
from srcnn.models.srcnn import Srcnn
from srcnn.runtime.fold import Folded, fold_enlargement
from srcnn.runtime.graph import (
    Conv,
    Crop,
    DepthToSpace,
    Graph,
    enlarging_graph,
    replicated_graph,
    valid_graph,
    zero_padded_graph,
)
from srcnn.runtime.onnx import INPUT, OUTPUT, encode_onnx
from srcnn.runtime.onnxruntime_session import open_onnxruntime
from srcnn.runtime.rewrite import block_last_layer
from srcnn.runtime.session import open_session
from srcnn.spec import Colour
from srcnn.zoo.model_file import Model

MODELS = {
    "9-1-5": random_model((9, 1, 5), (64, 32), seed=1),
    "9-5-5": random_model((9, 5, 5), (6, 5), scale=3, seed=2),
    "5-3": random_model((5, 3), (4,), scale=4, seed=3),
    "3": random_model((3,), (), scale=1, seed=4),
    "3-1-1-5": random_model((3, 1, 1, 5), (3, 7, 2), scale=2, seed=5),
}
every_model = pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
GRAPHS = {
    "valid": valid_graph,
    "replicated": replicated_graph,
    "blocked": lambda model: block_last_layer(valid_graph(model), 4),
}


FOLDED = {scale: fold_enlargement(random_model((9, 1, 5), (4, 3), scale=scale)) for scale in (2, 3, 4)}


def network(model: Model) -> Srcnn:
    result = Srcnn(model.spec)
    result.load_state_dict({name: torch.from_numpy(weight) for name, weight in model.weights.items()})
    return result


@every_model
@pytest.mark.parametrize("graph", GRAPHS.values(), ids=GRAPHS)
def test_onnx_own_checker_and_shape_inference_accept_the_model(model: Model, graph) -> None:
    parsed = onnx.load_from_string(encode_onnx(graph(model), 1, {}))
    onnx.checker.check_model(parsed, full_check=True)
    onnx.shape_inference.infer_shapes(parsed, check_type=True, strict_mode=True, data_prop=True)


def test_the_header_says_opset_13_and_who_wrote_it() -> None:
    parsed = onnx.load_from_string(encode_onnx(valid_graph(MODELS["5-3"]), 1, {"spec": "ä", "b": ""}))
    assert parsed.producer_name == "srcnn"
    assert parsed.ir_version == 8
    assert [(opset.domain, opset.version) for opset in parsed.opset_import] == [("", 13)]
    assert {entry.key: entry.value for entry in parsed.metadata_props} == {"spec": "ä", "b": ""}


@pytest.mark.parametrize(("colour", "channels"), [("luma", 1), ("rgb", 3)])
def test_input_and_output_are_float32_with_free_batch_and_size(colour: Colour, channels: int) -> None:
    model = random_model((3, 3), (4,), colour=colour)
    graph = onnx.load_from_string(encode_onnx(replicated_graph(model), channels, {})).graph
    for values, name in ((graph.input, INPUT), (graph.output, OUTPUT)):
        (value,) = values
        assert value.name == name
        assert value.type.tensor_type.elem_type == onnx.TensorProto.FLOAT
        batch, planes, height, width = value.type.tensor_type.shape.dim
        assert planes.dim_value == channels
        assert all(dim.dim_param for dim in (batch, height, width))


def test_the_weights_are_those_of_the_model_to_the_last_bit() -> None:
    model = MODELS["9-1-5"]
    graph = onnx.load_from_string(encode_onnx(replicated_graph(model), 1, {})).graph
    tensors = {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in graph.initializer}
    assert set(model.weights) <= set(tensors)
    for name, weight in model.weights.items():
        np.testing.assert_array_equal(tensors[name], weight)


def test_every_operation_is_one_of_four_with_unique_names() -> None:
    graph = onnx.load_from_string(encode_onnx(GRAPHS["blocked"](MODELS["9-1-5"]), 1, {})).graph
    assert [node.op_type for node in graph.node] == ["Conv", "Relu", "Conv", "Relu", "Conv", "DepthToSpace"]
    padded = onnx.load_from_string(encode_onnx(replicated_graph(MODELS["9-1-5"]), 1, {})).graph
    assert [node.op_type for node in padded.node] == ["Pad", "Conv", "Relu", "Conv", "Relu", "Pad", "Conv"]
    for each in (graph, padded):
        assert len({node.name for node in each.node}) == len(each.node)


@pytest.mark.parametrize("folded", FOLDED.values(), ids=FOLDED)
def test_a_folded_graph_is_accepted_and_computed_by_onnx_itself(folded: Folded) -> None:
    parsed = onnx.load_from_string(encode_onnx(folded.graph, 1, {}))
    onnx.checker.check_model(parsed, full_check=True)
    onnx.shape_inference.infer_shapes(parsed, check_type=True, strict_mode=True, data_prop=True)
    assert {node.op_type for node in parsed.graph.node} <= {"Slice", "Conv", "Relu", "Add", "DepthToSpace"}
    assert len({node.name for node in parsed.graph.node}) == len(parsed.graph.node)
    sides = [folded.step * n + 2 * folded.halo for n in (2, 3)]
    plane = np.random.default_rng(0).random((1, *sides), np.float32)
    result = onnx.reference.ReferenceEvaluator(parsed).run(None, {INPUT: plane[None]})[0][0]
    np.testing.assert_allclose(result, run_graph(folded.graph, plane), atol=1e-5)


def test_what_is_added_up_has_a_declared_shape_so_that_engines_add_it_within_convolutions() -> None:
    graph = onnx.load_from_string(encode_onnx(FOLDED[3].graph, 1, {})).graph
    declared = {
        value.name: [dim.dim_param for dim in value.type.tensor_type.shape.dim[2:]] for value in graph.value_info
    }
    added = [node for node in graph.node if node.op_type == "Add"]
    assert added
    for node in added:
        assert declared[node.input[0]] == declared[node.input[1]] == declared[node.output[0]]


@pytest.mark.parametrize("crop", [Crop(0, 0, 0, 0), Crop(1, 0, 0, 2), Crop(0, 3, 2, 0), Crop(1, 1, 1, 1)])
def test_a_crop_cuts_off_what_it_says(crop: Crop) -> None:
    identity = Conv(weight=np.ones((1, 1, 1, 1), np.float32), bias=np.zeros(1, np.float32), activation="none")
    plane = np.random.default_rng(0).random((1, 6, 7), np.float32)
    for engine in ("onnxruntime", "openvino"):
        result = open_session((crop, identity), engine, 1)(plane[None])[0]
        np.testing.assert_array_equal(result, plane[:, crop.top : 6 - crop.bottom, crop.left : 7 - crop.right])


@every_model
@pytest.mark.parametrize("size", [(1, 1), (1, 7), (5, 2), (16, 16), (33, 47)])
@torch.no_grad()
def test_the_padded_graph_in_the_engine_equals_torch(model: Model, size: tuple[int, int]) -> None:
    batch = np.random.default_rng(0).random((2, 1, *size), np.float32)
    expected = network(model).same(torch.from_numpy(batch)).numpy()
    result = open_session(replicated_graph(model), "onnxruntime", 1)(batch)
    np.testing.assert_allclose(result, expected, atol=1e-5)


@every_model
@pytest.mark.parametrize("size", [(0, 0), (1, 12), (13, 30)])
@torch.no_grad()
def test_the_valid_graph_in_the_engine_equals_torch(model: Model, size: tuple[int, int]) -> None:
    height, width = (2 * model.spec.reach + 1 + extra for extra in size)
    batch = np.random.default_rng(0).random((1, 1, height, width), np.float32)
    expected = network(model)(torch.from_numpy(batch)).numpy()
    result = open_session(valid_graph(model), "onnxruntime", 1)(batch)
    np.testing.assert_allclose(result, expected, atol=1e-5)


@every_model
@pytest.mark.parametrize("block", [2, 3, 4, 5])
@torch.no_grad()
def test_the_blocked_graph_in_the_engine_equals_torch(model: Model, block: int) -> None:
    for rows, columns in ((3 * block, 7 * block), (3 * block - 1, 5 * block + 1)):
        batch = np.random.default_rng(0).random(
            (1, 1, *(2 * model.spec.reach + n for n in (rows, columns))), np.float32
        )
        expected = network(model)(torch.from_numpy(batch)).numpy()
        result = open_session(block_last_layer(valid_graph(model), block), "onnxruntime", 1)(batch)
        np.testing.assert_allclose(result[:, :, :rows, :columns], expected, atol=1e-5)


@pytest.mark.parametrize("scale", [2, 3, 4])
@pytest.mark.parametrize("size", [(2, 2), (2, 9), (5, 3), (16, 17)])
def test_the_enlarging_graph_is_bicubic_and_what_the_network_adds(scale: int, size: tuple[int, int]) -> None:
    model = random_model((5, 3), (4,), scale=scale, input_space="lr")
    plane = np.random.default_rng(0).random(size, np.float32)
    encoded = encode_onnx(enlarging_graph(model), 1, {})
    onnx.checker.check_model(onnx.load_from_string(encoded), full_check=True)
    result = open_session(enlarging_graph(model), "onnxruntime", 1)(plane[None, None])[0, 0]
    np.testing.assert_allclose(result, imresize(plane, scale) + run_lr_by_definition(model, plane), atol=1e-5)


@every_model
@torch.no_grad()
def test_a_network_in_lr_in_the_engine_equals_torch(model: Model) -> None:
    shapes = [(layer.kernel_size, layer.out_channels) for layer in model.spec.layers]
    in_lr = random_model(tuple(k for k, _ in shapes), tuple(w for _, w in shapes[:-1]), scale=3, input_space="lr")
    batch = np.random.default_rng(0).random((2, 1, 9, 11), np.float32)
    expected = functional.pixel_shuffle(network(in_lr)(torch.from_numpy(batch)), 3).numpy()
    result = open_session(zero_padded_graph(in_lr), "onnxruntime", 1)(batch)
    np.testing.assert_allclose(result, expected, atol=1e-5)


@pytest.mark.parametrize("residual", [True, False])
@pytest.mark.parametrize("deconvolution", [True, False])
@torch.no_grad()
def test_a_network_of_colour_in_lr_in_the_engine_equals_torch(residual: bool, deconvolution: bool) -> None:
    model = random_model(
        (5, 3), (4,), scale=2, colour="rgb", input_space="lr", residual=residual, deconvolution=deconvolution
    )
    batch = np.random.default_rng(0).random((2, 3, 9, 11), np.float32)
    expected = functional.pixel_shuffle(network(model)(torch.from_numpy(batch)), 2).numpy()
    if residual:
        expected += np.array([[imresize(plane, 2) for plane in picture] for picture in batch])
    content = encode_onnx(enlarging_graph(model), 3, {})
    onnx.checker.check_model(onnx.load_from_string(content), full_check=True)
    result = open_onnxruntime(content, 1)(batch)
    np.testing.assert_allclose(result, expected, atol=1e-5)


def test_depth_to_space_puts_channel_block_a_plus_b_of_each_at_row_a_and_column_b() -> None:
    graph: Graph = (DepthToSpace(2),)
    batch = np.arange(8, dtype=np.float32).reshape(1, 8, 1, 1)
    # The declared output has as many channels as the input, which a lone shuffle does not keep.
    content = encode_onnx(graph, 8, {})
    parsed = onnx.load_from_string(content)
    parsed.graph.output[0].type.tensor_type.shape.dim[1].dim_value = 2
    onnx.checker.check_model(parsed)
    result = onnx.reference.ReferenceEvaluator(parsed).run(None, {INPUT: batch})[0]
    assert result.tolist() == [[[[0, 1], [2, 3]], [[4, 5], [6, 7]]]]


@pytest.mark.parametrize("deconvolution", [False, True])
def test_a_network_of_chroma_gives_two_channels_of_three(deconvolution: bool) -> None:
    kinds = {"colour": "chroma", "input_space": "lr", "deconvolution": deconvolution}
    model = random_model((5, 3), (4,), scale=3, **kinds)
    parsed = onnx.load_from_string(encode_onnx(zero_padded_graph(model), 3, {}))
    onnx.checker.check_model(parsed, full_check=True)
    values = parsed.graph.input[0], parsed.graph.output[0]
    assert [value.type.tensor_type.shape.dim[1].dim_value for value in values] == [3, 2]
