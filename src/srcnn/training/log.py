"""The log of a training: one line of JSON for every validation. This module knows nothing of networks."""

import json
import math
import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TypeVar

from srcnn.atomic import write_atomically
from srcnn.errors import OutputError
from srcnn.printable import to_json

LOG_FILE = "log.jsonl"
_Batch = TypeVar("_Batch")
_DRAWN = ("validation_psnr", "bicubic_psnr", "loss")


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLine:
    """What a line of the log holds.

    Attributes:
        step: optimiser steps done.
        seconds: of training so far, over all runs.
        mpx_per_s: label pixels per second since the last line, in millions; None before the first step.
        loss: mean squared error per pixel since the last line, samples in [0, 1]; None before the first step.
        learning_rate: of the last step; None before the first.
        validation_psnr: mean over the validation pictures, dB on limited-range luma, or of a network of chroma the mean
            of that on Cb and on Cr; None without any. What is infinite here is null in the log.
        bicubic_psnr: the same for bicubic.
        channel_psnr: of a network of colour, that of luma, Cb, Cr, and RGB; else None.
        bicubic_channel_psnr: the same for bicubic.
        busy_share: of the time since the last line, what was not spent waiting for data, 0 to 1; None before
            the first step.
    """

    step: int
    seconds: float
    mpx_per_s: float | None = None
    loss: float | None = None
    learning_rate: float | None = None
    validation_psnr: float | None
    bicubic_psnr: float | None
    channel_psnr: tuple[float, ...] | None
    bicubic_channel_psnr: tuple[float, ...] | None
    busy_share: float | None = None


class Stopwatch:
    """The time of a training: all of it, and since the last line of the log what of it went into waiting."""

    def __init__(self, seconds: float) -> None:
        """Start, with the seconds of earlier runs."""
        self._began = time.perf_counter() - seconds
        self.next_line()

    def next_line(self) -> None:
        """Count anew for the next line."""
        self._last_line = time.perf_counter()
        self._waited = 0.0

    def count_waiting(self, batches: Iterable[_Batch]) -> Iterator[_Batch]:
        """Pass batches on, and count the time that each is waited for."""
        asked = time.perf_counter()
        for batch in batches:
            self._waited += time.perf_counter() - asked
            yield batch
            asked = time.perf_counter()

    @property
    def seconds(self) -> float:
        """Of training, over all runs."""
        return time.perf_counter() - self._began

    def rates(self, pixels: int) -> tuple[float, float]:
        """Millions of pixels a second, and the share of the time not spent waiting, since the last line."""
        seconds = time.perf_counter() - self._last_line
        return pixels / seconds / 1e6, 1 - self._waited / seconds


def cut_log(run_dir: Path, first_step: int) -> None:
    """Cut the log back to the step a training resumes from; 0 empties it."""
    path = run_dir / LOG_FILE
    lines = path.read_text(errors="replace").splitlines() if first_step and path.is_file() else []
    write_atomically(path, "".join(line + "\n" for line in lines if _step_of(line) <= first_step).encode())


def append_log(run_dir: Path, line: LogLine) -> None:
    """Add a line.

    Raises:
        OutputError: it cannot be written.
    """
    path = run_dir / LOG_FILE
    try:
        with path.open("a") as file:
            file.write(to_json(asdict(line)) + "\n")
    except OSError as error:
        raise OutputError(
            f"expected to add a line to {path}, got: {error.strerror or error}; free space or check permissions, "
            "then go on with --resume"
        ) from error


def read_start(run_dir: Path) -> float | None:
    """The validation PSNR of the network that a training started from, if the log has it."""
    path = run_dir / LOG_FILE
    lines = path.read_text(errors="replace").splitlines() if path.is_file() else []
    return json.loads(lines[0])["validation_psnr"] if lines and _step_of(lines[0]) == 0 else None


def _step_of(line: str) -> float:
    """The step of a line of the log; infinite for one that a kill has cut short, or that is something else."""
    try:
        fields = json.loads(line)
        numbers = [fields[name] for name in _DRAWN if fields[name] is not None]
        whole = all(isinstance(number, (int, float)) and math.isfinite(number) for number in numbers)
        return float(fields["step"]) if whole else math.inf
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
        return math.inf
