import os
from pathlib import Path

import pytest

from srcnn.errors import CheckpointError
from srcnn.training.fingerprint import Fingerprint, check_same_pictures, fingerprint_of


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, size in (("a.png", 3), ("b.png", 5), ("inner/c.png", 7)):
        path = tmp_path / "one" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(bytes(size))
    return tmp_path / "one"


def describe(*folders: Path) -> Fingerprint:
    return fingerprint_of([path for folder in folders for path in sorted(folder.rglob("*.png"))], folders)


def test_names_of_folders_are_kept_without_the_way_there(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    pictures = describe(folder / "inner", Path())
    assert (pictures.folders, pictures.count) == (("inner", "one"), 4)
    assert str(folder) not in str(pictures)


def test_a_folder_moved_and_renamed_is_the_same(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = describe(folder)
    moved = folder.rename(folder.parent / "two")
    check_same_pictures(before, describe(moved))
    monkeypatch.chdir(moved)
    assert describe(Path()).digest == before.digest


def change_size(folder: Path) -> None:
    (folder / "b.png").write_bytes(bytes(6))


CHANGES = {
    "one less": lambda folder: (folder / "b.png").unlink(),
    "one more": lambda folder: (folder / "ab.png").touch(),
    "another name": lambda folder: (folder / "b.png").rename(folder / "bb.png"),
    "another folder inside": lambda folder: (folder / "inner").rename(folder / "other"),
    "another size": change_size,
    "two exchanged": lambda folder: os.replace(folder / "a.png", folder / "b.png"),
}


def test_pictures_for_validation_alone_make_another_set_but_count_not(folder: Path) -> None:
    paths = [folder / "a.png", folder / "b.png"]
    alone, measured = (
        fingerprint_of(paths, [folder], validation, [folder / "inner"])
        for validation in ([], [folder / "inner" / "c.png"])
    )
    assert alone == fingerprint_of(paths, [folder])
    assert (measured.folders, measured.count) == (alone.folders, alone.count)
    assert measured.digest not in (alone.digest, describe(folder).digest)


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_any_change_in_a_folder_is_another_set(folder: Path, change) -> None:
    before = describe(folder)
    change(folder)
    with pytest.raises(
        CheckpointError, match=r"expected the pictures of the checkpoint, 3 in one, got others, \d in one"
    ):
        check_same_pictures(before, describe(folder))


def test_the_order_of_folders_counts_since_the_validation_pictures_depend_on_it(folder: Path) -> None:
    (folder.parent / "two").mkdir()
    (folder.parent / "two" / "z.png").touch()
    with pytest.raises(CheckpointError, match=r"4 in one two, got others, 4 in two one .*order of the folders"):
        check_same_pictures(describe(folder, folder.parent / "two"), describe(folder.parent / "two", folder))


def test_what_an_earlier_version_did_not_write_is_not_checked(folder: Path) -> None:
    check_same_pictures(None, describe(folder))


def test_a_file_that_has_vanished_meanwhile_is_nothing(folder: Path) -> None:
    paths = [folder / "a.png", folder / "gone.png"]
    assert fingerprint_of(paths, [folder]).count == 2
