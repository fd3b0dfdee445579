from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_models import random_model, run_by_definition

from srcnn.imaging import imresize
from srcnn.runtime.engines import Engine
from srcnn.runtime.fold import fold_enlargement
from srcnn.runtime.folded_network import FoldedNetwork
from srcnn.zoo.model_file import Model

MODELS = {
    "9-1-5 x2": random_model((9, 1, 5), scale=2, seed=1),
    "9-1-5 x3": random_model((9, 1, 5), scale=3, seed=2),
    "9-1-5 x4": random_model((9, 1, 5), scale=4, seed=3),
    "5-1-1-3 x3": random_model((5, 1, 1, 3), (4, 3, 2), scale=3, seed=4),
    "11-7 x2": random_model((11, 7), (4,), scale=2, seed=5),
    "1-1 x5": random_model((1, 1), (3,), scale=5, seed=6),
    "9-3 x8": random_model((9, 3), (2,), scale=8, seed=7),
}


def folded(model: Model, engine: Engine = "auto") -> FoldedNetwork:
    return FoldedNetwork(model, fold_enlargement(model), engine=engine, threads=1)


NETWORKS = {name: folded(model) for name, model in MODELS.items()}
every_model = pytest.mark.parametrize("name", MODELS)


def random_plane(height: int, width: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).random((height, width), np.float32)


def by_definition(name: str, plane: np.ndarray) -> np.ndarray:
    return run_by_definition(MODELS[name], imresize(plane, MODELS[name].spec.scale))


def in_strips(name: str, plane: np.ndarray, cuts: list[int]) -> np.ndarray:
    """The plane in strips that end at the given rows."""
    reach, scale, height = NETWORKS[name].reach, MODELS[name].spec.scale, len(plane)
    bounds = sorted({0, height, *(cut for cut in cuts if 0 < cut < height)})
    strips = []
    for start, stop in pairwise(bounds):
        # A window that would reach beyond an edge ends there, and says so.
        top, bottom = start < reach, stop + reach > height
        first, last = (0 if top else start - reach), (height if bottom else stop + reach)
        result = NETWORKS[name](plane[first:last], top=top, bottom=bottom)
        offset = first + (0 if top else reach)
        strips.append(result[scale * (start - offset) : scale * (stop - offset)])
    return np.concatenate(strips)


@every_model
@settings(deadline=None, max_examples=30)
@given(height=st.integers(1, 30), width=st.integers(1, 30), seed=st.integers(0, 99))
def test_a_whole_plane_is_the_network_on_the_enlarged_one_at_every_size(
    name: str, height: int, width: int, seed: int
) -> None:
    plane = random_plane(height, width, seed)
    result = NETWORKS[name](plane, top=True, bottom=True)
    np.testing.assert_allclose(result, by_definition(name, plane), atol=1e-5)


@every_model
@settings(deadline=None, max_examples=30)
@given(
    height=st.integers(1, 40),
    width=st.integers(1, 20),
    cuts=st.lists(st.integers(1, 39), max_size=5),
    seed=st.integers(0, 99),
)
def test_strips_equal_the_whole_wherever_it_is_cut(
    name: str, height: int, width: int, cuts: list[int], seed: int
) -> None:
    plane = random_plane(height, width, seed)
    np.testing.assert_allclose(in_strips(name, plane, cuts), by_definition(name, plane), atol=1e-5)


@every_model
def test_every_single_cut_gives_the_same_picture(name: str) -> None:
    plane = random_plane(41, 13)
    expected = by_definition(name, plane)
    for cut in range(1, 41):
        np.testing.assert_allclose(in_strips(name, plane, [cut]), expected, atol=1e-5)


@every_model
def test_tiles_of_every_width_equal_the_whole(name: str) -> None:
    plane = random_plane(19, 45)
    expected = by_definition(name, plane)
    network = folded(MODELS[name])
    for columns in (*range(1, 12), 16, 23, 44, 45, 46):
        network.columns = columns
        np.testing.assert_allclose(network(plane, top=True, bottom=True), expected, atol=1e-5)


@pytest.mark.parametrize("engine", ["onnxruntime", "openvino"])
@pytest.mark.parametrize("scale", [2, 3, 4])
def test_the_paper_network_is_the_definition_in_every_engine(engine: Engine, scale: int) -> None:
    model = random_model((9, 1, 5), (64, 32), scale=scale, seed=9)
    network = folded(model, engine)
    for shape in ((19, 25), (12, 16), (1, 1), (2, 3)):
        plane = random_plane(*shape)
        expected = run_by_definition(model, imresize(plane, scale))
        np.testing.assert_allclose(network(plane, top=True, bottom=True), expected, atol=1e-5)


def test_the_window_is_left_as_it_was_and_may_be_a_view() -> None:
    plane = random_plane(80, 60)
    before = plane.copy()
    view, network = plane[::2, ::2], NETWORKS["9-1-5 x3"]
    result = network(view, top=True, bottom=True)
    np.testing.assert_array_equal(result, network(view.copy(), top=True, bottom=True))
    np.testing.assert_array_equal(plane, before)


def test_a_flat_plane_stays_flat_up_to_its_edges() -> None:
    for network in NETWORKS.values():
        result = network(np.full((37, 41), 0.5, np.float32), top=True, bottom=True)
        np.testing.assert_allclose(result, result[60, 70], atol=5e-6)
