import json
from collections.abc import Callable, Generator
from pathlib import Path

import pytest
from PIL import Image as PillowImage
from tiny_datasets import NAMES, Server, serving, tiny_dataset, tiny_picture

from srcnn.datasets import check as check_module
from srcnn.datasets import download as download_module
from srcnn.datasets import manifest as manifest_module


@pytest.fixture(autouse=True)
def insects(monkeypatch: pytest.MonkeyPatch) -> None:
    """The only standard set is a small one."""
    for module in (manifest_module, check_module):
        monkeypatch.setattr(module, "datasets", lambda: {"Insects": tiny_dataset()})


@pytest.fixture
def server() -> Generator[Server]:
    with serving() as state:
        yield state


def test_terms_are_shown_and_must_be_accepted_first(srcnn: Callable, server: Server, tmp_path: Path) -> None:
    outcome = srcnn("data", "get", "Insects", "-o", tmp_path, "--mirror", server.url)
    assert outcome.code == 2
    assert "terms: Free for anything." in outcome.err
    assert "expected --accept-terms for Insects" in outcome.err
    assert server.requests == []
    assert list(tmp_path.iterdir()) == []


def test_a_set_is_fetched_once_and_then_only_checked(srcnn: Callable, server: Server, tmp_path: Path) -> None:
    get = ("data", "get", "insects", "-o", tmp_path, "--mirror", server.url)
    outcome = srcnn(*get, "--accept-terms")
    assert (outcome.code, outcome.out) == (0, f"{tmp_path / 'Insects'}: 3 of 3 pictures, all checked\n")
    assert "terms: Free" in outcome.err
    assert len(server.requests) == 3
    again = srcnn(*get)
    assert (again.code, again.err) == (0, "")
    assert len(server.requests) == 3
    (tmp_path / "Insects" / "bee.bmp").unlink()
    assert srcnn(*get).code == 0  # the terms were accepted before
    assert len(server.requests) == 4


def test_an_interrupted_set_goes_on_with_the_same_command(
    srcnn: Callable, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download_module.time, "sleep", lambda _: None)
    whole = len(server.files[next(iter(server.files))])
    server.break_after = [whole, *[100] * download_module.ATTEMPTS]
    get = ("data", "get", "Insects", "-o", tmp_path, "--mirror", server.url, "--accept-terms")
    outcome = srcnn(*get)
    assert outcome.code == 2
    assert "run the same command again to go on" in outcome.err
    assert srcnn(*get).code == 0
    assert f"bytes={100 * download_module.ATTEMPTS}-" in [wanted for _, wanted in server.requests]
    assert json.loads(srcnn("data", "check", tmp_path, "--json").out)[0]["standard"]


def test_pictures_somebody_has_are_taken_in(srcnn: Callable, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    for number, name in enumerate(NAMES[:2]):
        PillowImage.fromarray(tiny_picture(name)).save(tmp_path / "mine" / f"{number}.png")
    outcome = srcnn("data", "get", "Insects", "-o", tmp_path, "--accept-terms", "--from", tmp_path / "mine")
    assert outcome.code == 1
    assert "2 of 3 pictures" in outcome.out
    assert f"not in {tmp_path / 'mine'}: cat" in outcome.err


def test_an_unknown_set_is_refused(srcnn: Callable, tmp_path: Path) -> None:
    srcnn("data", "get", "Set15", "-o", tmp_path).assert_refused("expected one of the sets Insects")


def test_a_folder_and_the_folders_in_it_are_checked(srcnn: Callable, tmp_path: Path) -> None:
    for folder in ("good", "bad"):
        (tmp_path / folder).mkdir()
        for name in NAMES:
            PillowImage.fromarray(tiny_picture(name)).save(tmp_path / folder / f"{name}.png")
    (tmp_path / "bad" / "cat.png").unlink()
    PillowImage.fromarray(tiny_picture("bee")[:34, :40]).save(tmp_path / "bad" / "bee.png")
    PillowImage.fromarray(tiny_picture("bee")[::-1]).save(tmp_path / "bad" / "dog.png")
    good = srcnn("data", "check", tmp_path / "good")
    assert (good.code, good.out) == (0, f"{tmp_path / 'good'}: the standard Insects, 3 of 3 pictures are right\n")
    both = srcnn("data", "check", tmp_path)
    assert both.code == 1
    assert both.out.splitlines() == [
        f"{tmp_path / 'bad'}: not the standard Insects, 1 of 3 pictures are right",
        "  bee: cropped to a multiple of 2 (bee.png)",
        "  extra: dog.png",
        "  missing: cat",
        f"{tmp_path / 'good'}: the standard Insects, 3 of 3 pictures are right",
    ]


def test_json_says_the_same(srcnn: Callable, tmp_path: Path) -> None:
    PillowImage.fromarray(tiny_picture("ant")).save(tmp_path / "a.png")
    (checked,) = json.loads(srcnn("data", "check", tmp_path, "--set", "Insects", "--json").out)
    assert (checked["set"], checked["standard"]) == ("Insects", False)
    assert checked["pictures"][0] == {"picture": "ant", "file": "a.png", "verdict": "renamed", "detail": ""}


def test_other_pictures_are_no_standard_set(srcnn: Callable, tmp_path: Path) -> None:
    PillowImage.fromarray(tiny_picture("ant")[::-1]).save(tmp_path / "holiday.png")
    outcome = srcnn("data", "check", tmp_path)
    assert outcome.code == 1
    assert "no standard set" in outcome.out
