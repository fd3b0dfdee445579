from pathlib import Path

import numpy as np
import pytest
from tiny_models import random_model

from srcnn.bench import speed
from srcnn.bench.fresh import Fresh
from srcnn.bench.speed import STEPS, Setting, measure_speed
from srcnn.errors import InvalidConfigError
from srcnn.zoo.cards import shipped_cards
from srcnn.zoo.model_file import save_model


@pytest.fixture(autouse=True)
def no_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speed, "measure_fresh", lambda *_, **__: Fresh(0.5, 80.0))


@pytest.fixture
def seconds(monkeypatch: pytest.MonkeyPatch) -> dict[str, float]:
    """Times as if measured; every function is called once."""
    times = {"plain onnxruntime": 0.4, "onnxruntime": 0.1, "openvino": 0.2, "peak": 0.01}

    def median_seconds(functions, rounds, progress):
        for function in functions.values():
            function()
        return {name: times[name] for name in functions}

    monkeypatch.setattr(speed, "median_seconds", median_seconds)
    monkeypatch.setattr(speed, "peak_probe", lambda threads: lambda: 1e9)
    return times


def test_rows_follow_from_the_times(seconds: dict[str, float]) -> None:
    speeds = measure_speed("srcnn-915", 3, Setting(size=(37, 65), threads=1, rounds=1))
    assert speeds.peak == 1e9
    assert [row.implementation for row in speeds.rows] == ["plain onnxruntime", "onnxruntime", "openvino"]
    assert [row.ratio for row in speeds.rows] == [1, 4, 2]
    row = speeds.rows[1]
    assert (row.case, row.model, row.scale, row.precision) == ("srcnn-915 x3 63x36", "srcnn-915", 3, "fp32")
    assert row.seconds == seconds["onnxruntime"]
    assert row.megapixels_per_second == pytest.approx(63 * 36 / 0.1 / 1e6)
    assert row.share_of_peak == pytest.approx(8032 * 63 * 36 / 0.1 / 1e9)
    assert (row.first_result_seconds, row.peak_memory_mib) == (0.5, 80)
    (card,) = (card for card in shipped_cards() if (card.name, card.scale) == ("srcnn-915", 3))
    assert row.set5_psnr == card.set5_psnr


@pytest.mark.usefixtures("seconds")
def test_a_network_on_the_small_plane_has_no_ratio() -> None:
    assert {row.ratio for row in measure_speed("swift", 2, Setting(size=(32, 32))).rows} == {None}


@pytest.mark.usefixtures("seconds")
def test_a_file_knows_its_scale_and_no_psnr(tmp_path: Path) -> None:
    file = tmp_path / "own.safetensors"
    save_model(file, random_model(scale=4))
    rows = measure_speed(str(file), None, Setting(size=(32, 32))).rows
    assert {(row.scale, row.set5_psnr) for row in rows} == {(4, None)}


def test_really_measured_times_are_positive_and_progress_is_complete() -> None:
    reports: list[None] = []
    speeds = measure_speed("srcnn-915", 3, Setting(size=(90, 90), threads=1, rounds=2), lambda: reports.append(None))
    assert len(reports) == 2 + STEPS
    assert speeds.peak > 1e8
    assert all(row.seconds > 0 and 0 < row.share_of_peak < 1.5 for row in speeds.rows)
    assert np.isfinite([row.ratio for row in speeds.rows]).all()


def test_a_frame_smaller_than_the_scale_is_refused() -> None:
    with pytest.raises(InvalidConfigError, match="expected a frame of at least 3x3 pixels, got 5x2; "):
        measure_speed("srcnn-915", 3, Setting(size=(2, 5)))


def test_a_frame_beyond_the_memory_is_refused_before_it_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speed, "memory_bytes", lambda: 10**9)
    setting = Setting(size=(100_000, 100_000), threads=1, rounds=1)
    with pytest.raises(
        InvalidConfigError, match=r"expected a frame .* 1\.0 GB, got 100000x100000, .*; measure a smaller"
    ):
        measure_speed("swift", 3, setting)
