"""Write a graph down as an ONNX model.

A handful of messages of ONNX's protocol-buffer schema are all a chain of convolutions needs, so
they are encoded here; the `onnx` package, slow to import, only checks them in the tests.

Source: onnx.proto3 of ONNX (field numbers); protobuf.dev "Encoding". Tests: tests/runtime/test_onnx.py.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from srcnn.runtime.graph import AddEnlarged, Conv, Crop, DepthToSpace, Graph, Sum, channels_out

INPUT = "input"
OUTPUT = "output"
_IR_VERSION = 8
_OPSET = 13
_FLOAT, _INT64 = 1, 7  # TensorProto.DataType
_TYPE_INT, _TYPE_STRING, _TYPE_INTS = 2, 3, 7  # AttributeProto.AttributeType


@dataclass(frozen=True, slots=True)
class _Parts:
    """What a GraphProto consists of, encoded: NodeProtos, TensorProtos, and ValueInfoProtos of inner values."""

    nodes: list[bytes]
    tensors: list[bytes]
    shapes: list[bytes]


def encode_onnx(graph: Graph, channels: int, metadata: dict[str, str]) -> bytes:
    """Encode a graph as an ONNX model with dynamic batch, height and width.

    Args:
        graph: the operations in order.
        channels: of the input.
        metadata: name to text, kept in the model's metadata_props.

    Returns:
        A ModelProto: input "input", N x channels x H x W float32, and output "output", with the channels that the graph
        gives.
    """
    parts = _Parts([], [], [])
    _encode_graph(graph, "", INPUT, parts)
    onnx_graph = b"".join(
        [
            *(_field(1, node) for node in parts.nodes),
            _field(2, b"srcnn"),
            *(_field(5, tensor) for tensor in parts.tensors),
            _field(11, _value_info(INPUT, channels, "height", "width")),
            _field(12, _value_info(OUTPUT, channels_out(graph, channels), "output_height", "output_width")),
            *(_field(13, shape) for shape in parts.shapes),
        ]
    )
    properties = (_field(14, _field(1, key.encode()) + _field(2, text.encode())) for key, text in metadata.items())
    opset = _field(1, b"") + _number(2, _OPSET)
    return b"".join(
        [_number(1, _IR_VERSION), _field(2, b"srcnn"), _field(7, onnx_graph), _field(8, opset), *properties]
    )


def _encode_graph(graph: Graph, prefix: str, value: str, parts: _Parts) -> str:
    """Append a graph's operations, under names that begin with the prefix; returns the output's name."""
    for number, operation in enumerate(graph, 1):
        name = f"{prefix}{number}"
        output = OUTPUT if not prefix and number == len(graph) else f"value{name}"
        if isinstance(operation, Conv):
            value = _encode_conv(operation, name, value, output, parts)
        elif isinstance(operation, DepthToSpace):
            value = _encode_shuffle(operation.block, value, output, parts)
        elif isinstance(operation, Crop):
            value = _encode_crop(operation, name, value, parts)
        elif isinstance(operation, Sum):
            value = _encode_sum(operation, name, value, parts)
        else:
            enlarged = _encode_enlargement(operation, parts)
            parts.nodes.append(_node("Add", [value, enlarged], output, []))
            value = output
    return value


def _encode_conv(conv: Conv, number: str, value: str, output: str, parts: _Parts) -> str:
    """Append Pad, Conv and the activation, as far as they are needed; returns the output's name."""
    if conv.replicate:
        pads = np.array([0, 0, conv.replicate, conv.replicate] * 2, np.int64)
        parts.tensors.append(_tensor(f"pads{number}", _INT64, pads))
        parts.nodes.append(_node("Pad", [value, f"pads{number}"], f"padded{number}", [_text("mode", "edge")]))
        value = f"padded{number}"
    parts.tensors.append(_tensor(f"conv{number}.weight", _FLOAT, conv.weight))
    parts.tensors.append(_tensor(f"conv{number}.bias", _FLOAT, conv.bias))
    result = output if conv.activation == "none" else f"sum{number}"
    attributes = [
        _integers("strides", [conv.stride] * 2),
        _integers("kernel_shape", conv.weight.shape[2:]),
        _integers("pads", [*[conv.zeros] * 2, *[conv.zeros + conv.fill] * 2]),
    ]
    parts.nodes.append(_node("Conv", [value, f"conv{number}.weight", f"conv{number}.bias"], result, attributes))
    if conv.slopes is not None:
        parts.tensors.append(_tensor(f"conv{number}.slope", _FLOAT, conv.slopes[:, None, None]))
        parts.nodes.append(_node("PRelu", [result, f"conv{number}.slope"], output, []))
    elif conv.activation != "none":
        parts.nodes.append(_node({"relu": "Relu", "tanh": "Tanh"}[conv.activation], [result], output, []))
    return output


def _encode_crop(crop: Crop, name: str, value: str, parts: _Parts) -> str:
    """Append Slice, if anything is cut off; returns the output's name."""
    if crop == Crop(0, 0, 0, 0):
        return value
    # An end of 0 would cut everything off; one beyond the last row or column takes them all.
    ends = [-cut if cut else 2**31 for cut in (crop.bottom, crop.right)]
    inputs = [value]
    for part, numbers in (("starts", [crop.top, crop.left]), ("ends", ends), ("axes", [2, 3])):
        parts.tensors.append(_tensor(f"crop{name}.{part}", _INT64, np.array(numbers, np.int64)))
        inputs.append(f"crop{name}.{part}")
    parts.nodes.append(_node("Slice", inputs, f"value{name}", []))
    return f"value{name}"


def _encode_sum(total: Sum, name: str, value: str, parts: _Parts) -> str:
    """Append every branch and the additions; returns the output's name.

    All that is added has one shape, which is said, since ONNX Runtime adds within a convolution only
    what it knows to be equal in shape.
    """
    added = ""
    for number, branch in enumerate(total.branches, 1):
        result = _encode_graph(branch, f"{name}.{number}.", value, parts)
        if added:
            parts.nodes.append(_node("Add", [added, result], f"value{name}.{number}", []))
        added = f"value{name}.{number}" if added else result
        last = branch[-1]
        assert isinstance(last, Conv)
        for inner in dict.fromkeys((result, added)):
            parts.shapes.append(_value_info(inner, len(last.weight), f"rows{name}", f"columns{name}"))
    return added


def _encode_shuffle(block: int, value: str, output: str, parts: _Parts) -> str:
    parts.nodes.append(_node("DepthToSpace", [value], output, [_integer("blocksize", block), _text("mode", "CRD")]))
    return output


def _encode_enlargement(operation: AddEnlarged, parts: _Parts) -> str:
    """Append what enlarges the graph's input; returns the output's name.

    ONNX has no padding that repeats the edge pixel when it mirrors, so the mirrored rows and columns
    are cut out backwards and joined on.
    """
    value = INPUT
    for name, numbers in (("first", [1]), ("before", [-(2**31)]), ("last", [-1]), ("inner", [-3]), ("back", [-1])):
        parts.tensors.append(_tensor(f"mirror.{name}", _INT64, np.array(numbers, np.int64)))
    for axis, name in ((2, "rows"), (3, "columns")):
        parts.tensors.append(_tensor(f"mirror.{name}", _INT64, np.array([axis], np.int64)))
        low, high, joined = (f"mirror.{name}.{part}" for part in ("low", "high", "joined"))
        parts.nodes.append(
            _node("Slice", [value, "mirror.first", "mirror.before", f"mirror.{name}", "mirror.back"], low, [])
        )
        parts.nodes.append(
            _node("Slice", [value, "mirror.last", "mirror.inner", f"mirror.{name}", "mirror.back"], high, [])
        )
        parts.nodes.append(_node("Concat", [low, value, high], joined, [_integer("axis", axis)]))
        value = joined
    parts.tensors.append(_tensor("bicubic.weight", _FLOAT, operation.kernels))
    attributes = [_integers("kernel_shape", [5, 5]), _integer("group", operation.channels)]
    parts.nodes.append(_node("Conv", [value, "bicubic.weight"], "bicubic.maps", attributes))
    block = math.isqrt(len(operation.kernels) // operation.channels)
    return _encode_shuffle(block, "bicubic.maps", "bicubic", parts)


def _node(operation: str, inputs: Iterable[str], output: str, attributes: Iterable[bytes]) -> bytes:
    parts = [*(_field(1, name.encode()) for name in inputs), _field(2, output.encode()), _field(3, output.encode())]
    return b"".join([*parts, _field(4, operation.encode()), *(_field(5, attribute) for attribute in attributes)])


def _integer(name: str, value: int) -> bytes:
    return _field(1, name.encode()) + _number(3, value) + _number(20, _TYPE_INT)


def _integers(name: str, values: Iterable[int]) -> bytes:
    return _field(1, name.encode()) + b"".join(_number(8, v) for v in values) + _number(20, _TYPE_INTS)


def _text(name: str, value: str) -> bytes:
    return _field(1, name.encode()) + _field(4, value.encode()) + _number(20, _TYPE_STRING)


def _tensor(name: str, data_type: int, values: NDArray[np.generic]) -> bytes:
    dims = b"".join(_number(1, length) for length in values.shape)
    data = values.astype(values.dtype.newbyteorder("<")).tobytes()
    return dims + _number(2, data_type) + _field(8, name.encode()) + _field(9, data)


def _value_info(name: str, channels: int, height: str, width: str) -> bytes:
    dims = [_field(2, b"batch"), _number(1, channels), _field(2, height.encode()), _field(2, width.encode())]
    shape = b"".join(_field(1, dim) for dim in dims)
    return _field(1, name.encode()) + _field(2, _field(1, _number(1, _FLOAT) + _field(2, shape)))


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _field(field: int, content: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    encoded = bytearray()
    while value > 0x7F:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)
