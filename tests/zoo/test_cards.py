from importlib import resources

import pytest

from srcnn.zoo.cards import Card, file_name, markdown_table, shipped_cards
from srcnn.zoo.shipped import load_model

CARDS = {f"{card.name} x{card.scale}": card for card in shipped_cards()}
every_card = pytest.mark.parametrize("card", CARDS.values(), ids=CARDS)


@every_card
def test_a_card_names_its_terms_and_its_recipe(card: Card) -> None:
    assert card.licence
    assert card.training_data
    assert card.recipe
    assert card.training_minutes > 0
    assert 20 < card.set14_psnr < card.set5_psnr < 40
    assert 0.5 < card.set14_ssim < card.set5_ssim < 1


# Mean PSNR of the authors' own networks trained on T91, measured with the weights they released: Set5, Set14.
@pytest.mark.parametrize(("scale", "set5", "set14"), [(2, 36.34, 32.18), (3, 32.39, 29.00), (4, 30.08, 27.20)])
def test_srcnn_915_is_at_least_as_good_as_the_authors_own(scale: int, set5: float, set14: float) -> None:
    card = CARDS[f"srcnn-915 x{scale}"]
    assert round(card.set5_psnr, 2) >= set5
    assert round(card.set14_psnr, 2) >= set14


def test_every_shipped_model_has_a_card_and_every_card_a_model() -> None:
    files = {
        file.name for file in (resources.files("srcnn.zoo") / "weights").iterdir() if not file.name.startswith(".")
    }
    models = {file_name(card.name, card.scale) for card in CARDS.values()}
    assert files == models | {name.replace(".safetensors", ".json") for name in models}


@every_card
def test_a_card_tells_of_both_networks_of_its_file(card: Card) -> None:
    model = load_model(card.name, card.scale)
    pairs = [(model, card)] + ([(model.chroma, card.chroma)] if model.chroma else [])
    assert (model.chroma is None) == (card.chroma is None)
    for network, facts in pairs:
        assert facts is not None
        assert network.spec.macs_per_pixel == facts.macs_per_pixel
        assert network.spec.weight_count == facts.weights


def test_cards_are_sorted_by_name_and_scale(shipped_tiny: None) -> None:
    assert [(card.name, card.scale) for card in shipped_cards()] == [("other", 4), ("tiny", 2), ("tiny", 3)]


def test_the_table_names_the_training_sets_of_every_scale() -> None:
    for row in markdown_table().splitlines()[2:]:
        _, name, *_, sets, _ = row.split("|")
        name = name.strip().strip("*`")
        trained = {each for card in shipped_cards() if card.name == name for each in card.training_sets}
        assert set(sets.strip().split(", ")) - {""} == trained
