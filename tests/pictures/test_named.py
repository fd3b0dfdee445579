from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_pictures import save_noise

from srcnn.errors import InvalidConfigError
from srcnn.pictures.named import named_pictures, standard_name, versions_of


def test_names_are_paths_in_the_folder_without_their_endings(tmp_path: Path) -> None:
    for name in ("b.png", "sub/c.bmp", "a.b.png"):
        save_noise(tmp_path / name, (4, 4))
    assert list(named_pictures(tmp_path)) == ["a.b", "b", "sub/c"]


def test_pictures_that_differ_only_in_their_ending_keep_it(tmp_path: Path) -> None:
    for name in ("a.png", "b.png", "a.bmp", "sub/a.png"):
        save_noise(tmp_path / name, (4, 4))
    assert list(named_pictures(tmp_path)) == ["a.bmp", "a.png", "b", "sub/a"]


def test_pictures_behind_links_have_the_names_of_the_links(tmp_path: Path) -> None:
    save_noise(tmp_path / "elsewhere" / "a.png", (4, 4))
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "link.png").symlink_to(tmp_path / "elsewhere" / "a.png")
    assert list(named_pictures(tmp_path / "set")) == ["link"]


def test_a_folder_without_pictures_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfigError, match=f"expected pictures in {tmp_path}, got none"):
        named_pictures(tmp_path)


@pytest.mark.parametrize("version", ["baby", "baby_x3", "baby-SRCNN", "babyx3", "baby.x3", "baby (SR)"])
def test_a_version_has_the_name_or_more_behind_it(version: str) -> None:
    assert versions_of(["baby"], [version, "other"]) == {"baby": [version]}


@pytest.mark.parametrize("version", ["babylon", "baby2", "my_baby", "Baby", "bab", "babyx", "babyäx3", "baby/crop"])
def test_what_only_begins_alike_is_none(version: str) -> None:
    assert versions_of(["baby"], [version]) == {"baby": []}


@pytest.mark.parametrize("name", ["baby", "x/baby_GT.png", "BABY_HR.bmp", "baby.png"])
def test_the_standard_name_of_a_picture_has_no_folder_ending_and_mark(name: str) -> None:
    assert standard_name(name) == "baby"


def test_the_longer_name_takes_its_versions() -> None:
    assert versions_of(["a", "a_b", "sub/a"], ["a_x3", "a_b_x3", "sub/a_x3"]) == {
        "a": ["a_x3"],
        "a_b": ["a_b_x3"],
        "sub/a": ["sub/a_x3"],
    }


def test_the_very_name_comes_before_others() -> None:
    assert versions_of(["a", "b"], ["a_x2", "a", "b_x2", "b_x3"]) == {"a": ["a"], "b": ["b_x2", "b_x3"]}


@given(st.sets(st.text("ax3_1/", min_size=1, max_size=6)))
def test_everything_is_its_own_version(names: set[str]) -> None:
    assert versions_of(names, names) == {name: [name] for name in names}
