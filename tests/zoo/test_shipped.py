from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tiny_models import random_model

from srcnn.errors import InvalidConfigError, ModelFileError
from srcnn.spec import FORMAT
from srcnn.zoo.cards import Card, shipped_cards
from srcnn.zoo.model_file import save_model
from srcnn.zoo.shipped import load_model

CARDS = {f"{card.name} x{card.scale}": card for card in shipped_cards()}
every_card = pytest.mark.parametrize("card", CARDS.values(), ids=CARDS)


@pytest.fixture
def model_file(tmp_path: Path) -> Path:
    save_model(tmp_path / "own.safetensors", random_model(scale=3))
    return tmp_path / "own.safetensors"


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_srcnn_915_is_shipped_at_two_three_and_four(scale: int) -> None:
    assert load_model("srcnn-915", scale).spec.scale == scale


@every_card
def test_a_shipped_model_is_what_its_card_says(card: Card) -> None:
    model = load_model(card.name, card.scale)
    assert (model.spec.name, model.spec.scale) == (card.name, card.scale)
    assert card.weights == model.spec.weight_count == sum(weight.size for weight in model.weights.values())
    assert card.macs_per_pixel == model.spec.macs_per_pixel
    assert all(np.isfinite(weight).all() for weight in model.weights.values())


def test_a_shipped_name_and_scale_load_its_file(shipped_tiny: None) -> None:
    assert load_model("tiny", 3).spec.scale == 3
    assert load_model("tiny", 2).spec.scale == 2


def test_a_scale_may_be_a_floating_point_number_or_numpys(shipped_tiny: None) -> None:
    for scale in (3.0, np.int64(3)):
        assert load_model("tiny", scale).spec.scale == 3  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize("scale", [4, 1, 2.5, None])
def test_a_scale_that_a_shipped_model_does_not_have_is_refused_with_those_it_has(
    shipped_tiny: None, scale: Any
) -> None:
    got = "none" if scale is None else scale
    with pytest.raises(InvalidConfigError, match=f"one of the scales 2, 3 of tiny, got {got}; choose one of them"):
        load_model("tiny", scale)


@pytest.mark.parametrize("name", ["srcn-915", "Tiny", "folder/none"])
def test_an_unknown_name_is_refused_with_those_there_are(shipped_tiny: None, name: str) -> None:
    with pytest.raises(ModelFileError, match=f"a model file or one of the shipped models other, tiny, got {name!r}; "):
        load_model(name, 2)


@pytest.mark.parametrize("name", ["tinny", "Tiny", "tin", "OTHER"])
def test_a_name_close_to_a_shipped_one_is_told_that_one(shipped_tiny: None, name: str) -> None:
    meant = "other" if name == "OTHER" else "tiny"
    with pytest.raises(ModelFileError, match=f"got {name!r}; did you mean {meant}[?]$"):
        load_model(name, 2)


@pytest.mark.parametrize("name", ["srcn-915", "folder/none", "x"])
def test_a_name_close_to_none_is_told_to_choose(shipped_tiny: None, name: str) -> None:
    with pytest.raises(ModelFileError, match=f"got {name!r}; choose one of them$"):
        load_model(name, 2)


@pytest.mark.parametrize("as_text", [True, False])
@pytest.mark.parametrize("scale", [None, 3])
def test_a_file_knows_its_own_scale(model_file: Path, scale: int | None, as_text: bool) -> None:
    assert load_model(str(model_file) if as_text else model_file, scale).spec.scale == 3


def test_a_file_without_suffix_is_a_file_too(model_file: Path) -> None:
    assert load_model(model_file.rename(model_file.with_suffix(""))).spec.scale == 3


def test_a_file_of_another_scale_is_refused(model_file: Path) -> None:
    with pytest.raises(InvalidConfigError, match=r"expected the scale 3 of .*own.safetensors, got 2; "):
        load_model(model_file, 2)


def test_a_missing_file_is_called_a_file_not_an_unknown_name(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match=r"expected a model file at .*none.safetensors, got: No such file"):
        load_model(tmp_path / "none.safetensors")


def test_the_format_is_the_one_that_shipped_files_were_written_in() -> None:
    assert FORMAT == "srcnn-1"
