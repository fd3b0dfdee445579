from dataclasses import replace
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
from tiny_models import random_model

from srcnn.errors import InvalidConfigError
from srcnn.imaging import crop_to_multiple, from_float, imresize, psnr, rgb_to_ycbcr_bt601, to_float
from srcnn.spec import srcnn
from srcnn.training.colour import measure_colour
from srcnn.training.pairs import read_rgb
from srcnn.zoo.model_file import Model


def brightener(colour: Literal["luma", "ycbcr", "rgb"], added: tuple[float, ...]) -> Model:
    """A network that adds a constant to every channel."""
    spec = srcnn(name="n", scale=2, kernel_sizes=(1,), widths=(), colour=colour)
    weights = {"conv1.weight": np.eye(len(added), dtype=np.float32)[:, :, None, None]}
    return Model(spec, {**weights, "conv1.bias": np.array(added, np.float32)})


def test_what_changes_nothing_is_bicubic_in_every_colour(picture_folder: Path) -> None:
    results = [measure_colour(brightener("luma", (0.0,)), picture_folder)]
    results += [measure_colour(brightener(colour, (0.0,) * 3), picture_folder) for colour in ("ycbcr", "rgb")]
    for bicubic, network in results:
        assert bicubic == results[0][0]
        assert network.channels == pytest.approx(bicubic.channels, abs=1e-2)
    assert all(15 < value < 60 for value in results[0][0].channels)


@pytest.mark.parametrize("channel", range(3))
def test_a_network_of_ycbcr_changes_the_channel_it_changes(picture_folder: Path, channel: int) -> None:
    added = [0.0, 0.0, 0.0]
    added[channel] = 0.2
    bicubic, network = measure_colour(brightener("ycbcr", tuple(added)), picture_folder)
    for other in range(3):
        if other == channel:
            assert network.channels[other] < bicubic.channels[other] - 1
        else:
            assert network.channels[other] == bicubic.channels[other]
    assert network.channels[3] < bicubic.channels[3] - 1


def test_a_network_of_luma_leaves_chroma_to_bicubic(picture_folder: Path) -> None:
    bicubic, network = measure_colour(brightener("luma", (0.2,)), picture_folder)
    assert network.channels[0] < bicubic.channels[0] - 1
    assert network.channels[1:3] == bicubic.channels[1:3]


def test_or_to_the_network_of_chroma_beside_it(picture_folder: Path) -> None:
    chroma = random_model((3,), (), colour="chroma", input_space="lr")
    for name, weight in chroma.weights.items():
        weight[:] = 0.2 * (name == "conv1.bias")
    model = replace(brightener("luma", (0.0,)), chroma=chroma)
    bicubic, network = measure_colour(model, picture_folder)
    assert network.channels[0] == bicubic.channels[0]
    assert all(ours < theirs - 1 for ours, theirs in zip(network.channels[1:3], bicubic.channels[1:3], strict=True))


def test_grey_added_in_rgb_is_luma(picture_folder: Path) -> None:
    bicubic, network = measure_colour(brightener("rgb", (0.2, 0.2, 0.2)), picture_folder)
    assert network.channels[0] < bicubic.channels[0] - 1
    assert network.channels[1:3] == pytest.approx(bicubic.channels[1:3], abs=1e-2)


def test_as_many_pixels_as_the_scale_are_left_out_on_every_side(picture_folder: Path) -> None:
    expected: list[float] = []
    for path in sorted(picture_folder.iterdir()):
        hr = rgb_to_ycbcr_bt601(to_float(crop_to_multiple(read_rgb(path), 2)))[:, :, 0]
        sr, hr = (from_float(luma, np.uint8)[2:-2, 2:-2] for luma in (imresize(imresize(hr, 1 / 2), 2), hr))
        expected.append(psnr(sr, hr, data_range=255))
    bicubic, _ = measure_colour(brightener("luma", (0.0,)), picture_folder)
    assert bicubic.luma == pytest.approx(np.mean(expected), abs=1e-3)


def test_a_folder_without_pictures_is_refused(tmp_path: Path) -> None:
    model = brightener("luma", (0.0,))
    with pytest.raises(InvalidConfigError, match=r"expected pictures in .*, got none"):
        measure_colour(model, tmp_path)


def test_a_network_that_enlarges_nothing_is_refused(picture_folder: Path) -> None:
    with pytest.raises(InvalidConfigError, match="expected a network that enlarges, got tiny for x1"):
        measure_colour(random_model(scale=1), picture_folder)
