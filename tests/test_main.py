"""How the process ends; what it says is tested in tests/cli."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from small_pictures import save_noise
from tiny_models import random_model

from srcnn.__main__ import run
from srcnn.imaging.depth import Image
from srcnn.training import loop
from srcnn.upscaler import Upscaler
from srcnn.zoo.model_file import save_model


def process(*arguments: str, stdout: int = subprocess.PIPE) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "srcnn", *arguments]
    return subprocess.run(command, check=False, timeout=60, stdout=stdout, stderr=subprocess.PIPE)


def test_what_was_printed_arrives_though_the_process_ends_at_once() -> None:
    ended = process("models", "--json")
    assert ended.returncode == 0
    assert len(json.loads(ended.stdout)) > 10


def test_the_process_ends_with_the_code_of_the_command() -> None:
    assert process("upscale").returncode == 2


def test_a_reader_who_has_gone_ends_it_with_one_and_without_a_word() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    try:
        ended = process("models", stdout=writer)
    finally:
        os.close(writer)
    assert ended.returncode == 1
    assert ended.stderr == b""


def run_with(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> int:
    """The exit code of `run` in this process."""
    monkeypatch.setattr(sys, "argv", ["srcnn", *map(str, arguments)])
    monkeypatch.setattr(os, "_exit", sys.exit)
    with pytest.raises(SystemExit) as ended:
        run()
    assert isinstance(ended.value.code, int)
    return ended.value.code


@pytest.fixture(params=["SIGTERM", "SIGHUP"])
def outer_signal(request: pytest.FixtureRequest) -> Iterator[int]:
    """A signal as at the start of a process; afterwards as it was."""
    if not hasattr(signal, request.param):
        pytest.skip(f"this system has no {request.param}")
    number = getattr(signal, request.param)
    before = [(each, signal.getsignal(each)) for each in (signal.SIGTERM, number, signal.SIGINT)]
    signal.signal(number, signal.SIG_DFL)
    yield number
    for each, handler in before:
        signal.signal(each, handler)


@pytest.mark.parametrize("ignored", [False, True])
def test_who_ends_it_from_outside_gets_what_an_interrupt_does(
    tmp_path: Path,
    outer_signal: int,
    ignored: bool,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    model, picture = tmp_path / "model.safetensors", tmp_path / "a.ppm"
    save_model(model, random_model((9, 1, 5), (8, 4), scale=2))
    picture.write_bytes(b"P6 700 2000 255\n" + bytes(3 * 700 * 2000))
    strips = Upscaler.strips

    def ended(upscaler: Upscaler, image: Image) -> Iterator[Image]:
        for number, strip in enumerate(strips(upscaler, image)):
            if number == 1:
                os.kill(os.getpid(), outer_signal)
            yield strip

    monkeypatch.setattr(Upscaler, "strips", ended)
    if ignored:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    assert run_with(monkeypatch, "upscale", picture, "-m", model, "--threads", 1) == 128 + outer_signal
    assert capsys.readouterr().err.endswith("interrupted\n")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.ppm", "model.safetensors"]


def test_a_training_that_is_ended_from_outside_writes_its_checkpoint(
    tmp_path: Path, outer_signal: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "tiny.toml"
    lines = ("model = 'tiny'", "scale = 2", "steps = 9", "kernel_sizes = [3, 1, 3]", "widths = [3, 2]", "threads = 1")
    config.write_text("\n".join((*lines, "patch_size = 12", "validation_pictures = 1")))
    for seed, name in enumerate("ab"):
        save_noise(tmp_path / "data" / f"{name}.png", (40, 40), seed)
    take_step = loop._take_step

    def ended(*arguments: Any) -> Any:
        for _ in range(2):  # of which the second must not cut the step off
            signal.raise_signal(outer_signal)
        return take_step(*arguments)

    monkeypatch.setattr(loop, "_take_step", ended)
    assert run_with(monkeypatch, "train", config, tmp_path / "data", "-o", tmp_path / "run") == 128 + outer_signal
    assert (tmp_path / "run" / "checkpoint.pt").exists()


def test_a_signal_that_is_ignored_stays_ignored(outer_signal: int, monkeypatch: pytest.MonkeyPatch) -> None:
    signal.signal(outer_signal, signal.SIG_IGN)
    assert run_with(monkeypatch, "--version") == 0
    assert signal.getsignal(outer_signal) is signal.SIG_IGN


@pytest.mark.skipif(os.name == "nt", reason="needs a shell that closes streams")
@pytest.mark.parametrize(
    ("command", "code"),
    [("models >&-", 0), ("models 2>&- >/dev/null", 0), ("upscale - -o x.png <&-", 2), ("upscale x -o - >&-", 2)],
)
def test_a_stream_that_the_shell_has_closed_is_no_traceback(command: str, code: int) -> None:
    ended = subprocess.run(
        ["sh", "-c", f"'{sys.executable}' -m srcnn {command}"], check=False, capture_output=True, text=True, timeout=60
    )
    assert ended.returncode == code
    assert "Traceback" not in ended.stderr
