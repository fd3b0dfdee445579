import runpy
from pathlib import Path

import pytest

from srcnn.spec import srcnn
from srcnn.training import device

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.mark.parametrize(("fast", "dtype"), [(True, "bf16"), (False, "fp32")])
def test_the_last_row_is_the_step_that_training_takes(monkeypatch: pytest.MonkeyPatch, fast: bool, dtype: str) -> None:
    monkeypatch.syspath_prepend(BENCHMARKS)
    monkeypatch.setattr(device, "has_fast_bf16", lambda: fast)
    steps = runpy.run_path(str(BENCHMARKS / "train_step.py"))["steps"]
    rows = steps(srcnn(name="tiny", scale=3, kernel_sizes=(3, 1), widths=(2,)), 1, 9)
    assert list(rows)[2:] == list(dict.fromkeys(["ours fp32", f"ours {dtype}", f"ours {dtype}, Muon"]))
    for step in rows.values():
        step()
