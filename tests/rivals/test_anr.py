from collections.abc import Callable

import numpy as np

from srcnn.rivals.anr import fit_anr
from srcnn.rivals.dictionary import Dictionary
from srcnn.rivals.rival import Rival


def test_the_projection_is_that_of_the_paper(dictionary: Dictionary) -> None:
    rival = fit_anr(dictionary, 3, neighbours=8)
    anchor = dictionary.lr_atoms[5].astype(float)
    nearest = sorted(range(24), key=lambda atom: -abs(dictionary.lr_atoms[atom] @ anchor))[:8]
    low = dictionary.lr_atoms[nearest].T.astype(float)  # as in the paper, atoms are columns
    high = dictionary.hr_atoms[nearest].T.astype(float)
    expected = 1.01 * high @ np.linalg.inv(low.T @ low + 0.01 * np.eye(8)) @ low.T
    np.testing.assert_allclose(rival.projections[5].T, expected, atol=1e-4 * np.abs(expected).max())


def test_anr_gains_over_bicubic(dictionary: Dictionary, gain_over_bicubic: Callable[[Rival], float]) -> None:
    assert gain_over_bicubic(fit_anr(dictionary, 3, neighbours=10)) > 0.5
