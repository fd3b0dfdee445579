"""docs/upscaling.md tells the truth: it names every option, and its commands run as written."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image
from small_pictures import save_noise

from srcnn.batch.output import EXISTS
from srcnn.batch.size import FITS
from srcnn.cli.upscale import upscale_command

PAGE = (Path(__file__).parents[2] / "docs" / "upscaling.md").read_text(encoding="utf-8")


def test_every_option_is_named() -> None:
    options = [opt for param in upscale_command.params if param.param_type_name == "option" for opt in param.opts]
    assert len(options) > 20
    missing = [opt for opt in options if not re.search(rf"(?<![\w-]){opt}(?![\w-])", PAGE)]
    assert missing == ["--output", "--scale", "--model"]  # -o, -s and -m are


def test_every_rule_is_named_and_offered() -> None:
    choices = {param.name: tuple(getattr(param.type, "choices", ())) for param in upscale_command.params}
    assert choices["fit"] == FITS
    assert choices["exists"] == EXISTS
    for word in ("`overwrite`", "`skip`", "`rename`", "`--fit inside`", "--fit cover", "--fit stretch"):
        assert word in PAGE


@pytest.mark.slow
def test_every_command_runs_as_written(tmp_path: Path) -> None:
    for name in ("photo.jpg", "-photo.jpg", "holiday/deep/a.png", "scan.png", "render.webp", "icon.png"):
        save_noise(tmp_path / name, (600, 400))
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    lines = [
        line.split("  #")[0].strip()
        for block in re.findall(r"```sh\n(.*?)```", PAGE, re.S)
        for line in block.splitlines()
    ]
    assert len(lines) == 10
    for line in lines:
        result = subprocess.run(["bash", "-c", line], cwd=tmp_path, env=environment, capture_output=True, text=True)
        assert result.returncode == 0, f"{line}\n{result.stderr}"
    sizes = {
        "photo_x2.jpg": (1200, 800),
        "large.png": (1200, 800),
        "large/deep/a.png": (1200, 800),
        "photo_long2000.webp": (2000, 1333),
        "square/photo_800x800.jpg": (800, 800),
        "large/-photo.jpg": (1200, 800),
        "icon_x8.png": (4800, 3200),
    }
    for name, size in sizes.items():
        with Image.open(tmp_path / name) as after:
            assert after.size == size, name


def test_the_python_example_runs_as_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    exif = Image.Exif()
    exif[0x010F] = "Maker"
    Image.new("CMYK", (12, 9)).save("photo.jpg", exif=exif)
    (example,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    exec(example, {})
    assert capsys.readouterr().out.startswith("CMYK was converted to sRGB")
    with Image.open("photo_x2.png") as large:
        assert (large.size, large.mode, large.getexif()[0x010F]) == ((24, 18), "RGB", "Maker")
