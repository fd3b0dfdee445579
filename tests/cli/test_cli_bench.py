import json
from collections.abc import Callable
from pathlib import Path

import pytest
from tiny_models import random_model

from srcnn.bench import chart, speed
from srcnn.bench.fresh import Fresh
from srcnn.errors import OutputError
from srcnn.zoo.cards import shipped_cards
from srcnn.zoo.model_file import save_model

SMALL = ("--size", "60x48", "--rounds", 1, "--threads", 1)


@pytest.fixture(autouse=True)
def no_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speed, "measure_fresh", lambda *_, **__: Fresh(0.5, None))


def test_the_table_has_a_row_for_every_model_and_engine(srcnn: Callable) -> None:
    outcome = srcnn("bench", "--models", "srcnn-915", *SMALL)
    assert (outcome.code, outcome.err) == (0, "")
    machine, blank, header, *rows = outcome.out.splitlines()
    assert "GMAC/s" in machine
    assert blank == ""
    assert header.split()[:4] == ["model", "engine", "precision", "ms/frame"]
    assert [row.split()[:3] for row in rows] == [["srcnn-915", "x3", "60x48"]] * 3
    assert [row.split("60x48")[1].split("fp32")[0].strip() for row in rows] == [
        "plain onnxruntime",
        "onnxruntime",
        "openvino",
    ]


def test_json_has_the_machine_and_the_keys_that_all_benchmarks_share(srcnn: Callable, model_file: Path) -> None:
    report = json.loads(srcnn("bench", "--models", f"srcnn-915, {model_file},", *SMALL, "--json").out)
    assert report["machine"]["threads"] == 1
    assert report["machine"]["peak_gmacs"] > 0
    for row in report["rows"]:
        assert {"case", "implementation", "seconds", "ratio", "share_of_peak"} <= set(row)
    assert {row["model"] for row in report["rows"]} == {"srcnn-915", str(model_file)}


def test_every_shipped_model_of_the_scale_is_measured_by_default(
    srcnn: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, int | None]] = []

    def measure_speed(name: str, scale: int | None, *_: object) -> speed.Speeds:
        asked.append((name, scale))
        return speed.Speeds(1e9, (row(name),))

    monkeypatch.setattr(speed, "measure_speed", measure_speed)
    assert srcnn("bench", "-s", 4).code == 0
    assert asked == [(card.name, 4) for card in shipped_cards() if card.scale == 4]


def row(name: str) -> speed.Speed:
    return speed.Speed(
        case=f"{name} x4",
        implementation="onnxruntime",
        model=name,
        scale=4,
        seconds=0.1,
        ratio=None,
        megapixels_per_second=1,
        share_of_peak=0.5,
        first_result_seconds=0.2,
        peak_memory_mib=50,
        set5_psnr=30,
    )


def test_the_chart_is_a_png(srcnn: Callable, tmp_path: Path) -> None:
    assert srcnn("bench", "--models", "srcnn-915", *SMALL, "--chart", tmp_path / "chart.png").code == 0
    assert (tmp_path / "chart.png").read_bytes().startswith(b"\x89PNG")


@pytest.fixture
def never_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speed, "measure_speed", lambda *_: pytest.fail("measured"))


@pytest.mark.usefixtures("never_measured")
def test_a_chart_that_cannot_be_written_is_refused_before_anything_is_measured(srcnn: Callable, tmp_path: Path) -> None:
    for target in (tmp_path / "nowhere" / "chart.png", tmp_path):
        srcnn("bench", *SMALL, "--chart", target).assert_refused(f"draw {target}")


def test_a_chart_that_fails_in_the_end_leaves_the_numbers(
    srcnn: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def draw_chart(*_: object, **__: object) -> None:
        raise OutputError("expected room for the chart, got none; make room")

    monkeypatch.setattr(speed, "measure_speed", lambda name, *_: speed.Speeds(1e9, (row(name),)))
    monkeypatch.setattr(chart, "draw_chart", draw_chart)
    outcome = srcnn("bench", "--chart", tmp_path / "chart.png")
    assert (outcome.code, outcome.err) == (2, "error: expected room for the chart, got none; make room\n")
    assert "GMAC/s" in outcome.out


@pytest.mark.usefixtures("never_measured")
def test_a_chart_of_files_alone_is_refused(srcnn: Callable, model_file: Path, tmp_path: Path) -> None:
    outcome = srcnn("bench", "--models", model_file, *SMALL, "--chart", tmp_path / "chart.png")
    assert (outcome.code, outcome.out) == (2, "")
    assert "expected a shipped model for --chart" in outcome.err


@pytest.mark.parametrize("size", ["1920", "0x4", "axb", "4x", "-1x5"])
def test_a_size_that_is_none_is_refused(srcnn: Callable, size: str) -> None:
    outcome = srcnn("bench", "--size", size)
    assert (outcome.code, outcome.out) == (2, "")
    assert f"expected WIDTHxHEIGHT in pixels, got '{size}'" in outcome.err


def test_an_unknown_model_is_refused_with_the_names_there_are(srcnn: Callable) -> None:
    srcnn("bench", "--models", "nothing").assert_refused("nothing", "srcnn-915")


@pytest.mark.usefixtures("never_measured")
@pytest.mark.parametrize(("last", "words"), [("typo", "got 'typo'"), ("none.safetensors", "at none.safetensors")])
def test_all_models_are_looked_up_before_any_is_measured(
    srcnn: Callable, model_file: Path, last: str, words: str
) -> None:
    srcnn("bench", "--models", f"srcnn-915,{model_file},{last}", *SMALL).assert_refused(words)


@pytest.mark.usefixtures("never_measured")
def test_a_network_of_chroma_alone_is_refused_before_any_is_measured(srcnn: Callable, tmp_path: Path) -> None:
    save_model(tmp_path / "chroma.safetensors", random_model(colour="chroma", input_space="lr"))
    outcome = srcnn("bench", "--models", f"srcnn-915,{tmp_path / 'chroma.safetensors'}", *SMALL)
    outcome.assert_refused("gives chroma alone")


@pytest.mark.usefixtures("never_measured")
def test_a_scale_that_one_model_lacks_is_refused_before_any_is_measured(srcnn: Callable, model_file: Path) -> None:
    srcnn("bench", "--models", f"{model_file},srcnn-915", *SMALL, "-s", 7).assert_refused("of srcnn-915, got 7")


def test_a_scale_that_no_shipped_model_has_is_refused(srcnn: Callable) -> None:
    outcome = srcnn("bench", "-s", 7)
    assert (outcome.code, outcome.out) == (2, "")
    assert "expected a scale that shipped models have, got 7" in outcome.err
