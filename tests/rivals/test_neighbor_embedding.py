from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from srcnn.rivals.dictionary import Dictionary, learn_dictionary
from srcnn.rivals.neighbor_embedding import embedding_weights, fit_neighbor_embedding
from srcnn.rivals.rival import Rival


def test_weights_sum_to_one_and_write_a_point_inside_its_neighbours() -> None:
    random = np.random.default_rng(0)
    neighbours = random.normal(size=(20, 4, 6)).astype(np.float32)
    true = random.dirichlet(np.ones(4), 20).astype(np.float32)
    points = np.einsum("nk,nkp->np", true, neighbours)
    weights = embedding_weights(points, neighbours)
    np.testing.assert_allclose(weights.sum(1), 1, rtol=1e-4)
    np.testing.assert_allclose(weights, true, atol=0.02)


def test_more_neighbours_than_dimensions_and_neighbours_that_coincide_are_no_trouble() -> None:
    random = np.random.default_rng(0)
    many = random.normal(size=(5, 24, 6)).astype(np.float32)
    assert np.isfinite(embedding_weights(many[:, 0], many)).all()
    np.testing.assert_allclose(embedding_weights(np.ones((1, 6), np.float32), np.ones((1, 4, 6), np.float32)), 0.25)


def test_an_atom_itself_gives_its_own_detail(dictionary: Dictionary) -> None:
    rival = fit_neighbor_embedding(dictionary, 3)
    features = (dictionary.lr_atoms[:4] * np.array([[0.5], [1], [2], [3]], np.float32)) @ dictionary.basis.T
    details = rival._details(features)
    expected = dictionary.hr_atoms[:4] * np.array([[0.5], [1], [2], [3]])
    assert np.linalg.norm(details - expected) < 0.2 * np.linalg.norm(expected)


def test_neighbour_embedding_gains_over_bicubic(
    lumas: list[NDArray[np.uint8]], gain_over_bicubic: Callable[[Rival], float]
) -> None:
    assert gain_over_bicubic(fit_neighbor_embedding(learn_dictionary(lumas, 3, atoms=150), 3)) > 0.3
