import numpy as np
import pytest
from tiny_models import gentle_model, random_model, run_by_definition

from srcnn.bench import implementations
from srcnn.bench.implementations import PLAIN, implementations_of, open_implementation, small_frame
from srcnn.imaging import imresize
from srcnn.spec import Colour
from srcnn.zoo.shipped import load_model

MODEL = random_model((9, 1, 5), (4, 3), scale=3)


def test_plain_comes_first_and_only_installed_engines_are_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    assert implementations_of(MODEL) == (PLAIN, "onnxruntime", "openvino")
    monkeypatch.setattr(implementations, "find_spec", lambda name: name != "openvino")
    assert implementations_of(MODEL) == (PLAIN, "onnxruntime")


def test_a_network_on_the_small_plane_has_no_plain_form() -> None:
    assert PLAIN not in implementations_of(load_model("swift", 2))


@pytest.mark.parametrize("name", implementations_of(MODEL))
def test_every_implementation_computes_the_same_enlargement(name: str) -> None:
    luma = np.random.default_rng(0).random((23, 31), np.float32)
    expected = run_by_definition(MODEL, imresize(luma, 3))
    np.testing.assert_allclose(open_implementation(MODEL, name, 1)(luma), expected, atol=1e-5)


@pytest.mark.parametrize("colour", ["ycbcr", "rgb"])
def test_networks_of_colour_enlarge_pictures_alike(colour: Colour) -> None:
    model = gentle_model(scale=3, colour=colour)
    picture = small_frame(model, (23, 31))
    assert picture.shape == (23, 31, 3)
    assert small_frame(MODEL, (23, 31)).shape == (23, 31)
    results = [np.clip(open_implementation(model, name, 1)(picture), 0, 1) for name in implementations_of(model)]
    assert len(results) == 3
    for result in results[1:]:
        np.testing.assert_allclose(result, results[0], atol=1e-5)
