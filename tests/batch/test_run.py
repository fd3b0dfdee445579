import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from pathlib import Path
from threading import Lock
from time import perf_counter, sleep
from typing import Any

import numpy as np
import pytest
from PIL import Image
from small_pictures import save_noise

from srcnn.batch.ahead import ahead
from srcnn.batch.enlarge import Upscalers
from srcnn.batch.plan import Job
from srcnn.batch.run import upscale_files
from srcnn.batch.size import Size
from srcnn.batch.upscale import Settings
from srcnn.upscaler import Upscaler

SETTINGS = Settings(size=Size(scale=2))


@pytest.fixture
def jobs(tmp_path: Path) -> list[Job]:
    """Eight pictures of different sizes, the third of them damaged."""
    for number in range(8):
        save_noise(tmp_path / "in" / f"{number}.png", (40 - 4 * number, 8), seed=number)
    (tmp_path / "in" / "2.png").write_bytes(b"no picture")
    return [Job(source=tmp_path / "in" / f"{n}.png", target=tmp_path / "out" / f"{n}.png") for n in range(8)]


@pytest.mark.parametrize("workers", [1, 3])
def test_one_bad_file_never_stops_the_others_and_the_order_is_kept(
    upscalers: Upscalers, jobs: list[Job], workers: int
) -> None:
    results = list(upscale_files(jobs, upscalers, SETTINGS, workers=workers))
    assert [result.job for result in results] == jobs
    assert [result.status for result in results] == ["ok", "ok", "error", *["ok"] * 5]
    assert not jobs[2].target.exists()


def test_several_at_a_time_give_the_pictures_of_one_at_a_time(upscalers: Upscalers, jobs: list[Job]) -> None:
    list(upscale_files(jobs, upscalers, SETTINGS, workers=4))
    for job in jobs[3:]:
        with Image.open(job.source) as before, Image.open(job.target) as after:
            np.testing.assert_array_equal(np.asarray(after), upscalers[2](np.asarray(before)))


def test_workers_work_at_the_same_time(upscalers: Upscalers, jobs: list[Job], monkeypatch: pytest.MonkeyPatch) -> None:
    most, inside, lock = 0, 0, Lock()
    original = Upscaler.strips_to_join

    def watched(self: Upscaler, *arguments: object) -> object:
        nonlocal most, inside
        with lock:
            inside += 1
            most = max(most, inside)
        sleep(0.05)
        with lock:
            inside -= 1
        return original(self, *arguments)  # pyright: ignore[reportArgumentType]

    monkeypatch.setattr(Upscaler, "strips_to_join", watched)
    list(upscale_files(jobs, upscalers, SETTINGS, workers=3))
    assert 2 <= most <= 4  # one more than the workers, for when one of them waits for the disk


def test_an_interrupt_while_pictures_are_handed_out_leaves_nothing(
    upscalers: Upscalers, jobs: list[Job], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Interrupted(ThreadPoolExecutor):
        def submit(self, function: Callable[..., Any], /, *arguments: Any) -> Any:  # pyright: ignore
            if arguments[0] == 2:
                raise KeyboardInterrupt
            return super().submit(function, *arguments)

    monkeypatch.setattr("srcnn.batch.run.ThreadPoolExecutor", Interrupted)
    with pytest.raises(KeyboardInterrupt):
        list(upscale_files(jobs, upscalers, SETTINGS, workers=3))
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("srcnn_")]


@pytest.mark.parametrize(("workers", "pictures", "threaded"), [(1, 8, True), (2, 8, False), (2, 1, True)])
def test_a_picture_has_threads_of_its_own_unless_there_are_several_at_a_time(
    upscalers: Upscalers, jobs: list[Job], monkeypatch: pytest.MonkeyPatch, workers: int, pictures: int, threaded: bool
) -> None:
    used: list[object] = []
    monkeypatch.setattr(Upscaler, "strip_count", lambda self, image: 2)
    monkeypatch.setattr("srcnn.batch.enlarge.ahead", lambda items: used.append(items) or ahead(items))
    list(upscale_files(jobs[:pictures], upscalers, SETTINGS, workers=workers))
    assert bool(used) == threaded


@pytest.mark.parametrize(("workers", "singles"), [(1, 0), (2, 5)])
def test_of_several_at_a_time_the_small_ones_are_not_divided(
    upscalers: Upscalers, jobs: list[Job], monkeypatch: pytest.MonkeyPatch, workers: int, singles: int
) -> None:
    asked: list[int] = []
    monkeypatch.setattr("srcnn.batch.upscale._SMALL_PIXELS", 8 * 28)  # all but 0.png, 1.png; 2.png is damaged
    monkeypatch.setattr(Upscalers, "single", lambda self, scale: asked.append(scale) or self[scale])
    list(upscale_files(jobs, upscalers, SETTINGS, workers=workers))
    assert asked == [2] * singles


def test_the_time_a_picture_waits_for_others_is_not_its_own(
    upscalers: Upscalers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs = [
        Job(source=save_noise(tmp_path / "in" / f"{n}.png", (8, 8)), target=tmp_path / "out" / f"{n}.png")
        for n in range(3)
    ]
    original = Upscaler.strips_to_join

    def slow(self: Upscaler, image: np.ndarray) -> Iterator[Callable[[], np.ndarray]]:
        sleep(0.5)
        return original(self, image)

    monkeypatch.setattr(Upscaler, "strips_to_join", slow)
    started = perf_counter()
    results = list(upscale_files(jobs, upscalers, SETTINGS))
    elapsed = perf_counter() - started
    assert all(result.seconds >= 0.5 for result in results)
    assert sum(result.seconds for result in results) < elapsed + 0.5


@pytest.mark.parametrize("workers", [1, 3])
def test_progress_rises_to_the_number_of_files(upscalers: Upscalers, jobs: list[Job], workers: int) -> None:
    seen: list[float] = []
    list(upscale_files(jobs, upscalers, SETTINGS, workers=workers, progress=seen.append))
    assert seen == sorted(seen)
    assert seen[-1] == pytest.approx(8)


def test_closing_early_stops_running_files_at_their_next_strip(
    upscalers: Upscalers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs = [
        Job(source=save_noise(tmp_path / "in" / f"{n}.png", (8 + n, 8)), target=tmp_path / "out" / f"{n}.png")
        for n in range(10)
    ]
    original = Upscaler.strips_to_join

    def slow(self: Upscaler, image: np.ndarray) -> Iterator[Callable[[], np.ndarray]]:
        for row in np.concatenate([join() for join in original(self, image)]):
            if image.shape[1] > 8:
                sleep(0.2)
            yield partial(np.expand_dims, row, 0)

    monkeypatch.setattr(Upscaler, "strips_to_join", slow)
    with closing(upscale_files(jobs, upscalers, SETTINGS, workers=2)) as results:
        assert next(results).status == "ok"
    assert [output.name for output in (tmp_path / "out").iterdir()] == ["0.png"]
    names = {thread.name.partition("_")[0] for thread in threading.enumerate()}
    assert not {name for name in names if name.startswith("srcnn")} - {"srcnn-tile"}  # which wait for other pictures


@pytest.mark.parametrize("workers", [1, 3])
def test_an_error_in_the_program_is_named_and_never_stops_the_others(
    upscalers: Upscalers, jobs: list[Job], workers: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = Upscaler.strips_to_join

    def faulty(self: Upscaler, image: np.ndarray) -> Iterator[Callable[[], np.ndarray]]:
        if image.shape[1] == 40:
            raise ZeroDivisionError("division\nby zero")
        return original(self, image)

    monkeypatch.setattr(Upscaler, "strips_to_join", faulty)
    results = list(upscale_files(jobs, upscalers, SETTINGS, workers=workers))
    assert [result.status for result in results] == ["error", "ok", "error", *["ok"] * 5]
    message = f"expected to enlarge {jobs[0].source}, got ZeroDivisionError: division by zero; this is a fault of srcnn"
    assert str(results[0].error).startswith(message)
    assert not jobs[0].target.exists()


def test_no_files_are_no_results(upscalers: Upscalers) -> None:
    assert list(upscale_files([], upscalers, SETTINGS, workers=2)) == []
