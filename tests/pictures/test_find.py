import os
from pathlib import Path

import pytest

from srcnn.errors import InvalidImageError
from srcnn.pictures.find import find_pictures


def _make(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"")


def _names(folder: Path, *, recursive: bool = True) -> list[str]:
    return [path.relative_to(folder).as_posix() for path in find_pictures(folder, recursive=recursive)]


def test_pictures_are_found_by_suffix_in_any_case_and_sorted(tmp_path: Path) -> None:
    _make(tmp_path, "b.PNG", "a.jpg", "sub/c.Tiff", "名前 😀.webp", "-dash.gif")
    assert _names(tmp_path) == ["-dash.gif", "a.jpg", "b.PNG", "sub/c.Tiff", "名前 😀.webp"]


def test_what_is_no_picture_is_left_out(tmp_path: Path) -> None:
    _make(tmp_path, "Thumbs.db", "desktop.ini", ".DS_Store", "notes.txt", "png", ".hidden.png", ".cache/a.png", "a.png")
    (tmp_path / "folder.png").mkdir()
    assert _names(tmp_path) == ["a.png"]


def test_without_recursion_only_the_folder_itself_is_searched(tmp_path: Path) -> None:
    _make(tmp_path, "a.png", "sub/b.png")
    assert _names(tmp_path, recursive=False) == ["a.png"]


def test_links_out_of_the_tree_are_not_followed(tmp_path: Path) -> None:
    _make(tmp_path, "outside/secret.png", "tree/a.png")
    (tmp_path / "tree" / "folder").symlink_to(tmp_path / "outside")
    (tmp_path / "tree" / "file.png").symlink_to(tmp_path / "outside" / "secret.png")
    (tmp_path / "tree" / "dead.png").symlink_to(tmp_path / "nothing")
    (tmp_path / "tree" / "circle").symlink_to(tmp_path / "tree")
    (tmp_path / "tree" / "inside.png").symlink_to("a.png")
    assert _names(tmp_path / "tree") == ["a.png", "inside.png"]


def test_a_hidden_folder_is_searched_if_it_is_the_one_named(tmp_path: Path) -> None:
    _make(tmp_path, ".photos/a.png")
    assert _names(tmp_path / ".photos") == ["a.png"]


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidImageError, match="nowhere"):
        find_pictures(tmp_path / "nowhere")


def _lock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Folders called "locked" cannot be looked into, not even by the superuser."""
    scandir = os.scandir

    def refuse(path: str) -> object:
        if Path(path).name == "locked":
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr("os.scandir", refuse)


def test_an_unreadable_folder_ends_the_search_unless_somebody_is_called(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _make(tmp_path, "a.png", "locked/b.png", "z/c.png", "z/locked/d.png")
    _lock(monkeypatch)
    with pytest.raises(InvalidImageError, match=r"look into the folder .*locked, got: Permission denied"):
        find_pictures(tmp_path)
    called: dict[Path, InvalidImageError] = {}
    found = find_pictures(tmp_path, on_unreadable=called.__setitem__)
    assert found == [tmp_path / "a.png", tmp_path / "z" / "c.png"]
    assert list(called) == [tmp_path / "locked", tmp_path / "z" / "locked"]
    assert "got: Permission denied; check its permissions" in str(called[tmp_path / "locked"])


def test_the_files_of_a_folder_that_may_be_listed_but_not_entered_are_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _make(tmp_path, "a.png")

    def refuse(_: Path) -> bool:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "is_file", refuse)
    assert _names(tmp_path) == ["a.png"]


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may read everything")
def test_an_unreadable_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "locked").mkdir(mode=0)
    with pytest.raises(InvalidImageError, match="locked"):
        find_pictures(tmp_path)
