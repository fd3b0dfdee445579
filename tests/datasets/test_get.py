from pathlib import Path

import numpy as np
import pytest
from PIL import Image as PillowImage
from tiny_datasets import NAMES, REPOSITORY, Server, encoded, tiny_dataset, tiny_picture

from srcnn.datasets.get import accept_terms, get_pictures, missing_pictures, take_from, terms, terms_accepted
from srcnn.errors import DownloadError, OutputError

INSECTS = tiny_dataset()


def names(pictures: list) -> list[str]:
    return [picture.name for picture in pictures]


@pytest.mark.parametrize("with_sha256", [False, True])
def test_a_set_comes_under_its_own_names(server: Server, tmp_path: Path, with_sha256: bool) -> None:
    insects = tiny_dataset(with_sha256=with_sha256)
    told = []
    wanted = missing_pictures(insects, tmp_path / "Insects")
    get_pictures(
        insects, wanted, tmp_path / "Insects", server=server.url + "/", progress=lambda *step: told.append(step)
    )
    assert sorted(path.name for path in (tmp_path / "Insects").iterdir()) == ["ant.bmp", "bee.bmp", "cat.bmp"]
    assert missing_pictures(insects, tmp_path / "Insects") == []
    assert told == [(1, 3), (2, 3), (3, 3)]


def test_pictures_that_are_there_are_not_missing_in_any_lossless_format(tmp_path: Path) -> None:
    assert names(missing_pictures(INSECTS, tmp_path / "nothing")) == list(NAMES)
    PillowImage.fromarray(tiny_picture("bee")).save(tmp_path / "bee.png")
    PillowImage.fromarray(tiny_picture("ant")).save(tmp_path / "ant.jpg")
    assert names(missing_pictures(INSECTS, tmp_path)) == ["ant", "cat"]


def test_a_copy_with_other_samples_is_refused(server: Server, tmp_path: Path) -> None:
    cropped = np.ascontiguousarray(tiny_picture("bee")[:34, :40])
    server.files[f"/{REPOSITORY}/HEAD/Test/bee_GT.bmp"] = encoded(cropped)
    with pytest.raises(DownloadError, match=r"bee_GT\.bmp, got other samples, 34x40x3"):
        get_pictures(INSECTS, list(INSECTS.pictures.values()), tmp_path, server=server.url)
    assert names(missing_pictures(INSECTS, tmp_path)) == ["bee", "cat"]


def test_a_page_instead_of_a_picture_is_refused(server: Server, tmp_path: Path) -> None:
    server.files[f"/{REPOSITORY}/HEAD/Test/ant_GT.bmp"] = b"<html>log in first</html>"
    with pytest.raises(DownloadError, match="got what cannot be read"):
        get_pictures(INSECTS, list(INSECTS.pictures.values()), tmp_path, server=server.url)


def test_the_same_file_in_another_compression_is_accepted(server: Server, tmp_path: Path) -> None:
    server.files[f"/{REPOSITORY}/HEAD/Test/ant_GT.bmp"] = encoded(tiny_picture("ant"), "PNG")
    ant = INSECTS.pictures["ant"]
    get_pictures(INSECTS, [ant], tmp_path, server=server.url)
    assert names(missing_pictures(INSECTS, tmp_path)) == ["bee", "cat"]


def test_what_somebody_has_needs_no_network(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    PillowImage.fromarray(tiny_picture("cat")).save(tmp_path / "mine" / "tom.png")
    left = take_from(tmp_path / "mine", list(INSECTS.pictures.values()), tmp_path / "Insects")
    assert names(left) == ["ant", "bee"]
    assert (tmp_path / "Insects" / "cat.png").is_file()


def test_accepted_terms_are_remembered_until_they_change(tmp_path: Path) -> None:
    folder = tmp_path / "Insects"
    assert not terms_accepted(INSECTS, folder)
    accept_terms(INSECTS, folder)
    assert terms_accepted(INSECTS, folder)
    (folder / "TERMS.txt").write_text(terms(INSECTS).replace("Free", "Not free"), encoding="utf-8")
    assert not terms_accepted(INSECTS, folder)


def test_a_folder_that_cannot_be_made_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "Insects").write_bytes(b"")
    with pytest.raises(OutputError, match="expected to make the folder"):
        accept_terms(INSECTS, tmp_path / "Insects")
