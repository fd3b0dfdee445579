import os
import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from srcnn.errors import InvalidImageError
from srcnn.imaging import rgb_to_ycbcr_bt601
from srcnn.spec import Colour
from srcnn.training.config import TrainConfig
from srcnn.training.degradation import degrade
from srcnn.training.pairs import Sample, degraded, make_pair, picture_bytes, read_usable

CONFIG = TrainConfig(model="tiny", scale=1, steps=1, noise_sigma=(5, 50), seed=3)
FLAT = np.full((20, 20), 100, np.uint8)


@pytest.mark.parametrize("name", ["a.png", "Bär 熊.png"])
def test_strengths_are_drawn_from_the_seed_the_name_in_utf_8_the_size_and_the_version(name: str) -> None:
    small, hr = degraded(name, FLAT, CONFIG, size=0.99, version=2)
    random = np.random.default_rng([3, zlib.crc32(name.encode("utf-8")), 990_000, 2])
    np.testing.assert_array_equal(small, degrade(hr, CONFIG, random))


@pytest.mark.parametrize("colour", ["ycbcr", "chroma"])
def test_a_picture_is_degraded_in_rgb_whatever_the_network_sees(colour: Colour) -> None:
    rgb = np.random.default_rng(0).integers(0, 256, (24, 24, 3), np.uint8)
    given = replace(CONFIG, colour="rgb", jpeg_quality=(40, 60), input_space="lr")
    expected = [rgb_to_ycbcr_bt601(planes) for planes in degraded("a.png", rgb, given)]
    for planes, wanted in zip(degraded("a.png", rgb, replace(given, colour=colour)), expected, strict=True):
        np.testing.assert_array_equal(planes, wanted)


def test_a_name_that_is_no_utf_8_has_strengths_of_its_own() -> None:
    names = [os.fsdecode(name) for name in (b"b\xe9r.png", b"b\xe8r.png", b"br.png")]
    assert len({degraded(name, FLAT, CONFIG)[0].tobytes() for name in names}) == 3


def test_every_size_of_a_picture_has_strengths_of_its_own() -> None:
    first, second = (degraded("a.png", FLAT, CONFIG, size=size)[0] for size in (0.98, 0.99))
    assert first.shape == second.shape == (20, 20)  # flat, so nothing else is different
    assert (first != second).any()


@pytest.mark.parametrize(("true_as", "small_as"), [("L", "L"), ("L", "RGB"), ("RGB", "L"), ("RGB", "RGB")])
def test_given_pairs_have_their_luma_in_one_range_however_they_are_stored(
    tmp_path: Path, true_as: str, small_as: str
) -> None:
    true = Image.fromarray(np.random.default_rng(0).integers(0, 256, (40, 40), np.uint8))
    true.convert(true_as).save(tmp_path / "true.png")
    true.crop((0, 0, 20, 20)).convert(small_as).save(tmp_path / "small.png")
    config = TrainConfig(model="tiny", scale=2, steps=1, patch_size=20, downscale="given")
    sample = read_usable(tmp_path / "true.png", config, tmp_path / "small.png")
    assert sample.small is not None
    np.testing.assert_array_equal(sample.small, sample.picture[:20, :20])
    assert sample.small.max() == (255 if true_as == "L" else 235)


def test_a_small_picture_in_colour_beside_a_grey_one_is_refused(tmp_path: Path) -> None:
    Image.new("L", (40, 40)).save(tmp_path / "true.png")
    Image.new("RGB", (20, 20), "teal").save(tmp_path / "small.png")
    config = TrainConfig(model="tiny", scale=2, steps=1, patch_size=20, downscale="given")
    with pytest.raises(
        InvalidImageError, match=r"small\.png: expected a grey picture, as the true one is, got colours"
    ):
        read_usable(tmp_path / "true.png", config, tmp_path / "small.png")


@pytest.mark.parametrize("scale", [1, 3])
@pytest.mark.parametrize(("colour", "shape"), [("luma", (60, 90)), ("rgb", (60, 90, 3))])
def test_the_bytes_of_pairs_are_foretold(colour: Colour, shape: tuple[int, ...], scale: int) -> None:
    sizes, versions = (1.0, 0.8), 2
    config = replace(CONFIG, scale=scale, augment_scales=sizes, degradations_per_picture=versions, colour=colour)
    picture = np.zeros(shape, np.uint8)
    pairs = [
        make_pair("a", Sample(picture), config, size=size, version=version)
        for size in sizes
        for version in range(versions)
    ]
    held = sum(
        pair.lr.nbytes * (pair.lr is not pair.enlarged) + pair.enlarged.nbytes + pair.hr.nbytes for pair in pairs
    )
    assert picture_bytes(picture.size, config) == pytest.approx(held, rel=1e-3)
