from pathlib import Path

import pytest
from PIL import Image

from srcnn.errors import InvalidConfigError
from srcnn.reproduce.sets import find_sets, find_training_pictures


def test_a_complete_standard_set_stands_beside_published_values(data: Path) -> None:
    (found,), notices = find_sets(data, ["Set5"])
    assert (found.name, found.published_as) == ("Set5", "Set5")
    assert list(found.pictures) == ["baby", "bird", "butterfly", "head", "woman"]
    assert notices == ()


def test_the_sets_folders_may_lie_in_the_folder_itself(data: Path) -> None:
    assert [item.name for item in find_sets(data / "test", ["Set5"])[0]] == ["Set5"]
    assert [item.name for item in find_sets(data / "test" / "Set5", ["Set5"])[0]] == ["Set5"]


def test_a_standard_set_is_known_in_small_letters(data: Path) -> None:
    assert [item.name for item in find_sets(data, ["set5"])[0]] == ["Set5"]


def test_standard_sets_that_are_not_there_are_named_unless_they_were_asked_for(data: Path) -> None:
    found, notices = find_sets(data, None)
    assert [item.name for item in found] == ["Set5"]
    assert [notice.partition(" ")[0] for notice in notices] == ["Set14", "BSD100"]
    with pytest.raises(InvalidConfigError, match=r"expected a folder Set14 .*, got test, Set5 there; "):
        find_sets(data, ["Set5", "Set14"])


def test_a_folder_without_any_set_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfigError, match=r"expected a folder Set5 or Set14 or BSD100 .* got nothing there"):
        find_sets(tmp_path, None)


def test_extra_pictures_are_left_out_and_named(data: Path) -> None:
    Image.new("RGB", (40, 40)).save(data / "test" / "Set5" / "cat.png")
    (found,), (notice,) = find_sets(data, ["Set5"])
    assert found.published_as == "Set5"
    assert "cat" not in found.pictures
    assert notice == "cat in the folder Set5 is not of that set and was left out."


def test_a_missing_picture_is_named_and_takes_the_published_values_away(data: Path) -> None:
    (data / "test" / "Set5" / "woman.png").unlink()
    (found,), (notice,) = find_sets(data, ["Set5"])
    assert (len(found.pictures), found.published_as) == (4, None)
    assert notice == "Set5 lacks woman: its means stand without published values."


def test_of_two_copies_of_a_picture_one_is_measured(data: Path) -> None:
    folder = data / "test" / "Set5"
    (folder / "baby_GT.png").write_bytes((folder / "baby.png").read_bytes())
    (found,), (notice,) = find_sets(data, ["Set5"])
    assert list(found.pictures) == ["baby", "bird", "butterfly", "head", "woman"]
    assert found.published_as == "Set5"
    assert notice.startswith("baby_GT in the folder Set5 is not of that set")


def test_so_is_one_of_two_that_differ_only_in_their_ending(data: Path) -> None:
    folder = data / "test" / "Set5"
    Image.open(folder / "baby.png").save(folder / "baby.bmp")
    (found,), (notice,) = find_sets(data, ["Set5"])
    assert list(found.pictures) == ["baby.bmp", "bird", "butterfly", "head", "woman"]
    assert found.published_as == "Set5"
    assert notice == "baby.png in the folder Set5 is not of that set and was left out."


def test_other_pictures_under_a_standard_name_are_measured_without_published_values(data: Path) -> None:
    folder = data / "test" / "Set5"
    for number, path in enumerate(sorted(folder.iterdir())[:4]):
        path.rename(folder / f"p{number}.png")
    (folder / "woman.png").rename(folder / "p4.png")
    (folder / "p0.png").unlink()
    (found,), (notice,) = find_sets(data, ["Set5"])
    assert (len(found.pictures), found.published_as) == (4, None)
    assert notice.startswith("The folder Set5 holds other pictures than Set5's")


def test_the_names_of_the_authors_files_are_the_sets(data: Path) -> None:
    folder = data / "test" / "Set5"
    for path in list(folder.iterdir()):
        path.rename(folder / f"{path.stem}_GT.png")
    assert find_sets(data, ["Set5"])[0][0].published_as == "Set5"


def test_a_set_of_ones_own_has_no_published_values_unless_it_is_a_copy(data: Path) -> None:
    copy = data / "test" / "mine"
    (data / "test" / "Set5").rename(copy)
    assert find_sets(data, ["mine"])[0][0].published_as == "Set5"
    (copy / "woman.png").rename(copy / "man.png")
    (found,), notices = find_sets(data, ["mine"])
    assert (found.name, found.published_as, notices) == ("mine", None, ())


def test_training_pictures_are_found_in_train_or_beside_the_sets(data: Path) -> None:
    assert find_training_pictures(data) is None
    (data / "T91").mkdir()
    assert find_training_pictures(data) == data / "T91"
    (data / "train" / "T91").mkdir(parents=True)
    assert find_training_pictures(data) == data / "train" / "T91"


def test_a_set_named_twice_is_taken_once(data: Path) -> None:
    sets, _ = find_sets(data, ["Set5", "set5", "Set5"])
    assert [item.name for item in sets] == ["Set5"]


def test_a_set_may_be_the_folder_in_which_one_stands(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(next(path for path in (data / "test" / "Set5", data / "Set5") if path.is_dir()))
    sets, _ = find_sets(Path(), ["Set5"])
    assert len(sets[0].pictures) == 5
