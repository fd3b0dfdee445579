"""NE+LLE, neighbour embedding: the detail is the same sum of neighbours as the features are.

Features x and details y of patches lie on two manifolds of the same shape: so the weights that write x as a sum
of its K nearest atoms, min |x - Σ w_k d_k|² with Σ w_k = 1, also write its detail, y = Σ w_k h_k. These are the
weights of locally linear embedding: with G the Gram matrix of the differences d_k - x, solve G w = 1 and divide
by the sum. G may be singular, so 0.0001 of its trace is added to its diagonal (the programs do so only where K
exceeds the dimension).
Here as in Timofte's comparison the atoms of the dictionary are the patches to choose from, neighbours are
the K = 24 with the greatest |d·x|, and the first and second differences are the features. One thing is ours: x
is brought to the atoms' length 1 and the detail back to the length of x, since weights that sum to one can
hardly write a faint x as a sum of atoms of length 1.

Source: Chang, Yeung and Xiong, "Super-resolution through neighbor embedding", CVPR 2004; scaleup_NE_LLE.m of
ANR's programs.
"""

from dataclasses import dataclass

import numpy as np

from srcnn.imaging.depth import Plane, check_plane
from srcnn.rivals.dictionary import Dictionary
from srcnn.rivals.patches import enlarge_by_patches
from srcnn.rivals.rival import Floats, check_arrays

_NEIGHBOURS = 24
_TOLERANCE = 1e-4
_TINY = np.float32(1e-12)


@dataclass(frozen=True, slots=True, kw_only=True)
class NeighborEmbedding:
    """NE+LLE, fitted: a dictionary.

    Attributes:
        name: "ne-lle".
        scale: the enlargement.
        basis: 36s² x P, the principal components of the features.
        lr_atoms: A x P, of length 1.
        hr_atoms: A x 9s².
    """

    name: str = "ne-lle"
    scale: int
    basis: Floats
    lr_atoms: Floats
    hr_atoms: Floats

    def __post_init__(self) -> None:
        atoms, components = self.lr_atoms.shape[:1], self.basis.shape[-1:]
        check_arrays(
            self.name,
            self.scale,
            {
                "basis": (self.basis, (36 * self.scale**2, *components)),
                "lr_atoms": (self.lr_atoms, (*atoms, *components)),
                "hr_atoms": (self.hr_atoms, (*atoms, 9 * self.scale**2)),
            },
        )

    def luma(self, lr: Plane) -> Plane:
        """Enlarge a luma plane, as `Rival.luma` says."""
        check_plane(lr)
        return enlarge_by_patches(lr, self.scale, self._details)

    def _details(self, features: Floats) -> Floats:
        """Features N x 36s² to details N x 9s²."""
        projected = features @ self.basis
        lengths = np.linalg.norm(projected, axis=1, keepdims=True)
        projected /= np.maximum(lengths, _TINY)
        neighbours = min(_NEIGHBOURS, len(self.lr_atoms))
        nearness = np.abs(projected @ self.lr_atoms.T)
        nearest = np.argpartition(-nearness, neighbours - 1, axis=1)[:, :neighbours]
        weights = embedding_weights(projected, self.lr_atoms[nearest])
        details = weights[:, None, :] @ self.hr_atoms[nearest]
        return details[:, 0] * lengths


def embedding_weights(points: Floats, neighbours: Floats) -> Floats:
    """Weights that sum to 1 and write points as sums of their neighbours, as nearly as can be.

    Args:
        points: N x P.
        neighbours: N x K x P.

    Returns:
        N x K.

    Source: Saul and Roweis, "An introduction to locally linear embedding", 2000.
        Tests: tests/rivals/test_neighbor_embedding.py.
    """
    differences = neighbours - points[:, None]
    gram = differences @ differences.transpose(0, 2, 1)
    traces = np.trace(gram, axis1=1, axis2=2)
    ridge = _TOLERANCE * np.where(traces > _TINY, traces, 1)
    gram += ridge[:, None, None] * np.eye(gram.shape[1], dtype=np.float32)
    weights = np.linalg.solve(gram, np.ones((len(gram), gram.shape[1], 1), np.float32))[:, :, 0]
    return weights / weights.sum(1, keepdims=True)


def fit_neighbor_embedding(dictionary: Dictionary, scale: int) -> NeighborEmbedding:
    """Nothing is left to fit: the dictionary is the method.

    Args:
        dictionary: of features and details.
        scale: the enlargement it was learned for.

    Returns:
        The fitted method.
    """
    return NeighborEmbedding(
        scale=scale, basis=dictionary.basis, lr_atoms=dictionary.lr_atoms, hr_atoms=dictionary.hr_atoms
    )
