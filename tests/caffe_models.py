"""Caffe's model files, written by Google's protobuf from the messages of caffe.proto that matter here."""

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]
Layers = list[tuple[str, str, list[Array]]]
"""Name, kind by Caffe's present names, arrays."""

# Field numbers and types of src/caffe/proto/caffe.proto in BVLC/caffe.
_MESSAGES = {
    "BlobShape": {"dim": (1, "int64", "packed")},
    "BlobProto": {
        "num": (1, "int32", ""),
        "channels": (2, "int32", ""),
        "height": (3, "int32", ""),
        "width": (4, "int32", ""),
        "data": (5, "float", "packed"),
        "shape": (7, "BlobShape", ""),
        "double_data": (8, "double", "packed"),
    },
    "ConvolutionParameter": {"num_output": (1, "uint32", ""), "stride": (6, "uint32", "repeated")},
    "ReLUParameter": {"negative_slope": (1, "float", "")},
    "LayerParameter": {
        "name": (1, "string", ""),
        "type": (2, "string", ""),
        "bottom": (3, "string", "repeated"),
        "top": (4, "string", "repeated"),
        "blobs": (7, "BlobProto", "repeated"),
        "convolution_param": (106, "ConvolutionParameter", ""),
        "relu_param": (123, "ReLUParameter", ""),
    },
    "V1LayerParameter": {
        "bottom": (2, "string", "repeated"),
        "top": (3, "string", "repeated"),
        "name": (4, "string", ""),
        "type": (5, "int32", ""),
        "blobs": (6, "BlobProto", "repeated"),
        "convolution_param": (10, "ConvolutionParameter", ""),
    },
    "NetParameter": {
        "name": (1, "string", ""),
        "layers": (2, "V1LayerParameter", "repeated"),
        "layer": (100, "LayerParameter", "repeated"),
    },
}
V1_KINDS = {"Convolution": 4, "HDF5Data": 9, "ReLU": 18, "EuclideanLoss": 7}  # V1LayerParameter.LayerType


def srcnn_layers(kernel_sizes: tuple[int, ...] = (5, 3, 3), widths: tuple[int, ...] = (6, 4)) -> Layers:
    """The layers of SRCNN_net.prototxt with random weights."""
    rng = np.random.default_rng(0)
    maps = (1, *widths, 1)
    layers: Layers = [("data", "HDF5Data", [])]
    for number, size in enumerate(kernel_sizes, 1):
        kernels = rng.normal(size=(maps[number], maps[number - 1], size, size))
        blobs = [kernels.astype(np.float32), rng.normal(size=maps[number]).astype(np.float32)]
        layers.append((f"conv{number}", "Convolution", blobs))
        if number < len(kernel_sizes):
            layers.append((f"relu{number}", "ReLU", []))
    return [*layers, ("loss", "EuclideanLoss", [])]


def net(layers: Layers, *, v1: bool = False, doubles: bool = False) -> Any:
    """A NetParameter: "V1" with blobs of four dimensions as in 2014, or as today."""
    messages = _classes()
    message, before = messages["NetParameter"](name="SRCNN"), ""
    for name, kind, arrays in layers:
        layer = message.layers.add() if v1 else message.layer.add()
        layer.name, layer.type = name, V1_KINDS[kind] if v1 else kind
        if kind in ("Convolution", "ReLU"):
            layer.bottom.append(before)
        before = before if kind == "ReLU" else name  # which works in place
        layer.top.append(before)
        for array in arrays:
            blob = layer.blobs.add()
            (blob.double_data if doubles else blob.data).extend(array.ravel().tolist())
            if v1:
                sizes = (1,) * (4 - array.ndim) + array.shape
                blob.num, blob.channels, blob.height, blob.width = sizes
            else:
                blob.shape.dim.extend(array.shape)
    return message


@cache
def _classes() -> dict[str, Any]:
    """The messages as classes of Google's protobuf."""
    from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

    field_type = descriptor_pb2.FieldDescriptorProto
    file = descriptor_pb2.FileDescriptorProto(name="caffe_test.proto", package="caffe_test", syntax="proto2")
    for message, members in _MESSAGES.items():
        described = file.message_type.add(name=message)
        for name, (number, kind, label) in members.items():
            field = described.field.add(name=name, number=number)
            field.label = field_type.LABEL_REPEATED if label else field_type.LABEL_OPTIONAL
            if kind in _MESSAGES:
                field.type, field.type_name = field_type.TYPE_MESSAGE, f".caffe_test.{kind}"
            else:
                field.type = field_type.Type.Value(f"TYPE_{kind.upper()}")
            if label == "packed":
                field.options.packed = True
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    find = pool.FindMessageTypeByName
    return {name: message_factory.GetMessageClass(find(f"caffe_test.{name}")) for name in _MESSAGES}
