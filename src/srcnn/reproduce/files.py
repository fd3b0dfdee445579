"""The files of a report: the page, and its tables as CSV and Markdown beside it."""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

from srcnn.atomic import write_atomically
from srcnn.evaluation.metrics.paper import METRICS
from srcnn.reproduce.page import DASH, Origin, number, render_page, seed_range, signed
from srcnn.reproduce.report import Report
from srcnn.reproduce.tables import Row, Table, Value

_SUFFIX = ".html"
_COLUMNS = ("set", "scale", "picture", "method", "metric", "value", "published", "difference", "paper", "source")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportFiles:
    """Where a report lies.

    Attributes:
        page: the HTML.
        csv: every value, of every picture.
        markdown: the tables of means.
        cache: the folder of computed results.
    """

    page: Path
    csv: Path
    markdown: Path
    cache: Path


def report_files(target: Path) -> ReportFiles:
    """The files of a report.

    Args:
        target: the page; ".html" is added where it is missing.

    Returns:
        The page and what lies beside it under the same name.
    """
    stem = target.name.removesuffix(_SUFFIX)
    return ReportFiles(
        page=target.with_name(stem + _SUFFIX),
        csv=target.with_name(stem + ".csv"),
        markdown=target.with_name(stem + ".md"),
        cache=target.with_name(stem + ".cache"),
    )


def write_report(report: Report, origin: Origin, files: ReportFiles) -> None:
    """Write all files, each whole or not at all.

    Raises:
        OutputError: one cannot be written.
        MissingExtraError: Jinja2 or matplotlib is not installed.

    Tests: tests/reproduce/test_files.py.
    """
    contents = {
        files.page: render_page(report, origin),
        files.csv: as_csv(report.tables),
        files.markdown: as_markdown(report),
    }
    for path, content in contents.items():
        write_atomically(path, content.encode(errors="backslashreplace"))  # names of files need not be text


def as_csv(tables: Sequence[Table]) -> str:
    """Every value in one row: of every picture, and the means with what is printed for them."""
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for table in tables:
        for row in table.rows:
            writer.writerows(_csv_rows(table, row))
    return text.getvalue()


def as_markdown(report: Report) -> str:
    """The tables of means; in brackets the printed value and the difference."""
    summary = report.summary
    lines = ["# SRCNN, reproduced", "", *summary.sentences, ""]
    notes = [f"- {_plain(text)}" for text in (*report.notices, *report.failures)]
    lines += [*notes, *[""] * bool(notes), "Mean PSNR in dB (printed, difference):", ""]
    rows = [[name, *(_markdown(value) for value in values)] for name, values in summary.rows]
    lines += _markdown_table(["method", *(table.title for table in summary.tables)], rows)
    for table in report.tables:
        rows = [[row.method.name, *(_markdown(value) for value in row.values)] for row in table.rows]
        lines += ["", f"## {_plain(table.title)}", ""]
        lines += _markdown_table(["method", *(metric.label for metric in METRICS)], rows)
    for ablation in report.ablations:
        rows = [
            [
                ablation.variant(run),
                ablation.differences(run),
                str(run.steps[-1]),
                number(run.mean_psnr, 2),
                seed_range(run),
                signed(run.gain, 2),
            ]
            for run in ablation.runs
        ]
        lines += ["", f"## {_plain(ablation.title)}", ""]
        lines += _markdown_table(["variant", "setting", "steps", "validation PSNR", "seeds", "over bicubic"], rows)
    return "\n".join(lines) + "\n"


def _csv_rows(table: Table, row: Row) -> Iterator[list[object]]:
    start, method = [table.pictures.name, table.scale], _in_a_cell(row.method.name)
    for picture, cell in row.cells.items():
        for metric in METRICS:
            value = cell.values.get(metric.name)
            yield [*start, _in_a_cell(picture), method, metric.name, _exact(value), "", "", "", ""]
        yield [
            *start,
            _in_a_cell(picture),
            method,
            "seconds",
            "" if cell.failure else _exact(cell.seconds),
            "",
            "",
            "",
            "",
        ]
    for value in row.values:
        printed = value.published
        yield [
            *start, "mean", method, value.metric.name, _exact(value.ours),
            printed.value if printed else "", _exact(value.difference),
            printed.paper if printed else "", printed.source if printed else "",
        ]  # fmt: skip
    yield [*start, "mean", method, "seconds", _exact(row.seconds), "", "", "", ""]


def _exact(value: float | None) -> str:
    return "" if value is None else f"{value:.6g}"


def _markdown(value: Value | None) -> str:
    if value is None:
        return DASH
    text = number(value.ours, value.metric.digits)
    if value.published is None:
        return text
    printed = number(value.published.value, value.metric.digits)
    return f"{text} ({printed}, {signed(value.difference, value.metric.digits)})"


def _markdown_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    lines = [header, ["---"] * len(header), *rows]
    return ["| " + " | ".join(_plain(cell).replace("|", "\\|") for cell in line) + " |" for line in lines]


def _plain(text: str) -> str:
    """Text that is no markup in Markdown, whatever people called their models."""
    return text.replace("<", "&lt;")


def _in_a_cell(name: str) -> str:
    """A name that no spreadsheet takes for a formula."""
    return f"'{name}" if name.startswith(("=", "+", "-", "@")) else name
