import csv
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest

from srcnn.errors import OutputError
from srcnn.evaluation.metrics.paper import METRICS
from srcnn.reproduce.files import as_csv, as_markdown, report_files, write_report
from srcnn.reproduce.measure import Cell
from srcnn.reproduce.methods import ReportMethod
from srcnn.reproduce.page import origin
from srcnn.reproduce.report import Report
from srcnn.reproduce.sets import PictureSet
from srcnn.reproduce.tables import build_tables


@pytest.fixture
def report(cell: Callable[..., Cell]) -> Report:
    bicubic = ReportMethod(name="bicubic", scale=3, kind="bicubic", published_as="bicubic")
    mine = ReportMethod(name="a|b", scale=3, kind="user", published_as="mine")
    cells = {
        ("bicubic", 3, "Set5", "baby"): cell(30.42),
        ("bicubic", 3, "Set5", "bird"): cell(30.36),
        ("a|b", 3, "Set5", "baby"): cell(31.0),
        ("a|b", 3, "Set5", "bird"): cell(failure="NaN"),
    }
    pictures = PictureSet(name="Set5", pictures={"baby": Path("a"), "bird": Path("b")}, published_as="Set5")
    return Report(tables=build_tables(cells, [bicubic, mine], [pictures], [3]))


@pytest.mark.parametrize("name", ["report", "report.html"])
def test_all_files_lie_side_by_side_under_one_name(tmp_path: Path, name: str) -> None:
    files = report_files(tmp_path / name)
    assert files.page == tmp_path / "report.html"
    assert (files.csv.name, files.markdown.name, files.cache.name) == ("report.csv", "report.md", "report.cache")


def test_a_name_with_a_point_is_kept_whole() -> None:
    assert report_files(Path("srcnn-1.2")).page.name == "srcnn-1.2.html"


def test_the_csv_has_every_value_of_every_picture_and_the_means(report: Report) -> None:
    rows = list(csv.DictReader(StringIO(as_csv(report.tables))))
    assert len(rows) == 2 * 3 * (len(METRICS) + 1)  # methods, two pictures and the mean, metrics and seconds
    values = {(row["method"], row["picture"], row["metric"]): row for row in rows}
    assert values["bicubic", "baby", "psnr"]["value"] == "30.42"
    mean = values["bicubic", "mean", "psnr"]
    assert (mean["value"], mean["published"], mean["difference"]) == ("30.39", "30.39", "0")
    assert mean["paper"] == "SRCNN TPAMI 2016"
    assert values["bicubic", "bird", "seconds"]["value"] == "0.1"
    for metric in ("psnr", "seconds"):
        assert values["a|b", "bird", metric]["value"] == values["a|b", "mean", metric]["value"] == ""


def test_the_markdown_has_a_summary_and_a_table_for_each_set_and_scale(report: Report) -> None:
    text = as_markdown(report)
    assert "## Set5 \N{MULTIPLICATION SIGN}3" in text
    assert "| bicubic | 30.39 (30.39, \N{PLUS-MINUS SIGN}0.00) |" in text
    assert "| a\\|b | \N{EN DASH} |" in text
    assert "- Set5 bird: NaN (a|b \N{MULTIPLICATION SIGN}3)" in text


def test_all_files_are_written_or_the_reason_is_said(report: Report, tmp_path: Path) -> None:
    files = report_files(tmp_path / "report")
    write_report(report, origin("c"), files)
    assert sorted(path.suffix for path in tmp_path.iterdir()) == [".csv", ".html", ".md"]
    with pytest.raises(OutputError, match="expected to write "):
        write_report(report, origin("c"), report_files(tmp_path / "none" / "report"))
