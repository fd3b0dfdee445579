"""Write a graph down as an ONNX model.

A handful of messages of ONNX's protocol-buffer schema are all a chain of convolutions needs, so
they are encoded here; the `onnx` package, slow to import, only checks them in the tests.

Source: onnx.proto3 of ONNX (field numbers); protobuf.dev "Encoding". Tests: tests/runtime/test_onnx.py.
"""

import math
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from srcnn.runtime.graph import AddEnlarged, Conv, DepthToSpace, Graph

INPUT = "input"
OUTPUT = "output"
_IR_VERSION = 8
_OPSET = 13
_FLOAT, _INT64 = 1, 7  # TensorProto.DataType
_TYPE_INT, _TYPE_STRING, _TYPE_INTS = 2, 3, 7  # AttributeProto.AttributeType


def encode_onnx(graph: Graph, channels: int, metadata: dict[str, str]) -> bytes:
    """Encode a graph as an ONNX model with dynamic batch, height and width.

    Args:
        graph: the operations in order.
        channels: of input and output.
        metadata: name to text, kept in the model's metadata_props.

    Returns:
        A ModelProto: input "input" and output "output", both N x channels x H x W float32.
    """
    nodes: list[bytes] = []
    tensors: list[bytes] = []
    value = INPUT
    for number, operation in enumerate(graph, 1):
        output = OUTPUT if number == len(graph) else f"value{number}"
        if isinstance(operation, Conv):
            value = _encode_conv(operation, number, value, output, nodes, tensors)
        elif isinstance(operation, DepthToSpace):
            value = _encode_shuffle(operation.block, value, output, nodes)
        else:
            enlarged = _encode_enlargement(operation, nodes, tensors)
            nodes.append(_node("Add", [value, enlarged], output, []))
            value = output
    onnx_graph = b"".join(
        [
            *(_field(1, node) for node in nodes),
            _field(2, b"srcnn"),
            *(_field(5, tensor) for tensor in tensors),
            _field(11, _value_info(INPUT, channels, "height", "width")),
            _field(12, _value_info(OUTPUT, channels, "output_height", "output_width")),
        ]
    )
    properties = (_field(14, _field(1, key.encode()) + _field(2, text.encode())) for key, text in metadata.items())
    opset = _field(1, b"") + _number(2, _OPSET)
    return b"".join(
        [_number(1, _IR_VERSION), _field(2, b"srcnn"), _field(7, onnx_graph), _field(8, opset), *properties]
    )


def _encode_conv(conv: Conv, number: int, value: str, output: str, nodes: list[bytes], tensors: list[bytes]) -> str:
    """Append Pad, Conv and the activation, as far as they are needed; returns the output's name."""
    if conv.replicate:
        pads = np.array([0, 0, conv.replicate, conv.replicate] * 2, np.int64)
        tensors.append(_tensor(f"pads{number}", _INT64, pads))
        nodes.append(_node("Pad", [value, f"pads{number}"], f"padded{number}", [_text("mode", "edge")]))
        value = f"padded{number}"
    tensors.append(_tensor(f"conv{number}.weight", _FLOAT, conv.weight))
    tensors.append(_tensor(f"conv{number}.bias", _FLOAT, conv.bias))
    result = output if conv.activation == "none" else f"sum{number}"
    attributes = [
        _integers("strides", [conv.stride] * 2),
        _integers("kernel_shape", conv.weight.shape[2:]),
        _integers("pads", [conv.zeros] * 4),
    ]
    nodes.append(_node("Conv", [value, f"conv{number}.weight", f"conv{number}.bias"], result, attributes))
    if conv.slopes is not None:
        tensors.append(_tensor(f"conv{number}.slope", _FLOAT, conv.slopes[:, None, None]))
        nodes.append(_node("PRelu", [result, f"conv{number}.slope"], output, []))
    elif conv.activation != "none":
        nodes.append(_node({"relu": "Relu", "tanh": "Tanh"}[conv.activation], [result], output, []))
    return output


def _encode_shuffle(block: int, value: str, output: str, nodes: list[bytes]) -> str:
    nodes.append(_node("DepthToSpace", [value], output, [_integer("blocksize", block), _text("mode", "DCR")]))
    return output


def _encode_enlargement(operation: AddEnlarged, nodes: list[bytes], tensors: list[bytes]) -> str:
    """Append what enlarges the graph's input; returns the output's name.

    ONNX has no padding that repeats the edge pixel when it mirrors, so the mirrored rows and columns
    are cut out backwards and joined on.
    """
    value = INPUT
    for name, numbers in (("first", [1]), ("before", [-(2**31)]), ("last", [-1]), ("inner", [-3]), ("back", [-1])):
        tensors.append(_tensor(f"mirror.{name}", _INT64, np.array(numbers, np.int64)))
    for axis, name in ((2, "rows"), (3, "columns")):
        tensors.append(_tensor(f"mirror.{name}", _INT64, np.array([axis], np.int64)))
        low, high, joined = (f"mirror.{name}.{part}" for part in ("low", "high", "joined"))
        nodes.append(_node("Slice", [value, "mirror.first", "mirror.before", f"mirror.{name}", "mirror.back"], low, []))
        nodes.append(_node("Slice", [value, "mirror.last", "mirror.inner", f"mirror.{name}", "mirror.back"], high, []))
        nodes.append(_node("Concat", [low, value, high], joined, [_integer("axis", axis)]))
        value = joined
    tensors.append(_tensor("bicubic.weight", _FLOAT, operation.kernels))
    nodes.append(_node("Conv", [value, "bicubic.weight"], "bicubic.maps", [_integers("kernel_shape", [5, 5])]))
    block = math.isqrt(len(operation.kernels))
    return _encode_shuffle(block, "bicubic.maps", "bicubic", nodes)


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
