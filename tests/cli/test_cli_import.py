from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from srcnn.zoo.caffe import read_caffe_model
from srcnn.zoo.model_file import read_model


@pytest.fixture
def mat_file(tmp_path: Path) -> Path:
    """A file in the layout of the authors' package: 3-1-3 with 4 and 2 maps."""
    savemat = pytest.importorskip("scipy.io").savemat
    random = np.random.default_rng(0)
    shapes = {"weights_conv1": (9, 4), "biases_conv1": (4, 1), "weights_conv2": (4, 1, 2), "biases_conv2": (2, 1)}
    shapes |= {"weights_conv3": (2, 9), "biases_conv3": (1, 1)}
    savemat(tmp_path / "x3.mat", {name: random.normal(size=shape) for name, shape in shapes.items()})
    return tmp_path / "x3.mat"


def test_the_authors_weights_become_a_model_file(srcnn: Callable, mat_file: Path, tmp_path: Path) -> None:
    outcome = srcnn("import", mat_file, "-o", tmp_path / "authors.safetensors", "-s", 3, "--name", "theirs")
    assert outcome.code == 0
    spec = read_model(tmp_path / "authors.safetensors").spec
    assert (spec.name, spec.scale, [layer.kernel_size for layer in spec.layers]) == ("theirs", 3, [3, 1, 3])


def test_a_model_without_a_name_is_called_as_its_file(srcnn: Callable, mat_file: Path, tmp_path: Path) -> None:
    outcome = srcnn("import", mat_file, "-o", tmp_path / "authors.safetensors", "-s", 3)
    assert outcome.out.startswith(f"{tmp_path / 'authors.safetensors'}: authors x3, ")
    assert read_model(tmp_path / "authors.safetensors").spec.name == "authors"


def test_the_folder_of_the_output_is_made(srcnn: Callable, mat_file: Path, tmp_path: Path) -> None:
    assert srcnn("import", mat_file, "-o", tmp_path / "new" / "deep" / "authors.safetensors", "-s", 3).code == 0
    assert read_model(tmp_path / "new" / "deep" / "authors.safetensors").spec.scale == 3


def test_nothing_is_made_for_a_file_that_cannot_be_read(srcnn: Callable, tmp_path: Path) -> None:
    srcnn("import", tmp_path / "x3.mat", "-o", tmp_path / "new" / "a.safetensors", "-s", 3).assert_refused("x3.mat")
    assert not (tmp_path / "new").exists()


def test_the_help_says_where_the_authors_weights_come_from(srcnn: Callable) -> None:
    assert "mmlab.ie.cuhk.edu.hk/projects/SRCNN.html" in srcnn("import", "--help").out


def test_what_is_no_matlab_file_is_refused_and_nothing_is_written(srcnn: Callable, tmp_path: Path) -> None:
    (tmp_path / "x3.mat").write_text("hello")
    outcome = srcnn("import", tmp_path / "x3.mat", "-o", tmp_path / "authors.safetensors", "-s", 3)
    assert outcome.code == 2
    assert "weights_conv1 (f1 x f1, n1)" in outcome.err
    assert not (tmp_path / "authors.safetensors").exists()


@pytest.fixture
def caffe_file(tmp_path: Path) -> Path:
    """A Caffe model of 3-1-3 with 4 and 2 maps, with a name that does not say so."""
    pytest.importorskip("google.protobuf")
    from caffe_models import net, srcnn_layers

    path = tmp_path / "SRCNN_iter_500"
    path.write_bytes(net(srcnn_layers((3, 1, 3), (4, 2))).SerializeToString())
    return path


@pytest.mark.parametrize(("options", "transposed"), [((), True), (("--patches", "row-by-row"), False)])
def test_a_caffe_model_becomes_a_model_file(
    srcnn: Callable, caffe_file: Path, tmp_path: Path, options: tuple[str, ...], transposed: bool
) -> None:
    outcome = srcnn("import", caffe_file, "-o", tmp_path / "caffe.safetensors", "-s", 3, *options)
    assert outcome.code == 0
    model = read_model(tmp_path / "caffe.safetensors")
    assert (model.spec.name, [layer.kernel_size for layer in model.spec.layers]) == ("caffe", [3, 1, 3])
    expected = read_caffe_model(caffe_file, name="", scale=3, transposed=transposed)
    np.testing.assert_array_equal(model.weights["conv1.weight"], expected.weights["conv1.weight"])


def test_a_caffe_model_cut_short_is_refused_and_nothing_is_written(
    srcnn: Callable, caffe_file: Path, tmp_path: Path
) -> None:
    caffe_file.write_bytes(caffe_file.read_bytes()[:-10])
    outcome = srcnn("import", caffe_file, "-o", tmp_path / "caffe.safetensors", "-s", 3)
    outcome.assert_refused("expected a Caffe model", "cut short")
    assert not (tmp_path / "caffe.safetensors").exists()


def test_the_weights_are_not_replaced_by_the_model(srcnn: Callable, tmp_path: Path) -> None:
    (tmp_path / "x3.mat").write_bytes(b"weights")
    srcnn("import", tmp_path / "x3.mat", "-o", tmp_path / "x3.mat", "-s", 3).assert_refused("ends in .safetensors")
    (tmp_path / "x3.safetensors").write_bytes(b"weights")
    command = "import", tmp_path / "x3.safetensors", "-o", tmp_path / "x3.safetensors", "-s", 3
    srcnn(*command).assert_refused("expected an output that is not the input")
    assert {path.read_bytes() for path in tmp_path.iterdir()} == {b"weights"}


@pytest.fixture(params=[True, False], ids=["zipped", "as before"])
def torch_file(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """A state dict of 3-1-3 with 4 and 2 maps, with a name that does not say so."""
    torch = pytest.importorskip("torch")
    shapes = [(4, 1, 3, 3), (2, 4, 1, 1), (1, 2, 3, 3)]
    state = {f"conv{i}.weight": torch.ones(shape) for i, shape in enumerate(shapes, 1)}
    torch.save(state, tmp_path / "weights", _use_new_zipfile_serialization=request.param)
    return tmp_path / "weights"


def test_a_zip_file_of_something_else_is_no_state_dict(srcnn: Callable, tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", np.zeros(3))
    outcome = srcnn("import", tmp_path / "a.npz", "-o", tmp_path / "port.safetensors", "-s", 3)
    outcome.assert_refused("expected a MATLAB v5 file")


def test_a_state_dict_becomes_a_model_file(srcnn: Callable, torch_file: Path, tmp_path: Path) -> None:
    outcome = srcnn("import", torch_file, "-o", tmp_path / "port.safetensors", "-s", 3)
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out == f"{tmp_path / 'port.safetensors'}: port x3, kernels 3-1-3, 69 weights\n"
    assert read_model(tmp_path / "port.safetensors").spec.training["source"] == "imported from weights, by PyTorch"


@pytest.mark.parametrize("name", ["a.pth", "a.pt", "a.ckpt"])
def test_a_damaged_state_dict_is_known_by_its_name(srcnn: Callable, tmp_path: Path, name: str) -> None:
    pytest.importorskip("torch")
    (tmp_path / name).write_bytes(b"no pickle")
    outcome = srcnn("import", tmp_path / name, "-o", tmp_path / "port.safetensors", "-s", 3)
    outcome.assert_refused(f"expected a state dict in {tmp_path / name}, got something else, or a damaged file")
    assert not (tmp_path / "port.safetensors").exists()


def test_weights_that_are_no_numbers_are_refused(srcnn: Callable, torch_file: Path, tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    torch.save({"0.weight": torch.full((1, 1, 3, 3), torch.nan)}, torch_file)
    srcnn("import", torch_file, "-o", tmp_path / "a.safetensors", "-s", 3).assert_refused("not finite in 0.weight")
    assert not (tmp_path / "a.safetensors").exists()


def test_without_torch_the_extra_is_named(
    srcnn: Callable, torch_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    outcome = srcnn("import", torch_file, "-o", tmp_path / "port.safetensors", "-s", 3)
    assert (outcome.code, outcome.out) == (2, "")
    assert "torch is needed and not installed; in the folder of srcnn's source run: pip install" in outcome.err


@pytest.mark.parametrize("place", [6, 8])
def test_a_zip_file_with_a_damaged_list_of_its_files_leads_to_no_traceback(
    srcnn: Callable, tmp_path: Path, place: int
) -> None:
    torch = pytest.importorskip("torch")
    torch.save({"conv1.weight": torch.ones(1, 1, 3, 3)}, tmp_path / "a.pth")
    content = bytearray((tmp_path / "a.pth").read_bytes())
    first = content.index(b"PK\x01\x02")
    content[first + place : first + place + 2] = b"\xff\xff"  # the version that it needs, or its flags
    (tmp_path / "a.pth").write_bytes(content)
    outcome = srcnn("import", tmp_path / "a.pth", "-o", tmp_path / "port.safetensors", "-s", 3)
    if outcome.code:  # torch does not mind every damage
        outcome.assert_refused("expected a state dict in")
    else:
        assert read_model(tmp_path / "port.safetensors").spec.name == "port"
