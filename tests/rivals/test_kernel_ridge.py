from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.kernel_ridge import KernelRidge

from srcnn.errors import InvalidConfigError, ModelFileError
from srcnn.rivals.kernel_ridge import (
    Examples,
    KernelRegression,
    candidates,
    fit_kernel_regression,
    gaussian_kernel,
    predict,
    solve_regression,
)
from srcnn.rivals.rival import Rival

Lumas = list[NDArray[np.uint8]]


def floats(*shape: int, seed: int = 0) -> NDArray[np.float32]:
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


@pytest.fixture(scope="module")
def fitted(lumas: Lumas) -> KernelRegression:
    return fit_kernel_regression(lumas, 3, centres=60, samples=4000)


def test_the_kernel_is_gaussian_with_a_width_of_two_over_the_dimension() -> None:
    points, centres = floats(5, 9) / 9, floats(4, 9, seed=1) / 9
    squared = ((points[:, None].astype(float) - centres) ** 2).sum(2)
    np.testing.assert_allclose(gaussian_kernel(points, centres), np.exp(-squared / (2 / 9)), rtol=1e-5)


def test_over_all_examples_as_centres_it_is_kernel_ridge_regression() -> None:
    squares, details = floats(40, 9) / 9, floats(40, 25, seed=1)
    found = solve_regression(Examples(squares, details, np.ones((40, 1), np.float32)), squares)
    # scikit-learn's alpha is not divided by the number of examples
    exact = KernelRidge(kernel="rbf", gamma=9 / 2, alpha=40 * 1e-8).fit(squares.astype(float), details.astype(float))
    new = floats(7, 9, seed=2) / 9
    ours = gaussian_kernel(new, squares) @ found
    np.testing.assert_allclose(ours, exact.predict(new.astype(float)), atol=0.02 * np.abs(ours).max())


def test_what_is_twice_as_strong_is_predicted_twice_as_strong() -> None:
    squares, centres, coefficients = floats(6, 81), floats(5, 81, seed=1) / 81, floats(5, 25, seed=2)
    np.testing.assert_allclose(
        predict(2 * squares, centres, coefficients), 2 * predict(squares, centres, coefficients), rtol=1e-4
    )
    assert not predict(np.zeros((1, 81), np.float32), centres, coefficients).any()


def test_every_candidate_of_a_pixel_is_what_the_square_around_its_neighbour_says() -> None:
    laplacian, centres, coefficients = floats(17, 19), floats(5, 81, seed=1) / 81, floats(5, 25, seed=2)
    found = candidates(laplacian, centres, coefficients)  # of 17 - 2 (4 + 2) = 5 rows and 7 columns
    assert found.shape == (5, 7, 25)
    for place in range(25):
        down, right = place // 5 - 2, place % 5 - 2  # where the pixel lies in the square of detail
        row, column = 6 + 3 - down, 6 + 4 - right  # the square's centre, for pixel (3, 4)
        square = laplacian[row - 4 : row + 5, column - 4 : column + 5].reshape(1, 81)
        np.testing.assert_allclose(found[3, 4, place], predict(square, centres, coefficients)[0, place], rtol=1e-4)


@settings(max_examples=15)
@given(height=st.integers(1, 20), width=st.integers(1, 20))
def test_any_size_is_enlarged_and_strips_leave_no_seam(height: int, width: int) -> None:
    rival = KernelRegression(
        scale=3, centres=floats(8, 81) / 81, coefficients=floats(8, 25, seed=1), mixture=floats(25, seed=2)
    )
    lr = np.random.default_rng(height).random((height, width), np.float32)
    whole = rival.luma(lr)
    assert whole.shape == (3 * height, 3 * width)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("srcnn.rivals.kernel_ridge._ROWS", 7)
        np.testing.assert_allclose(rival.luma(lr), whole, atol=1e-5)


def test_kernel_regression_gains_over_bicubic(
    fitted: KernelRegression, gain_over_bicubic: Callable[[Rival], float]
) -> None:
    assert gain_over_bicubic(fitted) > 0.5


def test_the_seed_decides_and_progress_is_told(fitted: KernelRegression, lumas: Lumas) -> None:
    calls: list[tuple[int, int]] = []
    again = fit_kernel_regression(
        lumas, 3, centres=60, samples=4000, progress=lambda done, total: calls.append((done, total))
    )
    np.testing.assert_array_equal(again.coefficients, fitted.coefficients)
    np.testing.assert_array_equal(again.mixture, fitted.mixture)
    assert calls == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_flat_or_missing_pictures_teach_nothing() -> None:
    for lumas in ([np.full((60, 60), 90, np.uint8)], []):
        with pytest.raises(InvalidConfigError, match=r"expected at least 60 patches with edges .*, got 0"):
            fit_kernel_regression(lumas, 3, centres=60)


def test_an_unknown_scale_is_refused() -> None:
    with pytest.raises(ModelFileError, match=r"centres \(8, 81\) instead of \(8, 0\)"):
        KernelRegression(scale=7, centres=floats(8, 81), coefficients=floats(8, 25), mixture=floats(25))
