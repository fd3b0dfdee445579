"""Caffe's model files, as the SRCNN authors' training program writes them, read without Caffe.

A file is one protobuf message. The few fields that hold a chain of convolutions are read here, by
their numbers in caffe.proto; whatever else a layer could do is refused rather than ignored. This
module knows nothing of engines.
"""

import math
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from srcnn.errors import ModelFileError
from srcnn.printable import some_of
from srcnn.spec import srcnn
from srcnn.zoo.model_file import Model
from srcnn.zoo.protobuf import ProtobufError, read_bytes, read_fields, read_integers

_FIRST_BYTES = (b"\x0a", b"\x12", b"\xa2")  # the keys of NetParameter's fields 1 (name), 2 (layers) and 100 (layer)


@dataclass(frozen=True, slots=True)
class _Numbers:
    """Field numbers of one of the two messages for a layer."""

    name: int
    kind: int
    bottom: int
    top: int
    blobs: int
    convolution: int
    relu: int


_LAYER_FORMATS = {  # by the field of NetParameter: V1LayerParameter and LayerParameter
    2: _Numbers(name=4, kind=5, bottom=2, top=3, blobs=6, convolution=10, relu=30),
    100: _Numbers(name=1, kind=2, bottom=3, top=4, blobs=7, convolution=106, relu=123),
}
_V1_KINDS = {
    4: "Convolution",
    5: "Data",
    7: "EuclideanLoss",
    9: "HDF5Data",
    12: "ImageData",
    18: "ReLU",
    22: "Split",
    29: "MemoryData",
    32: "DummyData",
}
_NOT_COMPUTING = {"Data", "HDF5Data", "ImageData", "MemoryData", "DummyData", "Input", "EuclideanLoss", "Split"}
_LONGEST_NAME = 200
_ONLY_ONE = {5: "group", 6: "stride", 13: "stride_h", 14: "stride_w", 18: "dilation"}  # of ConvolutionParameter


@dataclass(frozen=True, slots=True)
class _Layer:
    """One layer: its kind by Caffe's present names, its arrays, and the names of what enters and leaves it."""

    name: str
    kind: str
    blobs: list[NDArray[np.float32]]
    bottoms: list[str]
    tops: list[str]


class _UnusableError(Exception):
    """What was found instead of SRCNN's layers; becomes a ModelFileError at the door."""


def is_caffe_model(path: Path) -> bool:
    """Whether a file is for `read_caffe_model`, by its first byte or its name; False where it cannot be read."""
    try:
        with path.open("rb") as file:
            return file.read(1) in _FIRST_BYTES or path.suffix == ".caffemodel"
    except OSError:
        return path.suffix == ".caffemodel"


def read_caffe_model(path: Path, *, name: str, scale: int, transposed: bool = True) -> Model:
    """Read the convolutions of a Caffe model of the SRCNN family.

    Caffe's kernels are applied by correlation and stored row by row: nothing is flipped. But the
    authors write their training patches by MATLAB, column by column, and Caffe reads them row by row:
    their kernels have rows and columns exchanged, and are exchanged back here.

    Args:
        path: a `.caffemodel` with layers in the format of 2014 ("V1") or the present one.
        name: what the model is called from now on.
        scale: the enlargement it was trained for; the file does not say.
        transposed: the patches came from MATLAB, as by the authors' generate_train.m; False for
            patches written row by row, as h5py does.

    Returns:
        Spec and weights, as any other model.

    Raises:
        ModelFileError: cut short, not a Caffe model, or not a chain of convolutions with a ReLU between;
            the message says what was found.

    Source: src/caffe/proto/caffe.proto of BVLC/caffe; saveFilters.m of the authors' package.
        Tests: tests/zoo/test_caffe.py.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ModelFileError(
            f"expected a Caffe model at {path}, got: {error.strerror}; check the path and its permissions"
        ) from error
    try:
        convolutions = _convolutions(_layers(memoryview(content)))
    except (_UnusableError, ProtobufError) as error:
        raise ModelFileError(
            f"expected a Caffe model (.caffemodel) of convolutions with a ReLU between in {path}, got {error}; "
            "give the file that training SRCNN with Caffe wrote, complete"
        ) from error
    weights: dict[str, NDArray[np.float32]] = {}
    for number, (kernels, biases) in enumerate(convolutions, 1):
        upright = kernels.swapaxes(2, 3) if transposed else kernels
        weights[f"conv{number}.weight"] = np.ascontiguousarray(upright)
        weights[f"conv{number}.bias"] = biases
    spec = srcnn(
        name=name,
        scale=scale,
        kernel_sizes=tuple(kernels.shape[2] for kernels, _ in convolutions),
        widths=tuple(kernels.shape[0] for kernels, _ in convolutions[:-1]),
        training={"source": f"imported from {path.name}, a Caffe model"},
    )
    return Model(spec, weights)


def _convolutions(layers: list[_Layer]) -> list[tuple[NDArray[np.float32], NDArray[np.float32]]]:
    """Kernels and biases of each convolution, after the chain is found to be SRCNN's."""
    computing = [layer for layer in layers if layer.kind not in _NOT_COMPUTING]
    kinds = [layer.kind for layer in computing]
    if len(kinds) % 2 == 0 or kinds != ["Convolution", "ReLU"] * (len(kinds) // 2) + ["Convolution"]:
        raise _UnusableError(f"the layers {some_of([f'{layer.name} ({layer.kind})' for layer in layers]) or 'none'}")
    _check_wiring(layers, computing)
    chain: list[tuple[NDArray[np.float32], NDArray[np.float32]]] = []
    channels = 1
    for layer in computing[::2]:
        shapes = [blob.shape for blob in layer.blobs]
        if len(shapes) != 2 or len(shapes[0]) != 4 or shapes[0][2] != shapes[0][3] or not shapes[0][2] % 2:
            found = some_of([str(shape) for shape in shapes])
            raise _UnusableError(f"arrays of the shapes [{found}] in {layer.name} instead of square kernels and biases")
        kernels, biases = layer.blobs
        if kernels.shape[1] != channels or biases.size != kernels.shape[0]:
            raise _UnusableError(f"shapes that do not fit together: {shapes} in {layer.name} after {channels} channels")
        channels = kernels.shape[0]
        chain.append((kernels, biases.ravel()))
    if channels != 1:
        raise _UnusableError(f"{channels} channels as the result instead of 1")
    return chain


def _check_wiring(layers: list[_Layer], computing: list[_Layer]) -> None:
    """Refuse layers that are not one behind the other; where a file does not say, they are."""
    same = {top: layer.bottoms[0] for layer in layers if layer.kind == "Split" and layer.bottoms for top in layer.tops}
    if not any(layer.bottoms or layer.tops for layer in computing):
        return
    for before, layer in pairwise(computing):
        entering = [same.get(bottom, bottom) for bottom in layer.bottoms]
        if entering != before.tops:
            wanted = some_of(before.tops) or "anything"
            raise _UnusableError(f"{some_of(entering) or 'nothing'} instead of {wanted} entering {layer.name}")


def _layers(net: memoryview) -> list[_Layer]:
    """Every layer of a NetParameter."""
    layers: list[_Layer] = []
    for number, value in read_fields(net):
        if number in _LAYER_FORMATS:
            layers.append(_layer(read_bytes(value), _LAYER_FORMATS[number]))
    return layers


def _layer(message: memoryview, numbers: _Numbers) -> _Layer:
    name, kind, blobs = "a layer without a name", "unknown kind", list[NDArray[np.float32]]()
    bottoms, tops = list[str](), list[str]()
    for number, value in read_fields(message):
        if number == numbers.name:
            name = _text(read_bytes(value))
        elif number == numbers.bottom:
            bottoms.append(_text(read_bytes(value)))
        elif number == numbers.top:
            tops.append(_text(read_bytes(value)))
        elif number == numbers.kind:
            kind = _V1_KINDS.get(value, f"kind {value}") if isinstance(value, int) else _text(value)
        elif number == numbers.blobs:
            blobs.append(_blob(read_bytes(value), name))
        elif number == numbers.convolution:
            _check_convolution(read_bytes(value), name)
        elif number == numbers.relu:
            _check_relu(read_bytes(value), name)
    return _Layer(name, kind, blobs, bottoms, tops)


def _check_convolution(message: memoryview, name: str) -> None:
    """Refuse strides, groups and dilations, which the shapes would not show."""
    for number, value in read_fields(message):
        if number in _ONLY_ONE and read_integers(value) != [1]:
            raise _UnusableError(f"{_ONLY_ONE[number]} {', '.join(map(str, read_integers(value)))} in {name}")


def _check_relu(message: memoryview, name: str) -> None:
    """Refuse a slope below zero."""
    for number, value in read_fields(message):
        if number == 1 and any(read_bytes(value)):
            raise _UnusableError(f"a negative slope in {name}")


def _blob(message: memoryview, name: str) -> NDArray[np.float32]:
    """A BlobProto: floats or doubles, with a shape or the four dimensions of earlier years."""
    shape: list[int] = []
    dimensions = dict[int, int]()
    floats, doubles = list[memoryview](), list[memoryview]()
    for number, value in read_fields(message):
        if number == 7:
            shape = [n for field, sizes in read_fields(read_bytes(value)) if field == 1 for n in read_integers(sizes)]
        elif number in (1, 2, 3, 4):
            dimensions[number] = value if isinstance(value, int) else 0
        elif number == 5:
            floats.append(read_bytes(value))
        elif number == 8:
            doubles.append(read_bytes(value))
    shape = shape or [dimensions[number] for number in sorted(dimensions)]
    content, dtype = (b"".join(doubles), np.dtype("<f8")) if doubles else (b"".join(floats), np.dtype("<f4"))
    if not 1 <= len(shape) <= 4 or min(shape) < 1 or len(content) != dtype.itemsize * math.prod(shape):
        raise _UnusableError(
            f"{len(content)} bytes of numbers for the shape [{some_of([str(length) for length in shape])}] in {name}"
        )
    with np.errstate(over="ignore"):
        array = np.frombuffer(content, dtype).reshape(shape).astype(np.float32)
    if not np.isfinite(array).all():
        raise _UnusableError(f"numbers that are not finite in {name}")
    return array


def _text(value: memoryview) -> str:
    """A name, of which a message shows no more than this."""
    return bytes(value[:_LONGEST_NAME]).decode(errors="replace")
