import json
from collections.abc import Callable
from pathlib import Path

import pytest
from small_pictures import save_noise

from srcnn.cli.reproduce import reproduce_command

NAMES = ("baby", "bird", "butterfly", "head", "woman")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    for seed, name in enumerate(NAMES):
        save_noise(tmp_path / "data" / "test" / "Set5" / f"{name}.png", (36, 33), seed)
    return tmp_path / "data"


@pytest.fixture
def somewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Outside a checkout, which has a folder of logs."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_page_with_csv_and_markdown_is_written_and_its_summary_printed(
    srcnn: Callable, data: Path, somewhere: Path, model_file: Path
) -> None:
    outcome = srcnn(
        "reproduce", data, "-o", "report", "--scales", "3", "--methods", "bicubic,srcnn-915", "--model", model_file
    )
    assert outcome.code == 0
    assert outcome.out.splitlines()[-1] == "report.html, report.csv, report.md"
    assert "note: Set14 is not in the data folder and was left out." in outcome.err
    assert "these are not the standard pictures" in outcome.err
    page = Path("report.html").read_text(encoding="utf-8")
    for words in ("srcnn-915", ">tiny<", "What it looks like", "Set5 butterfly", "Feature maps"):
        assert words in page
    command = "srcnn reproduce DATA -o REPORT.html --sets Set5 --scales 3 --methods bicubic,srcnn-915 --model FILE"
    assert command in page
    assert str(somewhere) not in page
    assert str(data) not in Path("report.md").read_text(encoding="utf-8")


def test_the_command_on_the_page_has_the_options_that_change_it(srcnn: Callable, data: Path, somewhere: Path) -> None:
    options = ("--sets", "Set5", "--scales", "2", "--methods", "bicubic")
    outcome = srcnn("reproduce", data, "-o", "r", *options, "--no-pictures", "--threads", "1")
    assert outcome.code == 0
    command = f"srcnn reproduce DATA -o REPORT.html {' '.join(options)} --no-pictures --threads 1<"
    assert command in Path("r.html").read_text(encoding="utf-8")


def test_json_has_the_means_and_what_is_printed_for_them(srcnn: Callable, data: Path, somewhere: Path) -> None:
    outcome = srcnn("reproduce", data, "-o", "r", "--scales", "2", "--methods", "bicubic", "--sets", "Set5", "--json")
    result = json.loads(outcome.out)
    assert list(result) == ["page", "csv", "markdown", "notices", "failures", "rows"]
    (row,) = result["rows"]
    assert (row["set"], row["scale"], row["method"]) == ("Set5", 2, "bicubic")
    assert row["published"]["psnr"] == 33.66
    assert row["values"]["psnr"] < 33
    assert row["values"]["ms_ssim"] is None


def test_a_second_run_computes_nothing_and_writes_the_same(
    srcnn: Callable, data: Path, somewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = ("reproduce", data, "-o", "r", "--scales", "2", "--methods", "bicubic,srcnn-915")
    assert srcnn(*arguments).code == 0
    first = Path("r.html").read_bytes()
    monkeypatch.setattr("srcnn.reproduce.measure.enlarge", None)
    assert srcnn(*arguments).code == 0
    assert Path("r.html").read_bytes() == first


def test_without_pictures_nothing_of_them_is_in_the_page(srcnn: Callable, data: Path, somewhere: Path) -> None:
    assert srcnn("reproduce", data, "-o", "r", "--scales", "3", "--methods", "srcnn-915", "--no-pictures").code == 0
    page = Path("r.html").read_text(encoding="utf-8")
    assert page.count("<img") == 1  # the filters
    assert "Feature maps" not in page


def test_other_pictures_can_be_shown(srcnn: Callable, data: Path, somewhere: Path) -> None:
    save_noise(somewhere / "free" / "mine.png", (50, 40))
    assert srcnn("reproduce", data, "-o", "r", "--scales", "2", "--methods", "bicubic", "--pictures", "free").code == 0
    page = Path("r.html").read_text(encoding="utf-8")
    assert "mine \N{MULTIPLICATION SIGN}2" in page
    assert "Set5 butterfly" not in page


def test_logs_of_a_checkout_become_curves_and_ablations(srcnn: Callable, data: Path, somewhere: Path) -> None:
    (somewhere / "runs" / "ablation").mkdir(parents=True)
    line = json.dumps({"step": 500, "seconds": 60.0, "validation_psnr": 29.0, "bicubic_psnr": 28.0}) + "\n"
    for name in ("a_x3", "ablation/widths--64-32", "ablation/widths--32-16"):
        (somewhere / "runs" / f"{name}.jsonl").write_text(line)
    assert srcnn("reproduce", data, "-o", "r", "--scales", "3", "--methods", "bicubic").code == 0
    page = Path("r.html").read_text(encoding="utf-8")
    for words in ("Convergence", "a_x3", "Number of filters", "32-16"):
        assert words in page
    srcnn("reproduce", data, "-o", "r", "--runs", "none").assert_refused("expected a folder of training logs at none")


def test_a_bad_picture_is_named_and_the_exit_code_is_1(srcnn: Callable, data: Path, somewhere: Path) -> None:
    (data / "test" / "Set5" / "bird.png").write_bytes(b"no picture")
    outcome = srcnn("reproduce", data, "-o", "r", "--scales", "3", "--methods", "bicubic", "--json")
    assert outcome.code == 1
    result = json.loads(outcome.out)
    (failure,) = result["failures"]
    assert failure.startswith("Set5 bird: expected a picture of a known format")
    assert failure.endswith("(bicubic \N{MULTIPLICATION SIGN}3)")
    assert result["rows"][0]["values"]["psnr"] is None


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--sets", "Set6"), ("expected a folder Set6 of pictures", "got test, Set5 there")),
        (("--methods", "vdsr"), ("expected methods of bicubic, ", "got 'vdsr'")),
        (("--scales", "two"), ("expected whole numbers between commas, got 'two'",)),
        (("--scales", "1"), ("expected scales of at least 2, got [1]",)),
        (("--model", "none.safetensors"), ("expected a model file at none.safetensors",)),
    ],
)
def test_what_cannot_be_is_refused_with_one_line(
    srcnn: Callable, data: Path, somewhere: Path, arguments: tuple[str, ...], words: tuple[str, ...]
) -> None:
    srcnn("reproduce", data, "-o", "r", *arguments).assert_refused(*words)
    assert not Path("r.html").exists()


def test_pictures_and_no_pictures_exclude_each_other(srcnn: Callable, data: Path) -> None:
    outcome = srcnn("reproduce", data, "-o", "r", "--pictures", data, "--no-pictures")
    assert outcome.code == 2
    assert "expected --pictures or --no-pictures, got both" in outcome.err


def test_the_docs_name_every_option() -> None:
    page = (Path(__file__).parents[2] / "docs" / "reproduce.md").read_text(encoding="utf-8")
    options = [parameter.opts[-1] for parameter in reproduce_command.params if parameter.param_type_name == "option"]
    assert [option for option in options if f"`{option}" not in page and option != "--output"] == []


def test_a_report_that_cannot_be_written_is_refused_before_anything_is_measured(
    srcnn: Callable, data: Path, somewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("srcnn.reproduce.run.measure_all", lambda *_: pytest.fail("something was measured"))
    (somewhere / "taken.html").mkdir()
    (somewhere / "file").touch()
    for output, message in (("taken.html", "got a folder there"), ("file/report.html", "expected to make the folder")):
        outcome = srcnn("reproduce", data, "-o", output, "--scales", "2", "--methods", "bicubic", "--sets", "Set5")
        assert outcome.code == 2
        assert message in outcome.err


def test_a_folder_for_the_report_is_made(srcnn: Callable, data: Path, somewhere: Path) -> None:
    options = ("--scales", "2", "--methods", "bicubic", "--sets", "Set5", "--no-pictures")
    assert srcnn("reproduce", data, "-o", "new/deep/report.html", "--cache", "kept", *options).code == 0
    assert (somewhere / "new" / "deep" / "report.html").exists()
