import numpy as np
import pytest
from numpy.typing import NDArray

from srcnn.errors import InvalidConfigError
from srcnn.progress import no_progress
from srcnn.rivals.dictionary import Dictionary, learn_dictionary, principal_components
from srcnn.rivals.samples import sample_patches

Lumas = list[NDArray[np.uint8]]


def test_principal_components_are_orthonormal_and_keep_the_energy() -> None:
    random = np.random.default_rng(0)
    features = (random.normal(size=(500, 4)) @ random.normal(size=(4, 20)) + 3).astype(np.float32)
    features += random.normal(size=features.shape).astype(np.float32) * 1e-3
    basis = principal_components(features)
    assert basis.shape[1] <= 5  # four directions and the mean, which is not removed
    np.testing.assert_allclose(basis.T @ basis, np.eye(basis.shape[1]), atol=1e-5)
    assert np.sum((features @ basis) ** 2) >= 0.998 * np.sum(features**2)


def test_atoms_have_length_one_and_belong_together(dictionary: Dictionary) -> None:
    np.testing.assert_allclose(np.linalg.norm(dictionary.lr_atoms, axis=1), 1, atol=1e-5)
    assert dictionary.lr_atoms.shape == (24, dictionary.basis.shape[1])
    assert dictionary.hr_atoms.shape == (24, 81)
    assert dictionary.lr_atoms.dtype == dictionary.hr_atoms.dtype == dictionary.basis.dtype == np.float32


def test_a_high_resolution_atom_is_the_least_squares_detail_of_its_patches(
    dictionary: Dictionary, lumas: Lumas
) -> None:
    samples = sample_patches(lumas, 3, 130_000, progress=no_progress)
    features = samples.features @ dictionary.basis
    lengths = np.linalg.norm(features, axis=1)
    nearest = (features @ dictionary.lr_atoms.T).argmax(1)
    # k-means compares with centres that are not yet of length 1: most patches agree on the atom, not all.
    atom = int(np.bincount(nearest[lengths > 1e-6]).argmax())
    own = (nearest == atom) & (lengths > 1e-6)
    coefficients = features[own] @ dictionary.lr_atoms[atom]
    expected = np.linalg.lstsq(coefficients[:, None], samples.details[own], rcond=None)[0][0]
    assert np.corrcoef(expected, dictionary.hr_atoms[atom])[0, 1] > 0.95


def test_the_seed_decides(lumas: Lumas, dictionary: Dictionary) -> None:
    again = learn_dictionary(lumas, 3, atoms=24)
    other = learn_dictionary(lumas, 3, atoms=24, seed=1)
    np.testing.assert_array_equal(again.lr_atoms, dictionary.lr_atoms)
    assert not np.array_equal(other.lr_atoms, dictionary.lr_atoms)


def test_flat_pictures_teach_nothing() -> None:
    with pytest.raises(InvalidConfigError, match=r"expected at least 24 patches with edges .*, got 0"):
        learn_dictionary([np.full((60, 60), 90, np.uint8)], 3, atoms=24)
