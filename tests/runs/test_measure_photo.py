import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from srcnn.training.config_file import read_config

Script = Callable[[str], dict[str, Any]]


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_every_quality_is_measured_alone_and_clean_is_clean(scale: int, script: Script) -> None:
    config = read_config(Path(__file__).parents[2] / "runs" / f"photo_x{scale}.toml", {})
    settings = script("measure_photo.py")["settings"](config)
    assert list(settings) == ["40", "60", "80", "95", "clean"]
    assert all(settings[quality].jpeg_quality == (int(quality),) * 2 for quality in list(settings)[:4])
    assert all(setting.clean_share == 0 and setting.scale == scale for setting in settings.values())
    clean = settings["clean"]
    assert (clean.downscale, clean.blur_sigma, clean.noise_sigma, clean.jpeg_quality) == ("bicubic", (), (), ())


def test_each_row_has_all_methods(tmp_path: Path, capsys: pytest.CaptureFixture[str], script: Script) -> None:
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (48, 48), np.uint8)).save(tmp_path / "a.png")
    script("measure_photo.py")["main"](2, [tmp_path])
    header, _, *rows = capsys.readouterr().out.splitlines()
    methods = ["bicubic", "fine", "deblocked, then fine", "photo without chroma", "photo"]
    assert header == f"| pictures | JPEG quality | {' | '.join(methods)} |"
    assert [row.split(" | ")[1] for row in rows] == ["40", "60", "80", "95", "clean"]
    assert all(row.count("|") == header.count("|") for row in rows)
    assert all(re.fullmatch(r"\d+\.\d\d / \d+\.\d\d", cell.strip()) for row in rows for cell in row.split("|")[3:-1])
