"""Pictures of a training: the paper's convergence figure and its first-layer filters."""

import json
from pathlib import Path

import numpy as np

from srcnn.atomic import atomic_path
from srcnn.errors import MissingExtraError
from srcnn.pictures.write import write_picture
from srcnn.spec import Colour
from srcnn.zoo.filters import filter_sheet
from srcnn.zoo.model_file import Model

CURVES_FILE = "curves.png"
FILTERS_FILE = "filters.png"
_SHEET_WIDTH = 800  # pixels, about


def plot_curves(log: Path, target: Path, colour: Colour = "luma") -> bool:
    """Draw validation PSNR and loss against the training's steps.

    Args:
        log: the log.jsonl of a run; one without lines leaves nothing to draw.
        target: the PNG to write.
        colour: of the network.

    Returns:
        Whether it was written.

    Raises:
        MissingExtraError: matplotlib is not installed.
        OutputError: it cannot be written.

    Source: figure 4 of the paper's journal version. Tests: tests/training/test_plots.py.
    """
    lines = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()] if log.exists() else []
    if not lines:
        return False
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingExtraError("matplotlib", "train") from error
    figure = Figure(figsize=(8, 4.5), dpi=120, layout="constrained")
    steps = [line["step"] for line in lines]
    left = figure.subplots()
    if lines[0]["validation_psnr"] is not None:
        left.plot(steps, [line["validation_psnr"] for line in lines], color="tab:blue", label="network")
        if lines[0]["bicubic_psnr"] is not None:  # infinite where it gives every picture exactly
            left.axhline(lines[0]["bicubic_psnr"], color="tab:gray", linestyle="--", label="bicubic")
        left.legend(loc="lower right")
    left.set_xlabel("optimiser steps")
    planes = "Cb and Cr" if colour == "chroma" else "luma"
    left.set_ylabel(f"validation PSNR, dB (BT.601 limited-range {planes})")
    right = left.twinx()
    right.plot(steps, [line["loss"] for line in lines], color="tab:orange", alpha=0.5)
    right.set_yscale("log")
    right.set_ylabel("training loss, mean squared error", color="tab:orange")
    with atomic_path(target) as temporary:
        figure.savefig(temporary)
    return True


def plot_filters(model: Model, target: Path) -> None:
    """Draw the kernels of the first layer, strongest first, each in its own grey scale.

    Args:
        model: of a network of colour the three channels' kernels are drawn side by side.
        target: the PNG to write.

    Raises:
        OutputError: it cannot be written.

    Source: figure 5 of the paper's journal version. Tests: tests/training/test_plots.py.
    """
    sheet = filter_sheet(model)
    grey = np.where(sheet[:, :, 1], sheet[:, :, 0], np.uint8(255))
    zoom = max(1, _SHEET_WIDTH // grey.shape[1])
    write_picture(target, grey.repeat(zoom, 0).repeat(zoom, 1))
