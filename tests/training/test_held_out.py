import os
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_pictures import save_noise

from srcnn.errors import InvalidConfigError
from srcnn.training.config import TrainConfig
from srcnn.training.data import TrainingData, load_data
from srcnn.training.held_out import evenly_spread, leave_out_copies, validation_pair
from srcnn.training.pairs import Sample

CONFIG = TrainConfig(
    model="tiny", scale=2, steps=50, kernel_sizes=(3, 3), widths=(2,), patch_size=12, validation_pictures=1
)
POOLS = replace(CONFIG, memory_mb=1, augment_scales=(1.0, 0.9))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for seed, name in enumerate("abcdef"):
        save_noise(tmp_path / "data" / f"{name}.png", (100, 90), seed)
    return tmp_path / "data"


def load(config: TrainConfig, folder: Path, *validation: Path) -> TrainingData:
    return load_data(config, [folder], lambda done, total: None, validation=validation)


def learned_from(data: TrainingData) -> set[str]:
    """Names of files, of pools too."""
    return {pair.name for pair in data.train} if isinstance(data.train, list) else {p.name for p in data.train.paths}


@given(st.integers(1, 200), st.data())
def test_those_kept_out_are_different_and_begin_and_end_the_rest(count: int, data: st.DataObject) -> None:
    wanted = data.draw(st.integers(0, count))
    chosen = evenly_spread(count, wanted)
    assert len(set(chosen)) == len(chosen) == wanted
    assert all(0 <= index < count for index in chosen)
    assert wanted < 2 or (chosen[0], chosen[-1]) == (0, count - 1)


@pytest.mark.parametrize("config", [CONFIG, POOLS], ids=["memory", "pools"])
def test_a_copy_of_a_validation_picture_is_not_learned_from(config: TrainConfig, folder: Path) -> None:
    assert learned_from(load(config, folder)) == {f"{name}.png" for name in "bcdef"}
    shutil.copy(folder / "a.png", folder / "copy.png")
    data = load(config, folder)
    assert [pair.name for pair in data.validation] == ["a.png"]
    assert learned_from(data) == {f"{name}.png" for name in "bcdef"}
    assert data.skipped == [f"{folder / 'copy.png'}: the same picture as {folder / 'a.png'}, which is for validation"]


def test_the_content_makes_a_copy_not_the_size_and_the_time(folder: Path) -> None:
    first, other = (save_noise(folder / f"{name}.bmp", (40, 30), seed) for seed, name in enumerate("xy"))
    for path in (first, other):
        os.utime(path, (0, 0))
    skipped: dict[Path, str] = {}
    assert leave_out_copies([other], [first], skipped) == [other]
    other.write_bytes(first.read_bytes())
    assert leave_out_copies([other], [first], skipped) == []
    assert list(skipped) == [other]


def test_a_file_that_has_vanished_is_no_copy(folder: Path) -> None:
    gone = [folder / "gone.png", folder / "too.png"]
    assert leave_out_copies(gone, [folder / "a.png", folder / "away.png"], {}) == gone


@pytest.mark.parametrize("config", [CONFIG, POOLS], ids=["memory", "pools"])
def test_pictures_of_a_folder_of_their_own_are_measured_and_all_others_learned_from(
    config: TrainConfig, folder: Path, tmp_path: Path
) -> None:
    for seed, name in enumerate(("x.png", "y.png"), 10):
        save_noise(tmp_path / "own" / name, (40, 30), seed)
    data = load(config, folder, tmp_path / "own")
    assert [pair.name for pair in data.validation] == ["x.png", "y.png"]
    assert learned_from(data) == {f"{name}.png" for name in "abcdef"}
    assert (data.pictures.folders, data.pictures.count, data.skipped) == (("data",), 6, [])
    assert data.pictures.digest != load(config, folder).pictures.digest


@pytest.mark.parametrize("config", [CONFIG, POOLS], ids=["memory", "pools"])
def test_what_lies_in_both_folders_is_measured_only(config: TrainConfig, folder: Path) -> None:
    (folder / "own").mkdir()
    (folder / "b.png").rename(folder / "own" / "b.png")
    shutil.copy(folder / "c.png", folder / "own" / "cc.png")
    data = load(config, folder, folder / "own")
    assert [pair.name for pair in data.validation] == ["b.png", "cc.png"]
    assert learned_from(data) == {"a.png", "d.png", "e.png", "f.png"}
    assert data.skipped == [
        f"{folder / 'c.png'}: the same picture as {folder / 'own' / 'cc.png'}, which is for validation"
    ]


def test_what_cannot_be_used_for_validation_is_named(folder: Path, tmp_path: Path) -> None:
    save_noise(tmp_path / "own" / "x.png", (40, 30))
    save_noise(tmp_path / "own" / "small.png", (40, 11))
    data = load(CONFIG, folder, tmp_path / "own")
    assert [pair.name for pair in data.validation] == ["x.png"]
    assert data.skipped == [f"{tmp_path / 'own' / 'small.png'}: 11 x 40 is smaller than a patch of 12 x 12"]


def test_folders_that_leave_nothing_to_measure_or_to_learn_from_are_refused(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "none").mkdir()
    with pytest.raises(InvalidConfigError, match=r"12 pixels a side or more in .*none to validate on, got none"):
        load(CONFIG, folder, tmp_path / "none")
    with pytest.raises(
        InvalidConfigError, match=r"at least 1 picture .* one to learn from besides those for validation, got 0; "
    ):
        load(CONFIG, folder, folder)


def test_of_a_very_large_picture_the_middle_is_measured() -> None:
    picture = np.random.default_rng(0).integers(0, 256, (1040, 1030), np.uint8)
    pair = validation_pair(Path("a.png"), Sample(picture), CONFIG)
    np.testing.assert_array_equal(np.round(pair.hr * 255), picture[8:-8, 3:-3])
