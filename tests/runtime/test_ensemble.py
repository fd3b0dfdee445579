from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_models import random_model, run_by_definition, run_lr_by_definition

from srcnn.imaging import imresize
from srcnn.runtime.enlarging import EnlargingNetwork, enlarge_rows, open_network
from srcnn.runtime.ensemble import SelfEnsemble
from srcnn.zoo.model_file import Model

SCALE = 3
MODELS = {
    "folded": random_model((9, 1, 5), (4, 3), scale=SCALE, seed=1),
    "enlarged first": random_model((9, 3, 5), (4, 3), scale=SCALE, seed=2),
    "on the small plane": random_model((5, 3, 3), (4, 3), scale=SCALE, input_space="lr", seed=3),
}
OF_COLOUR = random_model((5, 3, 3), (4, 3), scale=SCALE, colour="rgb", input_space="lr", seed=4)
NETWORKS = {name: open_network(model, engine="auto", threads=1) for name, model in MODELS.items()}
every_network = pytest.mark.parametrize("name", NETWORKS)

# The symmetries of a square; each undoes itself but for the quarter turns, which undo each other.
COPIES: list[tuple[Callable[[np.ndarray], np.ndarray], Callable[[np.ndarray], np.ndarray]]] = [
    (lambda p: p, lambda p: p),
    (np.flipud, np.flipud),
    (np.fliplr, np.fliplr),
    (lambda p: np.rot90(p, 2), lambda p: np.rot90(p, 2)),
    (np.transpose, np.transpose),
    (lambda p: np.rot90(p, 1), lambda p: np.rot90(p, -1)),
    (lambda p: np.rot90(p, -1), lambda p: np.rot90(p, 1)),
    (lambda p: np.rot90(p, 2).T, lambda p: np.rot90(p.T, 2)),
]


def random_plane(height: int, width: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).random((height, width), np.float32)


def by_definition(model: Model, plane: np.ndarray) -> np.ndarray:
    if model.spec.input_space == "lr":
        return run_lr_by_definition(model, plane)
    return run_by_definition(model, imresize(plane, SCALE))


def ensemble(name: str, columns: int | None = None) -> SelfEnsemble:
    result = SelfEnsemble(NETWORKS[name], SCALE)
    result.columns = columns or result.columns
    return result


@every_network
@settings(deadline=None, max_examples=15)
@given(height=st.integers(1, 30), width=st.integers(1, 30), seed=st.integers(0, 99))
def test_it_is_the_mean_over_the_eight_copies_turned_back(name: str, height: int, width: int, seed: int) -> None:
    plane = random_plane(height, width, seed)
    results = [back(by_definition(MODELS[name], np.ascontiguousarray(copy(plane)))) for copy, back in COPIES]
    result = ensemble(name)(plane, top=True, bottom=True)
    assert (result.shape, result.dtype) == ((SCALE * height, SCALE * width), np.float32)
    np.testing.assert_allclose(result, np.mean(results, 0), atol=1e-5)


def test_all_channels_of_a_network_of_colour_are_turned_alike() -> None:
    planes = np.random.default_rng(0).random((3, 13, 22), np.float32)
    network = SelfEnsemble(open_network(OF_COLOUR, engine="auto", threads=1), SCALE)
    results = []
    for copy, back in COPIES:
        turned = run_lr_by_definition(OF_COLOUR, np.stack([copy(plane) for plane in planes]))
        results.append(np.stack([back(plane) for plane in turned]))
    np.testing.assert_allclose(network(planes, top=True, bottom=True), np.mean(results, 0), atol=1e-5)


@every_network
def test_a_copy_of_the_plane_gives_the_same_copy_of_the_result(name: str) -> None:
    plane = random_plane(21, 34)
    result = ensemble(name)(plane, top=True, bottom=True)
    for copy, _ in COPIES:
        np.testing.assert_allclose(ensemble(name)(copy(plane), top=True, bottom=True), copy(result), atol=2e-6)


@every_network
@settings(deadline=None, max_examples=25)
@given(
    height=st.integers(2, 60),
    width=st.integers(1, 40),
    start=st.integers(0, 59),
    rows=st.integers(1, 60),
    columns=st.integers(1, 50),
)
def test_a_strip_is_that_of_the_whole_plane(
    name: str, height: int, width: int, start: int, rows: int, columns: int
) -> None:
    plane, start = random_plane(height, width), min(start, height - 1)
    stop = min(start + rows, height)
    whole = ensemble(name)(plane, top=True, bottom=True)
    strip = enlarge_rows(ensemble(name, columns), plane, start, stop, SCALE)
    np.testing.assert_allclose(strip, whole[start * SCALE : stop * SCALE], atol=1e-5)


@every_network
def test_strips_and_tiles_are_those_of_the_network(name: str) -> None:
    network: EnlargingNetwork = NETWORKS[name]
    made = SelfEnsemble(network, SCALE)
    assert (made.reach, made.columns, made.pixels) == (network.reach, network.columns, network.pixels)


def test_the_network_sees_no_more_columns_at_a_time_than_suit_it() -> None:
    """A wide picture in strips would else be a high one of which no strip was made."""
    network = NETWORKS["on the small plane"]
    seen: list[tuple[int, int]] = []

    class Watched:
        reach, columns, pixels = network.reach, 50, network.pixels

        def __call__(self, window: np.ndarray, *, top: bool, bottom: bool) -> np.ndarray:
            seen.append(window.shape)
            return network(window, top=top, bottom=bottom)

    SelfEnsemble(Watched(), SCALE)(random_plane(20, 200), top=True, bottom=True)
    assert seen.count((20, 200)) == 4
    assert max(height for height, _ in seen) == 50 + 2 * network.reach
