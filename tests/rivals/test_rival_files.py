import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from safetensors.numpy import load, save

from srcnn.errors import ModelFileError, OutputError
from srcnn.rivals.anchored import AnchoredRegression
from srcnn.rivals.files import FORMAT, read_rival, save_rival
from srcnn.rivals.kernel_ridge import KernelRegression
from srcnn.rivals.neighbor_embedding import NeighborEmbedding
from srcnn.rivals.rival import Rival
from srcnn.rivals.sparse_coding import SparseCoding


def floats(*shape: int) -> NDArray[np.float32]:
    return np.random.default_rng(0).normal(size=shape).astype(np.float32) / 9


def rivals() -> list[Rival]:
    regression = {"basis": floats(144, 5), "anchors": floats(6, 5), "projections": floats(6, 5, 36)}
    return [
        AnchoredRegression(name="anr", scale=2, **regression),
        AnchoredRegression(name="a+", scale=2, **regression),
        NeighborEmbedding(scale=3, basis=floats(324, 5), lr_atoms=floats(30, 5), hr_atoms=floats(30, 81)),
        SparseCoding(scale=4, lr_atoms=floats(30, 144), hr_atoms=floats(30, 144)),
        KernelRegression(scale=2, centres=floats(7, 49), coefficients=floats(7, 25), mixture=floats(25)),
    ]


def header(name: object, scale: object) -> dict[str, str]:
    return {FORMAT: json.dumps({"name": name, "scale": scale})}


@pytest.mark.parametrize("rival", rivals(), ids=lambda rival: rival.name)
def test_a_rival_survives_the_file(rival: Rival, tmp_path: Path) -> None:
    save_rival(tmp_path / "fit.npz", rival)
    again = read_rival(tmp_path / "fit.npz")
    assert (type(again), again.name, again.scale) == (type(rival), rival.name, rival.scale)
    lr = np.random.default_rng(1).random((7, 9), np.float32)
    np.testing.assert_array_equal(again.luma(lr), rival.luma(lr))
    save_rival(tmp_path / "again", again)
    assert (tmp_path / "again").read_bytes() == (tmp_path / "fit.npz").read_bytes()


@pytest.mark.parametrize(
    ("metadata", "message"),
    [
        (None, "got metadata {}"),
        ({"format": "srcnn-1", "spec": "{}"}, "got metadata .*srcnn-1"),
        (header("espcn", 2), "name 'espcn'"),
        (header("anr", "2"), "scale '2'"),
        (header(["anr"], 2), "unhashable"),
        ({FORMAT: "not JSON"}, "expected a file of format"),
        ({FORMAT: "[1, 2]"}, "expected a file of format"),
        (header("anr", 3), r"basis \(144, 5\) instead of \(324, 5\)"),
        (header("anr", 0), "expected a scale of at least 2 for anr, got 0"),
        (header("sc", 2), "expected the arrays lr_atoms, hr_atoms of sc"),
    ],
)
def test_a_file_that_says_something_else_is_refused(
    metadata: dict[str, str] | None, message: str, tmp_path: Path
) -> None:
    save_rival(tmp_path / "f", rivals()[0])
    (tmp_path / "f").write_bytes(save(load((tmp_path / "f").read_bytes()), metadata))
    with pytest.raises(ModelFileError, match=message):
        read_rival(tmp_path / "f")


def test_missing_further_and_broken_arrays_are_refused(tmp_path: Path) -> None:
    save_rival(tmp_path / "f", rivals()[0])
    arrays = load((tmp_path / "f").read_bytes())
    for changed, message in (
        ({"basis": arrays["basis"]}, "got basis"),
        ({}, "got none"),
        ({**arrays, "more": arrays["basis"]}, "got anchors, basis, more, projections"),
        ({**arrays, "anchors": arrays["anchors"] * np.nan}, "others in anchors"),
        ({**arrays, "anchors": arrays["anchors"].astype(np.int32)}, "others in anchors"),
        ({**arrays, "basis": arrays["basis"][:, 0]}, "instead of"),
        ({name: np.array(1, np.float32) for name in arrays}, "instead of"),
        ({**arrays, "basis": np.array(1, np.float32)}, "instead of"),
    ):
        (tmp_path / "f").write_bytes(save(changed, header("anr", 2)))
        with pytest.raises(ModelFileError, match=message):
            read_rival(tmp_path / "f")


def test_what_is_no_such_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "noise").write_bytes(b"\x00" * 100)
    (tmp_path / "empty").write_bytes(b"")
    for name, message in (
        ("noise", "got something else"),
        ("empty", "got something else"),
        ("none", "No such file"),
        (".", "Is a directory"),
    ):
        with pytest.raises(ModelFileError, match=message):
            read_rival(tmp_path / name)


def test_a_file_that_cannot_be_written_is_an_output_error(tmp_path: Path) -> None:
    with pytest.raises(OutputError):
        save_rival(tmp_path / "missing" / "f", rivals()[0])


def test_names_and_files_need_no_scikit_learn() -> None:
    program = (
        "import sys; import srcnn.rivals; assert not {'numpy', 'sklearn', 'scipy'} & set(sys.modules) - before; "
        "import srcnn.rivals.files, srcnn.rivals.fit; assert not {'sklearn', 'scipy'} & set(sys.modules)"
    )
    program = "import sys, srcnn; before = set(sys.modules); " + program
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env={**os.environ})
    assert result.returncode == 0, result.stderr
