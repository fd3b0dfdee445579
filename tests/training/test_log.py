import json
import math
import time
from dataclasses import replace
from pathlib import Path

import pytest

from srcnn.errors import OutputError
from srcnn.training.log import LOG_FILE, LogLine, Stopwatch, append_log, cut_log, read_start


def line(step: int) -> LogLine:
    return LogLine(
        step=step,
        seconds=1.5,
        mpx_per_s=2.0,
        loss=0.1,
        learning_rate=1e-3,
        validation_psnr=30.0,
        bicubic_psnr=28.0,
        channel_psnr=(30.0, 40.0, 41.0, 29.0),
        bicubic_channel_psnr=None,
        busy_share=0.99,
    )


def steps(run_dir: Path) -> list[int]:
    return [json.loads(text)["step"] for text in (run_dir / LOG_FILE).read_text().splitlines()]


def test_a_line_is_json_with_lists(tmp_path: Path) -> None:
    append_log(tmp_path, line(3))
    written = json.loads((tmp_path / LOG_FILE).read_text())
    assert written["channel_psnr"] == [30.0, 40.0, 41.0, 29.0]
    assert written["bicubic_channel_psnr"] is None
    assert written.keys() == LogLine.__dataclass_fields__.keys()


def test_what_is_infinite_is_null(tmp_path: Path) -> None:
    append_log(tmp_path, replace(line(3), validation_psnr=math.inf, channel_psnr=(30.0, math.inf, math.inf, 29.0)))
    written = json.loads((tmp_path / LOG_FILE).read_text())
    assert written["validation_psnr"] is None
    assert written["channel_psnr"] == [30.0, None, None, 29.0]


def test_cutting_keeps_the_lines_up_to_a_step_and_leaves_out_what_is_no_line(tmp_path: Path) -> None:
    for step in (10, 20, 30):
        append_log(tmp_path, line(step))
    with (tmp_path / LOG_FILE).open("a") as file:
        file.write('{"step": 15, "sec')
    cut_log(tmp_path, 20)
    assert steps(tmp_path) == [10, 20]
    cut_log(tmp_path, 0)
    assert steps(tmp_path) == []


@pytest.mark.parametrize(
    "text",
    [
        '{"step": 0}',
        '{"step": true}',
        '{"step": 1' + 400 * "0" + "}",
        "[" * 100_000,
        '{"step": 0, "validation_psnr": "x", "bicubic_psnr": 27.0, "loss": 0.1}',
        '{"step": 0, "validation_psnr": NaN, "bicubic_psnr": 27.0, "loss": 0.1}',
        '{"step": 0, "validation_psnr": 29.0, "bicubic_psnr": 1' + 400 * "0" + ', "loss": 0.1}',
    ],
    ids=lambda text: text[:60],
)
def test_lines_that_somebody_has_edited_are_none(tmp_path: Path, text: str) -> None:
    (tmp_path / LOG_FILE).write_text(text + "\n")
    append_log(tmp_path, line(10))
    assert read_start(tmp_path) is None
    cut_log(tmp_path, 20)
    assert steps(tmp_path) == [10]


def test_the_start_of_a_training_is_its_line_of_step_0(tmp_path: Path) -> None:
    assert read_start(tmp_path) is None
    append_log(tmp_path, line(10))
    assert read_start(tmp_path) is None
    cut_log(tmp_path, 0)
    append_log(tmp_path, replace(line(0), validation_psnr=29.5, loss=None))
    append_log(tmp_path, line(10))
    cut_log(tmp_path, 10)
    assert steps(tmp_path) == [0, 10]
    assert read_start(tmp_path) == 29.5


def test_a_log_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / LOG_FILE).mkdir()
    with pytest.raises(OutputError, match=r"expected to add a line to .*log\.jsonl, got: .*; free space"):
        append_log(tmp_path, line(1))


def test_the_stopwatch_goes_on_from_earlier_runs_and_counts_waiting_since_the_last_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = [100.0]
    monkeypatch.setattr(time, "perf_counter", lambda: now[0])

    def batches():
        for seconds in (3.0, 1.0, 2.0):
            now[0] += seconds
            yield seconds

    stopwatch = Stopwatch(50.0)
    for _ in stopwatch.count_waiting(batches()):
        now[0] += 2.0
        if now[0] == 105.0:
            assert stopwatch.rates(10_000_000) == (2.0, 0.4)
            stopwatch.next_line()
    assert stopwatch.seconds == 50.0 + 5.0 + 3.0 + 4.0
    assert stopwatch.rates(14_000_000) == (2.0, pytest.approx(1 - 3 / 7))
