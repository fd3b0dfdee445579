"""Folders, streams, odd names, interruptions: `srcnn upscale` as people use it on many files."""

import io
import json
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from small_pictures import save_noise

from srcnn.batch.run import upscale_files
from srcnn.batch.upscale import Result
from srcnn.runtime.engines import available_threads

COMMAND = [sys.executable, "-m", "srcnn", "upscale"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Ten pictures that take a moment each."""
    for number in range(10):
        save_noise(tmp_path / "in" / f"{number:02}.png", (240, 160), seed=number)
    return tmp_path / "in"


def start(*arguments: object, **options: object) -> "subprocess.Popen[bytes]":
    command = [*COMMAND, *(str(argument) for argument in arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)  # pyright: ignore


def assert_all_whole(folder: Path, outputs: Path) -> None:
    """Every input has its whole output."""
    for path in sorted(folder.glob("*.png")):
        with Image.open(path) as before, Image.open(outputs / path.name) as after:
            after.load()
            assert after.size == (before.width * 3, before.height * 3)


class TestManyFiles:
    @pytest.mark.parametrize("jobs", [1, 3])
    def test_all_are_counted_and_bad_ones_named_at_the_end(
        self, srcnn: Callable, picture: Path, model_file: Path, jobs: int
    ) -> None:
        for name in ("b.png", "d.png"):
            (picture.parent / name).write_bytes(b"no picture")
        save_noise(picture.parent / "c.png", (4, 4))
        outcome = srcnn("upscale", picture.parent, "-m", model_file, "--jobs", jobs)
        assert outcome.code == 1
        assert [line.split(" -> ")[0][-5:] for line in outcome.out.splitlines()[:2]] == ["a.png", "c.png"]
        assert outcome.out.splitlines()[2:] == ["4 pictures: 2 enlarged, 2 failed"]
        named = [f"  {picture.parent / name}" for name in ("b.png", "d.png")]
        assert outcome.err.splitlines()[2:] == ["failed:", *named]

    @pytest.mark.parametrize(
        ("options", "workers"),
        [
            ((), available_threads(0)),
            (("--threads", 3), 3),
            (("--threads", 3, "--jobs", 1), 1),
            (("--jobs", 5), 5),
        ],
    )
    def test_as_many_are_worked_on_as_there_are_threads_unless_told(
        self,
        srcnn: Callable,
        picture: Path,
        model_file: Path,
        monkeypatch: pytest.MonkeyPatch,
        options: tuple[object, ...],
        workers: int,
    ) -> None:
        asked: list[int] = []

        def watched(*arguments: Any, workers: int, **named: Any) -> Generator[Result]:
            asked.append(workers)
            return upscale_files(*arguments, workers=workers, **named)

        monkeypatch.setattr("srcnn.batch.run.upscale_files", watched)
        assert srcnn("upscale", picture, "-m", model_file, *options).code == 0
        assert asked == [workers]

    def test_the_same_note_is_shown_once(self, srcnn: Callable, model_file: Path, tmp_path: Path) -> None:
        for name in ("a.png", "b.png", "c.png"):
            Image.new("RGBA", (4, 4), (1, 2, 3, 100)).save(tmp_path / name)
        outcome = srcnn("upscale", tmp_path, "-m", model_file, "--format", "jpg", "--width", "2")
        assert outcome.code == 0
        smaller, flattened = outcome.err.splitlines()[:2]
        assert smaller.startswith(f"note: {tmp_path / 'a.png'}: made smaller by antialiased bicubic, without a network")
        assert flattened.startswith(f"note: {tmp_path / 'a.png'}: transparency was flattened")
        more = [f"note: 2 more: {line.split(': ', 2)[2]}" for line in (smaller, flattened)]
        assert outcome.err.splitlines()[2:] == more
        outcome = srcnn("upscale", tmp_path, "-m", model_file, "--format", "jpg", "--width", "2", "--json")
        assert [len(json.loads(line)["notes"]) for line in outcome.out.splitlines()] == [2, 2, 2]
        assert json.loads(outcome.out.splitlines()[0])["model"] is None

    def test_existing_results_are_skipped_overwritten_or_renamed(
        self, srcnn: Callable, picture: Path, model_file: Path
    ) -> None:
        beside = picture.with_name("a_x3.png")
        beside.write_bytes(b"old")
        outcome = srcnn("upscale", picture, "-m", model_file, "--exists", "skip", "--json")
        assert outcome.code == 0
        row = json.loads(outcome.out)
        assert (row["status"], row["output"], row["error"], row["width"]) == ("skipped", str(beside), None, 0)
        assert srcnn("upscale", picture, "-m", model_file, "--exists", "skip").out.endswith("(skipped: it exists)\n")
        outcome = srcnn("upscale", picture, "-m", model_file, "--exists", "rename")
        assert f"{picture} -> {picture.with_name('a_x3_1.png')} (24 x 18" in outcome.out
        assert beside.read_bytes() == b"old"
        assert srcnn("upscale", picture, "-m", model_file).code == 0
        assert beside.read_bytes() != b"old"

    def test_in_place_replaces_the_inputs(self, srcnn: Callable, picture: Path, model_file: Path) -> None:
        assert srcnn("upscale", picture.parent, "-m", model_file, "--in-place").code == 0
        with Image.open(picture) as after:
            assert after.size == (24, 18)
        assert list(picture.parent.iterdir()) == [picture]
        outcome = srcnn("upscale", picture, "-m", model_file, "--in-place", "--exists", "skip")
        assert outcome.code == 2

    def test_limits_and_colours_are_taken(self, srcnn: Callable, picture: Path, model_file: Path) -> None:
        outcome = srcnn("upscale", picture, "-m", model_file, "--max-pixels", 47)
        assert (outcome.code, outcome.out) == (1, "")
        assert "expected at most 47 pixels" in outcome.err
        for number, colour in enumerate(("#ff0080", "255,0,128")):
            Image.new("RGBA", (4, 4), (0, 0, 0, 0)).save(picture)
            target = picture.with_name(f"{number}.bmp")
            assert srcnn("upscale", picture, "-m", model_file, "-o", target, "--background", colour).code == 0
            with Image.open(target) as after:
                assert after.getpixel((3, 3)) == (255, 0, 128)

    @pytest.mark.parametrize(
        "name",
        ["a b.png", "漢字　かな.png", "👩‍🚀🇪🇺.png", "-s.png", "--", "new\nline.png", "%d.png", "a.PNG"],
    )
    def test_names_of_any_kind(
        self, srcnn: Callable, model_file: Path, tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        save_noise(tmp_path / "a.png", (4, 4)).rename(tmp_path / name)
        monkeypatch.chdir(tmp_path)
        for options in (("--json",), ()):
            outcome = srcnn("upscale", "-m", model_file, "-o", "out/", *options, "--", name)
            assert (outcome.code, outcome.err) == (0, "")
            assert outcome.out.count("\n") == 1
        assert len(list((tmp_path / "out").iterdir())) == 1

    def test_a_name_that_is_no_text_never_stops_the_others(
        self, srcnn: Callable, model_file: Path, tmp_path: Path
    ) -> None:
        save_noise(tmp_path / "in" / "a.png", (4, 4)).rename(tmp_path / "in" / os.fsdecode(b"caf\xe9.png"))
        save_noise(tmp_path / "in" / "z.png", (4, 4))
        outcome = srcnn("upscale", tmp_path / "in", "-m", model_file)
        assert "caf\\udce9.png" in outcome.out + outcome.err
        assert (tmp_path / "in_x3" / "z.png").is_file()

    def test_a_name_that_becomes_too_long_fails_alone(self, srcnn: Callable, picture: Path, model_file: Path) -> None:
        longest = picture.rename(picture.with_name("a" * 251 + ".png"))
        save_noise(picture, (4, 4))
        outcome = srcnn("upscale", longest, picture, "-m", model_file)
        assert outcome.code == 1
        assert "at most 255 bytes, got 258" in outcome.err
        assert srcnn("upscale", longest, "-m", model_file, "-o", f"{picture.parent}/{{stem:.9}}{{ext}}").code == 0


class TestStreams:
    def test_standard_input_to_standard_output(self, picture: Path, model_file: Path) -> None:
        process = start("-", "-o", "-", "--format", "png", "-m", model_file, stdin=subprocess.PIPE)
        out, err = process.communicate(picture.read_bytes())
        assert process.returncode == 0
        assert err.startswith(b"- -> - (24 x 18, ")
        with Image.open(io.BytesIO(out)) as after:
            assert (after.format, after.size) == ("PNG", (24, 18))

    def feed(self, monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(content)))

    def test_standard_input_to_a_file_or_a_folder(
        self, srcnn: Callable, picture: Path, model_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for output, expected in (("b.jpg", "b.jpg"), ("out/", "out/stdin.png")):
            self.feed(monkeypatch, picture.read_bytes())
            outcome = srcnn("upscale", "-", "-m", model_file, "-o", f"{tmp_path}/{output}", "--json")
            assert outcome.code == 0
            assert json.loads(outcome.out)["input"] == "-"
            assert (tmp_path / expected).is_file()

    @pytest.mark.parametrize("content", [b"", b"no picture"])
    def test_standard_input_that_is_no_picture_is_1(
        self, srcnn: Callable, model_file: Path, tmp_path: Path, content: bytes, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.feed(monkeypatch, content)
        outcome = srcnn("upscale", "-", "-m", model_file, "-o", tmp_path / "b.png")
        assert (outcome.code, outcome.out) == (1, "")
        assert outcome.err.startswith("error: expected a picture")
        assert " at -, got " in outcome.err
        self.feed(monkeypatch, content)
        row = json.loads(srcnn("upscale", "-", "-m", model_file, "-o", tmp_path / "b.png", "--json").out)
        assert row["input"] == "-"
        assert " at -, got " in row["error"]
        assert list(tmp_path.iterdir()) == []

    def test_an_output_that_cannot_be_is_called_by_its_dash(
        self, srcnn: Callable, tmp_path: Path, model_file: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("sys.stdout.isatty", lambda: False)
        save_noise(tmp_path / "wide.png", (2, 6000))
        outcome = srcnn("upscale", tmp_path / "wide.png", "-m", model_file, "-o", "-", "--format", "webp")
        assert outcome.code == 1
        assert " pixels a side for -, since WebP holds no more" in outcome.err

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (("-",), "expected -o with standard input"),
            (("{picture}", "-o", "-"), "expected --format with -o -"),
            (("{picture}", "-o", "-", "--format", "png", "--json"), "expected -o - or --json"),
            (("{picture}", "{picture}", "-o", "-", "--format", "png"), "expected one input for -o -, got 2"),
            (("-", "-o", "{{parent}}/b{{ext}}"), "expected a pattern without {parent} with standard input"),
        ],
    )
    def test_what_streams_cannot_do_is_wrong_use(
        self, srcnn: Callable, picture: Path, model_file: Path, arguments: tuple[str, ...], message: str
    ) -> None:
        outcome = srcnn("upscale", "-m", model_file, *(a.format(picture=picture) for a in arguments))
        assert (outcome.code, outcome.out) == (2, "")
        assert message in outcome.err

    def test_a_pattern_of_several_for_one_stream_is_refused_in_the_users_words(
        self, srcnn: Callable, tmp_path: Path, model_file: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("sys.stdout.isatty", lambda: False)
        for name in "ab":
            save_noise(tmp_path / f"{name}.png", (8, 6))
        outcome = srcnn("upscale", tmp_path / "*.png", "-m", model_file, "-o", "-", "--format", "png")
        outcome.assert_refused("expected one input for the output file -, got 2")


class TestOutputThatNobodyReads:
    def run(self, tmp_path: Path, model_file: Path, redirection: str, *options: str) -> tuple[int, str]:
        for name in ("a.png", "b.png", "c.png"):
            save_noise(tmp_path / "in" / name, (8, 6))
        command = [*COMMAND, str(tmp_path / "in"), "-m", str(model_file), "-o", str(tmp_path / "out"), *options]
        shell = f"set -o pipefail; {shlex.join(command)} {redirection}"
        done = subprocess.run(["bash", "-c", shell], capture_output=True, text=True)
        assert_all_whole(tmp_path / "in", tmp_path / "out")
        return done.returncode, done.stderr

    @pytest.mark.parametrize("redirection", ["| true", "2>&1 | true", ">&-", "2>&-", ">&- 2>&-"])
    @pytest.mark.parametrize("options", [(), ("--json",)])
    def test_a_reader_that_leaves_leaves_the_work_alone(
        self, tmp_path: Path, model_file: Path, redirection: str, options: tuple[str, ...]
    ) -> None:
        assert self.run(tmp_path, model_file, redirection, *options) == (0, "")

    @pytest.mark.skipif(not os.path.exists("/dev/full"), reason="a device of Linux")  # noqa: PTH110
    @pytest.mark.parametrize(("redirection", "heard"), [(">/dev/full", True), (">/dev/full 2>&1", False)])
    def test_a_full_disk_under_it_is_1_and_the_work_is_done(
        self, tmp_path: Path, model_file: Path, redirection: str, heard: bool
    ) -> None:
        message = (
            "error: expected to print on standard output, got: No space left on device; the work goes on without it\n"
        )
        assert self.run(tmp_path, model_file, redirection) == (1, message if heard else "")


class TestInterruptions:
    def wait_for(self, outputs: Path, count: int, process: "subprocess.Popen[bytes]") -> None:
        deadline = time.monotonic() + 60
        while len([p for p in outputs.glob("*.png") if not p.name.startswith(".")]) < count:
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.002)

    def test_a_killed_run_goes_on_where_it_stopped(
        self, srcnn: Callable, folder: Path, model_file: Path, tmp_path: Path
    ) -> None:
        process = start(folder, "-m", model_file, "-o", tmp_path / "out")
        self.wait_for(tmp_path / "out", 2, process)
        process.kill()
        process.communicate()
        finished = {path: path.read_bytes() for path in (tmp_path / "out").glob("[0-9]*.png")}
        assert 2 <= len(finished) < 10
        outcome = srcnn("upscale", folder, "-m", model_file, "-o", tmp_path / "out", "--exists", "skip", "--json")
        assert outcome.code == 0
        rows = [json.loads(line) for line in outcome.out.splitlines()]
        assert sum(row["status"] == "skipped" for row in rows) == len(finished)
        assert all(path.read_bytes() == content for path, content in finished.items())
        assert_all_whole(folder, tmp_path / "out")

    @pytest.mark.parametrize("jobs", [1, 2])
    def test_ctrl_c_keeps_what_is_finished_and_leaves_nothing_else(
        self, folder: Path, model_file: Path, tmp_path: Path, jobs: int
    ) -> None:
        process = start(folder, "-m", model_file, "-o", tmp_path / "out", "--jobs", jobs)
        self.wait_for(tmp_path / "out", 2, process)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
        assert process.returncode == 130
        assert err.decode().strip() == "interrupted"
        finished = list((tmp_path / "out").iterdir())
        assert 2 <= len(finished) < 10
        for path in finished:
            with Image.open(path) as after:
                after.load()
                assert after.size == (720, 480)

    def test_two_runs_at_once_do_not_harm_each_other(self, folder: Path, model_file: Path, tmp_path: Path) -> None:
        options = ("-m", model_file, "-o", tmp_path / "out", "--threads", 1)
        processes = [
            start(folder, *options, "--exists", "skip"),
            start(folder, *options),
        ]
        for process in processes:
            _, err = process.communicate(timeout=100)
            assert (process.returncode, err) == (0, b"")
        assert_all_whole(folder, tmp_path / "out")
        assert len(list((tmp_path / "out").iterdir())) == 10

    def test_a_reader_that_goes_away_is_no_traceback(self, model_file: Path, tmp_path: Path) -> None:
        source = save_noise(tmp_path / "a.png", (400, 300))
        process = start(source, "-o", "-", "--format", "bmp", "-m", model_file)
        assert process.stdout is not None
        assert process.stdout.read(2) == b"BM"
        process.stdout.close()
        assert process.stderr is not None
        assert b"Traceback" not in process.stderr.read()
        process.stderr.close()
        assert process.wait(timeout=60) == 1


def test_pixels_are_those_of_one_picture_at_a_time(
    srcnn: Callable, folder: Path, model_file: Path, tmp_path: Path
) -> None:
    assert srcnn("upscale", folder / "00.png", "-m", model_file, "-s", "1.5", "-o", tmp_path / "b.png").code == 0
    assert srcnn("upscale", folder / "0[0-2].png", "-m", model_file, "-s", "1.5", "-o", tmp_path, "--jobs", 2).code == 0
    with Image.open(tmp_path / "b.png") as one, Image.open(tmp_path / "00.png") as many:
        assert one.size == (360, 240)
        np.testing.assert_array_equal(np.asarray(one), np.asarray(many))
