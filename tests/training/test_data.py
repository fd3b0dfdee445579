from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from torch.nn import functional

from srcnn.errors import InvalidConfigError
from srcnn.imaging import imresize, rgb_to_luma_bt601, rgb_to_ycbcr_bt601
from srcnn.training.config import TrainConfig
from srcnn.training.data import Pair, TrainingData, batches, load_data, space_to_depth


def config(**values: object) -> TrainConfig:
    defaults = {
        "model": "tiny",
        "scale": 2,
        "steps": 50,
        "kernel_sizes": (3, 3),
        "widths": (2,),
        "batch_size": 5,
        "patch_size": 12,
        "validation_pictures": 1,
    }
    return TrainConfig(**(defaults | values))  # type: ignore[arg-type] # any field


def load(settings: TrainConfig, *folders: Path) -> TrainingData:
    return load_data(settings, folders, lambda done, total: None)


def save(path: Path, pixels: np.ndarray) -> np.ndarray:
    """Write a picture that is no copy of another file, even if its pixels are."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".png":
        own = PngInfo()
        own.add_text("Title", path.name)
        Image.fromarray(pixels).save(path, pnginfo=own)
    else:
        Image.fromarray(pixels).save(path)
    return pixels


def noise(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, shape, np.uint8)


class TestLoadData:
    def test_the_truth_is_rounded_luma_cropped_and_the_input_is_bicubic_down_and_up(self, tmp_path: Path) -> None:
        pixels = save(tmp_path / "a.png", noise(23, 31, 3))
        save(tmp_path / "b.png", noise(23, 31, 3))
        (pair,) = load(config(scale=3), tmp_path).validation
        hr = (rgb_to_luma_bt601(pixels)[:21, :30] / 255).astype(np.float32)
        assert pair.name == "a.png"
        assert pair.hr.dtype == pair.enlarged.dtype == np.float32
        np.testing.assert_allclose(pair.hr, hr, atol=1e-7)
        np.testing.assert_allclose(pair.enlarged, imresize(imresize(hr.astype(np.float64), 1 / 3), 3), atol=1e-6)

    def test_a_grey_picture_is_its_own_luma_and_alpha_is_left_out(self, tmp_path: Path) -> None:
        grey = save(tmp_path / "a.png", noise(20, 20))
        rgba = save(tmp_path / "b.png", noise(20, 20, 4))
        save(tmp_path / "c.png", noise(20, 20, 2))
        data = load(config(validation_pictures=2), tmp_path)
        truths = {pair.name: pair.hr for pair in (*data.train, *data.validation)}
        np.testing.assert_allclose(truths["a.png"], grey / 255, atol=1e-7)
        np.testing.assert_allclose(truths["b.png"], rgb_to_luma_bt601(rgba[:, :, :3]) / 255, atol=1e-7)
        assert truths["c.png"].shape == (20, 20)

    @pytest.mark.parametrize("colour", ["ycbcr", "rgb"])
    def test_networks_of_colour_get_three_channels_of_the_same_picture(self, tmp_path: Path, colour: str) -> None:
        pixels = {
            "a.png": save(tmp_path / "a.png", noise(23, 31, 3)),
            "b.png": save(tmp_path / "b.png", noise(24, 30, 4))[:, :, :3],
            "c.png": np.repeat(save(tmp_path / "c.png", noise(21, 21))[:, :, None], 3, axis=2),
        }
        data = load(config(scale=3, colour=colour, validation_pictures=2), tmp_path)
        pairs = [*data.train, *data.validation]
        assert {pair.name for pair in pairs} == pixels.keys()
        for pair in pairs:
            rgb = pixels[pair.name][: pair.hr.shape[0], : pair.hr.shape[1]] / np.float32(255)
            hr = rgb if colour == "rgb" else rgb_to_ycbcr_bt601(rgb)
            assert pair.hr.dtype == pair.enlarged.dtype == pair.lr.dtype == np.float32
            np.testing.assert_allclose(pair.hr, hr, atol=1e-6)
            for channel in range(3):
                small = imresize(hr[:, :, channel].astype(np.float64), 1 / 3)
                np.testing.assert_allclose(pair.lr[:, :, channel], small, atol=1e-5)
                np.testing.assert_allclose(pair.enlarged[:, :, channel], imresize(small, 3), atol=1e-5)

    def test_sizes_and_the_least_side_are_those_of_the_picture_not_of_its_channels(self, tmp_path: Path) -> None:
        for name in "ab":
            save(tmp_path / f"{name}.png", noise(40, 30, 3))
        data = load(config(colour="rgb", augment_scales=(1.0, 0.5)), tmp_path)
        assert [pair.hr.shape for pair in data.train] == [(40, 30, 3), (20, 14, 3)]

    def test_a_16_bit_picture_is_used_in_8_bits(self, tmp_path: Path) -> None:
        levels = np.repeat(np.arange(0, 65535, 257, np.uint16)[None], 20, 0)
        save(tmp_path / "a.png", levels)
        save(tmp_path / "b.png", noise(20, 20))
        (pair,) = load(config(), tmp_path).validation
        np.testing.assert_allclose(pair.hr[0] * 255, np.arange(254), atol=1e-4)  # 255 columns, cropped to even

    def test_validation_pictures_are_spread_over_the_names_and_never_trained_on(self, picture_folder: Path) -> None:
        data = load(config(validation_pictures=3), picture_folder)
        assert [pair.name for pair in data.validation] == ["0.png", "2.png", "5.png"]
        assert [pair.name for pair in data.train] == ["1.png", "3.png", "4.png"]

    @pytest.mark.parametrize("count", [1, 2, 5])
    def test_exactly_as_many_are_kept_out_as_asked_for(self, picture_folder: Path, count: int) -> None:
        data = load(config(validation_pictures=count, augment_scales=(1.0, 0.9)), picture_folder)
        held_out = {pair.name for pair in data.validation}
        assert len(held_out) == len(data.validation) == count
        assert len({pair.name for pair in data.train}) == 6 - count
        assert not held_out & {pair.name for pair in data.train}

    def test_the_same_folder_twice_counts_once(self, picture_folder: Path, tmp_path: Path) -> None:
        once = load(config(), picture_folder)
        (tmp_path / "link").symlink_to(picture_folder)
        twice = load(config(), picture_folder, picture_folder / ".." / picture_folder.name, tmp_path / "link")
        assert [pair.name for pair in twice.train] == [pair.name for pair in once.train]
        assert [pair.name for pair in twice.validation] == [pair.name for pair in once.validation]

    def test_several_folders_and_those_inside_are_searched(self, tmp_path: Path) -> None:
        for name in ("x/a.png", "x/deep/b.bmp", "y/c.webp"):
            save(tmp_path / name, noise(20, 20, 3))
        data = load(config(), tmp_path / "x", tmp_path / "y")
        assert sorted(pair.name for pair in (*data.train, *data.validation)) == ["a.png", "b.bmp", "c.webp"]

    def test_a_folder_of_links_is_one_of_pictures(self, tmp_path: Path) -> None:
        (tmp_path / "selected").mkdir()
        for name in ("a.png", "b.png"):
            save(tmp_path / "all" / name, noise(30, 30))
            (tmp_path / "selected" / name).symlink_to(tmp_path / "all" / name)
        data = load(config(), tmp_path / "selected")
        assert (len(data.train), len(data.validation)) == (1, 1)

    def test_every_picture_is_used_at_each_size(self, tmp_path: Path) -> None:
        pixels = {name: save(tmp_path / f"{name}.png", noise(40, 30, seed=i)) for i, name in enumerate("ab")}
        train = load(config(augment_scales=(1.0, 0.5)), tmp_path).train
        assert [pair.hr.shape for pair in train] == [(40, 30), (20, 14)]  # 15 columns are cropped to an even number
        np.testing.assert_allclose(train[1].hr * 255, imresize(pixels["b"], 0.5)[:, :14], atol=1e-4)

    def test_a_picture_is_degraded_by_its_name_and_the_seed(self, tmp_path: Path) -> None:
        for name in ("a.png", "b.png", "c.png"):
            save(tmp_path / "x" / name, noise(20, 20))
            save(tmp_path / "y" / name, noise(20, 20))

        def inputs(*folders: str, **values: object) -> list[np.ndarray]:
            settings = config(noise_sigma=(5, 50), degradations_per_picture=2, **values)
            return [pair.enlarged for pair in load(settings, *(tmp_path / folder for folder in folders)).train]

        first, again = inputs("x"), inputs("y")
        assert len(first) == 2 * 2
        np.testing.assert_array_equal(first, again)
        assert len({plane.tobytes() for plane in (*first, *inputs("x", seed=1))}) == 8

    def test_at_scale_1_the_input_is_the_degraded_picture(self, tmp_path: Path) -> None:
        for name in "ab":
            save(tmp_path / f"{name}.png", noise(21, 23))
        (pair,) = load(config(scale=1, noise_sigma=(10, 10)), tmp_path).validation
        assert pair.hr.shape == pair.enlarged.shape == (21, 23)
        assert (pair.enlarged - pair.hr).std() * 255 == pytest.approx(10, rel=0.1)

    def test_a_size_at_which_a_picture_is_smaller_than_a_patch_is_left_out(self, tmp_path: Path) -> None:
        for name in "ab":
            save(tmp_path / f"{name}.png", noise(22, 40))
        assert [pair.hr.shape for pair in load(config(augment_scales=(0.5, 0.7)), tmp_path).train] == [(16, 28)]

    def test_a_size_at_which_a_picture_is_smaller_than_the_scale_is_left_out(self, tmp_path: Path) -> None:
        for name in "ab":
            save(tmp_path / f"{name}.png", noise(40, 40))
        train = load(config(scale=3, augment_scales=(1.0, 0.04)), tmp_path).train
        assert [pair.hr.shape for pair in train] == [(39, 39)]

    @pytest.mark.parametrize("colour", ["luma", "rgb"])
    def test_a_size_at_which_a_patch_just_fits_is_used(self, tmp_path: Path, colour: str) -> None:
        for name in "ab":
            save(tmp_path / f"{name}.png", noise(100, 120))
        # 0.07 of 100 is 7.000000000000001 in floating point: the picture has 7 rows, and no patch of 8 fits.
        settings = {"kernel_sizes": (1, 1), "scale": 1, "noise_sigma": (1, 1), "colour": colour}
        assert load(config(augment_scales=(0.07,), patch_size=7, **settings), tmp_path).train[0].hr.shape[:2] == (7, 9)
        with pytest.raises(InvalidConfigError, match="larger than a patch of 8 pixels"):
            load(config(augment_scales=(0.07,), patch_size=8, **settings), tmp_path)

    def test_the_plots_of_a_run_are_no_pictures_to_learn_from(self, tmp_path: Path) -> None:
        for name in "ab":
            save(tmp_path / f"{name}.png", noise(20, 20))
        expected = load(config(), tmp_path).pictures
        for folder in (tmp_path, tmp_path / "runs" / "tiny"):  # also where the pictures lie
            save(folder / "curves.png", noise(20, 20))
            (folder / "log.jsonl").touch()
        data = load(config(), tmp_path)
        assert data.pictures == expected
        assert data.skipped == [
            f"{folder / 'curves.png'}: drawn by a training, and no picture to learn from"
            for folder in (tmp_path, tmp_path / "runs" / "tiny")
        ]
        (tmp_path / "log.jsonl").unlink()
        assert load(config(), tmp_path).pictures.count == 3  # somebody's own picture of that name

    def test_a_picture_of_which_nothing_is_left_within_the_border_is_left_out(self, tmp_path: Path) -> None:
        for name in "abc":
            save(tmp_path / f"{name}.png", noise(20, 20))
        save(tmp_path / "small.png", noise(11, 50))
        data = load(config(scale=4, input_space="lr", patch_size=2), tmp_path)
        assert data.skipped == [f"{tmp_path / 'small.png'}: 11 x 50 is smaller than three times the scale"]

    def test_what_cannot_be_used_is_left_out_and_named_with_its_reason(self, tmp_path: Path) -> None:
        for name in "ab":
            save(tmp_path / f"{name}.png", noise(20, 20))
        save(tmp_path / "small.png", noise(11, 50))
        (tmp_path / "text.png").write_bytes(b"no picture")
        (tmp_path / "empty.jpg").touch()
        data = load(config(), tmp_path)
        assert len(data.train) == len(data.validation) == 1
        empty, small, text = data.skipped
        assert "empty.jpg" in empty
        assert small == f"{tmp_path / 'small.png'}: 11 x 50 is smaller than a patch of 12 x 12"
        assert "text.png" in text
        (tmp_path / "text.png").unlink()  # nothing was learned from it
        assert load(config(), tmp_path).pictures == data.pictures
        assert (data.pictures.folders, data.pictures.count) == ((tmp_path.name,), 2)

    def test_progress_counts_the_files(self, picture_folder: Path) -> None:
        seen: list[tuple[int, int]] = []
        load_data(config(), [picture_folder], lambda done, total: seen.append((done, total)))
        assert seen == [(n, 6) for n in range(1, 7)]

    @pytest.mark.parametrize("names", [[], ["one.png"], ["small.png", "text.png"]])
    def test_a_folder_without_usable_pictures_is_refused_with_the_reason(
        self, tmp_path: Path, names: list[str]
    ) -> None:
        for name in names:
            save(tmp_path / name, noise(5, 5) if name == "small.png" else noise(20, 20))
        if "text.png" in names:
            (tmp_path / "text.png").write_bytes(b"no picture")
        with pytest.raises(InvalidConfigError) as caught:
            load(config(), tmp_path)
        message = str(caught.value)
        assert message.startswith(f"expected at least 2 pictures of 12 pixels a side or more in {tmp_path}, ")
        assert ("2 skipped, the first: " in message) == (len(names) == 2)
        assert f"got {int(names == ['one.png'])}" in message
        assert "\n" not in message

    def test_pictures_that_no_patch_fits_into_after_cropping_are_refused(self, tmp_path: Path) -> None:
        for name in "ab":
            save(tmp_path / f"{name}.png", noise(13, 13))
        with pytest.raises(
            InvalidConfigError, match="larger than a patch of 13 pixels after cropping to a multiple of 2"
        ):
            load(config(patch_size=13), tmp_path)

    def test_a_folder_that_is_not_there_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(ValueError, match=r"expected a folder of pictures at .*none, got no folder there"):
            load(config(), tmp_path / "none")


class TestBatches:
    @pytest.fixture
    def pairs(self) -> list[Pair]:
        """Every pixel's value names its picture and place; the input is the truth plus one half."""
        pairs: list[Pair] = []
        for number, (height, width) in enumerate(((14, 20), (30, 13), (12, 12))):
            places = np.arange(height * width, dtype=np.float32).reshape(height, width) + 1000 * number
            pairs.append(Pair(str(number), places[::2, ::2], places + np.float32(0.5), places))
        return pairs

    def test_shapes_are_those_of_patches_and_smaller_labels(self, pairs: list[Pair]) -> None:
        inputs, labels = next(batches(config(), pairs, 0))
        assert inputs.shape == (5, 1, 12, 12)
        assert labels.shape == (5, 1, 8, 8)
        assert inputs.dtype == labels.dtype == np.float32

    def test_a_label_is_the_truth_of_the_inputs_centre_however_it_is_turned(self, pairs: list[Pair]) -> None:
        for inputs, labels in batches(config(), pairs, 0):
            np.testing.assert_array_equal(inputs[:, :, 2:-2, 2:-2] - np.float32(0.5), labels)

    def test_a_label_in_lr_is_what_bicubic_lacks_as_maps_however_it_is_turned(self) -> None:
        random = np.random.default_rng(0)
        lr = random.random((14, 20), np.float32)
        enlarged = random.random((42, 60), np.float32)
        # The truth exceeds the enlargement by the small pixel's value times 1, 2, ... 9 within each square,
        # mirrored so that a turned patch keeps them: the centre is 5 in every attitude.
        weights = np.array([[1, 2, 1], [2, 5, 2], [1, 2, 1]], np.float32)
        pair = Pair("x", lr, enlarged, enlarged + np.kron(lr, weights))
        for inputs, labels in batches(config(scale=3, input_space="lr", kernel_sizes=(3, 3)), [pair], 0):
            assert inputs.shape == (5, 1, 12, 12)
            assert labels.shape == (5, 9, 12, 12)
            np.testing.assert_allclose(labels, inputs * weights.reshape(1, 9, 1, 1), atol=1e-5)

    def test_a_label_in_lr_is_the_truth_itself_if_the_network_is_not_to_learn_what_bicubic_lacks(self) -> None:
        hr = np.random.default_rng(0).random((24, 26), np.float32)
        pair = Pair("x", hr[::2, ::2], np.zeros_like(hr), hr)
        settings = config(input_space="lr", kernel_sizes=(3, 3), residual=False)
        for inputs, labels in batches(settings, [pair], 0):
            # Whatever the turn, the small picture's pixel is one of the four of its square.
            assert (np.abs(labels - inputs).min(1) == 0).all()

    def test_maps_are_what_torch_shuffles_into_place(self) -> None:
        maps = np.arange(2 * 3 * 6 * 9, dtype=np.float32).reshape(2, 3, 6, 9)
        for part in (maps, maps[:, :1]):
            shuffled = functional.pixel_shuffle(torch.from_numpy(space_to_depth(part, 3)), 3)
            np.testing.assert_array_equal(shuffled.numpy(), part)

    @pytest.mark.parametrize("space", ["hr", "lr"])
    def test_the_channels_of_a_colour_patch_stay_together(self, space: str) -> None:
        lr = np.random.default_rng(0).random((14, 20, 3), np.float32)
        enlarged = np.repeat(np.repeat(lr, 2, 0), 2, 1)
        pair = Pair("x", lr, enlarged, enlarged * np.float32(2))
        channels = pair.lr.reshape(-1, 3).T
        for inputs, labels in batches(config(input_space=space, colour="rgb"), [pair], 0):
            assert inputs.shape == (5, 3, 12, 12)
            for ours, theirs in zip(np.moveaxis(inputs, 1, 0), channels, strict=True):
                assert np.isin(ours, theirs).all()
            if space == "hr":
                np.testing.assert_array_equal(labels, 2 * inputs[:, :, 2:-2, 2:-2])
            else:  # four maps a channel: what is added to a pixel is alike all over its square
                np.testing.assert_array_equal(labels, np.repeat(inputs, 4, axis=1))

    def test_a_network_of_chroma_sees_three_channels_and_learns_what_bicubic_lacks_of_the_last_two(self) -> None:
        lr = np.random.default_rng(0).random((14, 20, 3), np.float32)
        enlarged = np.repeat(np.repeat(lr, 2, 0), 2, 1)
        pair = Pair("x", lr, enlarged, enlarged * np.float32(2))
        for inputs, labels in batches(config(input_space="lr", colour="chroma"), [pair], 0):
            assert (inputs.shape, labels.shape) == ((5, 3, 12, 12), (5, 8, 12, 12))
            np.testing.assert_array_equal(labels, np.repeat(inputs[:, 1:], 4, axis=1))

    def test_patches_come_from_everywhere_in_all_eight_attitudes(self, pairs: list[Pair]) -> None:
        corners: set[float] = set()
        steps: set[tuple[float, float]] = set()
        pictures: list[int] = []
        for _, labels in batches(config(steps=400, kernel_sizes=(1, 1)), pairs, 0):
            for (label,) in labels:
                corners.add(float(label.min()))
                steps.add((float(label[0, 1] - label[0, 0]), float(label[1, 0] - label[0, 0])))
                pictures.append(int(label[0, 0] // 1000))
        # 3 x 9 places in the first picture, 19 x 2 in the second and 1 in the third.
        assert len(corners) == 27 + 38 + 1
        attitudes = {(right, down) for w in (20.0, 13.0, 12.0) for a in (1.0, -1.0) for right, down in
                     ((a, w), (a, -w), (w, a), (-w, a))}  # fmt: skip
        assert steps == attitudes
        # 2000 draws: a picture is chosen in proportion to its places.
        assert np.bincount(pictures) / 2000 == pytest.approx(np.array([27, 38, 1]) / 66, abs=0.04)

    def test_each_picture_may_be_made_equally_likely_whatever_its_size(self, pairs: list[Pair]) -> None:
        labels = np.concatenate([part for _, part in batches(config(steps=400, sampling="pictures"), pairs, 0)])
        pictures = np.bincount((labels[:, 0, 0, 0] // 1000).astype(int))
        assert pictures / 2000 == pytest.approx(np.full(3, 1 / 3), abs=0.04)

    def test_a_batch_depends_on_the_seed_and_the_step_alone(self, pairs: list[Pair]) -> None:
        def stream(first: int, **values: object) -> Iterator[tuple[np.ndarray, np.ndarray]]:
            return batches(config(**values), pairs, first)

        whole = list(stream(0))
        assert len(whole) == 50
        for first in (1, 17, 49):
            resumed = list(stream(first))
            assert len(resumed) == 50 - first
            for ours, theirs in zip(whole[first:], resumed, strict=True):
                np.testing.assert_array_equal(ours[0], theirs[0])
                np.testing.assert_array_equal(ours[1], theirs[1])
        np.testing.assert_array_equal(next(stream(0, steps=99, learning_rate=1.0))[0], whole[0][0])
        assert (next(stream(0, seed=1))[0] != whole[0][0]).any()
        assert (whole[0][0] != whole[1][0]).any()

    def test_nothing_is_left_to_do_after_the_last_step(self, pairs: list[Pair]) -> None:
        assert list(batches(config(), pairs, 50)) == []

    def test_a_batch_stays_as_it_was_while_the_next_is_cut(self, pairs: list[Pair]) -> None:
        stream = batches(config(), pairs, 0)
        (first, _), copy = next(stream), None
        copy = first.copy()
        list(islice(stream, 5))
        np.testing.assert_array_equal(first, copy)

    def test_an_error_while_cutting_is_raised_in_the_loop(self, pairs: list[Pair]) -> None:
        broken = [Pair("x", pairs[0].lr, pairs[0].enlarged, pairs[0].hr[:5])]
        with pytest.raises(ValueError, match="same shape"):
            list(batches(config(), broken, 0))
