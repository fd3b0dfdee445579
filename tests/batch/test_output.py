import os
from collections.abc import Callable
from pathlib import Path

import pytest

from srcnn.batch.output import check_output, write_output
from srcnn.batch.plan import Job
from srcnn.errors import ImageTooLargeError, OutputError


def job(target: Path) -> Job:
    return Job(source=Path("a.png"), target=target)


def write(path: Path) -> tuple[str, ...]:
    path.write_bytes(b"ours")
    return ()


def test_a_folder_that_is_missing_is_made(tmp_path: Path) -> None:
    check_output(job(tmp_path / "x" / "y" / "a.png"), [(2, 3)])
    assert (tmp_path / "x" / "y").is_dir()


def test_a_folder_without_permission_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.access", lambda path, mode: not (path == tmp_path and mode & os.W_OK))
    with pytest.raises(OutputError, match=r"expected a folder that can be written for .*, got one without"):
        check_output(job(tmp_path / "a.png"), [(2, 3)])


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="the superuser may write everywhere")
def test_a_read_only_folder_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(OutputError, match="expected a folder that can be written for"):
        check_output(job(tmp_path / "a.png"), [(2, 3)])


@pytest.mark.parametrize("stem", ["a" * 252, "\u6f22" * 84])
def test_a_name_of_more_than_255_bytes_is_refused(tmp_path: Path, stem: str) -> None:
    check_output(job(tmp_path / f"{stem[:-1]}.png"), [(2, 3)])
    with pytest.raises(OutputError, match=r"at most 255 bytes, got 25\d for .*; shorten names with a pattern"):
        check_output(job(tmp_path / f"{stem}.png"), [(2, 3)])


def test_any_frame_may_be_too_large_for_the_format(tmp_path: Path) -> None:
    with pytest.raises(ImageTooLargeError, match="at most 16,383 pixels a side"):
        check_output(job(tmp_path / "a.webp"), [(2, 3), (20_000, 3)])


def _no_links(*_: object) -> None:
    raise PermissionError(1, "Operation not permitted")


@pytest.mark.parametrize("link", [os.link, _no_links], ids=["links", "no_links"])
def test_renaming_finds_the_first_free_name(
    tmp_path: Path, link: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.link", link)
    for number, name in enumerate(("a.png", "a_1.png", "a_2.png"), 1):
        output, notes = write_output(job(tmp_path / "a.png"), write, "rename")
        assert (output, notes) == (tmp_path / name, ())
        assert len(list(tmp_path.iterdir())) == number


@pytest.mark.parametrize(("stem", "cut"), [("a" * 251, "a" * 249), ("\u6f22" * 83 + "aa", "\u6f22" * 83)])
def test_renaming_cuts_names_that_would_be_too_long(tmp_path: Path, stem: str, cut: str) -> None:
    write_output(job(tmp_path / f"{stem}.png"), write, "rename")
    output, _ = write_output(job(tmp_path / f"{stem}.png"), write, "rename")
    assert output == tmp_path / f"{cut}_1.png"
    assert output.read_bytes() == b"ours"


def test_two_without_links_never_get_one_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.link", _no_links)
    replace = os.replace

    def late(source: Path, target: Path) -> None:
        monkeypatch.setattr("os.replace", replace)  # another run finishes now
        assert write_output(job(tmp_path / "a.png"), write, "rename") == (tmp_path / "a_1.png", ())
        replace(source, target)

    monkeypatch.setattr("os.replace", late)
    assert write_output(job(tmp_path / "a.png"), write, "rename") == (tmp_path / "a.png", ())
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.png", "a_1.png"]


def test_a_name_that_is_taken_while_writing_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    original = os.link

    def late(source: Path, target: Path) -> None:
        if not target.exists():
            target.write_bytes(b"another run's")
            monkeypatch.setattr("os.link", original)
        original(source, target)

    monkeypatch.setattr("os.link", late)
    output, _ = write_output(job(tmp_path / "a.png"), write, "rename")
    assert output == tmp_path / "a_1.png"
    assert (tmp_path / "a.png").read_bytes() == b"another run's"
