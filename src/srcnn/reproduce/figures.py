"""Plots as SVG inside a page: their colours are the page's own, so that they follow its light and dark.

matplotlib draws with stand-in colours, which become CSS variables in the finished SVG.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from io import StringIO
from typing import TYPE_CHECKING

from srcnn.errors import MissingExtraError
from srcnn.reproduce.logs import Ablation, Run
from srcnn.reproduce.tables import TIMES, Table

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_INK, _FAINT, _GRID = "#010203", "#010204", "#010205"
_SERIES = ("#010211", "#010212", "#010213", "#010214", "#010215", "#010216")
_VARIABLES = {
    _INK: "var(--ink)",
    _FAINT: "var(--faint)",
    _GRID: "var(--line)",
    **{colour: f"var(--series-{number})" for number, colour in enumerate(_SERIES, 1)},
}
_KIND_COLOURS = {"bicubic": _FAINT, "rival": _SERIES[2], "shipped": _SERIES[0], "user": _SERIES[1]}
_MARKS = {"bicubic": "s", "rival": "^", "shipped": "o", "user": "D"}
_SIZE = (4.6, 3.4)  # inches: readable without zooming at the width of a phone
_LABEL_GAP = 0.055  # of the height of a plot, between the names of neighbouring points


@dataclass(frozen=True, slots=True, kw_only=True)
class Plot:
    """A figure of the page.

    Attributes:
        caption: one or two sentences.
        svg: the drawing.
    """

    caption: str
    svg: str


def plot_time(table: Table) -> Plot | None:
    """Draw PSNR against the running time of every method, as the paper's figure of it.

    Args:
        table: of one set at one scale.

    Returns:
        A plot with a named point for each method; None if no method has both numbers.

    Tests: tests/reproduce/test_figures.py.
    """
    points = [
        (row.seconds, row.psnr.ours, row.method)
        for row in table.rows
        if row.seconds and row.psnr.ours is not None and math.isfinite(row.psnr.ours)
    ]
    if not points:
        return None
    figure, axes = _canvas("seconds a picture (logarithmic)", "mean PSNR, dB")
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
    for seconds, value, method in points:
        axes.plot(seconds, value, _MARKS[method.kind], color=_KIND_COLOURS[method.kind], markersize=7, clip_on=False)
    values = [point[1] for point in points]
    low, high = min(values), max(values)
    margin = (high - low) * 0.1 or 0.5
    axes.set_ylim(low - margin, high + margin)
    heights = spread(values, _LABEL_GAP * (high - low + 2 * margin))
    for (seconds, value, method), height in zip(points, heights, strict=True):
        axes.annotate(
            method.name,
            xy=(seconds, value),
            xytext=(1.04, height),  # in a column right of the plot, where no name hides a point
            textcoords=("axes fraction", "data"),
            va="center",
            color=_INK,
            fontsize="small",
            parse_math=False,
            arrowprops={"arrowstyle": "-", "linestyle": ":", "linewidth": 0.6, "color": _FAINT, "relpos": (0, 0.5)},
        )
    pictures = len(table.pictures.pictures)
    return Plot(
        caption=f"{table.title}: mean PSNR against the mean time of one of its {pictures} pictures.", svg=_svg(figure)
    )


def plot_convergence(runs: Sequence[Run], scale: int | None) -> Plot:
    """Draw what trainings gain over bicubic against their steps, as the paper's convergence curves.

    Args:
        runs: at least one, each with bicubic's PSNR.
        scale: of all of them, for the caption.

    Returns:
        A plot with a curve for each.

    Tests: tests/reproduce/test_figures.py.
    """
    figure, axes = _canvas("optimiser steps", "gain over bicubic, dB")
    for number, run in enumerate(runs):
        base = run.bicubic_psnr or 0.0
        _curve(axes, number, run.name, run.steps, [value - base for value in run.psnr])
    _legend(axes)
    at = f"{TIMES}{scale}: " if scale else ""
    return Plot(
        caption=f"{at}validation PSNR above bicubic's, each on the pictures its own training held out.",
        svg=_svg(figure),
    )


def plot_ablation(ablation: Ablation) -> Plot:
    """Draw the validation PSNR of trainings that differ in one thing."""
    figure, axes = _canvas("optimiser steps", "validation PSNR, dB")
    for number, run in enumerate(ablation.runs):
        _curve(axes, number, ablation.variant(run), run.steps, run.psnr)
    _legend(axes)
    return Plot(caption=f"{ablation.title}: validation PSNR during training.", svg=_svg(figure))


def spread(values: Sequence[float], gap: float) -> list[float]:
    """Move numbers apart until neighbours differ by `gap` at least, keeping their order and their middle."""
    order = sorted(range(len(values)), key=lambda index: values[index])
    placed: list[list[int]] = []  # runs of neighbours that touch, each centred on its own mean
    for index in order:
        placed.append([index])
        while len(placed) > 1 and _bottom(placed[-1], values, gap) < _top(placed[-2], values, gap) + gap:
            placed[-2:] = [placed[-2] + placed[-1]]
    result = list(values)
    for group in placed:
        bottom = _bottom(group, values, gap)
        for number, index in enumerate(group):
            result[index] = bottom + number * gap
    return result


def _bottom(group: Sequence[int], values: Sequence[float], gap: float) -> float:
    mean = sum(values[index] for index in group) / len(group)
    return mean - gap * (len(group) - 1) / 2


def _top(group: Sequence[int], values: Sequence[float], gap: float) -> float:
    return _bottom(group, values, gap) + gap * (len(group) - 1)


def _canvas(x_label: str, y_label: str) -> "tuple[Figure, Axes]":
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingExtraError("matplotlib", "paper") from error
    figure = Figure(figsize=_SIZE, layout="constrained")
    figure.patch.set_alpha(0)
    axes = figure.subplots()
    axes.patch.set_alpha(0)
    axes.grid(color=_GRID, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(which="both", color=_GRID, labelcolor=_FAINT)
    for side, spine in axes.spines.items():
        spine.set_visible(side in ("left", "bottom"))
        spine.set_color(_FAINT)
    axes.set_xlabel(x_label, color=_FAINT)
    axes.set_ylabel(y_label, color=_FAINT)
    return figure, axes


def _curve(axes: "Axes", number: int, name: str, steps: Sequence[int], values: Sequence[float]) -> None:
    """Draw the n-th curve; after six colours, dashed."""
    dashes = ("-", "--", ":", "-.")[number // len(_SERIES) % 4]
    axes.plot(steps, values, color=_SERIES[number % len(_SERIES)], linestyle=dashes, label=name)


def _legend(axes: "Axes") -> None:
    legend = axes.legend(loc="lower right", frameon=False, labelcolor=_INK, fontsize="small")
    for text in legend.get_texts():
        text.set_parse_math(False)


def _svg(figure: "Figure") -> str:
    """The `<svg>` element, its texts as text and its colours as the page's variables."""
    import matplotlib

    target = StringIO()
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": "srcnn", "font.family": "sans-serif"}):
        figure.savefig(target, format="svg", metadata={"Date": None, "Creator": None})
    svg = target.getvalue()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r"font-family: [^;]*; ", "", svg)  # the page's own
    return re.sub("#01020[345]|#01021[1-6]", lambda match: _VARIABLES[match[0]], svg)
