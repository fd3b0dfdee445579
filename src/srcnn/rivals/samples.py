"""Training pairs in Timofte's set-up: features of patches of the bicubic, and the details that are missing there."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from srcnn.errors import InvalidConfigError
from srcnn.imaging import crop_to_multiple, imresize, to_float
from srcnn.imaging.depth import Plane
from srcnn.progress import Progress
from srcnn.rivals.patches import PatchGrid, difference_planes
from srcnn.rivals.rival import Floats

Lumas = Sequence[NDArray[np.uint8]] | Sequence[Plane]
"""Pictures to learn from: H x W each, BT.601 limited range; 16..235 of 8 bits, or floating point / 255."""


@dataclass(frozen=True, slots=True)
class Samples:
    """Pairs of what a method sees and what it shall predict.

    Attributes:
        features: N x F.
        details: N x 9s², high resolution minus bicubic.
    """

    features: Floats
    details: Floats


def bicubic_pair(luma: NDArray[np.uint8] | Plane, scale: int) -> tuple[Plane, Plane, Plane]:
    """Shrink a picture and enlarge it again, as the authors' programs do.

    Args:
        luma: H x W, at least `scale` a side; it is cropped to a multiple of that.
        scale: how many times smaller.

    Returns:
        The small picture, it enlarged by bicubic, and the truth; float32, never rounded.

    Tests: tests/rivals/test_samples.py.
    """
    hr = crop_to_multiple(to_float(luma), scale)
    lr = imresize(hr, size=(hr.shape[0] // scale, hr.shape[1] // scale))
    return lr, imresize(lr, size=hr.shape), hr


def sample_patches(
    lumas: Lumas, scale: int, count: int, *, basis: Floats | None = None, seed: int = 0, progress: Progress
) -> Samples:
    """Draw patches evenly from pictures.

    Args:
        lumas: the pictures; those that hold no patch are passed over.
        scale: the enlargement.
        count: patches wanted; all are taken where there are fewer.
        basis: 36s² x F, to project features on; None keeps them whole.
        seed: of the drawing.
        progress: called with (pictures done, pictures in all).

    Returns:
        About `count` pairs, in the order of the pictures.

    Raises:
        InvalidConfigError: no picture holds a patch.

    Tests: tests/rivals/test_samples.py.
    """
    patches = sum(len(PatchGrid.over(luma.shape, scale)) for luma in lumas)
    if not patches:
        raise InvalidConfigError(
            f"expected a picture of at least {5 * scale} x {5 * scale} pixels to learn x{scale} from, "
            f"got {len(lumas)} smaller ones; use larger pictures"
        )
    random = np.random.default_rng(seed)
    features: list[Floats] = []
    details: list[Floats] = []
    for done, luma in enumerate(lumas, 1):
        grid = PatchGrid.over(luma.shape, scale)
        if len(grid):
            _, enlarged, hr = bicubic_pair(luma, scale)
            share = min(len(grid), max(1, round(count * len(grid) / patches)))
            chosen = np.sort(random.choice(len(grid), share, replace=False))
            found = grid.features(difference_planes(enlarged, scale), chosen)
            features.append(found if basis is None else found @ basis)
            details.append(grid.cut(hr - enlarged, chosen))
        progress(done, len(lumas))
    return Samples(np.concatenate(features), np.concatenate(details))
