from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from srcnn.errors import ModelFileError
from srcnn.zoo.authors import read_authors_mat
from srcnn.zoo.caffe import is_caffe_model, read_caffe_model
from srcnn.zoo.model_file import read_model, save_model

pytest.importorskip("google.protobuf", reason="needs protobuf, which onnx of the extra 'dev' brings")

from caffe_models import Layers, net, srcnn_layers

Write = Callable[[object], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def to_file(message: object) -> Path:
        path = tmp_path / "SRCNN_iter_500.caffemodel"
        path.write_bytes(message if isinstance(message, bytes) else message.SerializeToString())
        return path

    return to_file


def read(path: Path, *, transposed: bool = False):
    return read_caffe_model(path, name="caffe", scale=3, transposed=transposed)


@pytest.mark.parametrize("v1", [False, True])
@pytest.mark.parametrize("doubles", [False, True])
def test_both_formats_and_both_precisions_are_read(write: Write, v1: bool, doubles: bool) -> None:
    layers = srcnn_layers((9, 1, 5), (64, 32))
    model = read(write(net(layers, v1=v1, doubles=doubles)))
    assert [layer.kernel_size for layer in model.spec.layers] == [9, 1, 5]
    assert [layer.out_channels for layer in model.spec.layers] == [64, 32, 1]
    assert (model.spec.name, model.spec.scale) == ("caffe", 3)
    arrays = [blobs for _, kind, blobs in layers if kind == "Convolution"]
    for number, (kernels, biases) in enumerate(arrays, 1):
        np.testing.assert_array_equal(model.weights[f"conv{number}.weight"], kernels)
        np.testing.assert_array_equal(model.weights[f"conv{number}.bias"], biases)


def test_an_imported_model_is_a_model_file_like_any_other(write: Write, tmp_path: Path) -> None:
    model = read(write(net(srcnn_layers())), transposed=True)
    save_model(tmp_path / "caffe.safetensors", model)
    assert read_model(tmp_path / "caffe.safetensors").spec == model.spec


def test_the_way_over_matlab_gives_the_same_weights(write: Write, tmp_path: Path) -> None:
    savemat = pytest.importorskip("scipy.io").savemat
    layers = srcnn_layers()
    variables = {}
    for number, (kernels, biases) in enumerate((blobs for _, kind, blobs in layers if kind == "Convolution"), 1):
        # saveFilters.m: Caffe's arrays come to MATLAB with their dimensions reversed, and each kernel is taken
        # apart column by column.
        in_matlab = kernels.transpose(3, 2, 1, 0)
        size, _, maps, count = in_matlab.shape
        taps = in_matlab.reshape(size * size, maps, count, order="F")
        taps = taps[:, 0] if maps == 1 else taps.transpose(1, 0, 2)
        variables[f"weights_conv{number}"] = taps[:, :, 0] if taps.shape[2:] == (1,) else taps
        variables[f"biases_conv{number}"] = biases[:, None]
    savemat(tmp_path / "x3.mat", variables)
    by_matlab = read_authors_mat(tmp_path / "x3.mat", name="caffe", scale=3)
    directly = read(write(net(layers)), transposed=True)
    for name, weight in by_matlab.weights.items():
        np.testing.assert_array_equal(directly.weights[name], weight)


def test_numbers_that_are_not_packed_are_read(write: Write) -> None:
    # One network of one 1 x 1 convolution by hand: each float has a key of its own, as old encoders write it.
    def field(number: int, content: bytes) -> bytes:
        return bytes([number << 3 | 2, len(content)]) + content

    def blob(shape: bytes, number: bytes) -> bytes:
        return field(7, field(7, field(1, shape)) + b"\x2d" + number)

    kernel, bias = blob(b"\x01\x01\x01\x01", b"\x00\x00\x80\x3f"), blob(b"\x01", b"\x00\x00\x00\x40")
    layer = field(1, b"conv1") + field(2, b"Convolution") + kernel + bias
    model = read(write(b"\xa2\x06" + bytes([len(layer)]) + layer))
    assert (model.weights["conv1.weight"].item(), model.weights["conv1.bias"].item()) == (1, 2)


@pytest.mark.parametrize(
    ("kind", "change"),
    [("PReLU", 2), ("Deconvolution", 5), ("Pooling", 4)],
)
def test_layers_of_other_kinds_are_refused_by_name(write: Write, kind: str, change: int) -> None:
    layers = srcnn_layers()
    name, _, blobs = layers[change]
    layers[change] = (name, kind, blobs)
    with pytest.raises(ModelFileError, match=rf"got the layers .*{name} \({kind}\)"):
        read(write(net(layers)))


def test_a_missing_relu_is_refused(write: Write) -> None:
    layers: Layers = [layer for layer in srcnn_layers() if layer[0] != "relu1"]
    with pytest.raises(ModelFileError, match="got the layers"):
        read(write(net(layers)))


@pytest.mark.parametrize("v1", [False, True])
def test_layers_that_are_not_one_behind_the_other_are_refused(write: Write, v1: bool) -> None:
    message = net(srcnn_layers(), v1=v1)
    layers = message.layers if v1 else message.layer
    layers[3].bottom[0] = "data"  # the second convolution
    with pytest.raises(ModelFileError, match="got data instead of conv1 entering conv2"):
        read(write(message))
    for layer in layers:
        layer.ClearField("top")
    with pytest.raises(ModelFileError, match="got conv1 instead of anything entering relu1"):
        read(write(message))
    for layer in layers:
        layer.ClearField("bottom")
    assert read(write(message)).spec.layers[0].kernel_size == 5


def test_a_split_is_a_second_name(write: Write) -> None:
    message = net(srcnn_layers())
    split = message.layer.add(name="split", type="Split")
    split.bottom.append("conv1")
    split.top.extend(["conv1_split_0", "conv1_split_1"])
    message.layer[3].bottom[0] = "conv1_split_0"
    assert read(write(message)).spec.layers[1].kernel_size == 3


def test_of_very_many_layers_only_some_are_named(write: Write) -> None:
    layers = [(f"{number}{'x' * 1000}", "Pooling", []) for number in range(1000)]
    with pytest.raises(ModelFileError, match=r"got the layers 0x+ \(Pooling\), .* and 992 more; ") as caught:
        read(write(net(layers)))
    assert len(str(caught.value)) < 3000


def test_strides_and_slopes_are_refused(write: Write) -> None:
    message = net(srcnn_layers())
    message.layer[1].convolution_param.stride.append(1)
    read(write(message))
    message.layer[1].convolution_param.stride[0] = 2
    with pytest.raises(ModelFileError, match="got stride 2 in conv1"):
        read(write(message))
    message = net(srcnn_layers())
    message.layer[2].relu_param.negative_slope = 0.1
    with pytest.raises(ModelFileError, match="got a negative slope in relu1"):
        read(write(message))


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ((6, 1, 5, 3), r"arrays of the shapes \[\(6, 1, 5, 3\)"),
        ((6, 1, 4, 4), "square kernels"),
        ((6, 3, 5, 5), "do not fit together"),
        ((6, 1, 25), "square kernels"),
    ],
)
def test_kernels_of_other_shapes_are_refused(write: Write, shape: tuple[int, ...], message: str) -> None:
    layers = srcnn_layers()
    layers[1][2][0] = np.zeros(shape, np.float32)
    with pytest.raises(ModelFileError, match=message):
        read(write(net(layers)))


def test_colour_networks_are_refused(write: Write) -> None:
    layers = srcnn_layers()
    layers[5][2][:] = [np.zeros((3, 4, 3, 3), np.float32), np.zeros(3, np.float32)]
    with pytest.raises(ModelFileError, match="3 channels as the result"):
        read(write(net(layers)))


def test_a_shape_that_its_numbers_do_not_fill_is_refused(write: Write) -> None:
    message = net(srcnn_layers())
    del message.layer[1].blobs[0].data[-1]
    with pytest.raises(ModelFileError, match=r"got 596 bytes of numbers for the shape \[6, 1, 5, 5\] in conv1"):
        read(write(message))


@pytest.mark.parametrize("doubles", [False, True])
def test_numbers_that_are_not_finite_are_refused(write: Write, doubles: bool) -> None:
    message = net(srcnn_layers(), doubles=doubles)
    if doubles:
        message.layer[3].blobs[1].double_data[0] = 1e300
    else:
        message.layer[3].blobs[1].data[0] = np.nan
    with pytest.raises(ModelFileError, match="not finite in conv2"):
        read(write(message))


@pytest.mark.parametrize("shape", [[], [0, 2**62, 2**62], [-1, -150], [1] * 30])
def test_absurd_shapes_are_refused(write: Write, shape: list[int]) -> None:
    message = net(srcnn_layers())
    message.layer[1].blobs[0].shape.dim[:] = shape
    if 0 in shape:
        del message.layer[1].blobs[0].data[:]
    with pytest.raises(ModelFileError, match="bytes of numbers for the shape"):
        read(write(message))


@pytest.mark.parametrize("v1", [False, True])
def test_a_file_cut_anywhere_is_refused(write: Write, v1: bool) -> None:
    layers = srcnn_layers((3, 1, 3), (2, 2))[:-1]
    content = net(layers, v1=v1).SerializeToString()
    for length in range(len(content)):
        with pytest.raises(ModelFileError, match="expected a Caffe model"):
            read(write(content[:length]))


def test_a_changed_byte_is_refused_or_changes_a_number(write: Write) -> None:
    content = net(srcnn_layers((3, 1, 3), (2, 2))).SerializeToString()
    random = np.random.default_rng(0)
    for _ in range(500):
        damaged = bytearray(content)
        damaged[random.integers(len(content))] = random.integers(256)
        try:
            model = read(write(bytes(damaged)))
        except ModelFileError:
            continue
        assert all(np.isfinite(weight).all() for weight in model.weights.values())


@pytest.mark.parametrize("content", [b"", b"MATLAB 5.0 MAT-file", b"\x89HDF\r\n", b"name: 'SRCNN'\nlayer {}"])
def test_what_is_no_caffe_model_is_refused(write: Write, content: bytes) -> None:
    with pytest.raises(ModelFileError, match=r"expected a Caffe model \(.caffemodel\)"):
        read(write(content))


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match="No such file"):
        read(tmp_path / "nothing.caffemodel")


def test_a_caffe_model_is_known_by_its_content_or_its_name(write: Write, tmp_path: Path) -> None:
    content = write(net(srcnn_layers())).read_bytes()
    for name, stored, is_caffe in (("a", content, True), ("b.caffemodel", b"", True), ("c", b"MATLAB 5.0", False)):
        (tmp_path / name).write_bytes(stored)
        assert is_caffe_model(tmp_path / name) is is_caffe
    assert not is_caffe_model(tmp_path / "nothing.mat")
