from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_models import random_model, run_by_definition

from srcnn.errors import ModelFileError
from srcnn.runtime.network import StripNetwork
from srcnn.zoo.model_file import Model

MODELS = {
    "5-1-3": random_model(),
    "9-5-5": random_model((9, 5, 5), (4, 3), seed=1),
    "3": random_model((3,), (), seed=2),  # its rim has no width
    "1-5": random_model((1, 5), (3,), seed=3),  # and this one's is the whole reach
    "1": random_model((1,), (), seed=4),  # no reach at all
}
NETWORKS = {name: StripNetwork(model, engine="auto", threads=1) for name, model in MODELS.items()}
every_model = pytest.mark.parametrize("name", MODELS)


def random_plane(height: int, width: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).random((height, width), np.float32)


def whole(name: str, plane: np.ndarray) -> np.ndarray:
    return NETWORKS[name](plane, top=True, bottom=True)


def in_strips(name: str, plane: np.ndarray, cuts: list[int]) -> np.ndarray:
    """The plane in strips that end at the given rows."""
    reach, height = NETWORKS[name].reach, len(plane)
    bounds = sorted({0, height, *(cut for cut in cuts if 0 < cut < height)})
    strips = []
    for start, stop in pairwise(bounds):
        # A window that would reach beyond an edge ends there, and says so.
        top, bottom = start - reach <= 0, stop + reach >= height
        first, last = (0 if top else start - reach), (height if bottom else stop + reach)
        result = NETWORKS[name](plane[first:last], top=top, bottom=bottom)
        offset = first + (0 if top else reach)
        strips.append(result[start - offset : stop - offset])
    return np.concatenate(strips)


@every_model
@settings(deadline=None, max_examples=30)
@given(height=st.integers(1, 60), width=st.integers(1, 60), seed=st.integers(0, 99))
def test_a_whole_plane_is_the_definition_at_every_size(name: str, height: int, width: int, seed: int) -> None:
    plane = random_plane(height, width, seed)
    result = whole(name, plane)
    assert (result.shape, result.dtype) == (plane.shape, np.float32)
    np.testing.assert_allclose(result, run_by_definition(MODELS[name], plane), atol=5e-6)


@every_model
@settings(deadline=None, max_examples=30)
@given(
    height=st.integers(1, 70),
    width=st.integers(1, 50),
    cuts=st.lists(st.integers(1, 69), max_size=5),
    seed=st.integers(0, 99),
)
def test_strips_equal_the_whole_wherever_it_is_cut(
    name: str, height: int, width: int, cuts: list[int], seed: int
) -> None:
    plane = random_plane(height, width, seed)
    np.testing.assert_allclose(in_strips(name, plane, cuts), run_by_definition(MODELS[name], plane), atol=5e-6)


@every_model
def test_every_single_cut_gives_the_same_picture(name: str) -> None:
    plane = random_plane(41, 33)
    expected = whole(name, plane)
    for cut in range(1, 41):
        np.testing.assert_allclose(in_strips(name, plane, [cut]), expected, atol=5e-6)


@every_model
def test_an_inner_strip_gives_only_its_own_rows(name: str) -> None:
    reach = NETWORKS[name].reach
    result = NETWORKS[name](random_plane(50, 40), top=False, bottom=False)
    assert result.shape == (50 - 2 * reach, 40)


def test_the_window_is_left_as_it_was_and_may_be_a_view() -> None:
    plane = random_plane(80, 60)
    before = plane.copy()
    view = plane[::2, ::2]
    np.testing.assert_allclose(whole("9-5-5", view), whole("9-5-5", view.copy()), atol=0)
    np.testing.assert_array_equal(plane, before)


def test_a_flat_plane_stays_flat_up_to_its_edges() -> None:
    for name in MODELS:
        result = whole(name, np.full((37, 41), 0.5, np.float32))
        np.testing.assert_allclose(result, result[18, 20], atol=2e-6)


def test_the_paper_network_is_the_definition_too() -> None:
    model: Model = random_model((9, 1, 5), (64, 32), seed=9)
    plane = random_plane(61, 45)
    result = StripNetwork(model, engine="auto", threads=1)(plane, top=True, bottom=True)
    np.testing.assert_allclose(result, run_by_definition(model, plane), atol=1e-5)


def test_a_network_of_the_small_picture_is_refused() -> None:
    with pytest.raises(
        ModelFileError, match="expected a network that sees the enlarged picture, got one of the small one in tiny; "
    ):
        StripNetwork(random_model(input_space="lr"), engine="auto", threads=1)
