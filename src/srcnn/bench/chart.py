"""Quality against time as a picture: the paper's chart of PSNR and running time, for this machine."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from srcnn.atomic import atomic_path
from srcnn.errors import MissingExtraError, OutputError


@dataclass(frozen=True, slots=True)
class Point:
    """A method in the chart.

    Attributes:
        label: the network; one line joins its points.
        group: the implementation; its points have one colour.
        seconds: of a frame.
        psnr: in dB.
    """

    label: str
    group: str
    seconds: float
    psnr: float


def check_chart(target: Path) -> None:
    """Refuse, before anything is measured, what `draw_chart` cannot draw afterwards.

    Args:
        target: the PNG to come.

    Raises:
        OutputError: another ending than .png, a folder of that name, or no folder for it that can be written.
        MissingExtraError: matplotlib is not installed.

    Tests: tests/bench/test_chart.py.
    """
    if find_spec("matplotlib") is None:
        raise MissingExtraError("matplotlib", "paper")
    if target.is_dir() or not os.access(target.parent, os.W_OK | os.X_OK):
        found = "a folder of that name" if target.is_dir() else f"no folder {target.parent} that can be written"
        raise OutputError(f"expected to draw {target}, got {found}; choose another file for the chart")
    if target.suffix.lower() != ".png":
        raise OutputError(f"expected a chart that ends in .png, got {target}; choose another name")


def draw_chart(points: Sequence[Point], target: Path, *, title: str) -> None:
    """Draw PSNR against the time of a frame, faster to the right as in the paper.

    Args:
        points: one at least.
        target: the PNG to write.
        title: above the chart: pictures, scale, size of the frame, machine.

    Raises:
        MissingExtraError: matplotlib is not installed.
        OutputError: the target cannot be written.

    Source: Dong et al. 2014, PSNR against running time. Tests: tests/bench/test_chart.py.
    """
    try:
        from matplotlib.figure import Figure
        from matplotlib.ticker import LogLocator, NullLocator
    except ImportError as error:
        raise MissingExtraError("matplotlib", "paper") from error
    figure = Figure(figsize=(9, 5), dpi=120, layout="constrained")
    axes = figure.subplots()
    for label in dict.fromkeys(point.label for point in points):
        own = sorted((point.seconds, point.psnr) for point in points if point.label == label)
        axes.plot([1e3 * seconds for seconds, _ in own], [psnr for _, psnr in own], color="lightgray", zorder=1)
        fastest = (1e3 * own[0][0], own[0][1])
        axes.annotate(label, fastest, xytext=(6, 4), textcoords="offset points", fontsize=8)
    for group in dict.fromkeys(point.group for point in points):
        members = [point for point in points if point.group == group]
        axes.scatter([1e3 * point.seconds for point in members], [point.psnr for point in members], label=group)
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.xaxis.set_major_formatter("{x:g}")
    axes.xaxis.set_minor_locator(NullLocator())
    axes.margins(x=0.15, y=0.1)
    axes.invert_xaxis()
    axes.set_xlabel("slower        milliseconds per frame        faster")
    axes.set_ylabel("PSNR, dB (BT.601 limited-range luma)")
    axes.set_title(title, fontsize=9)
    axes.grid(alpha=0.2)
    axes.legend(fontsize=8)
    with atomic_path(target) as temporary:
        figure.savefig(temporary, format="png")
