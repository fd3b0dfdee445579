"""Anchored regression: what ANR and A+ compute at use. A linear map for each anchor, the nearest anchor's applied.

A patch's features x go to the anchor d with the greatest |d·x|, and its detail is y = P_d x. How P_d is found
is all that ANR and A+ differ in.
"""

from dataclasses import dataclass

import numpy as np

from srcnn.imaging.depth import Plane, check_plane
from srcnn.rivals.patches import enlarge_by_patches
from srcnn.rivals.rival import Floats, check_arrays


@dataclass(frozen=True, slots=True, kw_only=True)
class AnchoredRegression:
    """ANR or A+, fitted.

    Attributes:
        name: "anr" or "a+".
        scale: the enlargement.
        basis: 36s² x P, the principal components of the features.
        anchors: A x P.
        projections: A x P x 9s², from features to detail.
    """

    name: str
    scale: int
    basis: Floats
    anchors: Floats
    projections: Floats

    def __post_init__(self) -> None:
        anchors, components = self.anchors.shape[:1], self.basis.shape[-1:]
        check_arrays(
            self.name,
            self.scale,
            {
                "basis": (self.basis, (36 * self.scale**2, *components)),
                "anchors": (self.anchors, (*anchors, *components)),
                "projections": (self.projections, (*anchors, *components, 9 * self.scale**2)),
            },
        )

    def luma(self, lr: Plane) -> Plane:
        """Enlarge a luma plane, as `Rival.luma` says."""
        check_plane(lr)
        return enlarge_by_patches(lr, self.scale, self._details)

    def _details(self, features: Floats) -> Floats:
        """Features N x 36s² to details N x 9s², anchor by anchor."""
        projected = features @ self.basis
        nearest = np.abs(projected @ self.anchors.T).argmax(1)
        details = np.empty((len(features), self.projections.shape[2]), np.float32)
        order = np.argsort(nearest, kind="stable")
        for of_one in np.split(order, np.flatnonzero(np.diff(nearest[order])) + 1):
            details[of_one] = projected[of_one] @ self.projections[nearest[of_one[0]]]
        return details
