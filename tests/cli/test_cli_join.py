from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from tiny_models import random_model

from srcnn.zoo.model_file import read_model, save_model
from srcnn.zoo.shipped import load_model


@pytest.fixture
def chroma_file(tmp_path: Path) -> Path:
    path = tmp_path / "chroma.safetensors"
    save_model(path, random_model((3, 3), (4,), scale=3, colour="chroma", input_space="lr"))
    return path


def test_a_network_of_chroma_is_put_beside_a_shipped_one(srcnn: Callable, chroma_file: Path, tmp_path: Path) -> None:
    output = tmp_path / "new" / "both.safetensors"
    outcome = srcnn("join", "swift", chroma_file, "-s", 3, "-o", output)
    assert outcome.code == 0
    assert outcome.out == f"{output}: swift x3 with chroma\n"
    joined, alone = read_model(output), read_model(chroma_file)
    assert joined.chroma is not None
    assert joined.spec.name == "swift"
    assert joined.chroma.spec == alone.spec
    np.testing.assert_array_equal(joined.chroma.weights["conv1.weight"], alone.weights["conv1.weight"])


def test_or_beside_one_in_a_file(srcnn: Callable, chroma_file: Path, tmp_path: Path) -> None:
    save_model(tmp_path / "luma.safetensors", random_model(scale=3))
    output = tmp_path / "both.safetensors"
    assert srcnn("join", tmp_path / "luma.safetensors", chroma_file, "-o", output).code == 0
    assert read_model(output).chroma is not None


def test_the_network_of_chroma_of_a_shipped_model_or_a_file_of_both_is_taken(srcnn: Callable, tmp_path: Path) -> None:
    save_model(tmp_path / "mine.safetensors", random_model(scale=3))
    of_shipped, of_file = tmp_path / "a.safetensors", tmp_path / "b.safetensors"
    assert srcnn("join", tmp_path / "mine.safetensors", "fine", "-o", of_shipped).code == 0
    assert srcnn("join", "swift", of_shipped, "-o", of_file).code == 0
    expected = load_model("fine", 3).chroma
    for path, name in ((of_shipped, "tiny"), (of_file, "swift")):
        joined = read_model(path)
        assert joined.spec.name == name
        assert expected is not None
        assert joined.chroma is not None
        assert joined.chroma.spec == expected.spec
        np.testing.assert_array_equal(joined.chroma.weights["conv1.weight"], expected.weights["conv1.weight"])


def test_networks_of_two_scales_are_refused(srcnn: Callable, chroma_file: Path, tmp_path: Path) -> None:
    outcome = srcnn("join", "swift", chroma_file, "-s", 2, "-o", tmp_path / "both.safetensors")
    outcome.assert_refused("got swift of luma at x2 and tiny of chroma at x3")
    assert not (tmp_path / "both.safetensors").exists()


def test_a_shipped_one_is_of_the_scale_of_the_network_of_chroma(
    srcnn: Callable, chroma_file: Path, tmp_path: Path
) -> None:
    assert srcnn("join", "swift", chroma_file, "-o", tmp_path / "both.safetensors").code == 0
    assert read_model(tmp_path / "both.safetensors").spec.scale == 3


def test_neither_network_is_written_over(srcnn: Callable, chroma_file: Path, tmp_path: Path) -> None:
    luma_file = tmp_path / "luma.safetensors"
    save_model(luma_file, random_model(scale=3))
    for output in (luma_file, chroma_file):
        content = output.read_bytes()
        srcnn("join", luma_file, chroma_file, "-o", output).assert_refused(output.name)
        assert output.read_bytes() == content


def test_a_network_of_chroma_alone_is_told_where_it_belongs(srcnn: Callable, chroma_file: Path, tmp_path: Path) -> None:
    for command in (["upscale", chroma_file, "-m"], ["export", "-o", tmp_path / "m.onnx"]):
        srcnn(*command, chroma_file).assert_refused("gives chroma alone; put it beside one of luma with srcnn join")
