import zipfile
from pathlib import Path

import pytest

from srcnn.zoo.zip_entries import unpacked_sizes


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("a/data.pkl", bytes(5000))
        file.writestr("a/version", b"3")
    return tmp_path / "a.zip"


def test_names_and_sizes_are_those_unpacked(archive: Path) -> None:
    assert archive.stat().st_size < 1000
    assert unpacked_sizes(archive) == {"a/data.pkl": 5000, "a/version": 1}


def test_other_files_hold_nothing(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"PK\x03\x04 and no more")
    assert unpacked_sizes(tmp_path / "a") == {}
    assert unpacked_sizes(tmp_path / "b") == {}
    assert unpacked_sizes(tmp_path) == {}


def test_a_list_that_is_damaged_anywhere_raises_nothing(archive: Path) -> None:
    whole = archive.read_bytes()
    for place in range(whole.index(b"PK\x01\x02"), len(whole)):
        for byte in (0x00, 0x63, 0xFF):
            archive.write_bytes(whole[:place] + bytes([byte]) + whole[place + 1 :])
            unpacked_sizes(archive)
    archive.write_bytes(whole.replace(b"PK\x01\x02", b"PK\x01\x02\xff\xff", 1))
    assert unpacked_sizes(archive) == {}
