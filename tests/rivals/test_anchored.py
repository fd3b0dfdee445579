import numpy as np
import pytest

from srcnn.errors import InvalidImageError, ModelFileError
from srcnn.imaging import imresize
from srcnn.rivals.anchored import AnchoredRegression
from srcnn.rivals.dictionary import Dictionary
from srcnn.rivals.patches import PatchGrid, difference_planes


def random_regression(seed: int = 0, name: str = "anr") -> AnchoredRegression:
    random = np.random.default_rng(seed)
    anchors = random.normal(size=(6, 7))
    return AnchoredRegression(
        name=name,
        scale=3,
        basis=random.normal(size=(324, 7)).astype(np.float32),
        anchors=(anchors / np.linalg.norm(anchors, axis=1, keepdims=True)).astype(np.float32),
        projections=random.normal(size=(6, 7, 81)).astype(np.float32) * 0.01,
    )


def test_every_patch_gets_the_map_of_the_anchor_it_correlates_with_most() -> None:
    regression = random_regression()
    lr = np.random.default_rng(1).random((5, 9), np.float32)  # a single row of five patches
    enlarged = imresize(lr, 3)
    grid = PatchGrid.over(enlarged.shape, 3)
    features = grid.features(difference_planes(enlarged, 3), np.arange(5)) @ regression.basis
    total, count = np.zeros_like(enlarged), np.zeros_like(enlarged)
    for column, x in enumerate(features):
        best = max(range(6), key=lambda a: abs(float(x @ regression.anchors[a])))
        part = (slice(3, 12), slice(3 + 3 * column, 12 + 3 * column))
        total[part] += (x @ regression.projections[best]).reshape(9, 9)
        count[part] += 1
    expected = enlarged + np.divide(total, count, out=np.zeros_like(total), where=count > 0)
    np.testing.assert_allclose(regression.luma(lr), expected, atol=1e-5)


def test_a_constant_stays_constant(dictionary: Dictionary) -> None:
    lr = np.full((12, 12), 0.4, np.float32)
    np.testing.assert_allclose(random_regression().luma(lr), 0.4, atol=1e-5)


def test_what_is_no_luma_plane_is_refused() -> None:
    with pytest.raises(InvalidImageError, match="expected a luma plane"):
        random_regression().luma(np.zeros((9, 9), np.uint8))  # type: ignore[arg-type] (the point of the test)
    with pytest.raises(InvalidImageError, match="expected a luma plane"):
        random_regression().luma(np.zeros((9, 9, 3), np.float32))


def test_arrays_that_do_not_fit_each_other_are_refused() -> None:
    good = random_regression()
    with pytest.raises(ModelFileError, match=r"projections \(6, 7, 81\) instead of \(5, 7, 81\)"):
        AnchoredRegression(name="a+", scale=3, basis=good.basis, anchors=good.anchors[:5], projections=good.projections)
    with pytest.raises(ModelFileError, match=r"basis \(324, 7\) instead of \(144, 7\)"):
        AnchoredRegression(name="a+", scale=2, basis=good.basis, anchors=good.anchors, projections=good.projections)
    with pytest.raises(ModelFileError, match="others in anchors"):
        AnchoredRegression(
            name="a+", scale=3, basis=good.basis, anchors=good.anchors * np.nan, projections=good.projections
        )
