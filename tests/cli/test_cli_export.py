from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from tiny_models import gentle_model, run_by_definition

from srcnn.spec import ModelSpec
from srcnn.zoo.model_file import read_model


def test_other_programs_compute_the_network_from_the_file(srcnn: Callable, model_file: Path, tmp_path: Path) -> None:
    outcome = srcnn("export", model_file, "-o", tmp_path / "tiny.onnx")
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out == f"{tmp_path / 'tiny.onnx'}: tiny x3\n"
    model = onnx.load(tmp_path / "tiny.onnx")
    onnx.checker.check_model(model, full_check=True)
    plane = np.random.default_rng(0).random((19, 24), np.float32)
    session = onnxruntime.InferenceSession(str(tmp_path / "tiny.onnx"), providers=["CPUExecutionProvider"])
    (result,) = session.run(None, {session.get_inputs()[0].name: plane[None, None]})
    np.testing.assert_allclose(result[0, 0], run_by_definition(gentle_model(scale=3), plane), atol=1e-6)


def test_the_spec_goes_with_the_file(srcnn: Callable, model_file: Path, tmp_path: Path) -> None:
    srcnn("export", model_file, "-o", tmp_path / "tiny.onnx")
    metadata = {entry.key: entry.value for entry in onnx.load(tmp_path / "tiny.onnx").metadata_props}
    assert ModelSpec.from_json(metadata["spec"]) == read_model(model_file).spec


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("nothing", "-o", "a.onnx"), ("one of the shipped models", "got 'nothing'")),
        (("{model}", "-s", "4", "-o", "a.onnx"), ("expected the scale 3 of ", "got 4")),
    ],
)
def test_what_cannot_be_is_refused_with_one_line_and_nothing_is_written(
    srcnn: Callable, model_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...], words: tuple[str, ...],
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    srcnn("export", *(str(model_file) if a == "{model}" else a for a in arguments)).assert_refused(*words)
    assert not list(tmp_path.iterdir())


def test_the_folder_of_the_output_is_made(srcnn: Callable, model_file: Path, tmp_path: Path) -> None:
    assert srcnn("export", model_file, "-o", tmp_path / "new" / "deep" / "tiny.onnx").code == 0
    onnx.checker.check_model(onnx.load(tmp_path / "new" / "deep" / "tiny.onnx"))


@pytest.mark.parametrize("name", ["file/tiny.onnx", "file/deep/tiny.onnx"])
def test_a_folder_that_cannot_be_made_is_refused(srcnn: Callable, model_file: Path, tmp_path: Path, name: str) -> None:
    (tmp_path / "file").touch()
    outcome = srcnn("export", model_file, "-o", tmp_path / name)
    outcome.assert_refused(f"expected to make the folder {(tmp_path / name).parent}, got: ", "choose another with -o")


def test_the_output_must_be_named(srcnn: Callable, model_file: Path) -> None:
    assert srcnn("export", model_file).code == 2


@pytest.mark.parametrize("name", ["tiny.safetensors", "tiny", "tiny.bin"])
def test_an_output_that_is_called_something_else_is_refused(
    srcnn: Callable, model_file: Path, tmp_path: Path, name: str
) -> None:
    outcome = srcnn("export", model_file, "-o", tmp_path / name)
    outcome.assert_refused("expected an output that ends in .onnx", name)
    assert list(tmp_path.iterdir()) == []


def test_a_model_is_not_replaced_by_its_export(srcnn: Callable, model_file: Path, tmp_path: Path) -> None:
    model = tmp_path / "model.onnx"
    model.write_bytes(model_file.read_bytes())
    srcnn("export", model, "-o", tmp_path / "." / "model.onnx").assert_refused(
        "expected an output that is not the input"
    )
    assert model.read_bytes() == model_file.read_bytes()
