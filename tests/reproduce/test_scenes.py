from pathlib import Path

import numpy as np
import pytest
from disc_pictures import draw
from tiny_models import gentle_model

from srcnn.imaging import from_float, psnr
from srcnn.reproduce import scenes as module
from srcnn.reproduce.methods import ReportMethod, choose_methods
from srcnn.reproduce.run import Workshop
from srcnn.reproduce.scenes import make_scene, make_scenes, worst_part
from srcnn.reproduce.subjects import Subject, prepare
from srcnn.upscaler import Upscaler

METHODS = (
    *choose_methods([2], ["bicubic"]),
    ReportMethod(name="tiny", scale=2, kind="user", published_as="tiny", model=gentle_model()),
)


@pytest.fixture
def subject(tmp_path: Path) -> Subject:
    draw(tmp_path / "a.png", seed=0, size=(120, 100))
    return prepare("a", tmp_path / "a.png", 2)


def test_a_scene_has_the_original_and_every_method_with_its_psnr(workshop: Workshop, subject: Subject) -> None:
    scene = make_scene(workshop, subject, METHODS, lambda: None)
    assert scene.title == "a \N{MULTIPLICATION SIGN}2"
    assert [tile.label for tile in scene.tiles] == ["original", "bicubic", "tiny"]
    assert [tile.errors is None for tile in scene.tiles] == [True, False, False]
    plane = from_float(Upscaler(gentle_model(), threads=1).luma(subject.small), np.uint8)
    expected = psnr(plane, from_float(subject.truth, np.uint8), data_range=255, border=2)
    assert scene.tiles[2].psnr == pytest.approx(expected)
    left, top, width, height = scene.box
    assert (width, height) == (pytest.approx(64 / 120 * 100, abs=0.01), 64)
    assert 0 <= left <= 100 - width
    assert 0 <= top <= 100 - height


def test_planes_are_kept_and_a_damaged_one_is_made_again(
    workshop: Workshop, subject: Subject, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[object] = []
    enlarge = module.enlarge
    monkeypatch.setattr(module, "enlarge", lambda *arguments: calls.append(arguments) or enlarge(*arguments))
    first = make_scenes(workshop, [subject], METHODS, lambda done, total: None)
    assert len(calls) == 2
    assert make_scenes(workshop, [subject], METHODS, lambda done, total: None) == first
    assert len(calls) == 2
    damaged = sorted(workshop.cache.folder.glob("*.npy"))
    damaged[0].write_bytes(b"")
    np.save(damaged[1], np.zeros((3, 2), np.uint8))
    assert make_scenes(workshop, [subject], METHODS, lambda done, total: None) == first
    assert len(calls) == 4
    np.save(damaged[0], np.load(damaged[0]).astype(np.float32))
    assert make_scenes(workshop, [subject], METHODS, lambda done, total: None) == first
    assert len(calls) == 5


def test_a_method_that_fails_is_left_out(workshop: Workshop, subject: Subject) -> None:
    model = gentle_model()
    for name in ("conv1.weight", "conv2.weight", "conv3.weight"):
        model.weights[name][:] = np.float32(1e30)
    wild = ReportMethod(name="wild", scale=2, kind="user", published_as="wild", model=model)
    progress: list[tuple[int, int]] = []
    (scene,) = make_scenes(workshop, [subject], [wild, METHODS[0]], lambda *numbers: progress.append(numbers))
    assert [tile.label for tile in scene.tiles] == ["original", "bicubic"]
    assert progress == [(1, 2), (2, 2)]


def test_a_grey_picture_stays_grey(workshop: Workshop, subject: Subject, tmp_path: Path) -> None:
    from PIL import Image

    Image.fromarray(subject.rgb[:, :, 0]).save(tmp_path / "grey.png")
    scene = make_scene(workshop, prepare("grey", tmp_path / "grey.png", 2), METHODS, lambda: None)
    assert len(scene.tiles) == 3


def test_the_part_shown_is_where_the_error_is() -> None:
    hr = np.zeros((150, 200), np.uint8)
    sr = hr.copy()
    sr[30:40, 120:130] = 50
    rows, columns = worst_part(sr, hr)
    assert rows.stop - rows.start == columns.stop - columns.start == 64
    assert rows.start <= 30
    assert rows.stop >= 40
    assert columns.start <= 120
    assert columns.stop >= 130


def test_a_picture_smaller_than_the_part_is_shown_whole() -> None:
    assert worst_part(np.ones((20, 90), np.uint8), np.zeros((20, 90), np.uint8))[0] == slice(0, 20)
