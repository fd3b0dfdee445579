"""A+, adjusted anchored neighbourhood regression: ANR's maps, learned from patches instead of atoms.

ANR's neighbourhood is 40 atoms, a coarse sample of the features near an anchor. A+ keeps the anchors, and takes
for each the 2048 nearest among millions of training patches, drawn from T91 at 12 sizes by steps of 0.98.
Features are brought to length 1 and details divided by the same length, so that near means the same shape,
whatever the contrast; very faint patches, shorter than 0.1, keep their details undivided, which leaves them
little weight. The map is again a ridge regression: P = Y X' (X X' + λI)⁻¹ with λ = 0.1, equal to the form
Y (X'X + λI)⁻¹ X' of ANR, but with a small matrix to invert. Use is exactly as fast as ANR.

The authors take the first five million patches; two million, drawn evenly from all of them, need less memory.

Source: Timofte, De Smet and Van Gool, "A+: Adjusted anchored neighborhood regression for fast
super-resolution", ACCV 2014, and its go_run_Set5_x4_Aplus1024.m.
"""

import numpy as np

from srcnn.imaging import imresize, to_float
from srcnn.progress import Progress, no_progress
from srcnn.rivals.anchored import AnchoredRegression
from srcnn.rivals.dictionary import Dictionary
from srcnn.rivals.rival import Floats
from srcnn.rivals.samples import Lumas, Samples, sample_patches

_RIDGE = 0.1
_STEP = 0.98  # from one size of a picture to the next
_FAINT = 0.1  # length of features below which details are not divided by it


def fit_a_plus(
    dictionary: Dictionary,
    lumas: Lumas,
    scale: int,
    *,
    samples: int = 2_000_000,
    neighbours: int = 2048,
    sizes: int = 12,
    seed: int = 0,
    progress: Progress = no_progress,
) -> AnchoredRegression:
    """Learn the projection of every atom from patches.

    Args:
        dictionary: its low-resolution atoms become the anchors.
        lumas: the pictures.
        scale: the enlargement the dictionary was learned for.
        samples: patches to learn from.
        neighbours: of them for each anchor.
        sizes: of every picture, each 0.98 of the one before.
        seed: of the drawing.
        progress: called with (pictures done, pictures in all), each size counted.

    Returns:
        The fitted method.

    Tests: tests/rivals/test_a_plus.py.
    """
    from sklearn.neighbors import NearestNeighbors

    copies = [imresize(to_float(luma), _STEP**size) for size in range(sizes) for luma in lumas]
    drawn = normalised(sample_patches(copies, scale, samples, basis=dictionary.basis, seed=seed, progress=progress))
    search = NearestNeighbors(n_neighbors=min(neighbours, len(drawn.features)), algorithm="brute").fit(drawn.features)
    order = search.kneighbors(dictionary.lr_atoms, return_distance=False)
    projections = [_projection(drawn.features[nearest], drawn.details[nearest]) for nearest in order]
    return AnchoredRegression(
        name="a+",
        scale=scale,
        basis=dictionary.basis,
        anchors=dictionary.lr_atoms,
        projections=np.stack(projections),
    )


def normalised(samples: Samples) -> Samples:
    """Bring features to length 1 and details to the same contrast; faint details stay as they are."""
    lengths = np.linalg.norm(samples.features, axis=1, keepdims=True)
    features = samples.features / np.maximum(lengths, np.finfo(np.float32).tiny)
    contrasts = np.where(lengths < _FAINT, np.float32(1), lengths).astype(np.float32, copy=False)
    return Samples(features, samples.details / contrasts)


def _projection(features: Floats, details: Floats) -> Floats:
    """(X X' + λI)⁻¹ X Y', P x 9s². Here the samples are rows."""
    moments = features.T @ features + _RIDGE * np.eye(features.shape[1], dtype=np.float32)
    return np.linalg.solve(moments, features.T @ details)
