import math
from collections.abc import Callable
from pathlib import Path

import pytest

from srcnn.evaluation.metrics.paper import METRICS
from srcnn.evaluation.published import PublishedValue
from srcnn.reproduce.measure import Cell
from srcnn.reproduce.methods import ReportMethod
from srcnn.reproduce.sets import PictureSet
from srcnn.reproduce.tables import Value, build_tables


def method(name: str, scale: int = 3) -> ReportMethod:
    return ReportMethod(name=name, scale=scale, kind="bicubic", published_as=name)


def pictures(*names: str, published_as: str | None = "Set5") -> PictureSet:
    return PictureSet(name="Set5", pictures={name: Path(name) for name in names}, published_as=published_as)


def test_a_mean_is_the_plain_mean_with_the_printed_value_beside_it(cell: Callable[..., Cell]) -> None:
    cells = {("bicubic", 3, "Set5", "a"): cell(30.0, 0.1), ("bicubic", 3, "Set5", "b"): cell(31.0, 0.3)}
    (table,) = build_tables(cells, [method("bicubic")], [pictures("a", "b")], [2, 3])
    (row,) = table.rows
    assert table.title == "Set5 \N{MULTIPLICATION SIGN}3"
    assert (row.psnr.ours, row.seconds, row.failures) == (30.5, pytest.approx(0.2), ())
    assert row.psnr.published is not None
    assert row.psnr.published.value == 30.39  # SRCNN, TPAMI 2016
    assert row.psnr.difference == pytest.approx(0.11)


def test_without_the_whole_set_nothing_printed_stands_beside_it(cell: Callable[..., Cell]) -> None:
    cells = {("bicubic", 3, "Set5", "a"): cell()}
    (table,) = build_tables(cells, [method("bicubic")], [pictures("a", published_as=None)], [3])
    assert table.published == ()
    assert table.rows[0].psnr.verdict == "none"


def test_a_failure_is_named_and_not_averaged(cell: Callable[..., Cell]) -> None:
    cells = {("m", 3, "Set5", name): cell(failure="NaN in 3 pixels" if name != "b" else None) for name in "abc"}
    (table,) = build_tables(cells, [method("m")], [pictures("a", "b", "c")], [3])
    (row,) = table.rows
    assert [value.ours for value in row.values] == [None] * len(METRICS)
    assert row.seconds is None
    assert row.failures == ("a, c: NaN in 3 pixels",)


def test_a_metric_that_one_picture_has_not_has_no_mean(cell: Callable[..., Cell]) -> None:
    small = Cell(values=cell().values | {"ms_ssim": None}, seconds=0.1)
    cells = {("m", 3, "Set5", "a"): cell(), ("m", 3, "Set5", "b"): small}
    (table,) = build_tables(cells, [method("m")], [pictures("a", "b")], [3])
    means = {value.metric.name: value.ours for value in table.rows[0].values}
    assert means["ms_ssim"] is None
    assert means["psnr"] == 30.0


def test_a_picture_that_a_method_gives_exactly_is_in_no_mean(cell: Callable[..., Cell]) -> None:
    cells = {
        ("bicubic", 3, "Set5", "a"): cell(30.0),
        ("bicubic", 3, "Set5", "flat"): cell(math.inf),
        ("m", 3, "Set5", "a"): cell(31.0),
        ("m", 3, "Set5", "flat"): cell(60.0),
    }
    (table,) = build_tables(cells, [method("bicubic"), method("m")], [pictures("a", "flat")], [3])
    assert [row.psnr.ours for row in table.rows] == [30.0, 31.0]
    (alone,) = build_tables(cells, [method("m")], [pictures("a", "flat")], [3])
    assert alone.rows[0].psnr.ours == 45.5


@pytest.mark.parametrize(
    ("ours", "verdict"),
    [
        (32.75, "same"), (32.764, "same"), (32.736, "same"), (32.77, "above"), (32.73, "below"),
        (32.95, "far-above"), (32.55, "far-below"), (None, "none"), (float("inf"), "none"),
    ],
)  # fmt: skip
def test_the_colour_says_how_far_from_print(ours: float | None, verdict: str) -> None:
    printed = PublishedValue(
        method="m", training="", dataset="Set5", scale=3, metric="psnr", value=32.75, paper="", source=""
    )
    assert Value(metric=METRICS[0], ours=ours, published=printed).verdict == verdict
