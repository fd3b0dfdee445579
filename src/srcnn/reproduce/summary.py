"""What a report says first: every mean PSNR in one table, and in a few sentences how it agrees with print."""

from collections.abc import Sequence
from dataclasses import dataclass

from srcnn.reproduce.tables import Row, Table, Value
from srcnn.zoo.cards import BICUBIC

MAIN_SCALE = 3  # of most of the paper's figures
_OFF = 0.06  # dB; between the conventions of printed bicubic means there are 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """The first table of a report.

    Attributes:
        tables: its columns.
        rows: name of a method, and its PSNR in each column; None where it has no such scale.
        sentences: how the means agree.
    """

    tables: tuple[Table, ...]
    rows: tuple[tuple[str, tuple[Value | None, ...]], ...]
    sentences: tuple[str, ...]


def summarise(tables: Sequence[Table]) -> Summary:
    """Put the mean PSNRs of all tables into one.

    Args:
        tables: from `build_tables`, at least one.

    Returns:
        The table and its sentences.

    Tests: tests/reproduce/test_summary.py.
    """
    names = dict.fromkeys(row.method.name for table in tables for row in table.rows)
    rows = tuple((name, tuple(_psnr(table, name) for table in tables)) for name in names)
    return Summary(tables=tuple(tables), rows=rows, sentences=(*_agreement(tables), *_best(tables)))


def suspicious_sets(tables: Sequence[Table]) -> tuple[str, ...]:
    """Sentences on the sets whose bicubic mean is not the printed one: their pictures cannot be the standard ones.

    Args:
        tables: from `build_tables`.

    Returns:
        One for each such set and scale.
    """
    return tuple(
        f"{table.title}: bicubic has {row.psnr.ours:.2f} dB, {row.psnr.published.value:.2f} are printed; "
        "these are not the standard pictures, so the differences from print mean nothing here."
        for table in tables
        for row in table.rows
        if row.method.name == BICUBIC and row.psnr.ours is not None and row.psnr.published
        if abs(row.psnr.ours - row.psnr.published.value) > _OFF
    )


def _psnr(table: Table, name: str) -> Value | None:
    return next((row.psnr for row in table.rows if row.method.name == name), None)


def _agreement(tables: Sequence[Table]) -> list[str]:
    """How many means are the printed ones, and which falls shortest."""
    compared = [(row.psnr, row, table) for table in tables for row in table.rows if row.psnr.difference is not None]
    if not compared:
        return ["No printed value belongs to these pictures and methods."]
    verdicts = [value.verdict for value, _, _ in compared]
    above, below = (sum(verdict.endswith(word) for verdict in verdicts) for word in ("above", "below"))
    same = len(verdicts) - above - below
    text = f"Mean PSNRs beside a printed value: {len(compared)}. Agreeing: {same}, above: {above}, below: {below}."
    value, row, table = min(compared, key=lambda item: item[0].difference or 0.0)
    if below and value.difference is not None:
        text += f" The lowest is {row.method.name} on {table.title}, by {-value.difference:.2f} dB."
    return [text]


def _best(tables: Sequence[Table]) -> list[str]:
    """The best method and the best printed one, where most of the paper's figures are: Set5 at x3 if it is there."""
    table = next((table for table in tables if table.scale == MAIN_SCALE), tables[0])
    measured = [row for row in table.rows if row.psnr.ours is not None]
    if not measured:
        return []
    best = max(measured, key=_ours)
    text = f"On {table.title} the best is {best.method.name} with {_ours(best):.2f} dB"
    printed = [row.psnr.published for row in measured if row.psnr.published]
    if printed:
        top = max(printed, key=lambda value: value.value)
        text += f"; the best in print of these methods is {top.value:.2f} dB ({top.method}, {top.paper})"
    return [text + "."]


def _ours(row: Row) -> float:
    return float("-inf") if row.psnr.ours is None else row.psnr.ours
