import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
from PIL import Image as PillowImage
from small_pictures import save_noise
from tiny_models import gentle_model

from srcnn.evaluation.evaluate import evaluate
from srcnn.evaluation.planes import OfPictures, OnEnlarged
from srcnn.evaluation.protocol import AUTHORS, PROTOCOLS, protocol_named
from srcnn.runtime.network import StripNetwork
from srcnn.upscaler import load
from srcnn.zoo.model_file import read_model, save_model


def test_json_has_the_keys_of_the_contract_and_the_values_of_the_evaluation(
    srcnn: Callable, folder: Path, model_file: Path
) -> None:
    outcome = srcnn("evaluate", model_file, folder, "--json")
    assert (outcome.code, outcome.err) == (0, "")
    result = json.loads(outcome.out)
    assert outcome.out.count("\n") == 1
    assert list(result) == ["model", "scale", "protocol", "images", "mean"]
    assert (result["model"], result["scale"]) == (str(model_file), 3)
    assert result["protocol"]["name"] == "authors"
    assert [list(image) for image in result["images"]] == [["name", "psnr", "ssim", "bicubic_psnr"]] * 2
    assert [image["name"] for image in result["images"]] == ["a", "b"]
    assert list(result["mean"]) == ["psnr", "ssim", "bicubic_psnr"]
    expected = evaluate(load(model_file).luma, folder, 3, AUTHORS)
    assert result["mean"]["psnr"] == pytest.approx(expected.mean.psnr)
    assert result["images"][1]["ssim"] == pytest.approx(expected.images[1].ssim)


@pytest.mark.parametrize(("options", "scale"), [((), 2), (("-s", 4), 4)])
def test_bicubic_gains_nothing_on_itself(srcnn: Callable, folder: Path, options: tuple, scale: int) -> None:
    result = json.loads(srcnn("evaluate", "bicubic", folder, *options, "--json").out)
    assert (result["model"], result["scale"]) == ("bicubic", scale)
    assert result["mean"]["psnr"] == result["mean"]["bicubic_psnr"]


def test_the_text_has_a_line_for_each_picture_and_the_mean(srcnn: Callable, folder: Path, model_file: Path) -> None:
    outcome = srcnn("evaluate", model_file, folder)
    title, header, *rows = outcome.out.splitlines()
    assert title == f"{model_file} x3, {folder}, protocol authors"
    assert header.split() == ["picture", "PSNR", "dB", "SSIM", "bicubic", "dB", "SSIM", "gain", "dB"]
    assert [row.split()[0] for row in rows] == ["a", "b", "mean"]
    _, psnr, ssim, bicubic, bicubic_ssim, gain = rows[-1].split()
    assert -1 <= float(ssim) <= 1
    assert -1 <= float(bicubic_ssim) <= 1
    assert float(gain) == pytest.approx(float(psnr) - float(bicubic), abs=0.0011)


@pytest.mark.parametrize(("model", "scale"), [("swift", 2), ("srcnn-915", 3)])
def test_an_ensemble_is_measured_and_named(srcnn: Callable, folder: Path, model: str, scale: int) -> None:
    result = json.loads(srcnn("evaluate", model, folder, "-s", scale, "--ensemble", "--json").out)
    assert result["model"] == f"{model}, ensemble"
    expected = evaluate(load(model, scale, ensemble=True).luma, folder, scale, AUTHORS).mean.psnr
    assert result["mean"]["psnr"] == pytest.approx(expected, abs=1e-3)
    assert abs(expected - evaluate(load(model, scale).luma, folder, scale, AUTHORS).mean.psnr) > 0.005


@pytest.mark.parametrize("space", ["hr", "lr"])
@pytest.mark.parametrize("protocol", ["rgb", "authors with resized=rgb"])
def test_a_network_of_colour_enlarges_colours_where_rgb_is_shrunk(
    srcnn: Callable, folder: Path, tmp_path: Path, space: Literal["hr", "lr"], protocol: str
) -> None:
    model = tmp_path / "rgb.safetensors"
    save_model(model, gentle_model(scale=3, colour="rgb", input_space=space))
    outcome = srcnn("evaluate", model, folder, "--protocol", protocol, "--json")
    assert (outcome.code, outcome.err) == (0, "")
    expected = evaluate(OfPictures(load(model)), folder, 3, protocol_named(protocol)).mean.psnr
    assert json.loads(outcome.out)["mean"]["psnr"] == pytest.approx(expected, abs=0.01)


def test_a_network_of_colour_enlarges_luma_where_luma_is_shrunk(srcnn: Callable, folder: Path, tmp_path: Path) -> None:
    model = tmp_path / "rgb.safetensors"
    save_model(model, gentle_model(scale=3, colour="rgb"))
    expected = evaluate(load(model).luma, folder, 3, AUTHORS).mean.psnr
    assert json.loads(srcnn("evaluate", model, folder, "--json").out)["mean"]["psnr"] == pytest.approx(expected)
    ensemble = evaluate(load(model, ensemble=True).luma, folder, 3, AUTHORS).mean.psnr
    found = json.loads(srcnn("evaluate", model, folder, "--ensemble", "--json").out)["mean"]["psnr"]
    assert found == pytest.approx(ensemble)
    assert abs(ensemble - expected) > 1e-4


@pytest.mark.parametrize("space", ["hr", "lr"])
def test_a_network_of_chroma_is_heeded_where_rgb_is_shrunk_and_luma_is_the_protocols_as_without(
    srcnn: Callable, folder: Path, tmp_path: Path, space: Literal["hr", "lr"]
) -> None:
    chroma = gentle_model(scale=3, colour="chroma", input_space="lr", seed=1)
    alone = gentle_model(scale=3, input_space=space)
    paths = [tmp_path / "alone.safetensors", tmp_path / "both.safetensors"]
    for path, model in zip(paths, (alone, replace(alone, chroma=chroma)), strict=True):
        save_model(path, model)

    def psnr(path: Path, protocol: str) -> float:
        return json.loads(srcnn("evaluate", path, folder, "--protocol", protocol, "--json").out)["mean"]["psnr"]

    for protocol in ("authors", "opencv-limited-range"):
        assert psnr(paths[1], protocol) == pytest.approx(psnr(paths[0], protocol))
    expected = evaluate(OfPictures(load(paths[1])), folder, 3, protocol_named("rgb")).mean.psnr
    assert psnr(paths[1], "rgb") == pytest.approx(expected)
    assert abs(expected - psnr(paths[0], "rgb")) > 0.01


def test_more_of_the_papers_metrics_have_columns_and_keys(srcnn: Callable, folder: Path, model_file: Path) -> None:
    arguments = ("evaluate", model_file, folder, "--metrics", "wpsnr, nqm,ssim")
    _, header, *_, mean = srcnn(*arguments).out.splitlines()
    assert header.split()[9:] == ["NQM", "dB", "bicubic", "WPSNR", "dB", "bicubic"]
    values = json.loads(srcnn(*arguments, "--json").out)["mean"]
    more = ["bicubic_ssim", "nqm", "bicubic_nqm", "wpsnr", "bicubic_wpsnr"]
    assert list(values) == ["psnr", "ssim", "bicubic_psnr", *more]
    assert mean.split()[6:] == [f"{values[name]:.2f}" for name in more[1:]]
    assert mean.split()[4] == f"{values['bicubic_ssim']:.4f}"


def test_a_metric_that_small_pictures_have_not_is_a_dash_and_none(srcnn: Callable, folder: Path) -> None:
    arguments = ("evaluate", "bicubic", folder, "--metrics", "all")
    _, header, *_, mean = srcnn(*arguments).out.splitlines()
    assert header.split()[-2:] == ["MSSSIM", "bicubic"]
    assert mean.split()[-2:] == ["-", "-"]
    assert json.loads(srcnn(*arguments, "--json").out)["mean"]["ms_ssim"] is None


def test_results_that_are_kept_can_be_measured_again(srcnn: Callable, folder: Path, model_file: Path) -> None:
    kept = folder.parent / "kept"
    model = json.loads(srcnn("evaluate", model_file, folder, "--save", kept, "--json").out)
    results = json.loads(srcnn("evaluate", kept, folder, "-s", 3, "--json").out)
    assert results == {**model, "model": str(kept)}
    assert model["mean"]["psnr"] != model["mean"]["bicubic_psnr"]


def test_small_pictures_may_be_given(srcnn: Callable, folder: Path, model_file: Path, shared_data: Path) -> None:
    for name in ("a", "b"):
        save_noise(folder.parent / "small" / f"{name}x3.png", (10, 9), 7)
    given = ("--small", folder.parent / "small", "--json")
    results = [
        json.loads(srcnn("evaluate", model, folder, "-s", 3, *options).out)["mean"]
        for model, options in ((model_file, given), (model_file, ("--json",)), ("bicubic", given))
    ]
    assert len({result["psnr"] for result in results}) == 3
    assert results[0]["bicubic_psnr"] == results[2]["psnr"] != results[1]["bicubic_psnr"]
    worse = ("--small", folder, "-s", 1)
    assert "inf" in srcnn("evaluate", "bicubic", folder, *worse).out
    set5, theirs = shared_data / "test" / "Set5", shared_data / "matlab_lr" / "Set5" / "x3"
    assert "published" in srcnn("evaluate", "bicubic", set5, "-s", 3).out
    assert "published" not in srcnn("evaluate", "bicubic", set5, "-s", 3, "--small", theirs).out


def test_no_published_value_stands_beside_results(
    srcnn: Callable, shared_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    arguments = (shared_data / "test" / "Set5", "-s", 3)
    assert "published: " in srcnn("evaluate", "bicubic", *arguments, "--save", "srcnn-9-5-5").out
    assert "published: " not in srcnn("evaluate", "srcnn-9-5-5", *arguments).out


def test_the_folder_of_a_training_is_no_folder_of_results(srcnn: Callable, folder: Path, model_file: Path) -> None:
    run = folder.parent / "run"
    run.mkdir()
    (run / "model.safetensors").write_bytes(model_file.read_bytes())
    srcnn("evaluate", run, folder).assert_refused("that of a training has the model in ", "run/model.safetensors")


def test_given_small_pictures_stand_behind_bicubics_numbers_of_results_too(
    srcnn: Callable, tmp_path: Path, shared_data: Path
) -> None:
    set5, theirs = shared_data / "test" / "Set5", shared_data / "matlab_lr" / "Set5" / "x3"
    assert srcnn("evaluate", "bicubic", set5, "-s", 3, "--save", tmp_path / "kept").code == 0
    arguments = ("evaluate", tmp_path / "kept", set5, "-s", 3, "--json")
    made, given = (
        [image["bicubic_psnr"] for image in json.loads(srcnn(*arguments, *small).out)["images"]]
        for small in ((), ("--small", theirs))
    )
    assert all(abs(a - b) < 0.05 for a, b in zip(made, given, strict=True))
    assert made != given


def test_bicubic_and_shipped_names_come_before_folders(
    srcnn: Callable, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("bicubic", "swift"):
        (tmp_path / name).mkdir()
        assert json.loads(srcnn("evaluate", name, folder, "--json").out)["model"] == name


def test_a_flat_picture_is_named_and_not_in_the_mean(srcnn: Callable, folder: Path) -> None:
    PillowImage.fromarray(np.full((40, 40), 128, np.uint8)).save(folder / "flat.png")
    *_, flat, mean, said = srcnn("evaluate", "bicubic", folder).out.splitlines()
    assert flat.split() == ["flat", "inf", "1.0000", "inf", "1.0000", "-"]
    assert mean.endswith("+0.000")
    assert said == "not in the mean, since a PSNR is infinite (as bicubic's of flat pictures): flat"


@pytest.mark.parametrize("options", [(), ("--json",)])
def test_pictures_measured_without_their_transparency_are_named(
    srcnn: Callable, folder: Path, options: tuple[str, ...]
) -> None:
    picture = np.asarray(PillowImage.open(folder / "a.png").convert("RGBA")).copy()
    PillowImage.fromarray(picture).save(folder / "opaque.png")
    picture[3, 5, 3] = 254
    PillowImage.fromarray(picture).save(folder / "pane.png")
    outcome = srcnn("evaluate", "bicubic", folder, *options)
    assert (outcome.code, outcome.err) == (0, "note: measured without their transparency: pane\n")


def test_another_protocol_is_used_and_named(srcnn: Callable, folder: Path) -> None:
    result = json.loads(srcnn("evaluate", "bicubic", folder, "--protocol", "full-range", "--json").out)
    authors = json.loads(srcnn("evaluate", "bicubic", folder, "--json").out)
    assert result["protocol"]["name"] == "full-range"
    assert result["mean"]["psnr"] < authors["mean"]["psnr"]


@pytest.mark.parametrize("protocol", ["sharp-enlargement", "opencv-full-range", "pillow", "authors with border=2"])
def test_a_network_on_the_enlarged_picture_sees_the_protocols_enlargement(
    srcnn: Callable, folder: Path, model_file: Path, protocol: str
) -> None:
    network = StripNetwork(read_model(model_file), engine="auto", threads=1)
    expected = evaluate(
        OnEnlarged(lambda enlarged: network(enlarged, top=True, bottom=True)), folder, 3, protocol_named(protocol)
    )
    result = json.loads(srcnn("evaluate", model_file, folder, "--protocol", protocol, "--json").out)
    assert result["mean"]["psnr"] == pytest.approx(expected.mean.psnr, abs=1e-3)


def test_the_published_value_stands_beside_ours(srcnn: Callable, shared_data: Path) -> None:
    outcome = srcnn("evaluate", "bicubic", shared_data / "test" / "Set5", "-s", 3)
    assert outcome.out.splitlines()[-1].startswith("published: 30.39 dB on Set5, ours ")


def test_a_value_that_was_measured_by_the_authors_weights_is_not_called_published(
    srcnn: Callable, shared_data: Path
) -> None:
    outcome = srcnn("evaluate", "srcnn-915", shared_data / "test" / "Set5", "-s", 3)
    assert outcome.out.splitlines()[-1].startswith("by the authors' weights: 32.39 dB on Set5, ours +0.2")


@pytest.mark.parametrize(("protocol", "printed"), [("old-matlab", True), ("full-range", False)])
def test_the_published_value_stands_beside_protocols_of_the_authors_programs_alone(
    srcnn: Callable, shared_data: Path, protocol: str, printed: bool
) -> None:
    outcome = srcnn("evaluate", "bicubic", shared_data / "test" / "Set5", "-s", 3, "--protocol", protocol)
    assert ("published: " in outcome.out) == printed


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("nothing", "{folder}"), ("one of the shipped models", "got 'nothing'")),
        (("{model}", "{folder}", "-s", "2"), ("expected the scale 3 of ", "got 2")),
        (("bicubic", "{folder}", "--protocol", "mine"), ("expected one of the protocols authors, ", "got 'mine'")),
        (("bicubic", "{folder}", "--protocol", "authors with rim=2"), ("expected one of a protocol's", "got 'rim'")),
        (("bicubic", "{folder}", "-s", "1"), ("expected a scale of at least 2, got 1",)),
        (("bicubic", "{folder}/none"), ("expected a folder of pictures at ", "got no folder there")),
        (("bicubic", "{folder}/.."), ("got a file that begins with b'no pictu'", "bad")),
        (("bicubic", "{folder}", "-s", "20"), ("a: expected ",)),
        (
            ("{folder}", "{folder}/..", "-s", "3"),
            ("expected a result in {folder} for every picture", "got none for bad"),
        ),
        (("bicubic", "{folder}", "--save", "{folder}/x"), ("apart from the pictures of {folder}",)),
    ],
)
def test_what_cannot_be_is_refused_with_one_line(
    srcnn: Callable, folder: Path, model_file: Path, arguments: tuple[str, ...], words: tuple[str, ...]
) -> None:
    (folder.parent / "bad.png").write_bytes(b"no picture")
    names = {"{folder}": str(folder), "{model}": str(model_file)}
    texts = []
    for argument in arguments:
        for name, text in names.items():
            argument = argument.replace(name, text)
        texts.append(argument)
    srcnn("evaluate", *texts).assert_refused(*(word.replace("{folder}", str(folder)) for word in words))


@pytest.mark.parametrize(
    ("model", "options", "words"),
    [
        ("bicubic", ("--ensemble",), "expected a network for --ensemble, got bicubic; "),
        ("{folder}", ("--ensemble", "-s", "3"), "expected a network for --ensemble, got {folder}; "),
        (
            "bicubic",
            ("--metrics", "nqm,vif"),
            "expected some of psnr, ssim, ifc, nqm, wpsnr, ms_ssim, or all, got 'vif'; ",
        ),
        ("{folder}", ("-s", "3", "--save", "kept"), "expected a model for --save, got the folder {folder}; "),
    ],
)
def test_options_that_do_not_go_with_the_model_or_name_nothing_are_refused(
    srcnn: Callable, folder: Path, model: str, options: tuple[str, ...], words: str
) -> None:
    outcome = srcnn("evaluate", model.replace("{folder}", str(folder)), folder, *options)
    assert (outcome.code, outcome.out) == (2, "")
    assert words.replace("{folder}", str(folder)) in outcome.err


def test_pictures_that_cannot_be_read_leave_no_mean(srcnn: Callable, folder: Path) -> None:
    for name in ("aa.png", "z.png"):
        (folder / name).write_bytes(b"no picture")
    srcnn("evaluate", "bicubic", folder).assert_refused("got 2 that cannot: aa, z (", "no pictu")


def test_a_folder_without_pictures_is_refused(srcnn: Callable, tmp_path: Path) -> None:
    srcnn("evaluate", "bicubic", tmp_path).assert_refused(f"expected pictures in {tmp_path}, got none")


def test_the_help_names_every_protocol(srcnn: Callable) -> None:
    shown = " ".join(srcnn("evaluate", "--help").out.split())
    assert [name for name in PROTOCOLS if name not in shown.replace("- ", "-")] == []
