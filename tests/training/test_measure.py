import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from srcnn.errors import InvalidConfigError
from srcnn.imaging import from_float, imresize, psnr, rgb_to_luma_bt601
from srcnn.spec import Colour
from srcnn.training.config import TrainConfig
from srcnn.training.measure import PSNRs, measure_degraded
from srcnn.training.pairs import degraded, read_luma, read_rgb


def config(scale: int, **values: object) -> TrainConfig:
    return TrainConfig(model="tiny", scale=scale, steps=1, **values)  # type: ignore[arg-type] # any field


def test_before_is_the_degraded_picture_and_after_the_networks(picture_folder: Path) -> None:
    given = config(1, jpeg_quality=(10, 40))
    (before,), (after,) = measure_degraded(lambda luma: luma + np.float32(0.1), picture_folder, given)
    expected: list[float] = []
    for path in sorted(picture_folder.iterdir()):
        luma = read_luma(path)
        small, _ = degraded(path.name, luma, given)
        rounded = np.floor(np.clip(small, 0, 1) * 255 + 0.5)
        expected.append(psnr(rounded, luma.astype(np.float64), data_range=255, border=1))
    assert before == pytest.approx(np.mean(expected), abs=1e-6)
    assert after < 21  # a shift of 25 levels is 20 dB


def test_a_small_picture_is_measured_after_enlarging(picture_folder: Path) -> None:
    before, after = measure_degraded(lambda luma: imresize(luma, 3), picture_folder, config(3, downscale="box"))
    assert before == after


def test_pictures_of_colour_are_degraded_and_measured_in_rgb_or_in_luma(picture_folder: Path) -> None:
    given = config(2, colour="rgb", jpeg_quality=(40, 40))
    shapes, rgb, luma = [], [], []
    for path in sorted(picture_folder.iterdir()):
        small, hr = degraded(path.name, read_rgb(path), given)
        large, true = (from_float(picture, np.uint8) for picture in (imresize(small, 2), hr))
        shapes.append(small.shape)
        rgb.append(psnr(large, true, data_range=255, border=2))
        luma.append(psnr(rgb_to_luma_bt601(large), rgb_to_luma_bt601(true), data_range=255, border=2))
    seen = []
    before, after = measure_degraded(
        lambda image: seen.append(image.shape) or imresize(image, 2), picture_folder, given
    )
    assert seen == shapes
    assert before == after == pytest.approx((np.mean(luma), np.mean(rgb)))


def test_what_bicubic_gives_exactly_counts_for_neither(picture_folder: Path, tmp_path: Path) -> None:
    for path in picture_folder.iterdir():
        shutil.copy(path, tmp_path)
    expected = measure_degraded(lambda luma: imresize(luma, 2) + np.float32(0.1), picture_folder, config(2))
    Image.fromarray(np.full((24, 24), 128, np.uint8)).save(tmp_path / "flat.png")
    assert measure_degraded(lambda luma: imresize(luma, 2) + np.float32(0.1), tmp_path, config(2)) == expected


def test_a_folder_of_links_is_measured(picture_folder: Path, tmp_path: Path) -> None:
    for path in picture_folder.iterdir():
        (tmp_path / path.name).symlink_to(path)
    given = config(1, noise_sigma=(5, 50))
    assert measure_degraded(np.copy, tmp_path, given) == measure_degraded(np.copy, picture_folder, given)


def test_the_same_seed_degrades_the_same(picture_folder: Path) -> None:
    def measured(seed: int) -> tuple[PSNRs, PSNRs]:
        return measure_degraded(lambda luma: luma, picture_folder, config(1, noise_sigma=(5, 50), seed=seed))

    assert measured(1) == measured(1)
    assert measured(1) != measured(2)


def test_a_folder_without_pictures_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfigError, match=r"expected pictures in .*, got none"):
        measure_degraded(lambda luma: luma, tmp_path, config(2))


@pytest.mark.parametrize("colour", ["ycbcr", "chroma"])
def test_of_every_colour_pictures_are_degraded_and_measured_in_rgb(picture_folder: Path, colour: Colour) -> None:
    given = config(2, colour=colour, input_space="lr", jpeg_quality=(40, 40))

    def bicubic(picture: np.ndarray) -> np.ndarray:
        return imresize(picture, 2)

    expected = measure_degraded(bicubic, picture_folder, replace(given, colour="rgb"))
    assert measure_degraded(bicubic, picture_folder, given) == expected
