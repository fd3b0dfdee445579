import os
import stat
from pathlib import Path

import pytest

from srcnn.atomic import atomic_path, check_folder, make_folder, write_atomically
from srcnn.errors import OutputError


def test_a_folder_is_tried_without_leaving_anything(tmp_path: Path) -> None:
    check_folder(tmp_path / "a" / "b", "do c")
    check_folder(tmp_path, "do c")
    assert not list(tmp_path.iterdir())
    (tmp_path / "file").touch()
    for place in (tmp_path / "file", tmp_path / "file" / "b"):
        with pytest.raises(OutputError, match=f"expected to .* the folder {place}, got: Not a directory; do c"):
            check_folder(place, "do c")


def test_the_content_is_there_afterwards_and_nothing_else(tmp_path: Path) -> None:
    write_atomically(tmp_path / "out.bin", b"new")
    assert (tmp_path / "out.bin").read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [tmp_path / "out.bin"]


def test_the_temporary_file_is_hidden_beside_the_output_with_its_suffix(tmp_path: Path) -> None:
    with atomic_path(tmp_path / "out.png") as temporary:
        assert temporary.parent == tmp_path
        assert temporary.suffix == ".png"
        assert temporary.name.startswith(".")


def test_the_old_file_stays_until_the_block_has_ended(tmp_path: Path) -> None:
    (tmp_path / "out").write_bytes(b"old")
    with atomic_path(tmp_path / "out") as temporary:
        temporary.write_bytes(b"new")
        assert (tmp_path / "out").read_bytes() == b"old"
    assert (tmp_path / "out").read_bytes() == b"new"


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError, MemoryError, SystemExit])
def test_whatever_ends_the_block_early_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, error: type[BaseException]
) -> None:
    (tmp_path / "out").write_bytes(b"old")

    def fail_halfway() -> None:
        with atomic_path(tmp_path / "out") as temporary:
            temporary.write_bytes(b"half")
            raise error

    with pytest.raises(error):
        fail_halfway()
    assert (tmp_path / "out").read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [tmp_path / "out"]


@pytest.mark.parametrize("umask", [0o022, 0o077, 0o002])
def test_permissions_follow_the_umask(tmp_path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        write_atomically(tmp_path / "out", b"")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "out").stat().st_mode) == 0o666 & ~umask


def test_a_missing_folder_is_an_output_error_that_names_the_file(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"expected to write .*nowhere.out, got: No such file"):
        write_atomically(tmp_path / "nowhere" / "out", b"")


def test_a_folder_in_the_place_of_the_file_is_an_output_error(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    with pytest.raises(OutputError, match="a folder or a device"):
        write_atomically(tmp_path / "out", b"")


def test_a_device_is_never_replaced() -> None:
    with pytest.raises(OutputError, match="a folder or a device"):
        write_atomically(Path(os.devnull), b"")


def test_a_full_disk_is_an_output_error_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="No space left"), atomic_path(tmp_path / "out"):
        raise OSError(28, "No space left on device")
    assert not list(tmp_path.iterdir())


def test_a_symbolic_link_is_replaced_and_what_it_names_stays(tmp_path: Path) -> None:
    (tmp_path / "original").write_bytes(b"old")
    (tmp_path / "link").symlink_to("original")
    write_atomically(tmp_path / "link", b"new")
    assert (tmp_path / "original").read_bytes() == b"old"
    assert (tmp_path / "link").read_bytes() == b"new"


def test_a_very_long_name_can_be_written(tmp_path: Path) -> None:
    path = tmp_path / ("写" * 80 + "a" * 11 + ".png")  # 255 bytes, the usual limit
    write_atomically(path, b"x")
    assert path.read_bytes() == b"x"


def test_a_folder_is_made_with_those_above_it_and_left_as_it_is_if_there(tmp_path: Path) -> None:
    for _ in range(2):
        make_folder(tmp_path / "a" / "b", "choose another")
        (tmp_path / "a" / "b" / "kept").touch()
    assert (tmp_path / "a" / "b" / "kept").exists()


def test_a_folder_that_cannot_be_made_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match=r"expected to make the folder .*file, got: File exists; choose another$"):
        make_folder(tmp_path / "file", "choose another")


@pytest.mark.skipif(os.name == "nt", reason="Windows has other permissions")
@pytest.mark.parametrize("mode", [0o600, 0o640, 0o444, 0o666])
def test_a_file_that_is_replaced_keeps_its_permissions_and_is_private_meanwhile(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")
    path.chmod(mode)
    with atomic_path(path) as temporary:
        assert temporary.stat().st_mode & 0o077 & ~mode == 0
        temporary.write_text("new")
    assert (path.read_text(), path.stat().st_mode & 0o777) == ("new", mode)


def test_an_error_about_the_temporary_file_names_the_file(tmp_path: Path) -> None:
    with (
        pytest.raises(OutputError, match=r"^no room for .*a\.txt, nor for a\.txt$"),
        atomic_path(tmp_path / "a.txt") as file,
    ):
        raise OutputError(f"no room for {file}, nor for {file.name}")


def test_a_name_with_a_zero_is_refused(tmp_path: Path) -> None:
    with (
        pytest.raises(OutputError, match=r"expected a file name without zeros, got '.*a\\x00\.png'; "),
        atomic_path(tmp_path / "a\0.png"),
    ):
        pass


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root gives files away")
def test_a_file_that_root_replaces_stays_its_owners(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"old")
    path.chmod(0o600)
    os.chown(path, 65534, 65533)
    write_atomically(path, b"new")
    found = path.stat()
    assert (found.st_uid, found.st_gid, stat.S_IMODE(found.st_mode)) == (65534, 65533, 0o600)
    assert path.read_bytes() == b"new"
    (tmp_path / "link").symlink_to(path)
    write_atomically(tmp_path / "link", b"newer")
    assert (tmp_path / "link").lstat().st_uid == 0
