import json
from collections.abc import Callable

from srcnn.zoo.cards import shipped_cards

KEYS = ["name", "scale", "weights", "macs_per_pixel", "set5_psnr", "set14_psnr", "licence", "training_data"]


def test_json_lists_every_shipped_model_with_the_keys_of_the_contract(srcnn: Callable) -> None:
    outcome = srcnn("models", "--json")
    assert (outcome.code, outcome.err) == (0, "")
    rows = json.loads(outcome.out)
    assert len(rows) == len(shipped_cards())
    for row, card in zip(rows, shipped_cards(), strict=True):
        assert row == {key: getattr(card, key) for key in KEYS}
        assert list(row) == KEYS


def test_the_text_has_a_line_for_each_model(srcnn: Callable) -> None:
    outcome = srcnn("models")
    assert outcome.code == 0
    header, *rows = outcome.out.splitlines()
    assert header.split()[:4] == ["model", "scale", "weights", "MAC/pixel"]
    assert [row.split()[:2] for row in rows] == [[card.name, f"x{card.scale}"] for card in shipped_cards()]


def test_srcnn_915_is_among_them(srcnn: Callable) -> None:
    models = {(row["name"], row["scale"]): row for row in json.loads(srcnn("models", "--json").out)}
    for scale in (2, 3, 4):
        assert models["srcnn-915", scale]["macs_per_pixel"] == 8032
        assert models["srcnn-915", scale]["weights"] == 8129
