import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from srcnn.imaging.translucency import VEIL_REACH, Veiled, bounds, surroundings, unveiled


def planes(count: int, height: int, width: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).random((count, height, width)).astype(np.float32)


@settings(deadline=None, max_examples=40)
@given(height=st.integers(1, 9), width=st.integers(1, 9), seed=st.integers(0, 99))
def test_surroundings_are_what_lies_two_pixels_around(height: int, width: int, seed: int) -> None:
    source = planes(2, height, width, seed)
    low, high = surroundings(source)
    for row, column in np.ndindex(height, width):
        near = np.s_[:, max(0, row - 2) : row + 3, max(0, column - 2) : column + 3]
        np.testing.assert_array_equal(low[:, row, column], source[near].min((1, 2)))
        np.testing.assert_array_equal(high[:, row, column], source[near].max((1, 2)))


@settings(deadline=None, max_examples=40)
@given(height=st.integers(1, 15), width=st.integers(1, 15), seed=st.integers(0, 99), hidden=st.booleans())
def test_colours_are_told_from_their_ground_again(height: int, width: int, seed: int, hidden: bool) -> None:
    alpha = 0.05 + 0.95 * planes(1, height, width, seed)
    alpha[:, ::3] *= not hidden
    veiled = Veiled.of(planes(3, height, width, seed + 1), alpha)
    colours = unveiled(list(veiled.seen), alpha[0], veiled.most[0], veiled.ground)
    visible = alpha[0] > 0
    np.testing.assert_allclose(np.stack(colours)[:, visible], veiled.stored[:, visible], atol=0.02)


def test_the_most_alpha_is_nowhere_less_than_alpha() -> None:
    veiled = Veiled.of(planes(1, 30, 30), planes(1, 30, 30, seed=1))
    assert (veiled.most >= veiled.alpha - 1e-6).all()


def test_the_most_alpha_rises_smoothly() -> None:
    alpha = np.zeros((1, 30, 30), np.float32)
    alpha[:, :, 15:] = 1
    most = Veiled.of(planes(1, 30, 30), alpha).most
    assert np.abs(np.diff(most)).max() == pytest.approx(1 / 5)


@pytest.mark.parametrize("alpha", [0.01, 0.5, 1])
def test_where_alpha_is_the_same_everywhere_colours_are_seen_as_they_are(alpha: float) -> None:
    colours = planes(3, 12, 9)
    veiled = Veiled.of(colours, np.full((1, 12, 9), alpha, np.float32))
    np.testing.assert_allclose(veiled.seen, colours, atol=1e-5)


def test_one_colour_is_seen_as_that_whatever_alpha() -> None:
    colours = np.full((3, 20, 20), 0.3, np.float32)
    np.testing.assert_allclose(Veiled.of(colours, planes(1, 20, 20)).seen, colours, atol=1e-6)


def test_the_ground_is_the_mean_of_what_is_visible_and_of_the_rest_where_nothing_is() -> None:
    colours = np.zeros((1, 30, 30), np.float32)
    colours[:, :, 15:] = 1
    alpha = np.zeros((1, 30, 30), np.float32)
    alpha[:, :, 15:] = 1
    ground = Veiled.of(colours, alpha).ground[0]
    assert ground[10, 15 - VEIL_REACH - 1] == 0
    assert (ground[10, 15 - VEIL_REACH + 1 :] > 0.98).all()


def test_planes_can_be_taken_apart_again() -> None:
    for count in (1, 3):
        veiled = Veiled.of(planes(count, 5, 6), planes(1, 5, 6, seed=1))
        again = Veiled.from_planes(veiled.planes)
        for name in Veiled.__slots__:
            np.testing.assert_array_equal(getattr(again, name), getattr(veiled, name))


def test_colours_have_room_beyond_those_around_them_only_where_alpha_has_no_edge() -> None:
    colours, alpha = planes(1, 30, 30), np.ones((1, 30, 30), np.float32)
    alpha[:, :, :10] = 0
    low, high = bounds(Veiled.of(colours, alpha)).reshape(2, 2, 30, 30)
    least, most = (each[0] for each in surroundings(colours))
    np.testing.assert_array_equal(low[1][:, 8:11], least[:, 8:11])
    np.testing.assert_array_equal(high[1][:, 8:11], most[:, 8:11])
    assert np.isneginf(low[1][:, 20:]).all()
    assert np.isposinf(high[1][:, 20:]).all()
    np.testing.assert_array_equal(low[0], surroundings(alpha)[0][0])


def test_colours_have_the_less_room_the_more_of_an_edge_alpha_has() -> None:
    colours = planes(1, 30, 30)
    least, most = (each[0] for each in surroundings(colours))
    rooms = []
    for beside in (0.9, 0.85, 0.7):
        alpha = np.ones((1, 30, 30), np.float32)
        alpha[:, :, 15:] = beside
        low, high = bounds(Veiled.of(colours, alpha)).reshape(2, 2, 30, 30)
        room = (high[1] - most)[:, 15]
        np.testing.assert_allclose(least[:, 15] - low[1][:, 15], room, atol=1e-6)
        rooms.append(room / (most - least)[:, 15])
    assert (np.diff(rooms, axis=0) < 0).all()
    assert (rooms[-1] == 0).all()


def test_what_a_network_adds_to_nothing_is_not_multiplied() -> None:
    noise = np.full((1, 1), 0.001, np.float32)
    ground = np.full((1, 1, 1), 0.5, np.float32)
    one = np.ones((1, 1), np.float32)
    for alpha in (0, 0.001, 0.01, 0.1):
        (colour,) = unveiled([ground[0] + noise], np.float32(alpha) * one, one, ground)
        assert abs(colour - 0.5) < 0.07


@pytest.mark.parametrize(("wide", "room"), [(1, True), (2, True), (3, False), (9, False)])
def test_alpha_has_room_above_what_is_around_only_where_that_is_thin(wide: int, room: bool) -> None:
    alpha = np.zeros((1, 20, 20), np.float32)
    alpha[:, :, 6 : 6 + wide] = 0.5
    _, high = bounds(Veiled.of(planes(1, 20, 20), alpha)).reshape(2, 2, 20, 20)[:, 0]
    np.testing.assert_allclose(high[10, 4 : 8 + wide], 0.75 if room else 0.5)
    assert (high[:, :4] == 0).all()
    assert (high[:, 8 + wide :] == 0).all()
