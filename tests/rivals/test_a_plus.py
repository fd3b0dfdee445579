from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from srcnn.progress import no_progress
from srcnn.rivals.a_plus import fit_a_plus, normalised
from srcnn.rivals.anr import fit_anr
from srcnn.rivals.dictionary import Dictionary
from srcnn.rivals.rival import Rival
from srcnn.rivals.samples import Samples, sample_patches

Lumas = list[NDArray[np.uint8]]


def test_lengths_are_divided_out_but_faint_details_stay() -> None:
    features = np.array([[3, 4], [0.03, 0.04], [0, 0]], np.float32)
    result = normalised(Samples(features, np.full((3, 2), 10, np.float32)))
    np.testing.assert_allclose(result.features, [[0.6, 0.8], [0.6, 0.8], [0, 0]], rtol=1e-6)
    np.testing.assert_allclose(result.details, [[2, 2], [10, 10], [10, 10]], rtol=1e-6)


def test_the_projection_is_that_of_the_paper(dictionary: Dictionary, lumas: Lumas) -> None:
    rival = fit_a_plus(dictionary, lumas, 3, samples=10**6, neighbours=50, sizes=1)
    samples = normalised(sample_patches(lumas, 3, 10**6, basis=dictionary.basis, progress=no_progress))
    distances = np.linalg.norm(samples.features.astype(float) - dictionary.lr_atoms[3], axis=1)
    nearest = np.argsort(distances)[:50]
    low, high = samples.features[nearest].T.astype(float), samples.details[nearest].T.astype(float)
    # as the program writes it: samples are columns, and the matrix to invert is 50 x 50
    expected = high @ np.linalg.inv(low.T @ low + 0.1 * np.eye(50)) @ low.T
    np.testing.assert_allclose(rival.projections[3].T, expected, atol=1e-3 * np.abs(expected).max())


def test_smaller_copies_are_learned_from_too(dictionary: Dictionary, lumas: Lumas) -> None:
    calls: list[tuple[int, int]] = []
    small = {"samples": 2000, "neighbours": 50, "sizes": 3}
    fit_a_plus(dictionary, lumas, 3, **small, progress=lambda done, total: calls.append((done, total)))
    assert calls == [(done, 12) for done in range(1, 13)]


def test_a_plus_gains_more_than_anr(
    dictionary: Dictionary, lumas: Lumas, gain_over_bicubic: Callable[[Rival], float]
) -> None:
    rival = fit_a_plus(dictionary, lumas, 3, samples=20_000, neighbours=200, sizes=4)
    assert gain_over_bicubic(rival) > gain_over_bicubic(fit_anr(dictionary, 3, neighbours=10)) > 0
