import gzip
import struct
import tarfile
import tracemalloc
import zipfile
from contextlib import suppress
from io import BytesIO
from pathlib import Path

import pytest
from tiny_datasets import NAMES, encoded, tiny_dataset, tiny_picture

from srcnn.datasets import take as module
from srcnn.datasets.take import take_pictures
from srcnn.errors import InvalidConfigError
from srcnn.pictures.read import read_array

FILES = {f"Other/{name.upper()}_0.png": encoded(tiny_picture(name), "PNG") for name in NAMES}
FILES |= {"readme.txt": b"hello", "broken.png": b"\x89PNG\r\n", "../../other.png": encoded(tiny_picture("ant").T[0].T)}
WANTED = list(tiny_dataset().pictures.values())


def archive(tmp_path: Path, kind: str) -> Path:
    path = tmp_path / f"pictures.{kind}"
    if kind == "folder":
        for name, content in FILES.items():
            file = path / name.replace("..", "up")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
    elif kind == "zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as opened:
            for name, content in FILES.items():
                opened.writestr(name, content)
    else:
        with tarfile.open(path, "w:gz" if kind == "tar.gz" else "w") as opened:
            for name, content in FILES.items():
                member = tarfile.TarInfo(name)
                member.size = len(content)
                opened.addfile(member, BytesIO(content))
    return path


@pytest.mark.parametrize("kind", ["folder", "zip", "tar", "tar.gz"])
def test_pictures_are_known_by_their_samples(tmp_path: Path, kind: str) -> None:
    target = tmp_path / "Insects"
    target.mkdir()
    assert take_pictures(archive(tmp_path, kind), WANTED, target) == set(NAMES)
    assert sorted(path.name for path in target.iterdir()) == ["ant.png", "bee.png", "cat.png"]
    for name in NAMES:
        assert (read_array(target / f"{name}.png") == tiny_picture(name)).all()


def test_only_what_is_wanted_is_taken(tmp_path: Path) -> None:
    target = tmp_path / "Insects"
    target.mkdir()
    assert take_pictures(archive(tmp_path, "zip"), WANTED[1:2], target) == {"bee"}
    assert [path.name for path in target.iterdir()] == ["bee.png"]


@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_members_too_large_for_a_picture_are_passed_over(
    tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_MAX_BYTES", len(FILES["Other/BEE_0.png"]) - 1)
    (tmp_path / "Insects").mkdir()
    assert "bee" not in take_pictures(archive(tmp_path, kind), WANTED, tmp_path / "Insects")


@pytest.mark.parametrize("kind", ["zip", "tar.gz"])
def test_an_archive_cut_short_is_refused(tmp_path: Path, kind: str) -> None:
    path = archive(tmp_path, kind)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    (tmp_path / "Insects").mkdir()
    with pytest.raises(InvalidConfigError, match=r"expected a (whole|folder, a ZIP or a TAR) archive"):
        take_pictures(path, WANTED, tmp_path / "Insects")
    assert not list((tmp_path / "Insects").glob(".*"))


def test_a_damaged_member_is_refused(tmp_path: Path) -> None:
    path = archive(tmp_path, "zip")
    content = bytearray(path.read_bytes())
    content[60:90] = bytes(30)
    path.write_bytes(content)
    (tmp_path / "Insects").mkdir()
    with pytest.raises(InvalidConfigError, match="damaged or encrypted"):
        take_pictures(path, WANTED, tmp_path / "Insects")


def test_another_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("hello")
    with pytest.raises(InvalidConfigError, match="got something else; unpack it"):
        take_pictures(tmp_path / "a.txt", WANTED, tmp_path)


@pytest.mark.parametrize("kind", ["bzip2", "deflate"])
def test_a_member_that_unpacks_to_more_than_it_says_fills_no_memory(tmp_path: Path, kind: str) -> None:
    method = {"bzip2": zipfile.ZIP_BZIP2, "deflate": zipfile.ZIP_DEFLATED}[kind]
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", method) as opened:
        opened.writestr("a.png", bytes(160 << 20))
    content = bytearray(path.read_bytes())
    for at in (22, content.rindex(b"PK\x01\x02") + 24):  # what both of its headers say
        content[at : at + 4] = struct.pack("<I", 100)
    path.write_bytes(content)
    (tmp_path / "Insects").mkdir()
    tracemalloc.start()
    with suppress(InvalidConfigError):
        assert take_pictures(path, WANTED, tmp_path / "Insects") == set()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 150 << 20


@pytest.mark.parametrize("kind", [tarfile.XHDTYPE, tarfile.GNUTYPE_LONGNAME])
def test_a_header_that_is_larger_than_pictures_are_is_refused(tmp_path: Path, kind: bytes) -> None:
    member = tarfile.TarInfo("a")
    member.type, member.size = kind, 100 << 20
    with gzip.open(tmp_path / "a.tar.gz", "wb") as file:
        file.write(member.tobuf(tarfile.GNU_FORMAT) + bytes(100 << 20))
    (tmp_path / "Insects").mkdir()
    with pytest.raises(InvalidConfigError, match=r"expected a (whole|folder, a ZIP or a TAR) archive"):
        take_pictures(tmp_path / "a.tar.gz", WANTED, tmp_path / "Insects")


def test_a_name_that_is_no_text_makes_an_archive_damaged(tmp_path: Path) -> None:
    path = archive(tmp_path, "zip")
    content = path.read_bytes().replace(b"readme.txt", b"\xff\xfeadme.txt")
    content = bytearray(content)
    at = content.index(b"PK\x01\x02", content.rindex(b"\xff\xfeadme") - 60)
    content[at + 9] |= 8  # said to be UTF-8
    path.write_bytes(content)
    (tmp_path / "Insects").mkdir()
    with pytest.raises(InvalidConfigError, match="expected a whole archive"):
        take_pictures(path, WANTED, tmp_path / "Insects")
