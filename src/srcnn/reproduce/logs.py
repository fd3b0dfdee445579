"""Logs of trainings, as `srcnn train` writes them: one JSON object a line, a TOML of the same name beside it."""

import json
import math
import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean
from typing import Any

from srcnn.errors import InvalidConfigError, ModelFileError
from srcnn.printable import printable
from srcnn.spec import srcnn

ABLATION_FOLDER = "ablation"
BASE = "base"
_SEPARATOR = "--"
_SEED = re.compile(r"\.seed\d+$")  # NAME.seed1.jsonl is NAME.jsonl's training with another seed
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
        repeats: the last validation PSNR of the same training with other seeds, dB.
    """

    name: str
    steps: tuple[int, ...]
    psnr: tuple[float, ...]
    bicubic_psnr: float | None
    minutes: float
    config: dict[str, Any]
    repeats: tuple[float, ...] = ()

    @property
    def last_psnr(self) -> tuple[float, ...]:
        """The last validation PSNR with each seed, dB."""
        return (self.psnr[-1], *self.repeats)

    @property
    def mean_psnr(self) -> float:
        """The mean of the last validation PSNR over the seeds, dB."""
        return fmean(self.last_psnr)

    @property
    def scale(self) -> int | None:
        """Of the config."""
        scale = self.config.get("scale")
        return scale if type(scale) is int else None

    @property
    def weights(self) -> int | None:
        """Weights and biases of the network that the config describes, if it describes one."""
        if not self.config:
            return None
        try:
            return srcnn(
                name=self.name,
                scale=self.config.get("scale", 1),
                kernel_sizes=tuple(self.config.get("kernel_sizes", (9, 1, 5))),
                widths=tuple(self.config.get("widths", (64, 32))),
                input_space=self.config.get("input_space", "hr"),
                colour=self.config.get("colour", "luma"),
                activation=self.config.get("activation", "relu"),
                deconvolution=self.config.get("deconvolution", False),
            ).weight_count
        except (ModelFileError, TypeError, ValueError):
            return None

    @property
    def gain(self) -> float | None:
        """What `mean_psnr` has more than bicubic, dB."""
        return None if self.bicubic_psnr is None else self.mean_psnr - self.bicubic_psnr


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
        values = {key: {json.dumps(other.config.get(key), default=str) for other in self.runs} for key in keys}
        differing = [key for key in keys if len(values[key]) > 1]
        return ", ".join(f"{key} {_plain(run.config[key])}" for key in differing if key in run.config)


def read_runs(folder: Path) -> tuple[tuple[Run, ...], tuple[str, ...]]:
    """Read every log of a folder.

    Args:
        folder: of *.jsonl and *.toml; the folders in it are not searched. NAME.seed1.jsonl and so on are repeats of
            NAME.jsonl.

    Returns:
        The trainings of luma in the order of names, and sentences on the files that hold no validation, or not as much
        as that of another seed.

    Raises:
        InvalidConfigError: the folder cannot be read.

    Tests: tests/reproduce/test_logs.py.
    """
    if not folder.is_dir():
        raise InvalidConfigError(f"expected a folder of training logs at {folder}, got none; check the path")
    runs: dict[str, Run] = {}
    notices: list[str] = []
    for path in sorted(folder.glob("*.jsonl")):
        run, name = _read(path), _SEED.sub("", path.stem)
        if run is None:
            notices.append(f"The log {printable(path.name)} holds no line with a validation and was left out.")
        elif run.config.get("colour") == "chroma":
            continue  # a report is of luma
        elif name not in runs:  # comes before its repeats in the order of names
            runs[path.stem] = run
        elif run.steps[-1] == runs[name].steps[-1]:
            runs[name] = replace(runs[name], repeats=(*runs[name].repeats, run.psnr[-1]))
        else:
            notices.append(
                f"The log {printable(path.name)} ends at step {run.steps[-1]}, that of the first seed at "
                f"{runs[name].steps[-1]}, and was left out."
            )
    return tuple(runs.values()), tuple(notices)


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
    """A log; lines that a kill cut short, or that hold something else than numbers, are passed over."""
    lines: list[tuple[int, float, float, float | None]] = []
    for text in path.read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            line = json.loads(text)
            bicubic, seconds = line.get("bicubic_psnr"), line.get("seconds") or 0.0
            numbers = [line["validation_psnr"], seconds, *([] if bicubic is None else [bicubic])]
            if type(line["step"]) is int and all(type(number) in (int, float) for number in numbers):
                psnr, seconds, *bicubic = map(float, numbers)
                if all(map(math.isfinite, (psnr, seconds, *bicubic, float(line["step"])))):
                    lines.append((line["step"], psnr, seconds, bicubic[0] if bicubic else None))
        except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
            continue
    if not lines:
        return None
    return Run(
        name=printable(path.stem),
        steps=tuple(step for step, *_ in lines),
        psnr=tuple(psnr for _, psnr, *_ in lines),
        bicubic_psnr=lines[0][3],
        minutes=lines[-1][2] / 60,
        config=_read_config(path.with_name(_SEED.sub("", path.stem) + ".toml")),
    )


def _read_config(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError) as error:  # TOML's and UTF-8's errors are ValueErrors
        raise InvalidConfigError(f"expected a TOML file at {path}, got: {error}; correct or remove it") from error


def _plain(value: object) -> str:
    """A value of a config for people: 9-1-5 for a list."""
    return "-".join(map(str, value)) if isinstance(value, list) else str(value)  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType] (TOML)
