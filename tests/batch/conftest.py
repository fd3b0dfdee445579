from types import SimpleNamespace

import pytest
from tiny_models import gentle_model

from srcnn.batch.enlarge import Upscalers
from srcnn.zoo.model_file import save_model


@pytest.fixture(scope="session")
def upscalers(tmp_path_factory: pytest.TempPathFactory) -> Upscalers:
    """A small network for x2, from a file."""
    path = tmp_path_factory.mktemp("model") / "tiny.safetensors"
    save_model(path, gentle_model(scale=2))
    return Upscalers(path, threads=1)


@pytest.fixture
def family(monkeypatch: pytest.MonkeyPatch) -> Upscalers:
    """A shipped model of the scales 2, 3 and 4."""
    cards = [SimpleNamespace(name="family", scale=scale) for scale in (2, 3, 4)]
    monkeypatch.setattr("srcnn.batch.enlarge.shipped_cards", lambda: cards)
    monkeypatch.setattr("srcnn.batch.enlarge.load_model", lambda _, scale: gentle_model(scale=scale))
    return Upscalers("family", threads=1)
