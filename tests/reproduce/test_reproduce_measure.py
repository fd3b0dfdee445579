import itertools
from pathlib import Path

import numpy as np
import pytest
from tiny_models import gentle_model

from srcnn.evaluation.evaluate import evaluate
from srcnn.evaluation.metrics.ifc import ifc
from srcnn.evaluation.metrics.ms_ssim import ms_ssim
from srcnn.evaluation.metrics.nqm import nqm
from srcnn.evaluation.metrics.paper import METRICS
from srcnn.evaluation.metrics.wpsnr import wpsnr
from srcnn.evaluation.planes import enlarge_bicubic, shrink
from srcnn.evaluation.protocol import AUTHORS
from srcnn.imaging import imresize, psnr
from srcnn.pictures.read import read_array
from srcnn.pictures.write import write_picture
from srcnn.reproduce import measure as module
from srcnn.reproduce.measure import Cell, measure
from srcnn.upscaler import Upscaler


@pytest.fixture
def picture(data: Path) -> np.ndarray:
    return read_array(data / "test" / "Set5" / "bird.png")


def test_psnr_and_ssim_are_those_of_srcnn_evaluate(picture: np.ndarray, tmp_path: Path) -> None:
    method = Upscaler(gentle_model(scale=3), threads=1).luma
    (tmp_path / "alone").mkdir()
    write_picture(tmp_path / "alone" / "bird.png", picture)
    expected = evaluate(method, tmp_path / "alone", 3, AUTHORS).mean
    cell = measure(method, picture, 3)
    assert cell.values["psnr"] == pytest.approx(expected.psnr, abs=1e-9)
    assert cell.values["ssim"] == pytest.approx(expected.ssim, abs=1e-9)
    assert measure(None, picture, 3).values["psnr"] == pytest.approx(expected.bicubic_psnr, abs=1e-9)
    assert cell.seconds > 0


def test_a_metric_that_a_small_picture_has_not_is_none(picture: np.ndarray) -> None:
    assert measure(None, picture, 2).values["ms_ssim"] is None
    assert set(measure(None, picture, 2).values) == {metric.name for metric in METRICS}


def test_of_every_metric_more_is_better() -> None:
    random = np.random.default_rng(0)
    picture = (imresize(random.random((40, 40)), size=(200, 210)).clip(0, 1) * 255).astype(np.uint8)
    good, poor = (measure(lambda lr, n=noise: enlarge(lr, n), picture, 2).values for noise in (0.01, 0.1))
    for metric in METRICS:
        assert good[metric.name] > poor[metric.name], metric.name


def test_every_metric_leaves_out_its_own_border() -> None:
    random = np.random.default_rng(0)
    picture = (imresize(random.random((40, 40)), size=(198, 210)).clip(0, 1) * 255).astype(np.uint8)
    values = measure(None, picture, 3).values
    truth = picture.astype(np.float32)
    large = enlarge_bicubic(shrink(truth / 255, 3, AUTHORS), 3, AUTHORS) * np.float32(255)
    assert values["psnr"] == pytest.approx(psnr(large, truth, data_range=255, border=3), abs=1e-3)
    assert values["nqm"] == pytest.approx(nqm(large, truth, border=3), abs=1e-3)
    assert values["wpsnr"] == pytest.approx(wpsnr(large, truth, border=3), abs=1e-3)
    assert values["ms_ssim"] == pytest.approx(ms_ssim(large, truth, border=3), abs=1e-5)
    assert values["ifc"] == pytest.approx(ifc(large, truth, border=1), abs=1e-3)


def enlarge(lr: np.ndarray, noise: float) -> np.ndarray:
    large = imresize(lr, 2)
    return (large + np.random.default_rng(1).normal(0, noise, large.shape)).astype(np.float32)


def test_what_is_not_finite_is_a_failure_and_no_value(picture: np.ndarray) -> None:
    def broken(lr: np.ndarray) -> np.ndarray:
        large = imresize(lr, 2)
        large[3, 4] = np.nan
        return large

    cell = measure(broken, picture, 2)
    assert cell.values == {}
    assert cell.failure is not None
    assert "NaN or infinity in 1 of " in cell.failure


def test_a_picture_below_the_scale_is_a_failure() -> None:
    failure = measure(None, np.zeros((3, 30), np.uint8), 4).failure
    assert failure is not None
    assert failure.startswith("expected at least 4 x 4 pixels, got 3 x 30")


def test_the_time_is_the_median_of_three_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = itertools.accumulate([0, 5, 0, 0.1, 0, 0.3], initial=0)  # calls of 5... too long: one call
    monkeypatch.setattr(module.time, "perf_counter", lambda: next(clock))
    calls: list[int] = []
    next(clock)
    assert module.timed(lambda: calls.append(1) or np.zeros((1, 1), np.float32))[1] == 5
    assert len(calls) == 1
    clock = itertools.accumulate([0, 0.5, 0, 0.1, 0, 0.3])
    assert module.timed(lambda: calls.append(1) or np.zeros((1, 1), np.float32))[1] == pytest.approx(0.3)
    assert len(calls) == 4


def test_a_cell_survives_json() -> None:
    cell = Cell(values={"psnr": 1.0, "ms_ssim": None}, seconds=0.5)
    assert Cell(**cell.to_dict()) == cell
