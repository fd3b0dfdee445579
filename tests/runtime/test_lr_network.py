import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_models import random_model, run_lr_by_definition

from srcnn.runtime import lr_network
from srcnn.runtime.lr_network import LrNetwork

MODELS = {scale: random_model((5, 3, 3), (4, 3), scale=scale, input_space="lr", seed=scale) for scale in (2, 3, 4)}
NETWORKS = {scale: LrNetwork(model, engine="auto", threads=1) for scale, model in MODELS.items()}
every_scale = pytest.mark.parametrize("scale", MODELS)


def random_plane(height: int, width: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).random((height, width), np.float32)


@every_scale
@settings(deadline=None, max_examples=20)
@given(height=st.integers(1, 30), width=st.integers(1, 30), seed=st.integers(0, 99))
def test_a_whole_plane_in_lr_is_the_definition_at_every_size(scale: int, height: int, width: int, seed: int) -> None:
    plane = random_plane(height, width, seed)
    result = NETWORKS[scale](plane, top=True, bottom=True)
    assert (result.shape, result.dtype) == ((scale * height, scale * width), np.float32)
    np.testing.assert_allclose(result, run_lr_by_definition(MODELS[scale], plane), atol=5e-6)


@every_scale
@settings(deadline=None, max_examples=20)
@given(height=st.integers(2, 40), width=st.integers(1, 30), cut=st.integers(1, 39), seed=st.integers(0, 99))
def test_two_strips_in_lr_equal_the_whole_wherever_it_is_cut(
    scale: int, height: int, width: int, cut: int, seed: int
) -> None:
    plane, cut, reach = random_plane(height, width, seed), min(cut, height - 1), NETWORKS[scale].reach
    last, first = min(height, cut + reach), max(0, cut - reach)
    upper = NETWORKS[scale](plane[:last], top=True, bottom=last == height)
    lower = NETWORKS[scale](plane[first:], top=first == 0, bottom=True)
    lower = lower[scale * (cut - first if first == 0 else 0) :]
    result = np.concatenate([upper[: scale * cut], lower])
    np.testing.assert_allclose(result, run_lr_by_definition(MODELS[scale], plane), atol=5e-6)


def test_tiles_of_a_wide_plane_equal_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    plane = random_plane(9, 41)
    monkeypatch.setattr(lr_network, "_TILE_COLUMNS", 8)
    result = LrNetwork(MODELS[3], engine="auto", threads=1)(plane, top=True, bottom=True)
    np.testing.assert_allclose(result, run_lr_by_definition(MODELS[3], plane), atol=5e-6)
