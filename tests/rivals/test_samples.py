import numpy as np
import pytest
from disc_lumas import disc_luma
from numpy.typing import NDArray

from srcnn.errors import InvalidConfigError
from srcnn.imaging import imresize
from srcnn.progress import no_progress
from srcnn.rivals.samples import bicubic_pair, sample_patches

Lumas = list[NDArray[np.uint8]]


def test_a_pair_is_cropped_and_its_small_picture_is_not_rounded() -> None:
    luma = disc_luma(0, 31, 35)
    lr, enlarged, hr = bicubic_pair(luma, 3)
    np.testing.assert_allclose(hr, luma[:30, :33] / 255, rtol=1e-6)
    np.testing.assert_array_equal(lr, imresize(hr, 1 / 3))
    np.testing.assert_array_equal(enlarged, imresize(lr, 3))
    assert np.abs(lr * 255 - np.round(lr * 255)).max() > 0.1


def test_all_patches_are_taken_where_more_are_wanted(lumas: Lumas) -> None:
    samples = sample_patches(lumas[:1], 3, 10**6, progress=no_progress)
    # 60 x 75 pixels are 20 x 25 low-resolution pixels: 16 x 21 patches of 3 x 3 inside the outermost
    assert samples.features.shape == (16 * 21, 36 * 9)
    assert samples.details.shape == (16 * 21, 81)


def test_details_are_what_bicubic_lacks(lumas: Lumas) -> None:
    samples = sample_patches(lumas[:1], 3, 10**6, progress=no_progress)
    _, enlarged, hr = bicubic_pair(lumas[0], 3)
    np.testing.assert_array_equal(samples.details[0].reshape(9, 9), (hr - enlarged)[3:12, 3:12])


def test_drawing_is_even_over_pictures_and_decided_by_the_seed(lumas: Lumas) -> None:
    small, large = lumas[0][:30, :30], lumas[1]
    first = sample_patches([small, large], 3, 100, seed=1, progress=no_progress)
    again = sample_patches([small, large], 3, 100, seed=1, progress=no_progress)
    other = sample_patches([small, large], 3, 100, seed=2, progress=no_progress)
    assert abs(len(first.features) - 100) <= 1
    np.testing.assert_array_equal(first.features, again.features)
    assert not np.array_equal(first.features, other.features)
    only_small = sample_patches([small], 3, 10**6, progress=no_progress)
    of_small = sum((only_small.features == row).all(1).any() for row in first.features)
    assert of_small == round(100 * 36 / (36 + 16 * 20))


def test_a_basis_projects_the_features(lumas: Lumas) -> None:
    basis = np.random.default_rng(0).random((324, 5), np.float32)
    whole = sample_patches(lumas, 3, 50, progress=no_progress)
    projected = sample_patches(lumas, 3, 50, basis=basis, progress=no_progress)
    np.testing.assert_allclose(projected.features, whole.features @ basis, rtol=1e-4, atol=1e-5)


def test_pictures_without_a_patch_are_passed_over_and_counted(lumas: Lumas) -> None:
    calls: list[tuple[int, int]] = []
    tiny = np.zeros((14, 90), np.uint8)
    samples = sample_patches([tiny, lumas[0]], 3, 10**6, progress=lambda done, total: calls.append((done, total)))
    assert len(samples.features) == 16 * 21
    assert calls == [(1, 2), (2, 2)]
    with pytest.raises(InvalidConfigError, match="expected a picture of at least 15 x 15 pixels"):
        sample_patches([tiny], 3, 10, progress=no_progress)
    with pytest.raises(InvalidConfigError, match="got 0 smaller ones"):
        sample_patches([], 3, 10, progress=no_progress)
