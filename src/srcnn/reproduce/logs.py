"""Logs of trainings, as `srcnn train` writes them: one JSON object a line, a TOML of the same name beside it."""

import json
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from srcnn.errors import InvalidConfigError
from srcnn.spec import srcnn

ABLATION_FOLDER = "ablation"
BASE = "base"
_SEPARATOR = "--"
_TITLES = {
    "widths": "Number of filters",
    "filters": "Filter sizes",
    "depth": "Depth",
    "data": "Training data",
    "colour": "Colour channels",
}
_NO_DIFFERENCE = {"model", "threads", "validate_every", "checkpoint_every"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One training.

    Attributes:
        name: of its files.
        steps: of the lines with a validation.
        psnr: validation PSNR at these steps, dB.
        bicubic_psnr: of bicubic on the same pictures, or None.
        minutes: that the training took.
        config: the keys of its TOML; empty where there is none.
    """

    name: str
    steps: tuple[int, ...]
    psnr: tuple[float, ...]
    bicubic_psnr: float | None
    minutes: float
    config: dict[str, Any]

    @property
    def scale(self) -> int | None:
        """Of the config."""
        return self.config.get("scale")

    @property
    def weights(self) -> int | None:
        """Weights and biases of the network that the config describes."""
        if not self.config:
            return None
        colour = self.config.get("colour", "luma")
        return srcnn(
            name=self.name,
            scale=self.config.get("scale", 1),
            kernel_sizes=tuple(self.config.get("kernel_sizes", (9, 1, 5))),
            widths=tuple(self.config.get("widths", (64, 32))),
            input_space=self.config.get("input_space", "hr"),
            channels=1 if colour == "luma" else 3,
            colour=colour,
            activation=self.config.get("activation", "relu"),
            deconvolution=self.config.get("deconvolution", False),
        ).weight_count

    @property
    def gain(self) -> float | None:
        """What the last validation has more than bicubic, dB."""
        return None if self.bicubic_psnr is None else self.psnr[-1] - self.bicubic_psnr


@dataclass(frozen=True, slots=True, kw_only=True)
class Ablation:
    """Trainings that differ in one thing.

    Attributes:
        name: the part of the files' names before "--".
        title: for a heading.
        runs: the base, if there is one, then in the order of names.
    """

    name: str
    title: str
    runs: tuple[Run, ...]

    def variant(self, run: Run) -> str:
        """The part of a run's name after "--"."""
        return run.name.partition(_SEPARATOR)[2] or run.name

    def differences(self, run: Run) -> str:
        """The keys that are not alike in all runs, as this one has them."""
        keys = dict.fromkeys(key for other in self.runs for key in other.config if key not in _NO_DIFFERENCE)
        values = {key: {json.dumps(other.config.get(key)) for other in self.runs} for key in keys}
        differing = [key for key in keys if len(values[key]) > 1]
        return ", ".join(f"{key} {_plain(run.config[key])}" for key in differing if key in run.config)


def read_runs(folder: Path) -> tuple[tuple[Run, ...], tuple[str, ...]]:
    """Read every log of a folder.

    Args:
        folder: of *.jsonl and *.toml; the folders in it are not searched.

    Returns:
        The trainings in the order of names, and sentences on the files that hold no validation.

    Raises:
        InvalidConfigError: the folder cannot be read.

    Tests: tests/reproduce/test_logs.py.
    """
    if not folder.is_dir():
        raise InvalidConfigError(f"expected a folder of training logs at {folder}, got none; check the path")
    runs: list[Run] = []
    notices: list[str] = []
    for path in sorted(folder.glob("*.jsonl")):
        run = _read(path)
        if run:
            runs.append(run)
        else:
            notices.append(f"The log {path.name} holds no line with a validation and was left out.")
    return tuple(runs), tuple(notices)


def group_ablations(runs: Sequence[Run]) -> tuple[Ablation, ...]:
    """Put the trainings together whose names begin alike, up to "--".

    Args:
        runs: of the folder of ablations; of those without "--" in their names, the one called "base", from which
            the others differ, is in every group, and the rest in none.

    Returns:
        The groups in the order of names, the base first in each.
    """
    base = tuple(run for run in runs if run.name == BASE)
    names = dict.fromkeys(run.name.partition(_SEPARATOR)[0] for run in runs if _SEPARATOR in run.name)
    return tuple(
        Ablation(
            name=name,
            title=_TITLES.get(name, name.replace("-", " ").replace("_", " ").capitalize()),
            runs=base + tuple(run for run in runs if run.name.startswith(name + _SEPARATOR)),
        )
        for name in names
    )


def _read(path: Path) -> Run | None:
    """A log; lines that a kill cut short are passed over."""
    lines: list[dict[str, Any]] = []
    for text in path.read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            line = json.loads(text)
            if line["validation_psnr"] is not None:
                lines.append({"step": int(line["step"]), "psnr": float(line["validation_psnr"]), **line})
        except (ValueError, KeyError, TypeError):
            continue
    if not lines:
        return None
    return Run(
        name=path.stem,
        steps=tuple(line["step"] for line in lines),
        psnr=tuple(line["psnr"] for line in lines),
        bicubic_psnr=lines[0].get("bicubic_psnr"),
        minutes=float(lines[-1].get("seconds", 0)) / 60,
        config=_read_config(path.with_suffix(".toml")),
    )


def _read_config(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:  # TOML's and UTF-8's errors are ValueErrors
        raise InvalidConfigError(f"expected a TOML file at {path}, got: {error}; correct or remove it") from error


def _plain(value: object) -> str:
    """A value of a config for people: 9-1-5 for a list."""
    return "-".join(map(str, value)) if isinstance(value, list) else str(value)  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType] (TOML)
