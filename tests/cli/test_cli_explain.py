import json
from collections.abc import Callable
from pathlib import Path

import pytest


def bicubic_psnr(srcnn: Callable, folder: Path, protocol: str) -> str:
    measured = srcnn("evaluate", "bicubic", folder, "-s", 3, "--protocol", protocol, "--json").out
    return f"{json.loads(measured)['mean']['psnr']:.3f}"


@pytest.mark.parametrize("protocol", ["authors", "full-range", "no-border"])
def test_a_number_is_led_back_to_its_protocol(srcnn: Callable, folder: Path, protocol: str) -> None:
    psnr = bicubic_psnr(srcnn, folder, protocol)
    found = json.loads(srcnn("explain", folder, "-s", 3, "--psnr", psnr, "--json").out)
    assert found["fitting"] >= 1
    assert protocol in [match["protocol"]["name"] for match in found["matches"][: found["fitting"]]]


def test_the_paragraph_says_what_to_change(srcnn: Callable, folder: Path) -> None:
    text = srcnn("explain", folder, "-s", 3, "--psnr", bicubic_psnr(srcnn, folder, "full-range")).out
    assert "full range" in text
    assert "16 + (65.481 R + 128.553 G + 24.966 B) / 255" in text


def test_a_model_of_another_scale_is_refused(srcnn: Callable, folder: Path, model_file: Path) -> None:
    outcome = srcnn("explain", folder, "-s", 2, "--psnr", "30.0", "-m", model_file)
    assert outcome.code == 2
    assert "expected the scale 3" in outcome.err


@pytest.mark.parametrize("psnr", ["nan", "much", "inf", "-3"])
def test_what_is_no_number_of_decibels_is_refused(srcnn: Callable, folder: Path, psnr: str) -> None:
    outcome = srcnn("explain", folder, "-s", 3, f"--psnr={psnr}")
    assert outcome.code == 2
    assert "expected a number of dB" in outcome.err


@pytest.mark.parametrize("command", [("explain", "{folder}", "--psnr", "30"), ("evaluate", "bicubic", "{folder}")])
def test_a_scale_of_zero_is_refused(srcnn: Callable, folder: Path, command: tuple[str, ...]) -> None:
    outcome = srcnn(*(word.format(folder=folder) for word in command), "-s", 0)
    assert outcome.code == 2
    assert "--scale" in outcome.err
