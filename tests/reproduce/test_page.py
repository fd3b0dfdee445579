import re
from html.parser import HTMLParser
from importlib import metadata
from pathlib import Path

import pytest
from tiny_models import gentle_model

from srcnn.evaluation.metrics.paper import METRICS
from srcnn.reproduce.logs import Ablation, Run
from srcnn.reproduce.measure import Cell
from srcnn.reproduce.methods import ReportMethod
from srcnn.reproduce.page import duration, number, origin, render_page, signed
from srcnn.reproduce.report import Report, Sheet, filter_sheets
from srcnn.reproduce.scenes import Scene, Tile
from srcnn.reproduce.sets import PictureSet
from srcnn.reproduce.tables import build_tables

VOID = {"meta", "link", "img", "br"}
PIXEL = "data:image/webp;base64,AAAA"


class Checked(HTMLParser):
    """Refuses tags that do not match, and remembers addresses and names."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.addresses: list[str] = []
        self.ids: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.addresses += [value for name in ("href", "src") if (value := values.get(name))]
        if (name := values.get("id")) and "svg" not in self.open:
            self.ids.append(name)
        if tag == "img":
            assert values.get("alt")
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        pass  # SVG

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def parsed(page: str) -> Checked:
    parser = Checked()
    parser.feed(page)
    assert parser.open == []
    return parser


def cell(psnr: float) -> Cell:
    return Cell(values={metric.name: 0.5 for metric in METRICS} | {"psnr": psnr}, seconds=0.1)


@pytest.fixture(scope="module")
def report() -> Report:
    """One of everything."""
    methods = (
        ReportMethod(name="bicubic", scale=3, kind="bicubic", published_as="bicubic"),
        ReportMethod(name="<mine>", scale=3, kind="user", published_as="tiny", model=gentle_model(scale=3)),
    )
    cells = {
        ("bicubic", 3, "Set5", "baby"): cell(30.26),
        ("bicubic", 3, "Set5", "bird & co"): cell(30.26),
        ("<mine>", 3, "Set5", "baby"): cell(31.5),
        ("<mine>", 3, "Set5", "bird & co"): Cell(values={}, seconds=0.0, failure="NaN in 3 of 9 pixels"),
    }
    pictures = PictureSet(name="Set5", pictures={"baby": Path("a"), "bird & co": Path("b")}, published_as="Set5")
    run = Run(
        name="w--a",
        steps=(1, 2),
        psnr=(28.0, 29.0),
        bicubic_psnr=27.0,
        minutes=3.0,
        config={"scale": 3},
        repeats=(29.5,),
    )
    tiles = (
        Tile(label="original", psnr=None, image=PIXEL, errors=None),
        Tile(label="bicubic", psnr=30.26, image=PIXEL, errors=PIXEL),
    )
    return Report(
        tables=build_tables(cells, methods, [pictures], [3]),
        notices=("Set14 is not in the data folder and was left out.",),
        scenes=(Scene(title="Set5 baby", overview=PIXEL, box=(1.0, 2.0, 3.0, 4.0), tiles=tiles),),
        runs=(run,),
        ablations=(Ablation(name="w", title="Widths", runs=(run,)),),
        filters=filter_sheets(methods),
        features=(Sheet(caption="maps", image=PIXEL, width=9),),
    )


@pytest.fixture(scope="module")
def page(report: Report) -> str:
    return render_page(report, origin("srcnn <reproduce>"))


def test_the_page_needs_nothing_from_outside(page: str) -> None:
    for address in parsed(page).addresses:
        assert address.startswith(("data:", "#")), address
    assert not re.search(r"@import|url\((?!#)|<script|https?://(?!www\.w3\.org/)", page)


def test_every_entry_of_the_contents_leads_somewhere(page: str) -> None:
    found = parsed(page)
    targets = [address.removeprefix("#") for address in found.addresses if address.startswith("#")]
    assert len(targets) == 10
    assert len(set(found.ids)) == len(found.ids)
    assert set(targets) <= set(found.ids)


def test_a_report_of_tables_alone_has_no_empty_parts(report: Report) -> None:
    page = parsed(render_page(Report(tables=report.tables), origin("c")))
    targets = [address for address in page.addresses if address.startswith("#")]
    assert targets == ["#summary", "#tables", "#time", "#per-picture", "#measured"]


def test_what_comes_from_outside_is_text_and_never_markup(page: str) -> None:
    assert "<mine>" not in page
    assert "&lt;mine&gt;" in page
    assert "<reproduce>" not in page


def test_values_print_and_difference_stand_together(page: str) -> None:
    assert '<td class="below">30.26<small>30.39 <b>\N{MINUS SIGN}0.13</b></small></td>' in page


def test_an_ablation_says_the_mean_of_the_seeds_and_their_range(page: str) -> None:
    assert "<td>29.25</td><td>29.00 to 29.50</td><td>+2.25</td>" in page


def test_failures_and_notices_are_said(page: str) -> None:
    text = parsed(page).text
    assert (
        "Not measured, and in no mean: Set5 bird & co: NaN in 3 of 9 pixels (<mine> \N{MULTIPLICATION SIGN}3)" in text
    )
    assert "Set14 is not in the data folder" in text


def test_the_libraries_that_compute_are_named_with_their_versions(page: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert (
        f"onnxruntime {metadata.version('onnxruntime')}, openvino {metadata.version('openvino')}, " in parsed(page).text
    )

    def version(name: str) -> str:
        if name == "openvino":
            raise metadata.PackageNotFoundError(name)
        return "1.0"

    monkeypatch.setattr(metadata, "version", version)
    assert origin("c").libraries[1:] == ("numpy 1.0", "onnxruntime 1.0", "scipy 1.0", "scikit-learn 1.0")


def test_sources_are_named(page: str) -> None:
    text = parsed(page).text
    assert "SRCNN TPAMI 2016" in text
    assert "InsightDev/SRCNN-keras README.md, paper columns" in text


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (32.749, 2, "32.75"),
        (0.90901, 4, "0.9090"),
        (-1.5, 1, "\N{MINUS SIGN}1.5"),
        (None, 2, "\N{EN DASH}"),
        (float("nan"), 2, "\N{EN DASH}"),
        (float("inf"), 2, "\N{INFINITY}"),
        (float("-inf"), 2, "\N{MINUS SIGN}\N{INFINITY}"),
    ],
)
def test_numbers_are_for_people(value: float | None, digits: int, text: str) -> None:
    assert number(value, digits) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.04, "+0.04"), (-0.12, "\N{MINUS SIGN}0.12"), (-0.001, "\N{PLUS-MINUS SIGN}0.00"), (None, "")],
)
def test_differences_have_their_sign(value: float | None, text: str) -> None:
    assert signed(value, 2) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0123, "0.012 s"),
        (0.000789, "0.00079 s"),
        (1.26, "1.3 s"),
        (12.6, "13 s"),
        (None, "\N{EN DASH}"),
        (0.0, "0 s"),
    ],
)
def test_times_have_two_digits(seconds: float | None, text: str) -> None:
    assert duration(seconds) == text
