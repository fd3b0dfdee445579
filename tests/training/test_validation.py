from dataclasses import replace
from typing import Literal

import numpy as np
import pytest
import torch
from tiny_models import random_model, run_by_definition, run_lr_by_definition

from srcnn.imaging import psnr, rgb_to_ycbcr_bt601
from srcnn.models.srcnn import Srcnn
from srcnn.spec import Colour
from srcnn.training.pairs import Pair
from srcnn.training.validation import Quality, compare, enlarge, measure, to_shown


def noise(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).uniform(0.1, 0.9, shape).astype(np.float32)


def rgb_8(seed: int, *, height: int = 20, width: int = 22) -> np.ndarray:
    return np.random.default_rng(seed).integers(40, 200, (height, width, 3), np.uint8)


def pair(hr: np.ndarray) -> Pair:
    return Pair("x", hr[::2, ::2], hr, hr)


def quality_of(pictures: list[np.ndarray], pairs: list[Pair], colour: Colour, border: int) -> Quality:
    """The means of what a network gave, beside bicubic."""
    measured = (measure(each, pairs, colour=colour, border=border) for each in (pictures, [p.enlarged for p in pairs]))
    return compare(*measured)[0]


def off(hr: np.ndarray) -> Pair:
    """A pair that bicubic does not give exactly."""
    return replace(pair(hr), enlarged=1 - hr)


def tensors(model) -> dict[str, torch.Tensor]:
    return {name: torch.from_numpy(weight) for name, weight in model.weights.items()}


def test_a_network_of_luma_in_hr_is_applied_by_definition() -> None:
    model = random_model()
    planes = [noise(12, 15), noise(20, 9, seed=1)]
    pictures = enlarge(model.spec, tensors(model), [pair(plane) for plane in planes])
    for picture, plane in zip(pictures, planes, strict=True):
        np.testing.assert_allclose(picture, run_by_definition(model, plane), atol=1e-5)


@pytest.mark.parametrize("space", ["hr", "lr"])
def test_a_network_of_colour_gives_a_picture_with_its_channels_last(space: Literal["hr", "lr"]) -> None:
    model = random_model(colour="rgb", input_space=space)
    network = Srcnn(model.spec)
    network.load_state_dict(tensors(model))
    whole = pair(noise(12, 16, 3))
    (picture,) = enlarge(model.spec, tensors(model), [whole])
    assert picture.shape == (12, 16, 3)
    seen = whole.enlarged if space == "hr" else whole.lr
    with torch.no_grad():
        maps = network.same(torch.from_numpy(seen.transpose(2, 0, 1)[None].copy()))[0].numpy()
    for channel in range(3):
        if space == "hr":
            np.testing.assert_allclose(picture[:, :, channel], maps[channel], atol=1e-6)
        else:  # map 4 c + 2 a + b holds what is added to channel c at row a and column b of every square
            added = picture[:, :, channel] - whole.enlarged[:, :, channel]
            np.testing.assert_allclose(added[1::2, ::2], maps[4 * channel + 2], atol=1e-6)


def test_luma_is_measured_in_8_bits_without_a_border_the_mean_over_pictures() -> None:
    truths = [noise(20, 22), noise(24, 18, seed=1)]
    pictures = [truth + noise(*truth.shape, seed=2) / 10 for truth in truths]
    quality = quality_of(pictures, [off(truth) for truth in truths], "luma", 3)
    expected = [
        psnr(
            np.rint(picture[3:-3, 3:-3].astype(float) * 255),
            np.rint(truth[3:-3, 3:-3].astype(float) * 255),
            data_range=255,
        )
        for picture, truth in zip(pictures, truths, strict=True)
    ]
    assert quality.luma == pytest.approx(np.mean(expected), abs=1e-3)
    assert quality.channels is None


def test_a_network_of_chroma_leaves_luma_to_bicubic() -> None:
    model = random_model(colour="chroma", input_space="lr")
    whole = pair(noise(12, 16, 3))
    (picture,) = enlarge(model.spec, tensors(model), [whole])
    np.testing.assert_array_equal(picture[:, :, 0], whole.enlarged[:, :, 0])
    change = np.moveaxis(run_lr_by_definition(model, np.moveaxis(whole.lr, 2, 0)), 0, 2)
    np.testing.assert_allclose(picture[:, :, 1:], whole.enlarged[:, :, 1:] + change, atol=1e-5)


def test_a_network_of_chroma_is_judged_by_cb_and_cr_any_other_by_luma() -> None:
    quality = Quality(luma=30.0, channels=(30.0, 41.0, 44.0, 28.0))
    assert [quality.of(colour) for colour in ("luma", "ycbcr", "rgb", "chroma")] == [30, 30, 30, 42.5]
    assert Quality().of("chroma") is None


@pytest.mark.parametrize("colour", ["ycbcr", "rgb"])
def test_colour_is_measured_alike_in_either_space(colour: Literal["ycbcr", "rgb"]) -> None:
    ours, truth = rgb_8(1), rgb_8(2)
    planes = [(image / np.float32(255)).astype(np.float32) for image in (ours, truth)]
    if colour == "ycbcr":
        planes = [rgb_to_ycbcr_bt601(plane) for plane in planes]
    quality = quality_of([planes[0]], [off(planes[1])], colour, 2)
    # Of the 8-bit files, with MATLAB's rounded rgb2ycbcr.
    files = [rgb_to_ycbcr_bt601(image) for image in (ours, truth)]
    expected = [psnr(files[0][:, :, i], files[1][:, :, i], data_range=255, border=2) for i in range(3)]
    expected.append(psnr(ours, truth, data_range=255, border=2))
    assert quality.channels == pytest.approx(expected, abs=1e-6)
    assert quality.luma == quality.channels[0]


def test_the_chroma_of_grey_pictures_does_not_count() -> None:
    grey = np.full((20, 20, 3), 0.5, np.float32)
    colourful, truth = (rgb_8(seed) / np.float32(255) for seed in (1, 2))
    colours = Pair("colours", truth[::2, ::2], colourful, truth)
    alone = quality_of([colourful], [colours], "rgb", 0).channels
    dotted = grey.copy()
    dotted[::3, ::3] = 0.6
    greys = Pair("grey", grey[::2, ::2], grey, dotted)
    both = quality_of([colourful, grey], [colours, greys], "rgb", 0).channels
    assert both[1:3] == alone[1:3]
    assert both[0] > alone[0]
    assert quality_of([grey], [pair(grey)], "rgb", 0).channels == (np.inf,) * 4


def test_network_and_bicubic_are_measured_on_the_same_pictures() -> None:
    # Bicubic gives flat pictures exactly; counted for the network alone, they would decide the comparison.
    truth, flat = noise(20, 22), np.full((20, 22), 0.5, np.float32)
    near = flat.copy()
    near[8:12, 8:12] = 0.51  # which the network gives exactly, and bicubic does not
    pairs = [
        Pair("noise", truth[::2, ::2], truth + np.float32(0.1), truth),
        pair(flat),
        replace(pair(near), enlarged=flat),
    ]
    ours = [truth + np.float32(0.05), flat + np.float32(0.01), near]
    tables = [measure(each, pairs, colour="luma", border=0) for each in (ours, [pair.enlarged for pair in pairs])]
    network, bicubic = compare(*tables)
    alone = quality_of([truth + np.float32(0.05)], pairs[:1], "luma", 0)
    assert network.luma == alone.luma
    assert network.luma - bicubic.luma == pytest.approx(20 * np.log10(2), abs=0.5)


def test_without_pictures_there_is_no_quality() -> None:
    assert quality_of([], [], "rgb", 3) == Quality(None, None)


def test_what_is_shown_is_rgb_or_luma_in_8_bits() -> None:
    image = rgb_8(0)
    plane = image / np.float32(255)
    np.testing.assert_array_equal(to_shown(plane, "rgb"), image)
    np.testing.assert_array_equal(to_shown(rgb_to_ycbcr_bt601(plane), "ycbcr"), image)
    np.testing.assert_array_equal(to_shown(plane[:, :, 0], "luma"), image[:, :, 0])
