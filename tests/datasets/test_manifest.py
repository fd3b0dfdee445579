from pathlib import Path

import pytest

from srcnn.datasets.check import check_folder
from srcnn.datasets.manifest import dataset_named, datasets
from srcnn.errors import InvalidConfigError
from srcnn.evaluation.published import DATASETS

# Pictures in each set.
COUNTS = {
    "T91": 91,
    "BSD200": 200,
    "BSDS500_test200": 200,
    "CID22_512": 208,
    "GB82": 25,
    "Set5": 5,
    "Set14": 14,
    "BSD100": 100,
    "Kodak24": 24,
}


def test_the_sets_have_all_their_pictures() -> None:
    assert {name: len(dataset.pictures) for name, dataset in datasets().items()} == COUNTS


@pytest.mark.parametrize("name", DATASETS)
def test_the_test_sets_are_those_that_evaluation_knows(name: str) -> None:
    assert datasets()[name].pictures.keys() == DATASETS[name]


@pytest.mark.parametrize("name", COUNTS)
def test_every_picture_is_described_completely(name: str) -> None:
    dataset = datasets()[name]
    assert dataset.terms
    assert dataset.cite
    assert dataset.repository.count("/") == 1
    assert len({picture.path for picture in dataset.pictures.values()}) == COUNTS[name]
    for picture in dataset.pictures.values():
        assert len(picture.pixels) == 64
        assert (picture.sha256 is None) == (picture.size is None)
        assert picture.pixels not in picture.copies


def test_only_t91_has_one_picture_twice() -> None:
    pictures = [picture for dataset in datasets().values() for picture in dataset.pictures.values()]
    assert len({picture.pixels for picture in pictures}) == len(pictures) - 1
    t91 = datasets()["T91"].pictures
    assert t91["t36"].pixels == t91["t65"].pixels


def test_training_and_test_pictures_are_disjoint() -> None:
    train = {p.pixels for name in ("T91", "BSD200", "BSDS500_test200") for p in datasets()[name].pictures.values()}
    test = {p.pixels for name in ("Set5", "Set14", "BSD100", "Kodak24") for p in datasets()[name].pictures.values()}
    assert not train & test


def test_bridge_is_grey_and_its_rgb_copy_is_known() -> None:
    bridge = datasets()["Set14"].pictures["bridge"]
    assert bridge.shape == (512, 512)
    assert any(what.startswith("expanded to RGB, as BasicSR does") for what in bridge.copies.values())


def test_names_are_found_whatever_their_case() -> None:
    assert dataset_named("bsd100").name == "BSD100"
    with pytest.raises(InvalidConfigError, match=r"expected one of the sets T91, .*got 'Set15'"):
        dataset_named("Set15")


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if name in ("Set5", "T91") else pytest.mark.slow) for name in COUNTS]
)
def test_the_checksums_are_those_of_the_pictures(shared_data: Path, name: str) -> None:
    folder = next(path for part in ("train", "test") if (path := shared_data / part / name).is_dir())
    check = check_folder(folder)
    assert (check.dataset, check.is_standard) == (name, True)
    assert all(finding.verdict == "same" for finding in check.findings)
