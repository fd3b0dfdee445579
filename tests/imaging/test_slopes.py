import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from srcnn.imaging.slopes import luma_slopes

WEIGHTS = np.array([0.299, 0.587, 0.114])


def noise(height: int, width: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).random((3, height, width), np.float32)


@settings(deadline=None, max_examples=30)
@given(height=st.integers(1, 9), width=st.integers(1, 9), seed=st.integers(0, 99))
def test_slopes_weighted_as_luma_add_up_to_one_at_every_size(height: int, width: int, seed: int) -> None:
    slopes = luma_slopes(noise(height, width, seed))
    assert (slopes.shape, slopes.dtype) == ((3, height, width), np.float32)
    np.testing.assert_allclose(np.tensordot(WEIGHTS, slopes, 1), 1, atol=2e-3)


def test_a_slope_is_six_tenths_of_that_of_the_least_squares_line_through_the_neighbourhood() -> None:
    rgb = noise(5, 5)
    near = rgb[:, 1:4, 1:4].reshape(3, 9).astype(np.float64)
    expected = [0.4 + 0.6 * np.polyfit(WEIGHTS @ near, channel, 1)[0] for channel in near]
    np.testing.assert_allclose(luma_slopes(rgb)[:, 2, 2], expected, atol=0.02)


def test_where_red_alone_changes_the_others_have_what_all_have() -> None:
    rgb = np.full((3, 6, 6), 0.3, np.float32)
    rgb[0, :, 3:] = 0.9
    np.testing.assert_allclose(luma_slopes(rgb)[:, 2, 2], [0.4 + 0.6 / 0.299, 0.4, 0.4], atol=0.05)


def test_in_a_flat_picture_all_channels_go_alike() -> None:
    rgb = np.broadcast_to(np.float32([0.9, 0.2, 0.1])[:, None, None], (3, 4, 5))
    np.testing.assert_allclose(luma_slopes(rgb), 1, atol=2e-3)


def test_a_grey_picture_stays_grey() -> None:
    rgb = np.repeat(noise(7, 6)[:1], 3, 0)
    np.testing.assert_allclose(luma_slopes(rgb), 1, atol=1e-3)
