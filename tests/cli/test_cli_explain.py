import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from graphs_in_numpy import run_graph
from tiny_models import gentle_model

from srcnn.cli.explain import _decibels, _uses
from srcnn.cli.identify import _in_folder, _read
from srcnn.evaluation import explain as module
from srcnn.evaluation.evaluate import evaluate
from srcnn.evaluation.explain import Explanation
from srcnn.evaluation.planes import OfPictures, OnEnlarged
from srcnn.evaluation.protocol import AUTHORS
from srcnn.runtime.graph import replicated_graph
from srcnn.upscaler import Upscaler
from srcnn.zoo.model_file import Model, save_model
from srcnn.zoo.shipped import load_model


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


@pytest.mark.parametrize("residual", [True, False])
def test_a_network_on_the_small_picture_is_used_as_evaluate_does(
    srcnn: Callable, folder: Path, tmp_path: Path, residual: bool
) -> None:
    model = gentle_model(scale=2, input_space="lr")
    object.__setattr__(model.spec, "residual", residual)
    save_model(tmp_path / "lr.safetensors", model)
    psnr = json.loads(srcnn("evaluate", tmp_path / "lr.safetensors", folder, "--json").out)["mean"]["psnr"]
    outcome = srcnn("explain", folder, "-s", 2, "--psnr", f"{psnr:.3f}", "-m", tmp_path / "lr.safetensors", "--json")
    best = json.loads(outcome.out)["matches"][0]
    assert (best["method"], best["protocol"]["name"]) == ("the network on the whole picture", "authors")
    assert best["psnr"] == pytest.approx(psnr, abs=1e-6)


@pytest.mark.parametrize(("model", "ways"), [("srcnn-915", 8), ("bicubic", 0), ("fine", 1), ("swift", 1)])
def test_wrong_ways_are_tried_of_networks_on_the_enlarged_picture_alone(
    srcnn: Callable, folder: Path, monkeypatch: pytest.MonkeyPatch, model: str, ways: int
) -> None:
    tried: list[int] = []

    def explain(*_: object, methods: dict[str, object] | None, **__: object) -> Explanation:
        tried.append(len(methods or ()))
        return Explanation(matches=(), fitting=0, text="")

    monkeypatch.setattr(module, "explain", explain)
    assert srcnn("explain", folder, "-s", 2, "--psnr", "33.1", "-m", model).code == 0
    assert tried == [ways]


def test_beside_chroma_they_are_those_of_the_network_of_luma(tmp_path: Path) -> None:
    chroma = gentle_model(scale=3, colour="chroma", input_space="lr")
    save_model(tmp_path / "both.safetensors", replace(gentle_model(scale=3), chroma=chroma))
    save_model(tmp_path / "alone.safetensors", gentle_model(scale=3))
    both, alone = (_uses(str(tmp_path / f"{name}.safetensors"), 3, "auto", 1) for name in ("both", "alone"))
    assert list(both) == list(alone)
    whole, *_ = both.values()
    assert isinstance(whole, OfPictures)


@pytest.mark.parametrize(
    "question", [("--psnr", "20", "-m", "fine"), ("--image-psnr", "{bicubic},20")], ids=["psnr", "image-psnr"]
)
def test_engine_and_threads_are_those_asked_for(
    srcnn: Callable, folder: Path, monkeypatch: pytest.MonkeyPatch, question: tuple[str, ...]
) -> None:
    bicubic, _ = one_picture(srcnn, folder, "bicubic").split(",")
    made: list[dict[str, object]] = []

    class Recorded(Upscaler):
        def __init__(self, model: Model, **options: object) -> None:
            made.append(options)
            super().__init__(model, threads=1)

    monkeypatch.setattr("srcnn.upscaler.Upscaler", Recorded)
    question = tuple(word.format(bicubic=bicubic) for word in question)
    assert srcnn("explain", folder, "-s", 3, *question, "--engine", "onnxruntime", "--threads", 2).code == 0
    assert made
    assert all((options["engine"], options["threads"]) == ("onnxruntime", 2) for options in made)


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


def one_picture(srcnn: Callable, folder: Path, model: Path | str, scale: int = 3) -> str:
    """The two numbers of the picture b."""
    images = json.loads(srcnn("evaluate", model, folder, "-s", scale, "--json").out)["images"]
    (image,) = (image for image in images if image["name"] == "b")
    return f"{image['bicubic_psnr']:.4f},{image['psnr']:.4f}"


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    """A folder with networks for two scales, one of them in Caffe's format."""
    pytest.importorskip("google.protobuf")
    from caffe_models import net, srcnn_layers

    (tmp_path / "weights" / "theirs").mkdir(parents=True)
    for scale in (2, 3):
        save_model(tmp_path / "weights" / f"gentle_x{scale}.safetensors", gentle_model(scale=scale))
    layers = srcnn_layers((3, 1, 3), (4, 2))
    (tmp_path / "weights" / "theirs" / "x3.caffemodel").write_bytes(net(layers).SerializeToString())
    return tmp_path / "weights"


def test_two_numbers_are_led_back_to_picture_scale_and_network(srcnn: Callable, folder: Path, weights: Path) -> None:
    numbers = one_picture(srcnn, folder, weights / "gentle_x3.safetensors")
    found = json.loads(srcnn("explain", folder, "--image-psnr", numbers, "--weights", weights, "--json").out)
    best = found["matches"][0]
    assert (best["picture"], best["scale"], best["method"]) == ("b", 3, "gentle_x3")
    assert found["fitting"] >= 1
    assert "belong to b at x3" in found["text"]
    assert "theirs/x3" in [match["method"] for match in found["matches"]]


@pytest.mark.parametrize(("text", "tolerance"), [("29", 0.5), ("29.1", 0.05), ("29.08", 0.005), ("29.080", 0.0005)])
def test_a_number_stands_for_all_that_round_to_it(text: str, tolerance: float) -> None:
    value, half = _decibels(text, "")
    assert (value, half) == (float(text), pytest.approx(tolerance))


def test_a_scale_in_the_name_of_a_foreign_file_is_its_scale(weights: Path) -> None:
    file = weights / "theirs" / "x3.caffemodel"
    assert [_read(file, scale) is not None for scale in (2, 3, 4)] == [False, True, False]
    file = file.rename(file.with_name("net.caffemodel"))
    assert [_read(file, scale).spec.scale for scale in (2, 3, 4)] == [2, 3, 4]


def test_a_network_of_chroma_alone_is_none_of_them(weights: Path) -> None:
    save_model(weights / "chroma.safetensors", gentle_model(scale=3, colour="chroma", input_space="lr"))
    assert [_read(weights / f"{name}.safetensors", 3) is not None for name in ("chroma", "gentle_x3")] == [False, True]


def test_files_of_one_name_and_those_named_like_shipped_models_are_all_tried(weights: Path) -> None:
    save_model(weights / "swift.safetensors", gentle_model(scale=3))
    save_model(weights / "theirs" / "x3.safetensors", gentle_model(scale=3))
    assert set(_in_folder(weights, (3,))) == {
        (name, 3) for name in ("gentle_x3", "swift.safetensors", "theirs/x3.caffemodel", "theirs/x3.safetensors")
    }


def test_networks_of_colour_are_tried_too(srcnn: Callable, folder: Path, weights: Path) -> None:
    save_model(weights / "colour.safetensors", gentle_model(scale=3, colour="rgb"))
    numbers = one_picture(srcnn, folder, weights / "colour.safetensors")
    found = json.loads(srcnn("explain", folder, "--image-psnr", numbers, "--weights", weights, "--json").out)
    assert found["matches"][0]["method"] == "colour"


@pytest.mark.parametrize("protocol", ["authors", "rgb"])
def test_the_number_of_a_network_of_colour_is_explained(
    srcnn: Callable, folder: Path, weights: Path, protocol: str
) -> None:
    save_model(weights / "colour.safetensors", gentle_model(scale=3, colour="rgb"))
    path = weights / "colour.safetensors"
    mean = json.loads(srcnn("evaluate", path, folder, "--protocol", protocol, "--json").out)["mean"]["psnr"]
    found = json.loads(srcnn("explain", folder, "-s", 3, "--psnr", f"{mean:.4f}", "-m", path, "--json").out)
    assert protocol in [match["protocol"]["name"] for match in found["matches"][: found["fitting"]]]


def test_zeros_around_every_layer_are_recognised(srcnn: Callable, folder: Path) -> None:
    model = load_model("srcnn-915", 3)
    graph = tuple(replace(conv, replicate=0, zeros=conv.replicate) for conv in replicated_graph(model))

    def zero_padded(enlarged: np.ndarray) -> np.ndarray:
        return run_graph(graph, enlarged[None])[0]

    psnr = evaluate(OnEnlarged(zero_padded), folder, 3, AUTHORS).mean.psnr
    text = srcnn("explain", folder, "-s", 3, "--psnr", f"{psnr:.4f}", "-m", "srcnn-915").out
    assert f"{psnr:.4f} dB at x3 is what the network with zeros around every layer instead of the border" in text


def test_numbers_of_a_shipped_model_need_no_folder(srcnn: Callable, folder: Path) -> None:
    numbers = one_picture(srcnn, folder, "srcnn-915", 2)
    text = srcnn("explain", folder, "--image-psnr", numbers).out
    assert "belong to b at x2" in text
    assert "srcnn-915" in text


def test_each_of_two_numbers_counts_as_exactly_as_it_is_given(srcnn: Callable, folder: Path, weights: Path) -> None:
    bicubic, psnr = (float(n) for n in one_picture(srcnn, folder, weights / "gentle_x3.safetensors").split(","))
    near, far = (srcnn("explain", folder, "--image-psnr", f"{bicubic:.1f},{psnr + off:.4f}", "-s", 3,
                       "--weights", weights).out for off in (0, 0.03))  # fmt: skip
    assert "belong to b at x3" in near
    assert " dB and gentle_x3 " in near
    assert "no network that was tried gives" in far


def test_a_network_that_was_not_tried_is_said_to_be_missing(srcnn: Callable, folder: Path) -> None:
    bicubic, _ = one_picture(srcnn, folder, "bicubic").split(",")
    text = srcnn("explain", folder, "--image-psnr", f"{bicubic},99").out
    assert "belongs to b at x3" in text
    assert "no network that was tried gives 99.0 dB" in text


def test_numbers_of_no_picture_are_said_to_be_none(srcnn: Callable, folder: Path) -> None:
    outcome = srcnn("explain", folder, "--image-psnr", "77,78", "-s", 3)
    assert outcome.code == 0
    assert f"No picture of {folder} at x3 has 77.0 dB by bicubic" in outcome.out


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ((), "expected one of --psnr and --image-psnr"),
        (("--psnr", "30"), "expected -s"),
        (("--psnr", "30", "--image-psnr", "30,31"), "expected one of"),
        (("--image-psnr", "30"), "expected two numbers of --image-psnr, bicubic's and a network's, got '30'"),
        (("--image-psnr", "30,"), "expected a number of dB"),
        (("--image-psnr", "30,31", "--picture", "a"), "leave it out"),
        (("--psnr", "30", "-s", "3", "--weights", "."), "expected --weights with --image-psnr"),
    ],
)
def test_options_that_do_not_go_together_are_refused(
    srcnn: Callable, folder: Path, options: tuple[str, ...], message: str
) -> None:
    outcome = srcnn("explain", folder, *options)
    assert outcome.code == 2
    assert message in outcome.err


def test_a_folder_without_networks_is_refused(srcnn: Callable, folder: Path) -> None:
    srcnn("explain", folder, "--image-psnr", "30,31", "--weights", folder).assert_refused("expected networks in")


@pytest.mark.slow
def test_the_numbers_of_a_digest_are_zebra_by_the_authors_best_weights(srcnn: Callable, shared_data: Path) -> None:
    weights = shared_data.parent / "reference" / "weights" / "srcnn_authors"
    if not weights.is_dir():
        pytest.skip("needs the SRCNN authors' released weights, which the project does not ship")
    pytest.importorskip("scipy.io", reason="needs SciPy, of the extra 'paper'")
    set14 = shared_data / "test" / "Set14"
    text = srcnn("explain", set14, "--image-psnr", "26.633759,29.290147", "--weights", weights).out
    assert "belong to zebra at x3" in text
    assert "9-5-5_ImageNet/x3" in text


@pytest.mark.slow
def test_the_two_numbers_of_the_readme_are_found_with_what_is_shipped(srcnn: Callable, shared_data: Path) -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    (numbers,) = re.findall(r"srcnn explain data/test/Set14 --image-psnr (\S+)", readme)
    text = srcnn("explain", shared_data / "test" / "Set14", "--image-psnr", numbers).out
    assert "belong to zebra at x3" in text
    assert "srcnn-915-t91 29.02" in text


def test_a_picture_may_be_named_as_its_file(srcnn: Callable, folder: Path) -> None:
    file = sorted(folder.iterdir())[0]
    command = "explain", folder, "-s", 3, "--psnr", "30.0", "--json", "--picture"
    assert srcnn(*command, file.name).out == srcnn(*command, file.stem).out
    srcnn(*command, "none.png").assert_refused("expected the name of a picture", "'none.png'")
