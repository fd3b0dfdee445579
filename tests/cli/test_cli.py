import signal
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import click
import pytest

import srcnn.cli as package
from srcnn.cli import cli, main
from srcnn.errors import MissingExtraError, SrcnnError


def test_the_commands_are_those_of_the_contract() -> None:
    assert {"upscale", "train", "evaluate", "models", "export"} <= set(cli.commands)


@pytest.mark.parametrize("option", ["-h", "--help"])
@pytest.mark.parametrize("command", [None, *cli.commands])
def test_every_command_explains_itself(srcnn: Callable, command: str | None, option: str) -> None:
    outcome = srcnn(*([command] if command else []), option)
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out.startswith(f"Usage: srcnn {command or '[OPTIONS]'}")


def test_help_wrong_use_and_the_list_of_models_wait_for_no_numpy_and_nothing_heavier() -> None:
    program = (
        "import sys\n"
        "from srcnn.cli import cli, main\n"
        "assert all(main([command, '--help']) == 0 for command in cli.commands)\n"
        "assert (main(['models']), main(['upscale', '--no-such-option'])) == (0, 2)\n"
        "heavy = {'numpy', 'onnxruntime', 'pyvips', 'PIL', 'scipy', 'torch'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize("command", cli.commands.values(), ids=cli.commands)
def test_every_option_has_a_help_text(command: click.Command) -> None:
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.help, parameter.name


def test_the_version_is_the_packages(srcnn: Callable) -> None:
    outcome = srcnn("--version")
    assert outcome.code == 0
    assert version("srcnn") in outcome.out


@pytest.mark.parametrize(
    "arguments",
    [["nothing"], ["--nothing"], ["upscale"], ["upscale", "--nothing"], ["train"], ["evaluate"], ["export"]],
)
def test_wrong_use_is_2_with_a_hint_and_no_traceback(srcnn: Callable, arguments: list[str]) -> None:
    outcome = srcnn(*arguments)
    assert outcome.code == 2
    assert outcome.out == ""
    assert "Error: " in outcome.err
    assert "Try 'srcnn" in outcome.err
    assert "Traceback" not in outcome.err


@pytest.mark.parametrize(
    ("name", "exists"),
    [("-dash.png", False), ("--two.jpg", False), ("-old.png", True), ("-scan.png", True), ("-folder", True)],
)
def test_a_file_that_looks_like_an_option_comes_with_advice(
    srcnn: Callable, tmp_path: Path, name: str, exists: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    if exists:
        (tmp_path / name).touch()
    outcome = srcnn("upscale", "--exists", "skip", name)
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err.endswith(f"\na file whose name begins with - is given after --, or as ./{name}\n")


@pytest.mark.parametrize(
    "arguments",
    [
        ["-z"],
        ["--nothing=a.tmp"],
        ["a.png", "--nothing", "--", "-dash.png"],
        ["a.png", "-ob.png", "--fit", "bad"],
        ["a.png", "-ob.png", "--nothing"],
    ],
)
def test_other_wrong_use_comes_without_it(srcnn: Callable, arguments: list[str]) -> None:
    outcome = srcnn("upscale", *arguments)
    assert outcome.code == 2
    assert "begins with -" not in outcome.err


def failing(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> list[str]:
    """A command that raises."""

    @click.command("fail")
    def fail() -> None:
        raise error

    monkeypatch.setitem(package.cli.commands, "fail", fail)
    return ["fail"]


def test_every_error_of_this_package_is_2_and_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for error in (SrcnnError("expected a, got b; do c"), MissingExtraError("torch", "train")):
        assert main(failing(monkeypatch, error)) == 2
        assert capsys.readouterr() == ("", f"error: {error}\n")


def test_an_error_nobody_meant_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ZeroDivisionError):
        main(failing(monkeypatch, ZeroDivisionError()))


def test_an_interrupt_is_130(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(failing(monkeypatch, KeyboardInterrupt())) == 130
    assert capsys.readouterr().err.endswith("interrupted\n")


def test_the_module_is_the_program_and_gives_its_exit_code(model_file: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "srcnn", "upscale", "none.png", "-m", str(model_file)]
    result = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr.startswith("error: expected a picture file at none.png, got nothing there")
    assert result.stderr.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_a_closed_pipe_ends_quietly() -> None:
    command = f"{sys.executable} -m srcnn --help | true"
    result = subprocess.run(command, shell=True, capture_output=True, text=True)
    assert result.stderr == ""


def test_an_interrupt_of_a_running_program_is_130_and_leaves_nothing(model_file: Path, tmp_path: Path) -> None:
    program = (
        "import os, signal, sys\n"
        "from srcnn import upscaler\n"
        "strips = upscaler.Upscaler.strips_to_join\n"
        "def interrupted(self, image):\n"
        "    os.kill(os.getpid(), signal.SIGINT)\n"
        "    yield from strips(self, image)\n"
        "upscaler.Upscaler.strips_to_join = interrupted\n"
        "from srcnn.cli import main\n"
        "sys.exit(main(sys.argv[1:]))\n"
    )
    (tmp_path / "a.ppm").write_bytes(b"P6 2 2 255\n" + bytes(12))
    arguments = ["upscale", str(tmp_path / "a.ppm"), "-m", str(model_file), "-o", str(tmp_path / "out")]
    result = subprocess.run([sys.executable, "-c", program, *arguments], capture_output=True, text=True)
    assert result.returncode == 128 + signal.SIGINT
    assert "Traceback" not in result.stderr
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and path.name != "a.ppm"]
