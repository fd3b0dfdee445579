"""The numbers of docs/why_is_my_psnr_lower.md."""

import re
from pathlib import Path

import pytest

from srcnn.cli.methods import load_method
from srcnn.evaluation.evaluate import evaluate
from srcnn.evaluation.pasted_patches import uses_of_a_network
from srcnn.evaluation.protocol import PROTOCOLS
from srcnn.evaluation.published import published_psnr
from srcnn.zoo.shipped import load_model

PAGE = (Path(__file__).parents[2] / "docs" / "why_is_my_psnr_lower.md").read_text(encoding="utf-8")
NUMBERS = r"([\d.]+) / ([\d.]+) / ([\d.]+)"
ROWS = {name: numbers for name, *numbers in re.findall(rf"^\| `([\w-]+)` \| {NUMBERS} \| {NUMBERS} \|", PAGE, re.M)}


def test_every_protocol_has_its_row_and_no_other() -> None:
    assert sorted(ROWS) == sorted(PROTOCOLS)


@pytest.mark.parametrize("dataset", ["Set5", "Set14"])
def test_the_papers_bicubic_is_the_published(dataset: str) -> None:
    (numbers,) = re.findall(rf"^\| {dataset} \| ([\d.]+) \| ([\d.]+) \| ([\d.]+) \|", PAGE, re.M)
    assert [float(number) for number in numbers] == [published_psnr("bicubic", dataset, scale) for scale in (2, 3, 4)]


def test_every_way_of_the_picture_is_one_that_explain_tries() -> None:
    rows = re.findall(r"^\| \d \| [\d.]+ dB \|", PAGE, re.M)
    assert len(rows) == 5 <= len(uses_of_a_network(lambda luma: luma))


@pytest.mark.slow
@pytest.mark.parametrize("name", ROWS)
def test_the_rows_are_what_evaluate_prints(shared_data: Path, name: str) -> None:
    measured = [evaluate(None, shared_data / "test" / "Set5", scale, PROTOCOLS[name]).mean.psnr for scale in (2, 3, 4)]
    assert [f"{psnr:.3f}" for psnr in measured] == ROWS[name][:3]


@pytest.mark.slow
def test_the_gains_are_what_evaluate_prints(shared_data: Path) -> None:
    rows = re.findall(r"^\| `([\w-]+)` \| ([\d.]+) \| ([\d.]+) \| ([+-][\d.]+) \|", PAGE, re.M)
    assert len(rows) == 4
    method = load_method(load_model("srcnn-915", 3), threads=1)
    for name, *numbers in rows:
        mean = evaluate(method, shared_data / "test" / "Set5", 3, PROTOCOLS[name]).mean
        gain = mean.psnr - mean.bicubic_psnr
        assert [f"{mean.bicubic_psnr:.3f}", f"{mean.psnr:.3f}", f"{gain:+.3f}"] == numbers
