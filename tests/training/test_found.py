from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from small_pictures import save_noise

from srcnn.errors import InvalidConfigError
from srcnn.imaging import imresize, rgb_to_luma_bt601, rgb_to_ycbcr_bt601, to_float
from srcnn.training.config import TrainConfig
from srcnn.training.data import TrainingData, batches, load_data, pooled_batches
from srcnn.training.degradation import degrade
from srcnn.training.found import find_given
from srcnn.training.pairs import Pair

GIVEN = TrainConfig(
    model="tiny", scale=2, steps=50, kernel_sizes=(3, 3), widths=(2,), patch_size=12, batch_size=5,
    validation_pictures=1, downscale="given",
)  # fmt: skip


@pytest.fixture
def large(tmp_path: Path) -> Path:
    for seed, name in enumerate(("a", "b", "sub/c")):
        save_noise(tmp_path / "large" / f"{name}.png", (30, 41), seed)
    return tmp_path / "large"


@pytest.fixture
def small(tmp_path: Path) -> Path:
    for seed, name in enumerate(("a", "b_x2", "sub/cx2")):
        save_noise(tmp_path / "small" / f"{name}.png", (15, 20), 10 + seed)
    return tmp_path / "small"


def load(config: TrainConfig, large: Path, *small: Path, validation: tuple[Path, ...] = ()) -> TrainingData:
    return load_data(config, [large], lambda done, total: None, validation=validation, small=small)


def picture(path: Path) -> np.ndarray:
    return np.asarray(Image.open(path))


def test_given_small_pictures_are_what_the_network_sees(large: Path, small: Path) -> None:
    data = load(GIVEN, large, small)
    pairs = {pair.name: pair for pair in (*data.validation, *data.train)}
    assert list(pairs) == ["a.png", "b.png", "c.png"]
    for name, of in (("a", "a"), ("b", "b_x2"), ("c", "sub/cx2")):
        pair, lr = pairs[f"{name}.png"], to_float(rgb_to_luma_bt601(picture(small / f"{of}.png")))
        truth = picture(next(large.rglob(f"{name}.png")))
        np.testing.assert_array_equal(pair.lr, lr)
        np.testing.assert_array_equal(pair.enlarged, imresize(lr, 2))
        np.testing.assert_array_equal(pair.hr, to_float(rgb_to_luma_bt601(truth)[:40]))


def test_networks_of_colour_see_given_colours(large: Path, small: Path) -> None:
    (pair,) = load(replace(GIVEN, colour="ycbcr"), large, small).validation
    np.testing.assert_array_equal(pair.lr, rgb_to_ycbcr_bt601(to_float(picture(small / "a.png"))))
    assert pair.hr.shape == (40, 30, 3)


def test_at_scale_1_the_given_pictures_are_degraded_ones_of_the_same_size(large: Path, tmp_path: Path) -> None:
    for path in large.rglob("*.png"):
        worse = tmp_path / "worse" / path.relative_to(large)
        worse.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(picture(path) // 2).save(worse)
    (pair,) = load(replace(GIVEN, scale=1), large, tmp_path / "worse").validation
    assert pair.lr.shape == pair.hr.shape == (41, 30)
    assert pair.enlarged is pair.lr
    assert np.corrcoef(pair.lr.ravel(), pair.hr.ravel())[0, 1] > 0.99


def test_validation_pictures_have_small_ones_too(large: Path, small: Path, tmp_path: Path) -> None:
    save_noise(tmp_path / "validation" / "v.png", (26, 24), 5)
    save_noise(small / "v.png", (13, 12), 6)
    data = load(GIVEN, large, small, validation=(tmp_path / "validation",))
    assert [pair.name for pair in data.validation] == ["v.png"]
    np.testing.assert_array_equal(data.validation[0].lr, to_float(rgb_to_luma_bt601(picture(small / "v.png"))))
    assert len(data.train) == 3


def test_pictures_without_a_small_one_or_with_several_are_left_out_and_named(large: Path, small: Path) -> None:
    (small / "a.png").unlink()
    save_noise(small / "b-x2.png", (15, 20))
    data = load(replace(GIVEN, validation_pictures=0, recipe="paper", **PAPER), large, small)
    assert [pair.name for pair in data.train] == ["c.png"]
    assert data.skipped == [
        f"{large / 'a.png'}: expected one small picture of its name, got none",
        f"{large / 'b.png'}: expected one small picture of its name, got {small / 'b-x2.png'}, {small / 'b_x2.png'}",
    ]


PAPER = {"precision": "fp32", "ema_decay": 0.0}


def test_small_pictures_are_looked_for_in_every_folder(large: Path, small: Path, tmp_path: Path) -> None:
    save_noise(tmp_path / "more" / "b.png", (15, 20), 7)
    (small / "b_x2.png").unlink()
    assert load(GIVEN, large, small, tmp_path / "more").skipped == []
    save_noise(small / "b.png", (15, 20), 7)
    assert "got " in load(GIVEN, large, small, tmp_path / "more").skipped[0]


@pytest.mark.parametrize("size", [(15, 21), (16, 20), (30, 41)])
def test_a_small_picture_of_another_size_leaves_the_large_one_out(
    large: Path, small: Path, size: tuple[int, int]
) -> None:
    save_noise(small / "b_x2.png", size)
    (reason,) = load(GIVEN, large, small).skipped
    expected = f"expected 20 x 15 pixels of its small picture {small / 'b_x2.png'}, got {size[1]} x {size[0]}"
    assert reason == f"{large / 'b.png'}: {expected}"


def shifted(pair: Pair) -> bool:
    """Whether small and large pictures of `aligned` show the same place."""
    return bool(np.abs(imresize(pair.hr, 1 / 2) - pair.lr)[2:-2, 2:-2].max() > 0.02)


@pytest.fixture
def aligned(tmp_path: Path) -> tuple[Path, Path]:
    random = np.random.default_rng(0)
    for name in "abc":
        large = imresize(random.integers(0, 256, (40, 50), np.uint8), size=(240, 301))
        for folder, pixels in (("large", large), ("small", imresize(large[:, :300], 1 / 2))):
            (tmp_path / folder).mkdir(exist_ok=True)
            Image.fromarray(pixels).save(tmp_path / folder / f"{name}.png")
    return tmp_path / "large", tmp_path / "small"


@pytest.mark.parametrize("memory_mb", [1, 8000])
def test_patches_and_windows_of_both_show_the_same_place(aligned: tuple[Path, Path], memory_mb: int) -> None:
    config = replace(GIVEN, memory_mb=memory_mb, input_space="lr", residual=False, kernel_sizes=(1, 1), steps=4)
    data = load(config, *aligned)
    if isinstance(data.train, list):
        steps = batches(config, data.train, 0)
    else:
        pools = data.train
        assert not any(shifted(pair) for block in range(3) for pair in pools.load(block, Stop()).pairs)
        steps = pooled_batches(config, pools, 0, lambda text: None)
    for inputs, labels in steps:
        means = labels.mean(1, keepdims=True)  # of the scale^2 places of a small pixel
        assert np.abs(inputs - means).max() < 0.25
    assert (memory_mb == 1) == (not isinstance(data.train, list))


class Stop:
    def is_set(self) -> bool:
        return False


def test_the_middle_of_a_very_large_picture_is_that_of_both(
    aligned: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("srcnn.training.held_out._SIDE", 101)
    (pair,) = load(GIVEN, *aligned).validation
    assert pair.hr.shape == (100, 100)
    assert not shifted(pair)


def test_other_small_pictures_are_other_pictures(large: Path, small: Path) -> None:
    before = load(GIVEN, large, small).pictures
    assert load(GIVEN, large, small).pictures == before
    with (small / "sub" / "cx2.png").open("ab") as file:
        file.write(b"more")
    assert load(GIVEN, large, small).pictures.digest != before.digest
    assert before.digest != load(replace(GIVEN, downscale="box"), large).pictures.digest


def test_small_pictures_and_the_config_must_agree(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfigError, match=r'expected downscale = "given" in the config .*got .*box'):
        find_given(replace(GIVEN, downscale="box"), [], [], [tmp_path], {})
    with pytest.raises(InvalidConfigError, match=r"expected folders of small pictures \(--small\) .*got none"):
        find_given(GIVEN, [], [], [], {})


def folders_of_equal_names(root: Path) -> tuple[Path, Path, Path, Path]:
    places = tuple(root / name for name in ("train/large", "train/small", "val/large", "val/small"))
    for seed, place in enumerate(places):
        for number in range(2):
            size = (30, 41) if place.name == "large" else (15, 20)
            save_noise(place / f"{number}.png", size, 10 * seed + number)
    return places


def test_as_many_small_folders_as_large_ones_belong_together_in_their_order(tmp_path: Path) -> None:
    large, small, other, other_small = folders_of_equal_names(tmp_path)
    data = load(GIVEN, large, small, other_small, validation=(other,))
    assert data.skipped == []
    expected = to_float(rgb_to_luma_bt601(picture(other_small / "0.png")))
    np.testing.assert_array_equal(data.validation[0].lr, expected)
    np.testing.assert_array_equal(data.train[0].lr, to_float(rgb_to_luma_bt601(picture(small / "0.png"))))


def test_no_small_picture_belongs_to_two(tmp_path: Path) -> None:
    large, small, other, _ = folders_of_equal_names(tmp_path)
    with pytest.raises(InvalidConfigError, match=r"to validate on, got none \(2 skipped, .* of its own, got .*, which"):
        load(GIVEN, large, small, validation=(other,))


def test_a_folder_of_small_pictures_that_is_named_twice_counts_once(large: Path, small: Path) -> None:
    assert load(GIVEN, large, small, small).skipped == []


def test_names_are_those_below_the_inner_folder(large: Path, small: Path, tmp_path: Path) -> None:
    save_noise(large / "val" / "v.png", (30, 41), 5)
    save_noise(tmp_path / "more" / "v.png", (15, 20), 6)
    data = load(GIVEN, large, small, tmp_path / "more", validation=(large / "val",))
    assert [pair.name for pair in data.validation] == ["v.png"]
    assert data.skipped == []


def test_endings_that_tell_pictures_apart_are_part_of_their_names(tmp_path: Path) -> None:
    for place, size in (("large", (30, 41)), ("small", (15, 20))):
        for seed, name in enumerate(("a.png", "a.bmp", "b.png")):
            save_noise(tmp_path / place / name, size, seed)
    assert load(GIVEN, tmp_path / "large", tmp_path / "small").skipped == []


@pytest.mark.parametrize("memory_mb", [1, 8000])
def test_small_pictures_of_pools_and_of_the_validation_count_too(
    aligned: tuple[Path, Path], tmp_path: Path, memory_mb: int
) -> None:
    config = replace(GIVEN, memory_mb=memory_mb)
    for place, size in (("val", (30, 41)), ("val_small", (15, 20))):
        save_noise(tmp_path / place / "v.png", size, 3)

    def digest() -> str:
        data = load(config, aligned[0], aligned[1], tmp_path / "val_small", validation=(tmp_path / "val",))
        assert isinstance(data.train, list) == (memory_mb > 1)
        return data.pictures.digest

    digests = [digest()]
    for file in (tmp_path / "val_small" / "v.png", aligned[1] / "a.png"):
        with file.open("ab") as opened:
            opened.write(b"more")
        digests.append(digest())
    assert len(set(digests)) == 3


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"noise_sigma": (5.0, 5.0)}, 'expected no blur, noise or JPEG beside downscale = "given"'),
        ({"augment_scales": (1.0, 0.5)}, "augment_scales"),
        ({"clean_share": 0.5}, "clean_share"),
    ],
)
def test_given_small_pictures_are_not_degraded(changes: dict[str, object], message: str) -> None:
    with pytest.raises(InvalidConfigError, match=message):
        replace(GIVEN, **changes)


def test_nothing_but_a_training_knows_given_small_pictures() -> None:
    with pytest.raises(InvalidConfigError, match="expected a downscale that can be computed, got 'given'"):
        degrade(np.zeros((4, 4), np.float32), GIVEN, np.random.default_rng(0))
