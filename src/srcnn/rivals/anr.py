"""ANR, anchored neighbourhood regression: a linear map from features to detail for each atom of a dictionary.

Neighbour embedding writes features x as a sum of its K nearest atoms and gives the detail as the same sum of
theirs. With a ridge in place of the sum-to-one constraint, min |x - N_l w|² + λ|w|², the weights are linear in
x, w = (N_l'N_l + λI)⁻¹ N_l' x, and so is the detail, y = N_h w = P x. Were the neighbours fixed, P could be
computed beforehand: so they are those of the nearest atom, the anchor, instead of those of x. ANR takes K = 40
atoms by |correlation| and λ = 0.01, and multiplies by 1 + λ against the ridge's shrinkage. At use a patch costs
a search among the anchors and a product with one matrix.

Source: Timofte, De Smet and Van Gool, "Anchored neighborhood regression for fast example-based
super-resolution", ICCV 2013, and its go_run_Set5_x3.m.
"""

import numpy as np

from srcnn.rivals.anchored import AnchoredRegression
from srcnn.rivals.dictionary import Dictionary
from srcnn.rivals.rival import Floats

_NEIGHBOURS = 40
_RIDGE = 0.01


def fit_anr(dictionary: Dictionary, scale: int, *, neighbours: int = _NEIGHBOURS) -> AnchoredRegression:
    """Compute the projection of every atom.

    Args:
        dictionary: of features and details.
        scale: the enlargement it was learned for.
        neighbours: atoms that each projection is made of.

    Returns:
        The fitted method.

    Tests: tests/rivals/test_anr.py.
    """
    lr_atoms = dictionary.lr_atoms
    order = np.argsort(-np.abs(lr_atoms @ lr_atoms.T), axis=1)[:, :neighbours]
    projections = [_projection(lr_atoms[nearest], dictionary.hr_atoms[nearest]) for nearest in order]
    return AnchoredRegression(
        name="anr", scale=scale, basis=dictionary.basis, anchors=lr_atoms, projections=np.stack(projections)
    )


def _projection(lr_atoms: Floats, hr_atoms: Floats) -> Floats:
    """(1 + λ) N_h (N_l'N_l + λI)⁻¹ N_l', transposed: P x 9s². Here the atoms are rows."""
    gram = lr_atoms @ lr_atoms.T + _RIDGE * np.eye(len(lr_atoms), dtype=np.float32)
    projection = (1 + _RIDGE) * (np.linalg.solve(gram, lr_atoms).T @ hr_atoms)
    return projection.astype(np.float32, copy=False)
