import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Script = Callable[[str], dict[str, Any]]


def write(folder: Path, name: str, *, validation: float, bicubic: float, set5: float) -> None:
    (folder / f"{name}.toml").write_text('model = "m"\nscale = 3\nsteps = 800\n')
    lines = [
        {"step": step, "seconds": 90.0, "validation_psnr": psnr, "bicubic_psnr": bicubic}
        for step, psnr in ((400, bicubic), (800, validation))
    ]
    (folder / f"{name}.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    (folder / f"{name}.set5.json").write_text(json.dumps({"mean": {"psnr": set5}}))


def test_trainings_rank_by_what_they_gain_on_their_own_validation_pictures(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], script: Script
) -> None:
    write(tmp_path, "base", validation=30.25, bicubic=29, set5=31)
    write(tmp_path, "data--other", validation=27.5, bicubic=26, set5=30)
    write(tmp_path, "data--best-on-Set5", validation=31, bicubic=30, set5=33)
    write(tmp_path, "widths--most", validation=31.5, bicubic=29, set5=31)
    script("compare.py")["main"](tmp_path)
    assert capsys.readouterr().out == (
        "\n| data | weights | MAC / pixel | minutes | Set5 dB | validation dB | bicubic there | gain |\n"
        "|---|---|---|---|---|---|---|---|\n"
        "| other | 8,129 | 8,032 | 1.5 | 30.000 | 27.500 | 26.000 | 1.500 |\n"
        "| base | 8,129 | 8,032 | 1.5 | 31.000 | 30.250 | 29.000 | 1.250 |\n"
        "| best-on-Set5 | 8,129 | 8,032 | 1.5 | 33.000 | 31.000 | 30.000 | 1.000 |\n"
        "\n| widths | weights | MAC / pixel | minutes | Set5 dB | validation dB | bicubic there | gain |\n"
        "|---|---|---|---|---|---|---|---|\n"
        "| most | 8,129 | 8,032 | 1.5 | 31.000 | 31.500 | 29.000 | 2.500 |\n"
        "| base | 8,129 | 8,032 | 1.5 | 31.000 | 30.250 | 29.000 | 1.250 |\n"
    )


def test_of_several_seeds_the_mean_ranks_and_the_range_is_printed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], script: Script
) -> None:
    write(tmp_path, "base", validation=30.25, bicubic=29, set5=31)
    for name, validation, set5 in (("widths--32", 31.0, 31.0), ("widths--32.seed1", 29.0, 32.0)):
        write(tmp_path, name, validation=validation, bicubic=29, set5=set5)
    script("compare.py")["main"](tmp_path)
    assert capsys.readouterr().out.splitlines()[3:] == [
        "| base | 8,129 | 8,032 | 1.5 | 31.000 | 30.250 | 29.000 | 1.250 |",
        "| 32 | 8,129 | 8,032 | 1.5 | 31.500 | 30.000 | 29.000 | 1.000 (0.00 to 2.00) |",
    ]


def test_the_logs_of_the_project_are_compared(capsys: pytest.CaptureFixture[str], script: Script) -> None:
    for folder in ("ablation", "search", "search-fine"):
        script("compare.py")["main"](Path(__file__).parents[2] / "runs" / folder)
        assert "| base | " in capsys.readouterr().out
