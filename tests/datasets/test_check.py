from pathlib import Path

import numpy as np
import pytest
from PIL import Image as PillowImage
from tiny_datasets import NAMES, tiny_dataset, tiny_picture

from srcnn.datasets import check as module
from srcnn.datasets.check import Check, check_folder
from srcnn.datasets.manifest import datasets
from srcnn.errors import InvalidConfigError
from srcnn.imaging import crop_to_multiple, imresize
from srcnn.pictures.read import read_array

INSECTS = tiny_dataset()


@pytest.fixture
def insects(tmp_path: Path) -> Path:
    """The standard set, as PNG."""
    folder = tmp_path / "insects"
    folder.mkdir()
    for name in NAMES:
        PillowImage.fromarray(tiny_picture(name)).save(folder / f"{name}.png")
    return folder


def verdicts(check: Check) -> dict[str | None, tuple[str, str]]:
    return {finding.picture: (finding.verdict, finding.detail) for finding in check.findings}


def put(folder: Path, name: str, image: np.ndarray) -> None:
    PillowImage.fromarray(image).save(folder / f"{name}.png")


def test_the_standard_set_is_the_standard_set(insects: Path) -> None:
    told = []
    check = check_folder(insects, INSECTS, progress=lambda *step: told.append(step))
    assert (check.dataset, check.is_standard) == ("Insects", True)
    assert [finding.verdict for finding in check.findings] == ["same"] * 3
    assert told == [(1, 3), (2, 3), (3, 3)]


def test_pictures_behind_links_are_looked_at_as_everywhere(insects: Path, tmp_path: Path) -> None:
    links = tmp_path / "links"
    links.mkdir()
    for path in insects.iterdir():
        (links / path.name).symlink_to(path)
    assert check_folder(links, INSECTS).is_standard


@pytest.mark.parametrize("name", ["ant_GT.png", "ANT.png", "img_001.png"])
def test_renamed_pictures_are_recognised(insects: Path, name: str) -> None:
    (insects / "ant.png").rename(insects / name)
    check = check_folder(insects, INSECTS)
    assert check.is_standard
    assert verdicts(check)["ant"][0] == ("renamed" if name.startswith("img") else "same")


def test_names_that_were_exchanged_are_renamed(insects: Path) -> None:
    put(insects, "ant", tiny_picture("bee"))
    put(insects, "bee", tiny_picture("ant"))
    check = check_folder(insects, INSECTS)
    assert [finding.verdict for finding in check.findings] == ["renamed", "renamed", "same"]


def test_missing_and_extra_pictures_are_named(insects: Path) -> None:
    (insects / "bee.png").unlink()
    put(insects, "dog", np.zeros((9, 9), np.uint8))
    check = check_folder(insects, INSECTS)
    assert not check.is_standard
    assert verdicts(check)["bee"] == ("missing", "")
    assert [f.file.name for f in check.findings if f.verdict == "extra" and f.file] == ["dog.png"]


@pytest.mark.parametrize("name", ["bee", "img_002"])
def test_a_known_wrong_copy_is_named_whatever_it_is_called(insects: Path, name: str) -> None:
    (insects / "bee.png").unlink()
    put(insects, name, tiny_picture("bee")[:34, :40])
    assert verdicts(check_folder(insects, INSECTS))["bee"] == ("differs", "cropped to a multiple of 2")


@pytest.mark.parametrize(
    ("change", "detail"),
    [
        (lambda image: imresize(image, size=(11, 13)), "1/3 of the size"),
        (lambda image: image[1:], "cropped or resized: 41 x 34 pixels instead of 41 x 35"),
        (lambda image: image[:, :, 0], "1 channels instead of 3"),
        (lambda image: image ^ 1, "other samples in a picture of the right size"),
    ],
)
def test_what_differs_is_said(insects: Path, change, detail: str) -> None:
    put(insects, "bee", np.ascontiguousarray(change(tiny_picture("bee"))))
    verdict, said = verdicts(check_folder(insects, INSECTS))["bee"]
    assert verdict == "differs"
    assert detail in said


def test_a_picture_that_cannot_be_read_is_said(insects: Path) -> None:
    (insects / "bee.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    verdict, said = verdicts(check_folder(insects, INSECTS))["bee"]
    assert verdict == "differs"
    assert said.startswith("cannot be read: expected")


def test_one_picture_twice_needs_two_files(tmp_path: Path) -> None:
    t91 = datasets()["T91"].pictures
    twins = {name: t91[name] for name in ("t36", "t65")}
    image = tiny_picture("ant")
    dataset = tiny_dataset()
    same = {name: module.StandardPicture(**{**as_fields(dataset.pictures["ant"]), "name": name}) for name in twins}
    put(tmp_path, "t65", image)
    check = check_folder(tmp_path, module.Dataset(**{**as_fields(dataset), "pictures": same}))
    assert {name: verdict for name, (verdict, _) in verdicts(check).items()} == {"t36": "missing", "t65": "same"}


def as_fields(value: object) -> dict:
    return {name: getattr(value, name) for name in value.__slots__}


def test_the_set_is_found_by_samples_and_else_by_names(insects: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "datasets", lambda: {**datasets(), "Insects": INSECTS})
    assert check_folder(insects).dataset == "Insects"
    for path in insects.iterdir():
        put(insects, path.stem, np.zeros((9, 9), np.uint8))
    check = check_folder(insects)
    assert check.dataset == "Insects"
    assert not check.is_standard


def test_other_pictures_are_no_standard_set(tmp_path: Path) -> None:
    put(tmp_path, "holiday", tiny_picture("ant"))
    check = check_folder(tmp_path)
    assert (check.dataset, check.is_standard) == (None, False)


def test_a_folder_without_pictures_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfigError, match="expected pictures in"):
        check_folder(tmp_path)


def test_the_copies_that_are_known_of_set14_are_recognised(shared_data: Path, tmp_path: Path) -> None:
    for name in ("bridge", "comic", "ppt3", "zebra"):
        image = read_array(shared_data / "test" / "Set14" / f"{name}.png")
        wrong = np.repeat(image[:, :, None], 3, 2) if name == "bridge" else crop_to_multiple(image, 2)
        put(tmp_path, name, np.ascontiguousarray(wrong))
    check = check_folder(tmp_path)
    assert check.dataset == "Set14"
    said = {name: detail for name, (verdict, detail) in verdicts(check).items() if verdict == "differs"}
    assert said.keys() == {"bridge", "comic", "ppt3", "zebra"}
    assert all("dcscn" in said[name] for name in ("comic", "ppt3", "zebra"))
    assert "BasicSR" in said["bridge"]
