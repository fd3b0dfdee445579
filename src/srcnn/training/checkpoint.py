"""Everything a training needs to go on exactly where it stopped, in one file that is always whole.

A checkpoint is written as `checkpoint.next.pt`; then the last one is renamed to `checkpoint.previous.pt`, and
the new one to `checkpoint.pt`. So a damaged file never costs more than one interval, and a kill between the
renames nothing: the next one is read first.
"""

import io
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from srcnn.atomic import write_atomically
from srcnn.errors import CheckpointError, OutputError
from srcnn.training.fingerprint import Fingerprint

NEXT = "checkpoint.next.pt"
CURRENT = "checkpoint.pt"
PREVIOUS = "checkpoint.previous.pt"


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """The state after a step.

    Attributes:
        config: the config's keys and values.
        step: optimiser steps done.
        seconds: of training so far, over all runs.
        weights: of the network.
        ema: the running mean of the weights.
        optimiser: the optimiser's own state.
        pictures: that it learned from; None in a checkpoint of an earlier version.
        init: the model that it started from, NAME:SCALE, if any.
        loss_sum: of the steps since the last line of the log.
        loss_steps: how many these are; 0 in a checkpoint of an earlier version.
    """

    config: dict[str, Any]
    step: int
    seconds: float
    weights: dict[str, Any]
    ema: dict[str, Any]
    optimiser: dict[str, Any]
    pictures: Fingerprint | None = None
    init: str | None = None
    loss_sum: float = 0.0
    loss_steps: int = 0


def has_checkpoint(run_dir: Path) -> bool:
    """Whether a run has left a checkpoint, whole or not. Tests: tests/training/test_checkpoint.py."""
    return any((run_dir / name).exists() for name in (NEXT, CURRENT, PREVIOUS))


def save_checkpoint(run_dir: Path, checkpoint: Checkpoint) -> None:
    """Write `checkpoint.pt`, keeping the one before it.

    Args:
        run_dir: an existing folder.
        checkpoint: the state.

    Raises:
        OutputError: it cannot be written; the checkpoints there are untouched.

    Tests: tests/training/test_checkpoint.py.
    """
    content = io.BytesIO()
    torch.save(asdict(checkpoint), content)
    fresh = run_dir / NEXT
    write_atomically(fresh, content.getvalue())
    try:
        if (run_dir / CURRENT).exists():
            os.replace(run_dir / CURRENT, run_dir / PREVIOUS)
        os.replace(fresh, run_dir / CURRENT)
    except OSError as error:
        raise OutputError(
            f"expected to write {run_dir / CURRENT}, got: {error.strerror or error}; free space or check permissions, "
            "then go on with --resume"
        ) from error


def load_checkpoint(run_dir: Path) -> tuple[Checkpoint, str | None]:
    """Read the newest whole checkpoint of a run.

    Args:
        run_dir: the folder of the run.

    Returns:
        The checkpoint with its tensors on the CPU, and a sentence about a damaged one that was passed over, or None.

    Raises:
        CheckpointError: there is no whole checkpoint.

    Tests: tests/training/test_checkpoint.py.
    """
    problems: list[str] = []
    for name in (NEXT, CURRENT, PREVIOUS):  # from the newest on
        path = run_dir / name
        if not path.exists():
            continue
        try:
            checkpoint = _read(path)
        except OSError as error:
            problems.append(f"{name} cannot be read ({error.strerror or error})")
        except Exception:  # a damaged file fails inside torch in many ways, in words that help nobody
            problems.append(f"{name} is damaged")
        else:
            return checkpoint, f"{'; '.join(problems)}; continuing from {name}" if problems else None
    if not problems:
        raise CheckpointError(
            f"expected a checkpoint in {run_dir}, got none there; "
            "start without --resume, or name the folder of an earlier run with -o"
        )
    raise CheckpointError(
        f"expected a whole checkpoint in {run_dir}, got none: {', '.join(problems)}; "
        "delete it and start without --resume, or choose another folder with -o"
    )


def _read(path: Path) -> Checkpoint:
    content = torch.load(path, map_location="cpu", weights_only=True)
    pictures = content.get("pictures")
    checkpoint = Checkpoint(**content | {"pictures": Fingerprint(**pictures) if pictures else None})
    kinds = {"config": dict, "weights": dict, "ema": dict, "optimiser": dict, "step": int, "loss_steps": int}
    kinds |= {"seconds": (int, float), "loss_sum": (int, float), "init": (str, type(None))}
    if wrong := [name for name, kind in kinds.items() if not isinstance(getattr(checkpoint, name), kind)]:
        raise TypeError(f"{', '.join(wrong)} of another kind")
    return checkpoint


def check_same_config(saved: dict[str, Any], wanted: dict[str, Any], allowed: frozenset[str]) -> None:
    """Refuse to go on with another config.

    Args:
        saved: keys and values of the checkpoint.
        wanted: keys and values asked for now.
        allowed: keys that may differ without changing the result.

    Raises:
        CheckpointError: a diff of every other key.

    Tests: tests/training/test_checkpoint.py.
    """
    keys = [key for key in {**saved, **wanted} if key not in allowed and saved.get(key) != wanted.get(key)]
    if keys:
        differences = ", ".join(f"{key} was {saved.get(key)!r} and is {wanted.get(key)!r}" for key in keys)
        raise CheckpointError(
            f"expected the config of the checkpoint, got differences: {differences}; "
            "restore these values, accept them with --accept-changes, or start a new run in another folder"
        )
