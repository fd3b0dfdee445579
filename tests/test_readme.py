"""The README tells the truth: its table is that of the cards, and its commands run as written."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from tiny_models import random_model

from srcnn.zoo.cards import markdown_table
from srcnn.zoo.model_file import save_model

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def block(heading: str, language: str) -> str:
    """The first code block below a heading."""
    match = re.search(rf"## {heading}.*?```{language}\n(.*?)```", README, re.DOTALL)
    assert match
    return match[1]


def test_the_table_of_models_is_that_of_the_cards() -> None:
    table = re.search(r"<!-- models -->\n(.*)<!-- end of models -->", README, re.DOTALL)
    assert table
    assert table[1] == markdown_table()


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the files that the README's commands name."""
    pytest.importorskip("scipy")
    import scipy.io

    folder = tmp_path_factory.mktemp("desk")
    random = np.random.default_rng(0)

    def picture(path: str, side: int) -> None:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        small = random.integers(0, 256, (side // 4, side // 4, 3), np.uint8)
        Image.fromarray(small).resize((side, side), Image.Resampling.BICUBIC).save(folder / path)

    picture("photo.jpg", 40)
    picture("icon.png", 32)
    for number in range(7):
        picture(f"data/train/T91/{number}.png", 108)
        for place in ("holiday", "results", "data/test/Set5", "data/test/Set14"):
            picture(f"{place}/{number}.png", 48)
    shutil.copytree(ROOT / "runs", folder / "runs", ignore=lambda _, names: [n for n in names if "." not in n])
    matrices = {
        "weights_conv1": random.normal(size=(25, 8)),
        "biases_conv1": random.normal(size=(8, 1)),
        "weights_conv2": random.normal(size=(8, 1, 4)),
        "biases_conv2": random.normal(size=(4, 1)),
        "weights_conv3": random.normal(size=(4, 9)),
        "biases_conv3": random.normal(size=(1, 1)),
    }
    scipy.io.savemat(folder / "x3.mat", matrices)
    (folder / "chroma_run").mkdir()
    chroma = random_model((3, 3), (4,), scale=2, colour="chroma", input_space="lr")
    save_model(folder / "chroma_run" / "model.safetensors", chroma)
    return folder


@pytest.mark.slow
def test_every_command_line_of_the_readme_runs_as_written(desk: Path) -> None:
    lines = [line.split("  #")[0].strip() for line in block("On the command line", "sh").splitlines()]
    lines += block("Why is my PSNR lower than the paper's\\?", "sh").splitlines()
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    # What takes minutes says nothing more than what takes seconds.
    shorter = {
        "srcnn train": " --set steps=2 --set threads=1",
        "srcnn bench": " --models swift --size 96x64 --rounds 1",
        "srcnn reproduce": " --scales 3 --methods bicubic,swift --no-pictures",
    }
    for line in lines:
        if line.startswith("srcnn data get"):
            continue  # needs a network; tests/datasets do it with a server of their own
        command = line + next((options for start, options in shorter.items() if line.startswith(start)), "")
        result = subprocess.run(["bash", "-c", command], cwd=desk, env=environment, capture_output=True, text=True)
        assert result.returncode == 0, f"{line}\n{result.stdout}\n{result.stderr}"
    for output in ("photo_x2.jpg", "large.png", "large/0.png", "out/icon_x2.png", "srcnn-915_x3.onnx"):
        assert (desk / output).is_file(), output


def test_the_python_example_of_the_readme_runs_as_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (30, 33, 3), np.uint8)).save("photo.png")
    names: dict[str, Any] = {}
    exec(block("In Python", "python"), names)
    assert names["small"].shape == names["image"].shape
    with Image.open("large.png") as large:
        assert large.size == (99, 90)
