import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_models import random_model, run_by_definition

from srcnn.imaging import imresize
from srcnn.runtime import network
from srcnn.runtime.hr_network import HrNetwork

MODELS = {scale: random_model((9, 3, 5), (4, 3), scale=scale, seed=scale) for scale in (1, 2, 3, 4)}
NETWORKS = {scale: HrNetwork(model, engine="auto", threads=1) for scale, model in MODELS.items()}
every_scale = pytest.mark.parametrize("scale", MODELS)


def by_definition(scale: int, plane: np.ndarray) -> np.ndarray:
    return run_by_definition(MODELS[scale], imresize(plane, scale))


@every_scale
@settings(deadline=None, max_examples=20)
@given(height=st.integers(1, 30), width=st.integers(1, 30), seed=st.integers(0, 99))
def test_a_whole_plane_is_enlarged_and_goes_through_the_network(scale: int, height: int, width: int, seed: int) -> None:
    plane = np.random.default_rng(seed).random((height, width), np.float32)
    result = NETWORKS[scale](plane, top=True, bottom=True)
    np.testing.assert_allclose(result, by_definition(scale, plane), atol=5e-6)


@every_scale
def test_a_strip_is_its_rows_of_the_whole_wherever_it_is_cut(scale: int) -> None:
    plane, reach = np.random.default_rng(0).random((40, 21), np.float32), NETWORKS[scale].reach
    expected = by_definition(scale, plane)
    for start, stop in ((reach, reach + 1), (reach + 1, 40 - reach), (15, 22)):
        result = NETWORKS[scale](plane[start - reach : stop + reach], top=False, bottom=False)
        np.testing.assert_allclose(result, expected[scale * start : scale * stop], atol=5e-6)


def test_tiles_of_a_wide_plane_are_the_definition_too(monkeypatch: pytest.MonkeyPatch) -> None:
    plane = np.random.default_rng(0).random((20, 41), np.float32)
    for columns in (1, 16, 33):
        monkeypatch.setattr(network, "TILE_COLUMNS", columns)
        result = NETWORKS[3](plane, top=True, bottom=True)
        np.testing.assert_allclose(result, by_definition(3, plane), atol=5e-6)
