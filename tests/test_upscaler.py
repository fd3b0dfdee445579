import os
import pickle
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image as PillowImage
from PIL import ImageDraw
from tiny_models import gentle_model, random_model, run_by_definition, run_lr_by_definition

import srcnn
from srcnn import upscaler as upscaler_module
from srcnn.errors import InvalidConfigError, InvalidImageError, ModelFileError
from srcnn.imaging import (
    from_float,
    imresize,
    large,
    psnr,
    rgb_to_luma_bt601,
    rgb_to_ycbcr_bt601,
    to_float,
    ycbcr_to_rgb_bt601,
)
from srcnn.imaging.alpha import fill_transparent
from srcnn.imaging.slopes import luma_slopes
from srcnn.imaging.translucency import Veiled, bounds
from srcnn.runtime.engines import Engine
from srcnn.runtime.folded_network import FoldedNetwork
from srcnn.runtime.hr_network import HrNetwork
from srcnn.spec import Colour
from srcnn.upscaler import Upscaler, load
from srcnn.zoo.model_file import Model, save_model

GENTLE = {scale: Upscaler(gentle_model(scale=scale, seed=scale), threads=1) for scale in (1, 2, 3, 4)}
GENTLE_LR = {
    scale: Upscaler(gentle_model(scale=scale, input_space="lr", seed=scale), threads=1) for scale in (1, 2, 3, 4)
}
CHANNELS = {"grey": (), "grey plane": (1,), "grey and alpha": (2,), "RGB": (3,), "RGBA": (4,)}
DTYPES = ("uint8", "uint16", "float32", "float64")
every_kind = pytest.mark.parametrize("channels", CHANNELS.values(), ids=CHANNELS)
every_dtype = pytest.mark.parametrize("dtype", DTYPES)
every_scale = pytest.mark.parametrize("scale", [1, 2, 3, 4])
every_space = pytest.mark.parametrize("gentle", [GENTLE, GENTLE_LR], ids=["hr", "lr"])


def noise(shape: tuple[int, ...], dtype: str = "uint8", seed: int = 0) -> np.ndarray:
    random = np.random.default_rng(seed)
    if dtype.startswith("f"):
        return random.random(shape).astype(dtype)
    return random.integers(0, np.iinfo(dtype).max, shape, dtype, endpoint=True)


def muted(shape: tuple[int, ...], seed: int = 0) -> np.ndarray:
    """Colours so far inside the cube that no enlargement leaves it."""
    return (0.35 + 0.3 * np.random.default_rng(seed).random(shape)).astype(np.float32)


def upscaler(
    scale: int,
    strip_rows: int | None = None,
    *,
    kernel_sizes: tuple[int, ...] = (5, 1, 3),
    colour: Colour = "luma",
    space: Literal["hr", "lr"] = "hr",
    ensemble: bool = False,
) -> Upscaler:
    model = random_model(kernel_sizes, (4, 3)[: len(kernel_sizes) - 1], scale=scale, colour=colour, input_space=space)
    return Upscaler(model, threads=1, strip_rows=strip_rows, ensemble=ensemble)


@every_space
@every_scale
@every_dtype
@every_kind
def test_size_is_multiplied_and_dtype_and_channels_are_kept(
    gentle: dict[int, Upscaler], scale: int, dtype: str, channels: tuple[int, ...]
) -> None:
    image = noise((7, 11, *channels), dtype)
    result = gentle[scale](image)
    assert result.shape == (7 * scale, 11 * scale, *channels)
    assert result.dtype == dtype
    assert result.flags.c_contiguous


@every_dtype
@every_kind
def test_the_picture_that_came_in_is_left_as_it_was(dtype: str, channels: tuple[int, ...]) -> None:
    image = noise((6, 5, *channels), dtype)
    image[..., -1].flat[::3] = 0
    before = image.copy()
    image.setflags(write=False)
    GENTLE[2](image)
    np.testing.assert_array_equal(image, before)


@every_scale
def test_rgb_is_the_networks_luma_beside_bicubic_chroma(scale: int) -> None:
    image = muted((19, 23, 3), scale)
    up = GENTLE[scale]
    ycbcr = rgb_to_ycbcr_bt601(imresize(image, scale))
    before = ycbcr[:, :, 0].copy()
    ycbcr[:, :, 0] = up.luma(rgb_to_luma_bt601(image))
    expected = ycbcr_to_rgb_bt601(ycbcr)
    assert 0.005 < np.abs(ycbcr[:, :, 0] - before).max() < 0.2  # the network does something, and not too much
    assert 0 < expected.min() < expected.max() < 1
    np.testing.assert_allclose(up(image), expected, atol=2e-6)


@every_scale
def test_the_luma_of_the_enlarged_picture_is_the_networks_and_its_chroma_is_bicubic(scale: int) -> None:
    image = muted((19, 23, 3), scale)
    result = rgb_to_ycbcr_bt601(GENTLE[scale](image))
    np.testing.assert_allclose(result[:, :, 0], GENTLE[scale].luma(rgb_to_luma_bt601(image)), atol=2e-6)
    bicubic = rgb_to_ycbcr_bt601(imresize(image, scale))
    np.testing.assert_allclose(result[:, :, 1:], bicubic[:, :, 1:], atol=2e-6)


@every_scale
def test_in_lr_each_channel_takes_the_change_of_luma_times_its_slope(scale: int) -> None:
    image = muted((19, 23, 3), scale)
    up = GENTLE_LR[scale]
    luma = rgb_to_luma_bt601(image)
    change = (up.luma(luma) - imresize(luma, scale)) * np.float32(255 / 219)
    slopes = np.moveaxis(luma_slopes(np.moveaxis(image, 2, 0)), 0, 2)
    expected = imresize(image, scale) + change[:, :, None] * imresize(slopes, scale)
    assert np.abs(change).max() > 0.005
    assert 0 < expected.min() < expected.max() < 1
    np.testing.assert_allclose(up(image), expected, atol=5e-6)
    np.testing.assert_allclose(rgb_to_luma_bt601(up(image)), up.luma(luma), atol=5e-6)


@every_scale
def test_luma_is_the_network_by_its_definition_on_the_bicubic_enlargement(scale: int) -> None:
    luma = noise((21, 18), "float32")
    up = upscaler(scale)
    result = up.luma(luma)
    assert result.dtype == np.float32
    np.testing.assert_allclose(result, run_by_definition(up.model, imresize(luma, scale)), atol=5e-6)
    assert (result.min() < 0) or (result.max() > 1)  # unclipped


def test_in_lr_without_bicubic_luma_is_the_networks_output_and_a_picture_has_that_luma() -> None:
    model = random_model(scale=2, input_space="lr")
    model = Model(replace(model.spec, residual=False), model.weights)
    up = Upscaler(model, threads=1)
    image = muted((19, 23))
    luma = image * np.float32(219 / 255) + np.float32(16 / 255)
    result = up.luma(luma)
    np.testing.assert_allclose(result, run_lr_by_definition(model, luma), atol=5e-6)
    expected = np.clip((result - 16 / 255) * 255 / 219, 0, 1)
    assert (expected % 1 != 0).mean() > 0.2  # and not all clipped
    np.testing.assert_allclose(up(image), expected, atol=5e-6)


def test_a_grey_picture_is_the_rgb_picture_of_three_equal_channels() -> None:
    for dtype in DTYPES:
        grey = noise((12, 15), dtype)
        rgb = GENTLE[3](np.stack([grey] * 3, 2))
        for channel in range(3):
            one = 1 if dtype.startswith("u") else 1e-6
            np.testing.assert_allclose(GENTLE[3](grey).astype(float), rgb[:, :, channel].astype(float), atol=one)


@every_scale
def test_in_lr_luma_is_the_network_by_its_definition_added_to_the_bicubic_enlargement(scale: int) -> None:
    luma = noise((21, 18), "float32")
    up = upscaler(scale, space="lr")
    expected = imresize(luma, scale) + run_lr_by_definition(up.model, luma)
    np.testing.assert_allclose(up.luma(luma), expected, atol=5e-6)


@every_space
def test_a_grey_picture_runs_in_limited_range_luma(gentle: dict[int, Upscaler]) -> None:
    grey = muted((12, 15))
    luma = gentle[2].luma(grey * np.float32(219 / 255) + np.float32(16 / 255))
    np.testing.assert_allclose(gentle[2](grey), (luma - 16 / 255) * 255 / 219, atol=2e-6)


every_colour = pytest.mark.parametrize("colour", ["ycbcr", "rgb"])


def of_colour(colour: Colour, *, space: Literal["hr", "lr"], residual: bool) -> Upscaler:
    """One that leaves colours inside the cube."""
    model = gentle_model(scale=3, colour=colour, input_space=space)
    return Upscaler(Model(replace(model.spec, residual=residual), model.weights), threads=1)


@every_colour
@pytest.mark.parametrize(("space", "residual"), [("hr", True), ("lr", True), ("lr", False)])
def test_a_network_of_colour_enlarges_all_channels(colour: Colour, space: Literal["hr", "lr"], residual: bool) -> None:
    image = muted((19, 23, 3))
    up = of_colour(colour, space=space, residual=residual)
    seen = image if colour == "rgb" else rgb_to_ycbcr_bt601(image)
    bicubic = imresize(seen, 3)
    if space == "hr":
        output = run_by_definition(up.model, np.moveaxis(bicubic, 2, 0))
    else:
        output = run_lr_by_definition(up.model, np.moveaxis(seen, 2, 0))
    expected = np.moveaxis(output, 0, 2) + (bicubic if up.model.spec.adds_to_bicubic else 0)
    expected = np.clip(expected if colour == "rgb" else ycbcr_to_rgb_bt601(expected), 0, 1)
    np.testing.assert_allclose(up(image), expected, atol=5e-6)


@every_colour
@pytest.mark.parametrize("space", ["hr", "lr"])
def test_a_grey_picture_has_the_luma_that_a_network_of_colour_gives_three_equal_channels(
    colour: Colour, space: Literal["hr", "lr"]
) -> None:
    grey = muted((12, 15))
    up = of_colour(colour, space=space, residual=True)
    rgb = up(np.stack([grey] * 3, 2))
    assert np.ptp(rgb, 2).max() > 1e-3  # its weights are random
    for shape in ((12, 15), (12, 15, 1)):
        luma = up(grey.reshape(shape)) * np.float32(219 / 255) + np.float32(16 / 255)
        np.testing.assert_allclose(luma.reshape(36, 45), rgb_to_luma_bt601(rgb), atol=2e-6)


@every_colour
@pytest.mark.parametrize("space", ["hr", "lr"])
@pytest.mark.parametrize("channels", [2, 4])
def test_a_network_of_colour_enlarges_alpha_as_a_grey_picture(
    colour: Colour, space: Literal["hr", "lr"], channels: int
) -> None:
    image = noise((13, 9, channels), "float32")
    up = of_colour(colour, space=space, residual=True)
    planes = np.moveaxis(image, 2, 0)
    limits = bounds(Veiled.of(planes[:-1], planes[-1:])).repeat(3, 1).repeat(3, 2)
    expected = np.clip(up(image[:, :, -1]), limits[0], limits[channels])
    np.testing.assert_allclose(up(image)[:, :, -1], expected, atol=2e-6)
    opaque = np.concatenate([image[:, :, :-1], np.ones((13, 9, 1), np.float32)], 2)
    np.testing.assert_allclose(up(opaque)[:, :, :-1], up(image[:, :, :-1]), atol=2e-6)


@every_colour
@pytest.mark.parametrize(("space", "residual"), [("hr", True), ("lr", True), ("lr", False)])
def test_to_a_network_of_colour_luma_is_that_of_a_grey_picture(
    colour: Colour, space: Literal["hr", "lr"], residual: bool
) -> None:
    up, grey = of_colour(colour, space=space, residual=residual), muted((12, 15))
    luma = up.luma(grey * np.float32(219 / 255) + np.float32(16 / 255))
    np.testing.assert_allclose(np.clip((luma - 16 / 255) * 255 / 219, 0, 1), up(grey), atol=5e-6)
    unclipped = up.luma(noise((12, 15), "float32")) * 255
    assert unclipped.min() < 16 or unclipped.max() > 235


CHROMA = gentle_model(scale=3, colour="chroma", input_space="lr", seed=5)
every_luma = pytest.mark.parametrize(("space", "residual"), [("hr", True), ("lr", True), ("lr", False)])


def with_chroma(
    *, space: Literal["hr", "lr"], residual: bool, strip_rows: int | None = None, ensemble: bool = False
) -> Upscaler:
    """One that leaves colours inside the cube."""
    model = gentle_model(scale=3, input_space=space)
    spec = replace(model.spec, residual=residual)
    return Upscaler(Model(spec, model.weights, CHROMA), threads=1, strip_rows=strip_rows, ensemble=ensemble)


@every_luma
def test_a_network_of_chroma_enlarges_what_the_one_of_luma_leaves(space: Literal["hr", "lr"], residual: bool) -> None:
    image, up = muted((19, 23, 3)), with_chroma(space=space, residual=residual)
    seen = rgb_to_ycbcr_bt601(image)
    expected = imresize(seen, 3)
    change = run_lr_by_definition(CHROMA, np.moveaxis(seen, 2, 0))
    assert np.abs(change).mean() > 1e-3
    expected[:, :, 0] = up.luma(np.ascontiguousarray(seen[:, :, 0]))
    expected[:, :, 1:] += np.moveaxis(change, 0, 2)
    np.testing.assert_allclose(up(image), np.clip(ycbcr_to_rgb_bt601(expected), 0, 1), atol=5e-6)


@every_luma
def test_beside_chroma_grey_pictures_and_luma_are_as_without(space: Literal["hr", "lr"], residual: bool) -> None:
    up = with_chroma(space=space, residual=residual)
    alone = Upscaler(replace(up.model, chroma=None), threads=1)
    luma = noise((12, 15), "float32")
    np.testing.assert_allclose(up.luma(luma), alone.luma(luma), atol=2e-6)
    for shape in ((12, 15), (12, 15, 1), (12, 15, 2)):
        np.testing.assert_allclose(up(muted(shape)), alone(muted(shape)), atol=5e-6)
    rgba = muted((12, 15, 4))
    np.testing.assert_allclose(up(rgba)[:, :, 3], alone(rgba)[:, :, 3], atol=5e-6)


def grey_as_rgb(shape: tuple[int, int], dtype: str) -> tuple[np.ndarray, np.ndarray]:
    """Grey as RGB, and as RGBA with every third row hidden."""
    grey = noise((*shape, 1), dtype)
    alpha = noise((*shape, 1), dtype, seed=1)
    alpha[::3] = 0
    return np.concatenate([grey] * 3, 2), np.concatenate([grey] * 3 + [alpha], 2)


@every_luma
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize("chroma", [False, True])
def test_rgb_of_equal_channels_comes_out_grey_to_the_last_bit(
    space: Literal["hr", "lr"], residual: bool, dtype: str, chroma: bool
) -> None:
    up = with_chroma(space=space, residual=residual, strip_rows=6)
    up = up if chroma else Upscaler(replace(up.model, chroma=None), threads=1, strip_rows=6)
    for image in grey_as_rgb((15, 17), dtype):
        result = up(image)
        np.testing.assert_array_equal(result[:, :, 2:], up(image[:, :, 2:]))
        np.testing.assert_array_equal(result[:, :, :2], result[:, :, 2:3].repeat(2, 2))
        assert up.strip_count(image) == len(list(up.strips(image)))
    nearly = grey_as_rgb((15, 17), dtype)[0]
    nearly[-1, -1, 2] = 0 if nearly[-1, -1, 0] else 1
    assert np.ptp(up(nearly).astype(float), 2).max() > 0


def test_the_strips_of_a_grey_picture_are_counted_as_they_come(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upscaler_module, "_RESULT_BYTES", 1 << 16)
    up, (rgb, rgba) = GENTLE_LR[3], grey_as_rgb((150, 60), "uint8")
    for image in (rgb, rgba):
        assert up.strip_count(image) == len(list(up.strips(image))) == up.strip_count(image[:, :, 2:])
    assert up.strip_count(rgb) < up.strip_count(noise((150, 60, 3)))


def test_colours_that_are_hidden_make_no_grey_picture_coloured() -> None:
    up = with_chroma(space="lr", residual=True)
    _, image = grey_as_rgb((15, 17), "float32")
    hidden = image[:, :, 3] == 0
    for colour in ((1, 0, 1), (0, np.nan, 1)):
        coloured = image.copy()
        coloured[hidden, :3] = colour
        visible = up(image)[:, :, 3] > 0
        np.testing.assert_array_equal(up(coloured)[visible], up(image)[visible])


def test_of_a_picture_that_is_hidden_everywhere_the_colours_stay() -> None:
    image = np.concatenate([muted((9, 8, 3)), np.zeros((9, 8, 1), np.float32)], 2)
    image[:, :, :2] = image[:, :, 2:3] * np.float32(0.5)
    for up in (GENTLE_LR[2], with_chroma(space="lr", residual=True)):
        assert np.ptp(up(image)[:, :, :3], 2).min() > 0.05


@pytest.mark.parametrize("strip_rows", [1, 8, 13])
@pytest.mark.parametrize("channels", [3, 4])
@every_luma
def test_strips_with_chroma_equal_the_whole_picture(
    strip_rows: int, channels: int, space: Literal["hr", "lr"], residual: bool
) -> None:
    image = noise((13, 17, channels), "float32")
    whole, strips = (with_chroma(space=space, residual=residual, strip_rows=rows) for rows in (None, strip_rows))
    np.testing.assert_allclose(strips(image), whole(image), atol=2e-5)


@pytest.mark.parametrize("space", ["hr", "lr"])
def test_an_ensemble_with_chroma_is_the_mean_of_all_copies(space: Literal["hr", "lr"]) -> None:
    image = muted((13, 17, 3))
    once, ensemble = (with_chroma(space=space, residual=True, ensemble=each) for each in (False, True))
    copies: list[np.ndarray] = []
    for turns in range(4):
        for mirrored in (False, True):
            copy = np.rot90(image[:, ::-1] if mirrored else image, turns)
            result = np.rot90(once(np.ascontiguousarray(copy)), -turns)
            copies.append(result[:, ::-1] if mirrored else result)
    np.testing.assert_allclose(ensemble(image), np.mean(copies, 0), atol=1e-5)


def test_a_network_of_chroma_alone_enlarges_nothing() -> None:
    with pytest.raises(ModelFileError, match="expected a network that enlarges pictures, got tiny, which gives chroma"):
        Upscaler(CHROMA, threads=1)


@pytest.mark.parametrize("strip_rows", [1, 8, 13])
@pytest.mark.parametrize("space", ["hr", "lr"])
def test_luma_by_a_network_of_colour_in_strips_equals_the_whole_plane(
    strip_rows: int, space: Literal["hr", "lr"]
) -> None:
    luma = noise((13, 17), "float32")
    whole, strips = (upscaler(3, rows, colour="rgb", space=space) for rows in (None, strip_rows))
    np.testing.assert_allclose(strips.luma(luma), whole.luma(luma), atol=5e-6)


@every_space
@pytest.mark.parametrize("channels", [2, 4])
def test_alpha_is_enlarged_as_a_grey_picture_within_its_surroundings(
    gentle: dict[int, Upscaler], channels: int
) -> None:
    image = noise((13, 9, channels), "float32")
    planes = np.moveaxis(image, 2, 0)
    limits = bounds(Veiled.of(planes[:-1], planes[-1:])).repeat(3, 1).repeat(3, 2)
    expected = np.clip(gentle[3](image[:, :, -1]), limits[0], limits[channels])
    np.testing.assert_allclose(gentle[3](image)[:, :, -1], expected, atol=2e-6)


@every_space
@pytest.mark.parametrize("alpha", [0, 1, 40, 254])
def test_alpha_that_is_the_same_everywhere_stays(gentle: dict[int, Upscaler], alpha: int) -> None:
    image = noise((13, 9, 4))
    image[:, :, 3] = alpha
    assert (gentle[3](image)[:, :, 3] == alpha).all()


@every_space
def test_networks_that_enlarge_nothing_leave_alpha_alone(gentle: dict[int, Upscaler]) -> None:
    image = noise((13, 9, 4))
    result = gentle[1](image)
    np.testing.assert_array_equal(result[:, :, 3], image[:, :, 3])
    filled = fill_transparent(image)[:, :, :3]
    np.testing.assert_array_equal(result[:, :, :3], gentle[1](filled))


@every_space
def test_one_colour_stays_whatever_its_alpha(gentle: dict[int, Upscaler]) -> None:
    image = noise((13, 9, 4))
    image[:, :, :3] = (200, 10, 77)
    image[0, 0, 3] = 0
    result = gentle[3](image)
    assert (result[:, :, :3] == (200, 10, 77)).all()


@every_space
@pytest.mark.parametrize("channels", [2, 4])
@pytest.mark.parametrize("alpha", [0.01, 0.5, 254 / 255])
def test_where_alpha_is_the_same_everywhere_colours_are_those_of_an_opaque_picture(
    gentle: dict[int, Upscaler], channels: int, alpha: float
) -> None:
    image = noise((23, 19, channels), "float32")
    image[:, :, -1] = 1
    opaque = gentle[3](image)
    image[:, :, -1] = alpha
    np.testing.assert_allclose(gentle[3](image)[:, :, :-1], opaque[:, :, :-1], atol=1e-4)


@every_space
def test_a_pixel_that_is_not_quite_opaque_changes_its_neighbours_little(gentle: dict[int, Upscaler]) -> None:
    image = noise((23, 19, 4))
    image[:, :, 3] = 255
    opaque = gentle[3](image)
    image[11, 9, 3] = 254
    assert np.abs(gentle[3](image)[:, :, :3].astype(int) - opaque[:, :, :3]).max() <= 2


def test_strokes_on_nothing_are_as_sharp_as_on_white() -> None:
    """Lines of two colours, drawn six times as large; the truth is known in colour and in alpha."""
    random = np.random.default_rng(0)
    drawing = PillowImage.new("L", (600, 600))
    for line in random.integers(0, 600, (30, 4)).tolist():
        ImageDraw.Draw(drawing).line(line, fill=255, width=12)
    alpha = np.asarray(drawing, np.float32)[:, :, None] / 255
    colours = np.where(np.arange(600)[:, None, None] // 100 % 2, np.float32([0.1, 0.4, 0.9]), np.float32([0.9, 0.3, 0]))
    truth = np.concatenate((colours * alpha, alpha), axis=2).reshape(100, 6, 100, 6, 4).mean((1, 3))
    small = np.clip(imresize(truth, 1 / 2), 0, 1)
    small[:, :, :3] /= np.maximum(small[:, :, 3:], 1e-6)
    swift = load("swift", 2, threads=1)
    result = swift(np.clip(small, 0, 1))

    def on(background: float, colours: np.ndarray, alpha: np.ndarray) -> np.ndarray:
        return np.clip(colours + background * (1 - alpha), 0, 1)

    for background in (0.0, 0.5, 1.0):
        seen = on(background, result[:, :, :3] * result[:, :, 3:], result[:, :, 3:])
        flattened = swift(on(background, small[:, :, :3] * small[:, :, 3:], small[:, :, 3:]))
        wanted = on(background, truth[:, :, :3], truth[:, :, 3:])
        ours, opaque = (psnr(each, wanted, data_range=1, border=0) for each in (seen, flattened))
        assert ours > opaque - 0.2


@pytest.mark.parametrize("channels", [2, 4])
@every_dtype
def test_a_picture_that_is_opaque_everywhere_has_the_colours_of_the_one_without_alpha(
    channels: int, dtype: str
) -> None:
    image = noise((13, 9, channels), dtype)
    image[:, :, -1] = 1 if dtype.startswith("f") else np.iinfo(dtype).max
    opaque = image[:, :, :-1] if channels == 4 else image[:, :, 0]
    result = GENTLE[2](image)
    expected = GENTLE[2](opaque).astype(np.float64)
    # A matrix product over another number of channels may differ in its last bit.
    one = 1 if dtype.startswith("u") else 1e-6
    np.testing.assert_allclose(result[:, :, :-1].reshape(expected.shape), expected, atol=one)
    assert (result[:, :, -1] == image[0, 0, -1]).all()


@pytest.mark.parametrize("channels", [2, 4])
@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 999))
def test_colours_hidden_under_alpha_0_change_no_visible_pixel(channels: int, seed: int) -> None:
    image = noise((12, 14, channels), "uint8", seed)
    hidden = np.random.default_rng(seed).random((12, 14)) < 0.5
    image[:, :, -1] = np.where(hidden, 0, np.maximum(image[:, :, -1], 1))
    other = image.copy()
    other[hidden, :-1] ^= 0xFF
    first, second = GENTLE[2](image), GENTLE[2](other)
    visible = first[:, :, -1] > 0
    np.testing.assert_array_equal(first[:, :, -1], second[:, :, -1])
    np.testing.assert_array_equal(first[visible], second[visible])


def test_integers_are_rounded_only_once_at_the_end() -> None:
    image = noise((9, 9, 3), "uint8")
    exact = GENTLE[2](to_float(image))
    np.testing.assert_array_equal(GENTLE[2](image), from_float(exact, np.uint8))


def test_floating_point_is_clipped_to_the_unit_range() -> None:
    step = np.repeat(np.float32([[0, 0, 0, 0, 1, 1, 1, 1]]), 8, 0)  # bicubic overshoots beside it
    for result in (GENTLE[4](step), GENTLE[4](step.astype(np.float64))):
        assert (result.min(), result.max()) == (0, 1)


@settings(deadline=None, max_examples=40)
@given(
    height=st.integers(1, 40),
    width=st.integers(1, 24),
    scale=st.integers(1, 4),
    strip_rows=st.integers(1, 60),
    kernel_sizes=st.sampled_from([(5, 1, 3), (9, 1, 5), (9, 5, 5), (3,), (1, 5)]),
    colour=st.sampled_from(["luma", "ycbcr", "rgb"]),
    space=st.sampled_from(["hr", "lr"]),
    channels=st.sampled_from(list(CHANNELS.values())),
    dtype=st.sampled_from(DTYPES),
    ensemble=st.booleans(),
)
def test_strips_of_any_height_equal_the_whole_picture(
    height: int,
    width: int,
    scale: int,
    strip_rows: int,
    kernel_sizes: tuple[int, ...],
    colour: Colour,
    space: Literal["hr", "lr"],
    channels: tuple[int, ...],
    dtype: str,
    ensemble: bool,
) -> None:
    image = noise((height, width, *channels), dtype)
    whole, strips = (
        upscaler(scale, rows, kernel_sizes=kernel_sizes, colour=colour, space=space, ensemble=ensemble)(image).astype(
            np.float64
        )
        for rows in (10_000, strip_rows)
    )
    # Single precision adds up in another order: floats differ in the last digits, and an integer by one
    # level where the exact value lies that near to a half.
    one = 1 if dtype.startswith("u") else 4e-5
    np.testing.assert_allclose(strips, whole, atol=one)
    if dtype == "uint8":
        assert (strips != whole).mean() <= 0.002 + 1 / whole.size


@every_space
@pytest.mark.parametrize("channels", [(), (3,), (4,)], ids=["grey", "RGB", "RGBA"])
@pytest.mark.parametrize("rows", [1, 2, 5])
def test_what_is_joined_a_few_rows_at_a_time_is_the_whole_strip(
    gentle: dict[int, Upscaler], channels: tuple[int, ...], rows: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    image, luma = noise((17, 19, *channels), "float32"), noise((17, 19), "float32", seed=1)
    expected = gentle[3](image), gentle[3].luma(luma)
    monkeypatch.setattr("srcnn.imaging.strip._CACHED_BYTES", 0)
    monkeypatch.setattr("srcnn.imaging.strip._LEAST_ROWS", rows)
    np.testing.assert_allclose(gentle[3](image), expected[0], atol=1e-5)
    np.testing.assert_allclose(gentle[3].luma(luma), expected[1], atol=1e-5)


@pytest.mark.parametrize(
    ("channels", "colour", "strips"),
    [((), "luma", 1), ((3,), "luma", 3), ((), "rgb", 3), ((3,), "rgb", 5), ((2,), "rgb", 6), ((4,), "rgb", 8)],
)
def test_strips_are_lower_the_more_planes_they_have(
    channels: tuple[int, ...], colour: Colour, strips: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = noise((360, 50, *channels))
    monkeypatch.setattr(upscaler_module, "_RESULT_BYTES", 4 * 9 * image.shape[0] * image.shape[1])
    assert upscaler(3, colour=colour).strip_count(image) == strips


@pytest.mark.parametrize("rows", [1, 2, 5])
@pytest.mark.parametrize("space", ["hr", "lr"])
def test_colours_are_joined_a_few_rows_at_a_time_too(
    rows: int, space: Literal["hr", "lr"], monkeypatch: pytest.MonkeyPatch
) -> None:
    up, luma = of_colour("ycbcr", space=space, residual=True), noise((17, 19), "float32")
    pictures = [noise((17, 19, *channels), "float32") for channels in ((), (3,), (4,))]
    expected = [up.luma(luma), *map(up, pictures)]
    monkeypatch.setattr("srcnn.imaging.strip._CACHED_BYTES", 0)
    monkeypatch.setattr("srcnn.imaging.strip._LEAST_ROWS", rows)
    for result, whole in zip([up.luma(luma), *map(up, pictures)], expected, strict=True):
        np.testing.assert_allclose(result, whole, atol=4e-5)


def test_a_strip_is_handed_on_whole_so_that_it_is_written_while_the_next_is_made(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("srcnn.imaging.strip._CACHED_BYTES", 0)
    monkeypatch.setattr("srcnn.imaging.strip._LEAST_ROWS", 1)
    assert [len(strip) for strip in upscaler(3, 24).strips(noise((20, 5, 3)))] == [24, 24, 12]


@pytest.mark.parametrize("strip_rows", [*range(1, 9), 13, 24, 39, 40])
def test_luma_in_strips_equals_the_whole_plane(strip_rows: int) -> None:
    luma = noise((13, 17), "float32")
    np.testing.assert_allclose(upscaler(3, strip_rows).luma(luma), upscaler(3).luma(luma), atol=5e-6)


@every_scale
@every_kind
def test_a_picture_of_one_pixel_becomes_a_flat_one(scale: int, channels: tuple[int, ...]) -> None:
    result = GENTLE[scale](np.full((1, 1, *channels), 0.5, np.float32))
    assert result.shape == (scale, scale, *channels)
    assert np.ptp(result, (0, 1)).max() < 1e-6


@pytest.mark.parametrize("shape", [(1, 30), (30, 1), (2, 3), (3, 2)])
def test_thin_pictures_are_the_definition_too(shape: tuple[int, int]) -> None:
    luma = noise(shape, "float32")
    up = upscaler(4, 5, kernel_sizes=(9, 5, 5))
    np.testing.assert_allclose(up.luma(luma), run_by_definition(up.model, imresize(luma, 4)), atol=5e-6)


def test_the_strips_are_the_whole_picture_from_top_to_bottom() -> None:
    image = noise((20, 10, 3))
    up = upscaler(2, 8)
    strips = list(up.strips(image))
    assert [len(strip) for strip in strips] == [8, 8, 8, 8, 8]
    assert up.strip_count(image) == 5
    np.testing.assert_array_equal(np.concatenate(strips), up(image))


def test_strips_can_be_joined_later_in_any_order_and_thread() -> None:
    image = noise((20, 10, 4))
    up = upscaler(2, 8)
    joins = list(up.strips_to_join(image))
    with ThreadPoolExecutor(2) as threads:
        strips = [future.result() for future in [threads.submit(join) for join in joins[::-1]]]
    np.testing.assert_array_equal(np.concatenate(strips[::-1]), up(image))


def heights(up: Upscaler, shape: tuple[int, ...]) -> list[int]:
    """Source rows of the strips of a picture of 8 bits."""
    return [stop - start for start, stop in up._bounds(np.broadcast_to(np.uint8(0), shape))]


def test_strip_rows_are_chosen_so_that_a_tile_s_widest_maps_take_the_same_memory_at_every_width() -> None:
    up = upscaler(2)  # 5-1-3, which is not folded
    # The widest layer has 4 maps of float32, 16 bytes a pixel: 16 MiB hold 512 x 512 source pixels.
    for width, rows in ((64, 4096), (200, 1310), (256, 1024), (1000, 1024)):
        assert set(heights(up, (rows, width))) == {rows}
        assert len(heights(up, (rows + 1, width))) == 2
    # A folded network has its maps in the cache: 1.9 MiB hold 7680 source pixels of 64 maps, whatever the scale; a tile
    # for each of two threads, above each other.
    for threads in (1, 2, 5):
        up = Upscaler(random_model((9, 1, 5), (64, 32), scale=3), threads=threads)
        for width, rows in ((20, 384), (64, 120), (160, 48), (5000, 48)):
            rows *= min(2, threads)
            assert set(heights(up, (rows, width))) == {rows}
            assert len(heights(up, (rows + 1, width))) == 2


@given(height=st.integers(1, 3000), width=st.integers(1, 3000))
def test_strips_are_as_few_as_suffice_and_nearly_equal(height: int, width: int) -> None:
    found = heights(GENTLE[2], (height, width))
    network = GENTLE[2]._network
    most = min(network.pixels // min(width, network.columns), 2**25 // (4 * 2**2 * width))
    count = -(-height // most)
    assert sum(found) == height
    assert len(found) <= count  # fewer where all but the last are a row higher
    assert set(found[:-1]) <= {-(-height // count)}
    assert found[-1] <= found[0]


@pytest.mark.parametrize("space", ["hr", "lr"])
def test_strips_of_a_wide_picture_are_bounded_by_the_result_but_higher_than_their_halo(
    space: Literal["hr", "lr"],
) -> None:
    up = upscaler(2, space=space)
    # A source row of RGB becomes 2 x 2 x 3 float32 numbers a pixel: 32 MiB hold 16 rows of 43,690 pixels.
    for width, rows in ((43_690, 16), (10_000_000, 2 * up._network.reach)):
        assert set(heights(up, (10 * rows, width, 3))) == {rows}


def test_a_very_wide_picture_and_a_network_that_reaches_nothing_go_row_by_row() -> None:
    up = Upscaler(random_model((1, 1), (2,), scale=2, input_space="lr"), threads=1)
    assert heights(up, (3, 10_000_000, 3)) == [1, 1, 1]


@pytest.mark.parametrize("scale", [2, 3, 4])
@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
def test_a_folded_network_gives_the_same_integers_but_where_the_value_is_that_near_to_a_half(
    scale: int, dtype: str
) -> None:
    model = gentle_model((9, 1, 5), scale=scale)
    folded, plain = Upscaler(model, threads=1), Upscaler(model, threads=1)
    plain._network = HrNetwork(model, engine="auto", threads=1)
    plain._halo = 9
    assert isinstance(folded._network, FoldedNetwork)
    image = noise((61, 83, 3), dtype)
    exact = plain(to_float(image))
    np.testing.assert_allclose(folded(to_float(image)), exact, atol=1e-5)
    most = np.iinfo(dtype).max
    from_half = np.abs(exact.astype(np.float64) * most % 1 - 0.5)
    different = folded(image) != plain(image)
    assert (from_half[different] < 1e-5 * most).all()
    assert different.mean() < (1e-4 if dtype == "uint8" else 0.05)


only_linux = pytest.mark.skipif(not Path("/proc/self/statm").is_file(), reason="only Linux tells what is resident")


@only_linux
@pytest.mark.parametrize(("name", "rows"), [("srcnn-915", 120), ("srcnn-955", 16), ("swift", 120)])
def test_a_result_of_30000_columns_needs_little_beside_it(name: str, rows: int) -> None:
    program = f"""
import resource
import numpy as np
import srcnn
from srcnn.batch.enlarge import enlarge
from srcnn.batch.size import Target
up = srcnn.load({name!r}, 3, threads=1)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
size = 3 * {rows}, 30_000
strips = enlarge(np.zeros(({rows}, 10_000, 3), np.uint8), Target(size, size), up).parts()
assert sum(len(strip) for strip in strips) == 3 * {rows}
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert float(done.stdout) < 200  # MiB, as docs/upscaling.md says


@only_linux
@pytest.mark.parametrize("engine", ["onnxruntime", "openvino"])
def test_repeated_calls_take_no_further_memory(engine: str) -> None:
    program = f"""
import numpy as np
import srcnn
up = srcnn.load("srcnn-915", 3, engine={engine!r}, threads=1)
image = np.zeros((48, 200, 3), np.uint8)
for _ in range(40):
    up(image)
    print(int(open("/proc/self/statm").read().split()[1]) * 4)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    resident = [int(line) for line in done.stdout.split()]
    assert resident[-1] - resident[9] < 1024  # KiB; one result is 253 KiB, the maps of a tile are 1.5 MiB


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
@pytest.mark.parametrize(
    ("name", "engine"),
    [("swift", "auto"), ("srcnn-915", "auto"), ("srcnn-955", "auto"), ("swift", "openvino"), ("srcnn-915", "openvino")],
)
def test_a_forked_process_enlarges_as_its_parent_did(name: str, engine: Engine) -> None:
    # As servers and data loaders do it: load, try, then fork workers.
    program = f"""
import os, signal
import numpy as np
import srcnn
up = srcnn.load({name!r}, 2, engine={engine!r}, threads=2)
image = np.zeros((16, 80, 3), np.uint8)
before = up(image)
child = os.fork()
if not child:
    signal.alarm(20)  # rather than wait for ever
    os._exit(0 if np.array_equal(up(image), before) else 1)
assert os.waitpid(child, 0)[1] == 0
assert np.array_equal(up(image), before)
"""
    subprocess.run([sys.executable, "-W", "ignore", "-c", program], check=True)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_forked_process_enlarges_with_openvino_after_another_network_has_gone() -> None:
    program = """
import os, signal
import numpy as np
import srcnn
image = np.zeros((16, 80, 3), np.uint8)
for name in ("swift", "srcnn-915"):
    up = srcnn.load(name, 2, engine="openvino", threads=2)
    before = up(image)
child = os.fork()
if not child:
    signal.alarm(20)
    os._exit(0 if np.array_equal(up(image), before) else 1)
assert os.waitpid(child, 0)[1] == 0
"""
    subprocess.run([sys.executable, "-W", "ignore", "-c", program], check=True)


def test_a_thread_that_outlives_the_main_one_enlarges_to_its_end() -> None:
    program = """
import threading, time
import numpy as np
import srcnn
up = srcnn.load("swift", 2, threads=2)
image = np.zeros((400, 300, 3), np.uint8)
before = up(image)
def work():
    threading.main_thread().join()
    time.sleep(0.2)  # Python ends its pools of threads meanwhile
    print(np.array_equal(up(image), before))
threading.Thread(target=work).start()
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("True\n", "")


def test_an_upscaler_can_be_sent_to_another_process() -> None:
    up = Upscaler(gentle_model(scale=2, seed=2), threads=2, strip_rows=6)
    received: Upscaler = pickle.loads(pickle.dumps(up))
    image = noise((5, 6, 3))
    np.testing.assert_array_equal(received(image), up(image))
    assert [len(strip) for strip in received.strips(image)] == [6, 4]


@every_space
@every_scale
def test_an_ensemble_treats_mirrored_and_transposed_pictures_alike(gentle: dict[int, Upscaler], scale: int) -> None:
    image = muted((19, 23, 3), scale)
    ensemble = Upscaler(gentle[scale].model, threads=1, ensemble=True)
    result = ensemble(image)
    for copy in (np.flipud, np.fliplr, lambda array: np.swapaxes(array, 0, 1)):
        np.testing.assert_allclose(ensemble(copy(image)), copy(result), atol=1e-5)
        assert np.abs(gentle[scale](copy(image)) - copy(gentle[scale](image))).max() > 1e-3


def test_an_ensemble_is_one_in_another_process_too() -> None:
    up = upscaler(2, ensemble=True)
    luma = noise((9, 12), "float32")
    assert np.abs(up.luma(luma) - upscaler(2).luma(luma)).max() > 1e-3
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(up)).luma(luma), up.luma(luma))


def test_progress_counts_rows_to_the_end() -> None:
    seen: list[tuple[int, int]] = []
    upscaler(2, 8)(noise((10, 5)), lambda done, total: seen.append((done, total)))
    assert seen == [(8, 20), (16, 20), (20, 20)]


@pytest.mark.parametrize(
    ("image", "message"),
    [
        (np.zeros(5, np.uint8), r"expected an image of shape H x W or H x W x C, got \(5,\)"),
        (np.zeros((), np.uint8), r"expected an image of shape H x W or H x W x C, got \(\)"),
        (np.zeros((2, 3, 4, 5), np.uint8), r"expected an image of shape H x W or H x W x C, got \(2, 3, 4, 5\)"),
        (np.zeros((0, 4), np.uint8), r"expected an image of shape .*, got \(0, 4\)"),
        (np.zeros((4, 4, 0), np.uint8), r"expected an image of shape .*, got \(4, 4, 0\)"),
        (np.zeros((4, 4, 5), np.uint8), r"expected 1 to 4 channels \(grey, grey\+alpha, RGB, RGBA\), got 5"),
        (np.zeros((4, 4), np.int64), "expected an image of dtype uint8, uint16, float32 or float64, got int64"),
        (np.zeros((4, 4), bool), "expected an image of dtype .*, got bool"),
        (np.full((4, 4), 200.0), r"expected floating point in \[0, 1\], got values from 200 to 200; divide by"),
        (np.full((4, 4, 3), np.nan, np.float32), r"expected floating point in \[0, 1\], got values from nan"),
    ],
)
def test_what_is_no_picture_is_refused(image: np.ndarray, message: str) -> None:
    # Before the first strip is asked for too, not somewhere else in the program, later.
    for enlarge in (GENTLE[2], GENTLE[2].strips, GENTLE[2].strips_to_join):
        with pytest.raises(InvalidImageError, match=message):
            enlarge(image)


@pytest.mark.parametrize("channels", [2, 4])
def test_what_is_hidden_may_be_no_number(channels: int) -> None:
    image = np.random.default_rng(0).random((20, 22, channels)).astype(np.float32)
    image[5:9, 3:8, -1] = 0
    expected = GENTLE[2](image)
    image[5:9, 3:8, :-1] = np.nan
    np.testing.assert_array_equal(GENTLE[2](image), expected)
    image[0, 0, 0] = np.nan
    with pytest.raises(InvalidImageError, match="got values from nan"):
        GENTLE[2](image)


def test_it_says_what_it_is() -> None:
    assert repr(srcnn.load("fine", 3)) == "<Upscaler fine x3>"


@pytest.mark.parametrize("strip_rows", [0, -4, 2.5])
def test_strips_without_rows_are_refused(strip_rows: int) -> None:
    with pytest.raises(InvalidConfigError, match=f"expected strip_rows of at least 1, got {strip_rows}"):
        upscaler(2, strip_rows)


class TestLoad:
    @pytest.fixture
    def model_file(self, tmp_path: Path) -> Path:
        save_model(tmp_path / "tiny.safetensors", gentle_model(scale=3, seed=3))
        return tmp_path / "tiny.safetensors"

    def test_a_file_becomes_an_upscaler_of_its_scale(self, model_file: Path) -> None:
        image = noise((8, 9, 3))
        for name in (model_file, str(model_file)):
            up = srcnn.load(name, threads=1)
            assert isinstance(up, srcnn.Upscaler)
            assert up.scale == 3
            assert up.model.spec.name == "tiny"
            np.testing.assert_array_equal(up(image), GENTLE[3](image))

    def test_every_option_is_heeded(self, model_file: Path) -> None:
        up = srcnn.load(model_file, 3, engine="onnxruntime", threads=2, strip_rows=6)
        assert [len(strip) for strip in up.strips(noise((5, 5)))] == [6, 6, 3]

    def test_impossible_options_are_refused(self, model_file: Path) -> None:
        with pytest.raises(InvalidConfigError, match=r"expected the scale 3 of .*, got 2"):
            srcnn.load(model_file, 2)
        with pytest.raises(InvalidConfigError, match="expected an engine of auto, onnxruntime, openvino, got 'gpu'"):
            srcnn.load(model_file, engine="gpu")  # type: ignore[arg-type] # what a user may type
        with pytest.raises(InvalidConfigError, match="threads"):
            srcnn.load(model_file, threads=-2)
        with pytest.raises(ModelFileError, match="expected a model file or one of the shipped models"):
            srcnn.load("no-such-model", 2)

    def test_enlarging_never_imports_torch_and_importing_srcnn_imports_nothing_heavy(self, model_file: Path) -> None:
        program = f"""
import sys
sys.modules["torch"] = None  # importing it raises from here on
import srcnn
heavy = {{"onnxruntime", "pyvips", "PIL", "scipy", "click", "srcnn.models", "srcnn.training"}} & set(sys.modules)
assert not heavy, heavy
import numpy as np
assert srcnn.load({str(model_file)!r})(np.zeros((4, 5, 3), np.uint8)).shape == (12, 15, 3)
loaded = {{"srcnn.models", "srcnn.training", "PIL", "pyvips", "numpy.ma", "secrets"}} & set(sys.modules)
assert not loaded, loaded
"""
        environment = {**os.environ, "PYTHONWARNINGS": "error"}
        result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=environment)
        assert (result.returncode, result.stderr) == (0, "")


@pytest.mark.parametrize(
    "luma", [np.zeros((4, 4, 3), np.float32), np.zeros((4, 4), np.uint8), [[0.5]], np.full((4, 4), np.nan)]
)
def test_what_is_no_luma_plane_is_refused(luma: object) -> None:
    upscaler = Upscaler(random_model())
    with pytest.raises(InvalidImageError, match=r"expected (a|floating)"):
        upscaler.luma(luma)


def test_floating_point_is_checked_block_by_block(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that lies in a file is never held whole."""
    monkeypatch.setattr(large, "_BLOCK_PIXELS", 40)
    looked_at: list[int] = []
    monkeypatch.setattr(upscaler_module, "check_range", lambda block: looked_at.append(len(block)))
    Upscaler(gentle_model(), threads=1).strips(np.zeros((9, 10, 3), np.float32))
    assert looked_at == [4, 4, 1]
