import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from tiny_models import random_model

from srcnn.zoo import cards
from srcnn.zoo.cards import Card, file_name, shipped_cards
from srcnn.zoo.model_file import save_model

CARD = Card(
    name="tiny",
    scale=2,
    architecture="none",
    weights=1,
    macs_per_pixel=1,
    protocol="authors",
    set5_psnr=30.0,
    set5_ssim=0.9,
    set14_psnr=27.0,
    set14_ssim=0.8,
    paper_set5_psnr=None,
    paper_set14_psnr=None,
    licence="MIT",
    training_sets=("T91",),
    training_data="none",
    recipe="none",
    seed=0,
    started_from=None,
    training_minutes=0.0,
)


@pytest.fixture
def shipped_tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A package that ships the model `tiny` at two scales and `other` at one."""
    folder = tmp_path / "weights"
    folder.mkdir()
    for name, scale in (("tiny", 3), ("tiny", 2), ("other", 4)):
        save_model(folder / file_name(name, scale), random_model(scale=scale))
        card = {field: getattr(CARD, field) for field in CARD.__dataclass_fields__} | {"name": name, "scale": scale}
        (folder / f"{name}_x{scale}.json").write_text(json.dumps(card))
    monkeypatch.setattr(cards, "_folder", lambda: folder)
    shipped_cards.cache_clear()
    yield
    shipped_cards.cache_clear()
