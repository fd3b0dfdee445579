from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.linear_model import Lasso

from srcnn.errors import InvalidConfigError
from srcnn.imaging import imresize
from srcnn.rivals.patches import PatchGrid
from srcnn.rivals.rival import Rival
from srcnn.rivals.sparse_coding import SparseCoding, draw_pairs, feature_planes, features_of, fit_sparse_coding

Lumas = list[NDArray[np.uint8]]


@pytest.fixture(scope="module")
def fitted(lumas: Lumas) -> SparseCoding:
    return fit_sparse_coding(lumas, 3, atoms=80, samples=3000)


def test_features_are_differences_of_the_picture_enlarged_twice() -> None:
    rows, columns = np.mgrid[:20, :20]
    planes = feature_planes((3 * columns**2 + 5 * rows).astype(np.float32))[:, 8:-8, 8:-8]
    # Enlarged twice, a column is half a step: 3 (x/2)² has the first difference 3 x over two columns, which grows
    # by 3 a column, and the second difference 2 · 3 · (2/2)² over four; 5 (y/2) has 5 and none.
    assert np.diff(planes[0], axis=1) == pytest.approx(3, abs=0.01)
    assert planes[1] == pytest.approx(5, abs=0.01)
    assert planes[2] == pytest.approx(6, abs=0.01)
    assert planes[3] == pytest.approx(0, abs=0.01)


def test_features_and_patches_of_a_number_lie_at_the_same_place() -> None:
    lr = np.random.default_rng(0).random((9, 11), np.float32)
    grid = PatchGrid.over((27, 33), 3)
    planes = feature_planes(lr)
    np.testing.assert_array_equal(features_of(planes, grid, np.array([8])).reshape(4, 6, 6), planes[:, 4:10, 4:10])
    assert grid.columns == 7  # so patch 8 begins at low-resolution row 2 and column 2
    np.testing.assert_array_equal(grid.cut(imresize(lr, 3), np.array([8])).reshape(9, 9), imresize(lr, 3)[6:15, 6:15])


def test_pairs_have_halves_of_one_length_and_no_mean(lumas: Lumas) -> None:
    pairs = draw_pairs(lumas, 3, 500, seed=0)
    assert 300 < len(pairs) <= 502
    np.testing.assert_allclose((pairs[:, :144] ** 2).sum(1), 0.5, rtol=1e-4)
    np.testing.assert_allclose((pairs[:, 144:] ** 2).sum(1), 0.5, rtol=1e-4)
    np.testing.assert_allclose(pairs[:, 144:].sum(1), 0, atol=1e-4)


def test_codes_solve_the_lasso(fitted: SparseCoding) -> None:
    features = draw_pairs([np.random.default_rng(0).integers(16, 235, (40, 40), np.uint8)], 3, 3, seed=0)[:, :144]
    unit = features / np.linalg.norm(features, axis=1, keepdims=True)
    # scikit-learn's Lasso divides the squared error by the number of values
    lasso = Lasso(alpha=0.1 / 144, fit_intercept=False, tol=1e-8, max_iter=10_000)
    for x, code in zip(unit.astype(float), fitted.codes(features), strict=True):
        expected = lasso.fit(fitted.lr_atoms.T.astype(float), x).coef_
        np.testing.assert_allclose(code, expected, atol=0.02)  # a hundred rounds, not to the end
        assert 0 < np.count_nonzero(code) < 60


def test_a_patch_has_the_bicubics_mean_and_a_little_more_contrast(fitted: SparseCoding) -> None:
    random = np.random.default_rng(0)
    bicubic = random.random((5, 81), np.float32)
    patches = fitted.patches(random.normal(size=(5, 144)).astype(np.float32), bicubic)
    # the atoms have all but no mean, so neither has what is added
    np.testing.assert_allclose(patches.mean(1), bicubic.mean(1), atol=1e-3)
    np.testing.assert_allclose(patches.std(1), 1.1 * bicubic.std(1), rtol=1e-3)


def test_a_flat_picture_stays_flat(fitted: SparseCoding) -> None:
    np.testing.assert_allclose(fitted.luma(np.full((9, 9), 0.3, np.float32)), 0.3, atol=1e-5)


def test_sparse_coding_gains_over_bicubic(fitted: SparseCoding, gain_over_bicubic: Callable[[Rival], float]) -> None:
    assert gain_over_bicubic(fitted) > 0.3


def test_the_seed_decides_and_progress_is_told(lumas: Lumas) -> None:
    calls: list[tuple[int, int]] = []
    one = fit_sparse_coding(lumas, 3, atoms=20, samples=900, progress=lambda done, total: calls.append((done, total)))
    two = fit_sparse_coding(lumas, 3, atoms=20, samples=900)
    other = fit_sparse_coding(lumas, 3, atoms=20, samples=900, seed=1)
    np.testing.assert_array_equal(one.hr_atoms, two.hr_atoms)
    assert not np.array_equal(one.hr_atoms, other.hr_atoms)
    assert calls[-1][0] == calls[-1][1] > 512
    assert len(calls) == 2


def test_flat_or_missing_pictures_teach_nothing() -> None:
    for lumas in ([np.full((60, 60), 90, np.uint8)], []):
        with pytest.raises(InvalidConfigError, match=r"expected at least 20 patches with edges .*, got 0"):
            fit_sparse_coding(lumas, 3, atoms=20)
