import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from srcnn.spec import srcnn
from srcnn.zoo.model_file import Model, save_model


def test_at_a_given_quality_every_picture_is_a_jpeg(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], script: Callable[[str], dict[str, Any]]
) -> None:
    """A share that the training left clean would count as restored without end."""
    spec = srcnn(name="same", scale=1, kernel_sizes=(1,), widths=())
    weights = {"conv1.weight": np.ones((1, 1, 1, 1), np.float32), "conv1.bias": np.zeros(1, np.float32)}
    save_model(tmp_path / "same.safetensors", Model(spec, weights))
    folder = tmp_path / os.fsdecode(b"pictures\xff")  # no UTF-8
    folder.mkdir()
    for number in range(4):
        pixels = np.random.default_rng(number).integers(0, 256, (40, 40), np.uint8)
        Image.fromarray(pixels).save(folder / f"{number}.png")
    printed = []
    for share in (0.0, 1.0):
        config = tmp_path / "config.toml"
        config.write_text(f'model = "m"\nscale = 1\nsteps = 1\njpeg_quality = [10, 95]\nclean_share = {share}\n')
        script("measure_degraded.py")["main"](config, str(tmp_path / "same.safetensors"), [folder])
        printed.append(capsys.readouterr().out)
    assert printed[0].count("pictures\\udcff quality ") == 6
    assert printed[0] == printed[1]


def test_a_shipped_name_is_taken_at_the_scale_of_the_config(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], script: Callable[[str], dict[str, Any]]
) -> None:
    (tmp_path / "set").mkdir()
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (48, 48), np.uint8)).save(tmp_path / "set" / "a.png")
    (tmp_path / "config.toml").write_text('model = "m"\nscale = 3\nsteps = 1\ndownscale = "box"\n')
    script("measure_degraded.py")["main"](tmp_path / "config.toml", "swift", [tmp_path / "set"])
    assert capsys.readouterr().out.startswith("set: ")
