"""How the process ends; what it says is tested in tests/cli."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from small_pictures import save_noise
from tiny_models import random_model

from srcnn.zoo.model_file import save_model

# Each program is `srcnn` that ends itself from outside, in a process of its own: signals are the whole process's.
AMID_STRIPS = """
import os, signal, sys
from srcnn import upscaler
from srcnn.__main__ import run
name, handling = sys.argv.pop(1).split(":")
signal.signal(getattr(signal, name), signal.SIG_DFL)  # whatever these tests run under
if handling == "background":
    signal.signal(signal.SIGINT, signal.SIG_IGN)
strips = upscaler.Upscaler.strips_to_join
def ended(self, image):
    for number, strip in enumerate(strips(self, image)):
        if number == 1:
            os.kill(os.getpid(), getattr(signal, name))
        yield strip
upscaler.Upscaler.strips_to_join = ended
run()
"""
AMID_STEPS = """
import signal
signal.signal(signal.SIGTERM, signal.SIG_DFL)
from srcnn.__main__ import run
from srcnn.training import loop
take_step = loop._take_step
def ended(*arguments):
    for _ in range(2):  # of which the second must not cut the step off
        signal.raise_signal(signal.SIGTERM)
    return take_step(*arguments)
loop._take_step = ended
run()
"""
AMID_IMPORTS = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # whatever these tests run under
name = sys.argv.pop(1)
class Finder:
    def find_spec(self, module, *_):
        if module == name:
            sys.meta_path.remove(self)
            try:
                signal.raise_signal(signal.SIGINT)
            except KeyboardInterrupt as interrupt:
                if module == "torch._C":  # which may lose it
                    return
                if module == "click":
                    raise
                raise ImportError("initialization failed") from interrupt
sys.meta_path.insert(0, Finder())
from srcnn.__main__ import run
run()
"""
IGNORED = """
import os
import signal
signal.signal(signal.SIGHUP, signal.SIG_IGN)
signal.signal(signal.SIGTERM, signal.SIG_DFL)
from srcnn.__main__ import run
hup, term = signal.SIGHUP, signal.SIGTERM
os._exit = lambda code: print(signal.getsignal(hup) == signal.SIG_IGN, callable(signal.getsignal(term)))
run()
"""

posix = pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals")


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


def program(text: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", text, *map(str, arguments)]
    return subprocess.run(command, check=False, timeout=60, capture_output=True, text=True)


@posix
@pytest.mark.parametrize("handling", ["foreground", "background"])
@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
def test_who_ends_it_from_outside_gets_what_an_interrupt_does(tmp_path: Path, name: str, handling: str) -> None:
    model, picture = tmp_path / "model.safetensors", tmp_path / "a.ppm"
    save_model(model, random_model((9, 1, 5), (8, 4), scale=2))
    picture.write_bytes(b"P6 700 2000 255\n" + bytes(3 * 700 * 2000))
    ended = program(AMID_STRIPS, f"{name}:{handling}", "upscale", picture, "-m", model, "--threads", 1)
    assert ended.returncode == 128 + getattr(signal, name)
    assert ended.stderr.endswith("interrupted\n")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.ppm", "model.safetensors"]


@posix
@pytest.mark.parametrize(
    "module", ["click", "torch._C", "numpy._core._multiarray_umath", "onnxruntime.capi.onnxruntime_pybind11_state"]
)
def test_an_interrupt_while_modules_are_imported_ends_it_at_once(tmp_path: Path, module: str) -> None:
    config = tmp_path / "tiny.toml"
    config.write_text("model = 'tiny'\nscale = 2\nsteps = 9")
    training = ("train", config, tmp_path / "no-folder", "-o", tmp_path / "run")
    ended = program(
        AMID_IMPORTS, module, *(training if module in ("click", "torch._C") else ("evaluate", "swift", tmp_path))
    )
    assert ended.returncode == 128 + signal.SIGINT
    assert ended.stderr.strip() in ("", "interrupted")
    assert not (tmp_path / "run").exists()


@posix
def test_a_training_that_is_ended_from_outside_writes_its_checkpoint(tmp_path: Path) -> None:
    config = tmp_path / "tiny.toml"
    lines = ("model = 'tiny'", "scale = 2", "steps = 9", "kernel_sizes = [3, 1, 3]", "widths = [3, 2]", "threads = 1")
    config.write_text("\n".join((*lines, "patch_size = 12", "validation_pictures = 1")))
    for seed, name in enumerate("ab"):
        save_noise(tmp_path / "data" / f"{name}.png", (40, 40), seed)
    ended = program(AMID_STEPS, "train", config, tmp_path / "data", "-o", tmp_path / "run")
    assert ended.returncode == 128 + signal.SIGTERM
    assert "go on with --resume" in ended.stderr
    assert (tmp_path / "run" / "checkpoint.pt").exists()


@posix
def test_a_signal_that_is_ignored_stays_ignored() -> None:
    assert program(IGNORED, "--version").stdout.splitlines()[-1] == "True True"


@posix
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


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no full device")
@pytest.mark.parametrize("buffering", [{}, {"PYTHONUNBUFFERED": "1"}], ids=["buffered", "unbuffered"])
def test_a_picture_that_standard_output_does_not_take_is_one_that_failed(
    tmp_path: Path, buffering: dict[str, str]
) -> None:
    (tmp_path / "a.ppm").write_bytes(b"P6 64 48 255\n" + bytes(range(256)) * 36)
    command = [sys.executable, "-m", "srcnn", "upscale", str(tmp_path / "a.ppm"), "-m", "bicubic", "-o", "-"]
    with Path("/dev/full").open("wb") as full:
        ended = subprocess.run(
            [*command, "--format", "png"], stdout=full, stderr=subprocess.PIPE, env={**os.environ, **buffering}
        )
    assert ended.returncode == 1
    assert b"error: expected standard output to take -, got: No space left on device; " in ended.stderr
