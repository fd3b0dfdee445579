"""docs/python.md runs as it stands, block after block."""

import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

DOCS = Path(__file__).parents[1] / "docs" / "python.md"


def test_the_blocks_run_one_after_the_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    random = np.random.default_rng(0)
    for folder, side in (("data/test/Set5", 60), ("data/train/T91", 110)):
        (tmp_path / folder).mkdir(parents=True)
        for number in range(6):
            small = random.integers(0, 256, (side // 5, side // 5, 3), np.uint8)
            large = Image.fromarray(small).resize((side, side), Image.Resampling.BICUBIC)
            large.save(tmp_path / folder / f"{number}.png")
    blocks = re.findall(r"```python\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)
    monkeypatch.chdir(tmp_path)
    code = "".join(blocks)
    assert code.count("steps=16000") == 1
    names: dict[str, object] = {}
    exec(compile(code.replace("steps=16000", "steps=2"), str(DOCS), "exec"), names)
    printed = capsys.readouterr().out.splitlines()
    swift, bicubic, first = printed[0].split()
    assert float(swift) != float(bicubic)
    assert first == "0"
    assert printed[5].startswith("2 ")  # the step that the training reports
    # The network in torch and the model file made of it are the same function.
    assert float(printed[2]) == pytest.approx(float(printed[6]), abs=1e-3)
