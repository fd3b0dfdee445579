from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

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


def test_what_is_no_matlab_file_is_refused_and_nothing_is_written(srcnn: Callable, tmp_path: Path) -> None:
    (tmp_path / "x3.mat").write_text("hello")
    outcome = srcnn("import", tmp_path / "x3.mat", "-o", tmp_path / "authors.safetensors", "-s", 3)
    assert outcome.code == 2
    assert "weights_conv1 (f1 x f1, n1)" in outcome.err
    assert not (tmp_path / "authors.safetensors").exists()
