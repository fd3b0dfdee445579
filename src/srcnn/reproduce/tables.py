"""The tables of a report: our means, what is printed for them, and the difference. Computes nothing else."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Literal

from srcnn.evaluation.metrics.paper import METRICS, Metric
from srcnn.evaluation.published import PublishedValue, find_published
from srcnn.imaging.metrics import comparable
from srcnn.reproduce.measure import Cell
from srcnn.reproduce.methods import ReportMethod
from srcnn.reproduce.run import Cells
from srcnn.reproduce.sets import PictureSet

TIMES = "\N{MULTIPLICATION SIGN}"
"""Before a scale, for readers."""
Verdict = Literal["same", "above", "below", "far-above", "far-below", "none"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """A mean over a set, and the printed one.

    Attributes:
        metric: of both.
        ours: None where a picture could not be measured or the metric has no value.
        published: or None.
    """

    metric: Metric
    ours: float | None
    published: PublishedValue | None

    @property
    def difference(self) -> float | None:
        """Ours less the printed one; None where one of them is missing or infinite."""
        if self.ours is None or self.published is None or not math.isfinite(self.ours):
            return None
        return self.ours - self.published.value

    @property
    def verdict(self) -> Verdict:
        """How the difference is coloured."""
        if self.difference is None:
            return "none"
        if abs(self.difference) <= self.metric.same:
            return "same"
        if self.difference > 0:
            return "far-above" if self.difference >= self.metric.far else "above"
        return "far-below" if self.difference <= -self.metric.far else "below"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One method in a table.

    Attributes:
        method: what was measured.
        values: one for each metric, in the order of METRICS.
        seconds: mean over the pictures of the time of one; None where one failed.
        cells: of every picture.
        failures: what went wrong, with the pictures it happened to.
    """

    method: ReportMethod
    values: tuple[Value, ...]
    seconds: float | None
    cells: dict[str, Cell]
    failures: tuple[str, ...]

    @property
    def psnr(self) -> Value:
        """The first metric."""
        return self.values[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """All methods on one set at one scale.

    Attributes:
        pictures: the set.
        scale: the enlargement.
        rows: one for each method that there is at this scale.
    """

    pictures: PictureSet
    scale: int
    rows: tuple[Row, ...]

    @property
    def title(self) -> str:
        """Set and scale."""
        return f"{self.pictures.name} {TIMES}{self.scale}"

    @property
    def published(self) -> tuple[PublishedValue, ...]:
        """Every printed value in it."""
        return tuple(value.published for row in self.rows for value in row.values if value.published)


def build_tables(
    cells: Cells, methods: Sequence[ReportMethod], sets: Sequence[PictureSet], scales: Sequence[int]
) -> tuple[Table, ...]:
    """Average the cells, set by set and scale by scale.

    A mean is the plain mean over the pictures, but for those that a method gives exactly, as bicubic does flat ones:
    they are in no method's mean of this metric. Where a picture failed there is none.

    Args:
        cells: from `measure_all`.
        methods: in the order of rows.
        sets: in the order of tables.
        scales: likewise.

    Returns:
        A table for every set and scale that any method was measured at.

    Tests: tests/reproduce/test_tables.py.
    """
    tables: list[Table] = []
    for pictures in sets:
        for scale in scales:
            own = [method for method in methods if method.scale == scale]
            if own:
                counted = {metric: _counted(cells, own, pictures, metric) for metric in METRICS}
                rows = tuple(_row(cells, method, pictures, counted) for method in own)
                tables.append(Table(pictures=pictures, scale=scale, rows=rows))
    return tuple(tables)


def _counted(cells: Cells, methods: Sequence[ReportMethod], pictures: PictureSet, metric: Metric) -> list[str]:
    """The pictures that means of a metric are over."""
    values = [
        [cells[method.name, method.scale, pictures.name, name].values.get(metric.name) for name in pictures.pictures]
        for method in methods
    ]
    finite = comparable(*([0.0 if value is None else value for value in each] for each in values))
    return [name for name, counts in zip(pictures.pictures, finite, strict=True) if counts]


def _row(cells: Cells, method: ReportMethod, pictures: PictureSet, counted: Mapping[Metric, Sequence[str]]) -> Row:
    own = {name: cells[method.name, method.scale, pictures.name, name] for name in pictures.pictures}
    values = tuple(
        Value(
            metric=metric,
            ours=_mean([own[name].values.get(metric.name) for name in counted[metric]]),
            published=find_published(method.published_as, pictures.published_as, method.scale, metric.name),
        )
        for metric in METRICS
    )
    failed = {name: cell.failure for name, cell in own.items() if cell.failure}
    reasons = dict.fromkeys(failed.values())
    return Row(
        method=method,
        values=values,
        seconds=None if failed else fmean(cell.seconds for cell in own.values()),
        cells=own,
        failures=tuple(f"{', '.join(name for name in failed if failed[name] == why)}: {why}" for why in reasons),
    )


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return fmean(known) if known and len(known) == len(values) else None
