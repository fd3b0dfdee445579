import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from srcnn.imaging.translucency import is_translucent, surroundings, unmultiplied


def planes(count: int, height: int, width: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).random((count, height, width)).astype(np.float32)


def test_a_picture_is_translucent_where_not_all_of_it_is_opaque() -> None:
    assert is_translucent(np.float32([[[1, 0.99]]]))
    assert not is_translucent(np.ones((1, 2, 2), np.float32))
    assert not is_translucent(np.empty((0, 2, 2), np.float32))


@settings(deadline=None, max_examples=40)
@given(height=st.integers(1, 9), width=st.integers(1, 9), scale=st.integers(1, 4), seed=st.integers(0, 99))
def test_surroundings_are_what_lies_two_pixels_around(height: int, width: int, scale: int, seed: int) -> None:
    source = planes(2, height, width, seed)
    low, high = surroundings(source, scale)
    assert low.shape == high.shape == (2, height * scale, width * scale)
    for row in range(height * scale):
        for column in range(width * scale):
            near = np.s_[
                :, max(0, row // scale - 2) : row // scale + 3, max(0, column // scale - 2) : column // scale + 3
            ]
            np.testing.assert_array_equal(low[:, row, column], source[near].min((1, 2)))
            np.testing.assert_array_equal(high[:, row, column], source[near].max((1, 2)))


ONE = np.ones((1, 1), np.float32)
ANY = -ONE[None], 2 * ONE[None]


def test_colours_are_what_is_seen_divided_by_alpha() -> None:
    colours = planes(3, 4, 5)
    alpha = 0.5 + planes(1, 4, 5, seed=1)[0] / 2
    anything = np.zeros_like(colours), np.ones_like(colours)
    result = unmultiplied(list(colours * alpha), alpha, colours.copy(), anything, alpha == 1)
    np.testing.assert_allclose(result, colours, atol=1e-6)


@pytest.mark.parametrize(("alpha", "expected"), [(0, 0.25), (1 / 513, (0.75 + 0.25 * 512 / 513) / 2), (1, 0.75)])
def test_the_less_alpha_the_more_stored_colours_count(alpha: float, expected: float) -> None:
    (result,) = unmultiplied([0.75 * alpha * ONE], alpha * ONE, 0.25 * ONE[None], ANY, ONE == 0)
    assert result == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize(("opaque", "expected"), [(False, 0.6), (True, 0.9)])
def test_colours_leave_what_is_around_them_only_where_that_is_opaque(opaque: bool, expected: float) -> None:
    (result,) = unmultiplied([0.9 * ONE], ONE, ONE[None].copy(), (0.2 * ONE[None], 0.6 * ONE[None]), opaque == ONE)
    assert result == pytest.approx(expected)
