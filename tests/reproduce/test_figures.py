import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from srcnn.reproduce.figures import Plot, plot_ablation, plot_convergence, plot_time, spread
from srcnn.reproduce.logs import Ablation, Run
from srcnn.reproduce.measure import Cell
from srcnn.reproduce.methods import ReportMethod
from srcnn.reproduce.sets import PictureSet
from srcnn.reproduce.tables import Table, build_tables


def run(name: str, *psnr: float, bicubic: float | None = 28.0) -> Run:
    steps = tuple(500 * (n + 1) for n in range(len(psnr)))
    return Run(name=name, steps=steps, psnr=psnr, bicubic_psnr=bicubic, minutes=1.0, config={})


def texts(plot: Plot) -> list[str]:
    """What can be read in a drawing, which is well-formed XML."""
    assert plot.svg.startswith("<svg")
    return [element.text or "" for element in ET.fromstring(plot.svg).iter("{http://www.w3.org/2000/svg}text")]


def table(make: Callable[..., Cell], points: dict[str, tuple[float, float]]) -> Table:
    methods = [ReportMethod(name=name, scale=3, kind="shipped", published_as=name) for name in points]
    cells = {(name, 3, "S", "a"): make(psnr, seconds) for name, (psnr, seconds) in points.items()}
    return build_tables(cells, methods, [PictureSet(name="S", pictures={"a": Path("a")}, published_as=None)], [3])[0]


def test_every_method_is_a_named_point(cell: Callable[..., Cell]) -> None:
    plot = plot_time(table(cell, {"bicubic": (30.0, 0.001), "mine": (32.0, 0.3), "other": (32.01, 0.3)}))
    assert plot is not None
    assert {"bicubic", "mine", "other", "0.01", "0.1"} <= set(texts(plot))
    assert plot.caption.startswith("S \N{MULTIPLICATION SIGN}3: ")


def test_without_a_measured_method_there_is_no_plot(cell: Callable[..., Cell]) -> None:
    assert plot_time(table(cell, {"mine": (float("inf"), 0.1)})) is None


def test_every_training_is_a_named_curve() -> None:
    runs = [run(f"run{number}", 29.0, 29.5) for number in range(8)]  # more than there are colours
    assert {f"run{number}" for number in range(8)} <= set(texts(plot_convergence(runs, 3)))
    ablation = Ablation(name="widths", title="Widths", runs=(run("widths--64", 29.0), run("widths--128", 30.0)))
    assert {"64", "128", "validation PSNR, dB"} <= set(texts(plot_ablation(ablation)))


@pytest.mark.parametrize("name", [r"a $\frac$ b", "$x$", "a_b^c"])
def test_names_are_drawn_as_they_are(cell: Callable[..., Cell], name: str) -> None:
    plot = plot_time(table(cell, {name: (30.0, 0.1)}))
    assert plot is not None
    assert name in texts(plot)
    assert name in texts(plot_convergence([run(name, 29.0, 29.5)], 3))


def test_curves_beyond_the_six_colours_are_dashed() -> None:
    plain, mixed = (plot_convergence([run(f"run{n}", 29.0, 29.5) for n in range(count)], 3).svg for count in (6, 7))
    dashed = r"stroke-dasharray: [\d., ]+; stroke-dashoffset: 0; stroke: var\(--series-(\d)\)"
    assert re.findall(dashed, plain) == []
    assert set(re.findall(dashed, mixed)) == {"1"}


def test_all_colours_are_the_pages() -> None:
    svg = plot_convergence([run("a", 29.0, 29.5)], None).svg
    colours = set(re.findall(r"(?:fill|stroke): ([^;\"]+)", svg))
    assert {"var(--ink)", "var(--faint)", "var(--line)", "var(--series-1)"} <= colours
    assert all(colour == "none" or colour.startswith("var(--") for colour in colours)
    style = (Path(__file__).parents[2] / "src" / "srcnn" / "reproduce" / "page.css").read_text()
    assert all(f"--{name}:" in style for name in re.findall(r"var\(--([\w-]+)\)", svg))


def test_equal_data_give_equal_drawings() -> None:
    assert plot_convergence([run("a", 29.0, 29.5)], 3) == plot_convergence([run("a", 29.0, 29.5)], 3)


def test_names_that_would_touch_are_moved_apart_as_little_as_needed() -> None:
    assert spread([1.0, 5.0, 1.0], 1.0) == [0.5, 5.0, 1.5]
    assert spread([1.0, 3.0], 1.0) == [1.0, 3.0]


@given(st.lists(st.floats(-100, 100), max_size=12), st.floats(0.01, 10))
def test_no_two_names_are_nearer_than_the_gap(values: list[float], gap: float) -> None:
    placed = sorted(spread(values, gap))
    assert all(upper - lower >= gap - 1e-6 for lower, upper in pairwise(placed))
    if values:
        assert sum(placed) == pytest.approx(sum(values), abs=1e-6)
