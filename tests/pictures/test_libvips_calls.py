import sys
import threading
from collections.abc import Callable, Generator
from pathlib import Path
from time import sleep

import numpy as np
import pytest
import pyvips
from PIL import Image

from srcnn.errors import InvalidImageError
from srcnn.pictures.codecs.libvips_calls import call_libvips, call_libvips_once
from srcnn.pictures.picture import Picture
from srcnn.pictures.read import read_picture
from srcnn.pictures.write import write_picture


@pytest.fixture
def eager() -> Generator[None]:
    """Threads take turns as often as Python can."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


def run_together(*works: Callable[[], None]) -> None:
    """Run each in a thread of its own; the first failure is raised."""
    failures: list[BaseException] = []

    def run(work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as failure:
            failures.append(failure)

    threads = [threading.Thread(target=run, args=(work,), daemon=True) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert not any(thread.is_alive() for thread in threads)
    if failures:
        raise failures[0]


def test_a_call_that_works_is_made_once_and_one_that_fails_twice() -> None:
    calls: list[int] = []

    def fail() -> None:
        calls.append(0)
        pyvips.Operation.call("pngload", b"nowhere.png")

    assert call_libvips(lambda: calls.append(1) or 5) == 5
    with pytest.raises(pyvips.Error, match=r"nowhere\.png"):
        call_libvips(fail)
    assert calls == [1, 0, 0]


def test_what_cannot_be_done_twice_is_not() -> None:
    calls: list[int] = []

    def fail() -> None:
        calls.append(0)
        pyvips.Operation.call("pngload", b"nowhere\xff.png")

    with pytest.raises(pyvips.Error, match=r"nowhere\ufffd\.png"):
        call_libvips_once(fail)
    assert calls == [0]


@pytest.mark.parametrize("call", [call_libvips, call_libvips_once])
def test_a_message_that_was_left_behind_is_not_taken_for_the_next(call: Callable) -> None:
    pyvips.vips_lib.vips_foreign_find_load(b"behind\xff.png")  # fails in silence
    with pytest.raises(pyvips.Error, match=r"nowhere\.png") as caught:
        call(lambda: pyvips.Operation.call("pngload", b"nowhere.png"))
    assert "behind" not in str(caught.value)


def test_an_error_that_is_not_libvips_is_not_tried_again() -> None:
    calls: list[int] = []

    def fail() -> None:
        calls.append(0)
        raise KeyError

    with pytest.raises(KeyError):
        call_libvips(fail)
    assert calls == [0]


def test_a_message_with_a_name_that_is_not_utf_8_is_a_message() -> None:
    with pytest.raises(pyvips.Error, match="\ufffd"):
        call_libvips(lambda: pyvips.Operation.call("pngload", b"nowhere\xff.png"))


def test_calls_run_together_and_the_second_try_runs_alone() -> None:
    inside = 0
    most: dict[str, int] = {"first": 0, "second": 0}
    lock = threading.Lock()

    def work(fails: bool) -> Callable[[], None]:
        tries = iter(("first", "second"))

        def call() -> None:
            nonlocal inside
            with lock:
                inside += 1
            sleep(0.01)
            with lock:
                turn = next(tries)
                most[turn] = max(most[turn], inside)
                inside -= 1
            if fails and turn == "first":
                raise pyvips.Error("no", "reason")

        return lambda: call_libvips(call)

    run_together(*(work(fails=number % 2 == 0) for number in range(16)))
    assert most["first"] > 1
    assert most["second"] == 1


@pytest.mark.usefixtures("eager")
def test_a_cut_jpeg_is_never_accepted_whatever_other_threads_do(tmp_path: Path) -> None:
    image = np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8)
    Image.fromarray(image).save(tmp_path / "cut.jpg")
    (tmp_path / "cut.jpg").write_bytes((tmp_path / "cut.jpg").read_bytes()[:-800])
    (tmp_path / "broken.webp").write_bytes(b"RIFF\x16\0\0\0WEBPVP8X")

    def read(name: str, message: str) -> Callable[[], None]:
        def repeat() -> None:
            for _ in range(60):
                with pytest.raises(InvalidImageError, match=message):
                    read_picture(tmp_path / name)

        return repeat

    def write(name: str) -> Callable[[], None]:
        def repeat() -> None:
            for _ in range(60):
                assert write_picture(tmp_path / name, Picture(frames=(image,))) == ()

        return repeat

    # The reason is the file's own, so that one cause is never mistaken for another.
    run_together(
        *[read("cut.jpg", r"\(VipsJpeg: .*[Pp]remature end")] * 3,
        *[read("broken.webp", r"\(webp: unable to parse image\)")] * 3,
        write("a.png"),
        write("b.png"),
    )
