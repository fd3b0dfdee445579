import json
import pickle
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load, save
from tiny_models import random_model

from srcnn.errors import ModelFileError, OutputError
from srcnn.zoo.model_file import Model, parse_model, read_model, save_model


@pytest.fixture
def model() -> Model:
    return random_model(seed=3)


@pytest.fixture
def content(model: Model, tmp_path: Path) -> bytes:
    save_model(tmp_path / "m.safetensors", model)
    return (tmp_path / "m.safetensors").read_bytes()


def rewritten(content: bytes, changes: dict[str, np.ndarray | None], metadata: dict[str, str] | None = None) -> bytes:
    """The file with other tensors (None leaves one out) or metadata."""
    weights = {**load(content), **changes}
    if metadata is None:
        header = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])
        metadata = header["__metadata__"]
    return save({name: w for name, w in weights.items() if w is not None}, metadata)


def test_a_model_survives_the_file(model: Model, tmp_path: Path) -> None:
    save_model(tmp_path / "m.safetensors", model)
    result = read_model(tmp_path / "m.safetensors")
    assert result.spec == model.spec
    assert result.weights.keys() == model.weights.keys()
    for name, weight in model.weights.items():
        assert result.weights[name].dtype == np.float32
        np.testing.assert_array_equal(result.weights[name], weight)


def test_equal_models_have_equal_bytes(model: Model, content: bytes, tmp_path: Path) -> None:
    other = Model(model.spec, {name: model.weights[name].copy() for name in reversed(model.weights)})
    save_model(tmp_path / "other.safetensors", other)
    assert (tmp_path / "other.safetensors").read_bytes() == content


def test_a_file_read_and_saved_again_and_again_has_equal_bytes(content: bytes, tmp_path: Path) -> None:
    for _ in range(12):  # the library under it orders the metadata by chance
        save_model(tmp_path / "again", parse_model(content, "m"))
        assert (tmp_path / "again").read_bytes() == content


CHROMA = random_model((3, 3), (4,), colour="chroma", input_space="lr", seed=7)


def test_a_network_of_chroma_lies_in_the_file_of_the_one_that_it_is_beside(model: Model, tmp_path: Path) -> None:
    path = tmp_path / "m.safetensors"
    save_model(path, replace(model, chroma=CHROMA))
    content = path.read_bytes()
    result = read_model(path)
    assert result.spec == model.spec
    assert result.chroma is not None
    assert result.chroma.spec == CHROMA.spec
    for ours, theirs in ((result.weights, model.weights), (result.chroma.weights, CHROMA.weights)):
        assert ours.keys() == theirs.keys()
        for name, weight in theirs.items():
            np.testing.assert_array_equal(ours[name], weight)
    save_model(path, result)
    assert path.read_bytes() == content


def test_both_networks_of_a_file_are_checked(model: Model, tmp_path: Path) -> None:
    path = tmp_path / "m.safetensors"
    save_model(path, replace(model, chroma=CHROMA))
    content = path.read_bytes()
    path.write_bytes(rewritten(content, {"chroma.conv2.bias": None, "chroma.conv9.bias": np.zeros(1, np.float32)}))
    with pytest.raises(ModelFileError, match=r"missing chroma.conv2.bias .8,.; unexpected chroma.conv9.bias"):
        read_model(path)
    path.write_bytes(rewritten(content, {"chroma.conv1.bias": np.full(4, np.nan, np.float32)}))
    with pytest.raises(ModelFileError, match=r"expected finite .* others in chroma.conv1.bias"):
        read_model(path)
    metadata = {"format": "srcnn-1", "spec": model.spec.to_json(), "chroma": model.spec.to_json()}
    path.write_bytes(rewritten(content, {}, metadata))
    with pytest.raises(
        ModelFileError, match="expected a network of luma and one of chroma of the same scale, got tiny"
    ):
        read_model(path)


@pytest.mark.parametrize(
    ("luma", "chroma"),
    [
        (random_model(), random_model(input_space="lr")),
        (random_model(colour="rgb"), CHROMA),
        (CHROMA, CHROMA),
        (random_model(scale=3), CHROMA),
    ],
    ids=["two of luma", "beside RGB", "two of chroma", "other scale"],
)
def test_networks_that_do_not_belong_together_are_refused(luma: Model, chroma: Model) -> None:
    with pytest.raises(
        ModelFileError, match="expected a network of luma and one of chroma of the same scale, got tiny"
    ):
        replace(luma, chroma=chroma)


def test_weights_that_lie_elsewhere_in_memory_are_saved_by_their_values(model: Model, tmp_path: Path) -> None:
    transposed = {name: np.asfortranarray(w) for name, w in model.weights.items()}
    save_model(tmp_path / "m", Model(model.spec, transposed))
    np.testing.assert_array_equal(read_model(tmp_path / "m").weights["conv1.weight"], model.weights["conv1.weight"])


def test_other_programs_read_it_as_safetensors(content: bytes, model: Model) -> None:
    np.testing.assert_array_equal(load(content)["conv3.weight"], model.weights["conv3.weight"])


def test_half_precision_weights_of_other_programs_become_single(content: bytes) -> None:
    half = {name: weight.astype(np.float16) for name, weight in load(content).items()}
    result = parse_model(rewritten(content, half), "m")
    assert {weight.dtype for weight in result.weights.values()} == {np.dtype(np.float32)}


def test_metadata_that_are_null_are_none(content: bytes) -> None:
    length = int.from_bytes(content[:8], "little")
    header = json.dumps(json.loads(content[8 : 8 + length]) | {"__metadata__": None}).encode()
    with pytest.raises(ModelFileError, match="got format none"):
        parse_model(len(header).to_bytes(8, "little") + header + content[8 + length :], "m.safetensors")


def test_every_difference_between_tensors_and_spec_is_listed(content: bytes) -> None:
    changes = {
        "conv1.bias": None,
        "conv2.weight": None,
        "conv2.bias": np.zeros(5, np.float32),
        "conv3.weight": np.zeros((1, 3, 3, 5), np.float32),
        "conv4.weight": np.zeros((2, 2), np.float32),
        "optimiser": np.zeros(1, np.float32),
    }
    with pytest.raises(ModelFileError) as caught:
        parse_model(rewritten(content, changes), "m.safetensors")
    message = str(caught.value)
    assert message.startswith("expected the tensors of tiny in m.safetensors, got differences: ")
    for difference in (
        "missing conv1.bias (4,)",
        "missing conv2.weight (3, 4, 1, 1)",
        "conv2.bias has shape (5,) instead of (3,)",
        "conv3.weight has shape (1, 3, 3, 5) instead of (1, 3, 3, 3)",
        "unexpected conv4.weight (2, 2)",
        "unexpected optimiser (1,)",
    ):
        assert difference in message
    assert message.count(";") == 6


def test_a_model_whose_weights_do_not_fit_its_spec_is_not_written(model: Model, tmp_path: Path) -> None:
    del model.weights["conv1.bias"]
    with pytest.raises(ModelFileError, match=r"missing conv1.bias \(4,\)"):
        save_model(tmp_path / "m", model)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"scale": 3.0}, "expected a spec that a file can hold, got one whose scale is no whole number"),
        ({"training": {"steps": 3}}, "got one whose training holds something else than texts"),
    ],
)
def test_a_spec_that_could_not_be_read_back_is_not_written(
    model: Model, tmp_path: Path, change: dict[str, object], message: str
) -> None:
    with pytest.raises(ModelFileError, match=message):
        save_model(tmp_path / "m", Model(replace(model.spec, **change), model.weights))
    assert not list(tmp_path.iterdir())


def test_weights_that_are_tensors_are_refused(model: Model, tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    weights = model.weights | {"conv1.bias": torch.from_numpy(model.weights["conv1.bias"])}
    with pytest.raises(ModelFileError, match=r"expected NumPy arrays for .*m, got others in conv1\.bias; of a tensor"):
        save_model(tmp_path / "m", Model(model.spec, weights))


def test_paths_may_be_texts(model: Model, tmp_path: Path) -> None:
    save_model(str(tmp_path / "m"), model)
    assert read_model(str(tmp_path / "m")).spec == model.spec


def bfloat16_file(content: bytes) -> bytes:
    """A tensor type NumPy does not have."""
    header = json.dumps({"conv1.bias": {"dtype": "BF16", "shape": [1], "data_offsets": [0, 2]}}).encode()
    return len(header).to_bytes(8, "little") + header + b"\0\0"


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: b"",
        lambda content: content[:7],
        lambda content: content[:100],
        lambda content: content[:-1],
        lambda content: content + b"\0",
        lambda content: b"\xff" * 8 + content[8:],
        lambda content: content[:8] + b"x" + content[9:],
        lambda content: b"not a model, but a longer text than a header's length",
        lambda content: b"\x89PNG\r\n\x1a\n" + bytes(100),
        lambda content: pickle.dumps({"conv1.weight": [1.0] * 50}, protocol=2),
        bfloat16_file,
    ],
    ids=["empty", "7 bytes", "100 bytes", "cut", "longer", "length", "header", "text", "png", "pickle", "bfloat16"],
)
def test_what_is_no_model_file_is_refused_with_one_sentence(content: bytes, damage, tmp_path: Path) -> None:
    path = tmp_path / "m.safetensors"
    path.write_bytes(damage(content))
    with pytest.raises(
        ModelFileError, match=r"^expected a model file in .*m\.safetensors, got something else"
    ) as caught:
        read_model(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "metadata", [{}, {"format": "pt"}, {"format": "srcnn-1"}, {"spec": "{}"}, {"format": "srcnn-2"}]
)
def test_safetensors_of_another_program_or_version_are_refused(content: bytes, metadata: dict[str, str]) -> None:
    foreign = rewritten(content, {}, metadata)
    got = metadata.get("format", "none")
    with pytest.raises(
        ModelFileError, match=f"spec of format srcnn-1 in m, got format {got}; model files are written by"
    ):
        parse_model(foreign, "m")


def test_a_damaged_spec_is_refused(content: bytes) -> None:
    for spec in ("{}", "[" * 100_000):
        with pytest.raises(ModelFileError, match=r"^m\.safetensors: "):
            parse_model(rewritten(content, {}, {"format": "srcnn-1", "spec": spec}), "m.safetensors")


@pytest.mark.parametrize(
    ("name", "advice"), [("nothing.safetensors", "check the path"), ("folder", "has the model in .*folder.model.safe")]
)
def test_what_cannot_be_read_is_refused(tmp_path: Path, name: str, advice: str) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(ModelFileError, match=rf"^expected a model file at .*, got.*; .*{advice}"):
        read_model(tmp_path / name)


def test_a_pickle_is_never_executed(tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self):
            return (Path.touch, (tmp_path / "executed",))

    (tmp_path / "m.safetensors").write_bytes(pickle.dumps(Trap()) + bytes(1000))
    with pytest.raises(ModelFileError):
        read_model(tmp_path / "m.safetensors")
    assert not (tmp_path / "executed").exists()


def test_weights_that_float32_does_not_hold_are_refused() -> None:
    model = random_model()
    metadata = {"format": "srcnn-1", "spec": model.spec.to_json()}
    wide = {name: weight.astype(np.float64) for name, weight in model.weights.items()}
    read = parse_model(save(wide, metadata), "wide")
    np.testing.assert_array_equal(read.weights["conv1.weight"], model.weights["conv1.weight"])
    wide["conv1.bias"][0] = 1e300
    with pytest.raises(ModelFileError, match=r"others in conv1\.bias"):
        parse_model(save(wide, metadata), "wide")


def test_a_model_in_a_folder_that_is_not_there_is_an_output_error(model: Model, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"^expected to write .*; choose a folder that exists"):
        save_model(tmp_path / "none" / "m", model)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_weights_that_are_no_numbers_are_refused_and_named(tmp_path: Path, value: float) -> None:
    model = random_model()
    model.weights["conv2.weight"][0, 0, 0, 0] = value
    with pytest.raises(ModelFileError, match=r"finite floating-point weights .* others in conv2\.weight; the training"):
        save_model(tmp_path / "diverged.safetensors", model)
    assert list(tmp_path.iterdir()) == []
