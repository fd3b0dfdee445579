from pathlib import Path

import numpy as np
import pytest
from disc_pictures import draw
from PIL import Image

from srcnn.errors import InvalidConfigError, InvalidImageError
from srcnn.imaging import rgb_to_luma_bt601
from srcnn.reproduce.sets import find_sets
from srcnn.reproduce.subjects import choose_pictures, middle, prepare, prepare_subjects


def test_the_pictures_of_the_papers_figures_are_shown(data: Path) -> None:
    sets, _ = find_sets(data, ["Set5"])
    assert choose_pictures(sets, None) == (("Set5 butterfly", data / "test" / "Set5" / "butterfly.png"),)


def test_of_other_sets_the_first_picture_is_shown(data: Path) -> None:
    (data / "test" / "Set5" / "butterfly.png").unlink()
    sets, _ = find_sets(data, ["Set5"])
    assert [name for name, _ in choose_pictures(sets, None)] == ["Set5 baby"]


def test_other_pictures_are_shown_instead_at_most_three(data: Path, tmp_path: Path) -> None:
    sets, _ = find_sets(data, ["Set5"])
    assert [name for name, _ in choose_pictures(sets, data / "test" / "Set5")] == ["baby", "bird", "butterfly"]
    (tmp_path / "empty").mkdir()
    with pytest.raises(InvalidConfigError, match="expected pictures in"):
        choose_pictures(sets, tmp_path / "empty")


def test_a_picture_is_cropped_and_its_luma_shrunk(tmp_path: Path) -> None:
    draw(tmp_path / "a.png", seed=0, size=(41, 37))
    subject = prepare("a", tmp_path / "a.png", 3)
    assert subject.title == "a \N{MULTIPLICATION SIGN}3"
    assert subject.rgb.shape == (36, 39, 3)
    assert (np.round(subject.truth * 255) == rgb_to_luma_bt601(subject.rgb)).all()
    assert subject.small.shape == (12, 13)
    chroma = subject.chroma()
    assert chroma is not None
    assert chroma.shape == (36, 39, 2)


@pytest.mark.parametrize("mode", ["L", "LA", "RGBA", "I;16"])
def test_every_kind_of_picture_becomes_grey_or_colour_of_8_bits(tmp_path: Path, mode: str) -> None:
    Image.new(mode, (20, 20), 40000 if mode == "I;16" else None).save(tmp_path / "a.png")
    subject = prepare("a", tmp_path / "a.png", 2)
    assert subject.rgb.shape == ((20, 20, 3) if mode == "RGBA" else (20, 20))
    assert subject.rgb.dtype == np.uint8
    assert (subject.chroma() is None) == (mode != "RGBA")
    if mode == "I;16":
        assert (subject.rgb == round(40000 / 257)).all()


def test_pictures_of_one_content_are_known_as_the_same(tmp_path: Path) -> None:
    for name, seed in (("a.png", 0), ("b.bmp", 0), ("c.png", 1)):
        draw(tmp_path / name, seed)
    a, b, c = (prepare(name, tmp_path / name, 2).made_of for name in ("a.png", "b.bmp", "c.png"))
    assert a == b != c
    assert a != prepare("a", tmp_path / "a.png", 3).made_of


def test_a_bad_picture_of_a_set_is_left_to_the_tables_and_one_of_ones_own_is_refused(data: Path) -> None:
    (data / "test" / "Set5" / "butterfly.png").write_bytes(b"no picture")
    sets, _ = find_sets(data, ["Set5"])
    assert prepare_subjects(sets, None, 2) == ()
    with pytest.raises(InvalidImageError, match="butterfly"):
        prepare_subjects((), data / "test" / "Set5", 2)


def test_of_a_large_picture_the_middle_is_taken() -> None:
    image = np.arange(12)[:, None] * 10 + np.arange(9)
    assert (middle(image, 4) == image[4:8, 2:6]).all()
    assert (middle(image, 20) == image).all()
