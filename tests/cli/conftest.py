from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from small_pictures import save_noise
from tiny_models import gentle_model

from srcnn.cli import main
from srcnn.zoo.model_file import save_model


@dataclass(frozen=True)
class Outcome:
    """What a command left behind."""

    code: int
    out: str
    err: str

    def assert_refused(self, *words: str) -> None:
        """Exit code 2 and one line on standard error that has these words in it; nothing else."""
        assert (self.code, self.out) == (2, "")
        assert self.err.startswith("error: ")
        assert "expected " in self.err
        assert ", got" in self.err
        assert self.err.endswith("\n")
        assert self.err.count("\n") == 1
        for word in words:
            assert word in self.err


@pytest.fixture
def srcnn(capsys: pytest.CaptureFixture[str]) -> Callable[..., Outcome]:
    """Run the command line in this process."""

    def run(*arguments: object) -> Outcome:
        capsys.readouterr()
        code = main([str(argument) for argument in arguments])
        return Outcome(code, *capsys.readouterr())

    return run


@pytest.fixture(scope="session")
def model_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small network for x3."""
    path = tmp_path_factory.mktemp("model") / "tiny.safetensors"
    save_model(path, gentle_model(scale=3))
    return path


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    """A PNG of 8 x 6 pixels."""
    return save_noise(tmp_path / "in" / "a.png", (8, 6))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for seed, name in enumerate(("b", "a")):
        save_noise(tmp_path / "set" / f"{name}.png", (30, 27), seed)
    return tmp_path / "set"
