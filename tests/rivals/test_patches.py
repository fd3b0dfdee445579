import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from srcnn.imaging import imresize
from srcnn.rivals.patches import PatchGrid, difference_planes, enlarge_by_patches


def noise(*shape: int) -> NDArray[np.float32]:
    return np.random.default_rng(0).random(shape, np.float32)


def test_a_patch_begins_at_every_low_resolution_pixel_but_the_outermost() -> None:
    grid = PatchGrid.over((27, 33), 3)  # 9 x 11 low-resolution pixels
    assert (grid.rows, grid.columns) == (5, 7)
    plane = noise(27, 33)
    patches = grid.cut(plane, np.arange(len(grid)))
    assert patches.shape == (35, 81)
    np.testing.assert_array_equal(patches[0], plane[3:12, 3:12].ravel())
    np.testing.assert_array_equal(patches[-1], plane[15:24, 21:30].ravel())


def test_with_a_step_of_two_every_other_patch_is_left_out() -> None:
    plane = noise(27, 33)
    every, other = PatchGrid.over(plane.shape, 3), PatchGrid.over(plane.shape, 3, step=2)
    assert (other.rows, other.columns) == (3, 4)
    whole = every.cut(plane, np.arange(len(every))).reshape(5, 7, 81)
    np.testing.assert_array_equal(other.cut(plane, np.arange(len(other))).reshape(3, 4, 81), whole[::2, ::2])


@given(step=st.integers(1, 3), height=st.integers(1, 30), width=st.integers(1, 30))
def test_a_grid_holds_the_patches_that_fit(step: int, height: int, width: int) -> None:
    grid = PatchGrid.over((2 * height + 1, 2 * width), 2, step)
    rows, columns = (len(range(1, side - 3, step)) for side in (height, width))  # 3 of a patch, 1 of the rim
    assert len(grid) == rows * columns
    assert (grid.rows > 0) == (grid.columns > 0)


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_differences_of_a_slope_are_its_steepness_and_no_curvature(scale: int) -> None:
    slope = np.add.outer(2 * np.arange(40), 5 * np.arange(40)).astype(np.float32)
    inside = difference_planes(slope, scale)[:, scale:-scale, scale:-scale]
    # MATLAB's filter [1 0 .. 0 -1] of scale + 1 taps
    for plane, value in zip(inside, (5 * scale, 2 * scale, 0, 0), strict=True):
        np.testing.assert_array_equal(plane, value)


def test_second_differences_of_a_parabola_are_half_its_curvature() -> None:
    parabola = np.add.outer(np.arange(30) ** 2, 3 * np.arange(30) ** 2).astype(np.float32)
    inside = difference_planes(parabola, 3)[2:, 3:-3, 3:-3]
    np.testing.assert_array_equal(inside[0], 27)  # ((c-3)² + (c+3)²) / 2 - c² = 9, three times
    np.testing.assert_array_equal(inside[1], 9)


def test_the_order_of_features_is_plane_by_plane() -> None:
    grid, planes = PatchGrid.over((24, 24), 3), noise(4, 24, 24)
    features = grid.features(planes, np.array([0]))
    np.testing.assert_array_equal(features.reshape(4, 9, 9), planes[:, 3:12, 3:12])


@given(scale=st.sampled_from([2, 3, 4]), height=st.integers(1, 14), width=st.integers(1, 14))
def test_no_details_leave_bicubic_at_any_size(scale: int, height: int, width: int) -> None:
    lr = noise(height, width)
    result = enlarge_by_patches(lr, scale, lambda features: np.zeros((len(features), 9 * scale**2), np.float32))
    np.testing.assert_array_equal(result, imresize(lr, scale))


@given(scale=st.sampled_from([2, 3, 4]), height=st.integers(5, 14), width=st.integers(5, 14))
def test_equal_details_are_added_once_inside_and_not_at_the_rim(scale: int, height: int, width: int) -> None:
    lr = noise(height, width)
    result = enlarge_by_patches(lr, scale, lambda features: np.full((len(features), 9 * scale**2), 2, np.float32))
    change = result - imresize(lr, scale)
    inside = (slice(scale, -scale), slice(scale, -scale))
    np.testing.assert_allclose(change[inside], 2, atol=1e-6)
    change[inside] = 0
    assert not change.any()


def test_details_of_the_truth_give_the_truth_back_whatever_the_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    hr = noise(36, 45)
    lr = imresize(hr, 1 / 3)
    grid = PatchGrid.over(hr.shape, 3)
    for block in (1, 40, 10_000):
        monkeypatch.setattr("srcnn.rivals.patches._BLOCK", block)
        details = iter(grid.cut(hr - imresize(lr, 3), np.arange(len(grid))))
        result = enlarge_by_patches(lr, 3, lambda features, d=details: np.stack([next(d) for _ in features]))
        np.testing.assert_allclose(result[3:-3, 3:-3], hr[3:-3, 3:-3], atol=1e-6)
