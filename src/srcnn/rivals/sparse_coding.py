"""SC, sparse coding: the code of a patch in one dictionary, read in another.

Two dictionaries are learned together, one of features of low-resolution patches, D_l, one of the patches at high
resolution, D_h, so that both halves of a pair (x, y) have the same code: few atoms, with coefficients c,

    min over D_l, D_h, c of |x - D_l c|² / 2 + |y - D_h c|² / 2 + λ |c|₁.

To enlarge, the code of the features alone is found, min |x - D_l c|² / 2 + λ |c|₁, and the patch is D_h c. That
gives its shape: its mean is that of the bicubic, and its contrast (the length of what is left without the mean)
is brought to 1.1 times the bicubic's, since λ makes codes too short, and the truth has more contrast than the
bicubic. Patches are averaged where they overlap.

A patch is 3 x 3 low-resolution pixels, and shares one with the next. Its features are the first and second
differences of the picture enlarged twice. In learning, x and y are brought to the same length first, and at
the end the atoms of each dictionary to length 1.

What decides the number, on Set5 at x3: with two pixels shared instead of one there are four times the patches
and it is 31.92 dB instead of 31.4; Yang and others' final step, which makes the result agree with the
low-resolution picture (back-projection), would give another 0.4 dB. Neither is in the comparison whose 31.42 dB
the SRCNN paper prints, as far as its number tells.

Source: Yang, Wright, Huang and Ma, "Image super-resolution via sparse representation", IEEE Transactions on
Image Processing 19 (2010), and its programs L1SR.m, ScSR.m and train_coupled_dict.m. The dictionary: Mairal,
Bach, Ponce and Sapiro, "Online dictionary learning for sparse coding", ICML 2009; the code: coordinate descent.
"""

import warnings
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from srcnn.errors import InvalidConfigError
from srcnn.imaging.depth import Plane, check_plane
from srcnn.progress import Progress, no_progress
from srcnn.rivals.patches import PatchGrid, add_details, enlarge_by_bicubic
from srcnn.rivals.rival import Floats, check_arrays
from srcnn.rivals.samples import Lumas, bicubic_pair

_FEATURE_SCALE = 2  # features are taken of the picture enlarged so many times, whatever the scale
_FEATURES = 4 * (3 * _FEATURE_SCALE) ** 2
_SPARSITY = 0.1  # λ at use
_LEARNED_SPARSITY = 0.15
_CONTRAST = 1.1
_STEP = 2  # low-resolution pixels from one patch to the next
_ROUNDS = 100  # of coordinate descent, at most
_BATCH = 512  # pairs between two steps of the dictionaries
_FAINT = 0.1  # length of what is left without the mean, and of features, below which a pair teaches nothing
_TINY = np.float32(1e-6)


@dataclass(frozen=True, slots=True, kw_only=True)
class SparseCoding:
    """SC, fitted.

    Attributes:
        name: "sc".
        scale: the enlargement.
        lr_atoms: A x 144, of length 1: D_l, transposed.
        hr_atoms: A x 9s², of length 1: D_h, transposed.
    """

    name: str = "sc"
    scale: int
    lr_atoms: Floats
    hr_atoms: Floats

    def __post_init__(self) -> None:
        atoms = self.lr_atoms.shape[:1]
        check_arrays(
            self.name,
            self.scale,
            {
                "lr_atoms": (self.lr_atoms, (*atoms, _FEATURES)),
                "hr_atoms": (self.hr_atoms, (*atoms, 9 * self.scale**2)),
            },
        )

    def luma(self, lr: Plane) -> Plane:
        """Enlarge a luma plane, as `Rival.luma` says."""
        check_plane(lr)
        enlarged = enlarge_by_bicubic(lr, self.scale)
        grid, planes = PatchGrid.over(enlarged.shape, self.scale, _STEP), feature_planes(lr)

        def details(chosen: NDArray[np.integer]) -> Floats:
            bicubic = grid.cut(enlarged, chosen)
            return self.patches(features_of(planes, grid, chosen), bicubic) - bicubic

        return add_details(enlarged, grid, details)

    def codes(self, features: Floats) -> Floats:
        """The sparse codes of features, N x 144 to N x A; features are brought to length 1."""
        from sklearn.decomposition import sparse_encode
        from sklearn.exceptions import ConvergenceWarning

        lengths = np.linalg.norm(features, axis=1, keepdims=True)
        unit = features / np.maximum(lengths, _TINY)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # _ROUNDS are enough for a picture
            found = sparse_encode(unit, self.lr_atoms, algorithm="lasso_cd", alpha=_SPARSITY, max_iter=_ROUNDS)
        return np.asarray(found, np.float32)

    def patches(self, features: Floats, bicubic: Floats) -> Floats:
        """Patches at high resolution, N x 9s², from features and the bicubic's patches."""
        shapes = self.codes(features) @ self.hr_atoms
        means = bicubic.mean(1, keepdims=True)
        contrast = _CONTRAST * np.linalg.norm(bicubic - means, axis=1, keepdims=True)
        return means + shapes * (contrast / np.maximum(np.linalg.norm(shapes, axis=1, keepdims=True), _TINY))


def feature_planes(lr: Plane) -> Floats:
    """First and second differences of a picture enlarged twice: 4 x 2h x 2w.

    The distance is one pixel for the first and two for the second, as in L1SR.m: [-1 0 1] and [1 0 -2 0 1].
    """
    padded = np.pad(enlarge_by_bicubic(lr, _FEATURE_SCALE), 2, mode="edge")
    centre = padded[2:-2, 2:-2]
    return np.stack(
        [
            padded[2:-2, 3:-1] - padded[2:-2, 1:-3],
            padded[3:-1, 2:-2] - padded[1:-3, 2:-2],
            padded[2:-2, 4:] - 2 * centre + padded[2:-2, :-4],
            padded[4:, 2:-2] - 2 * centre + padded[:-4, 2:-2],
        ]
    )


def features_of(planes: Floats, grid: PatchGrid, chosen: NDArray[np.integer]) -> Floats:
    """Features of patches, N x 144, for numbers of patches of the picture's grid."""
    return PatchGrid(_FEATURE_SCALE, grid.rows, grid.columns, grid.step).features(planes, chosen)


def fit_sparse_coding(
    lumas: Lumas,
    scale: int,
    *,
    atoms: int = 1024,
    samples: int = 50_000,
    seed: int = 0,
    progress: Progress = no_progress,
) -> SparseCoding:
    """Learn the two dictionaries from pictures.

    Args:
        lumas: the pictures.
        scale: the enlargement.
        atoms: how many.
        samples: pairs of patches to learn from, each seen once.
        seed: of the drawing.
        progress: called with (pairs learned from, pairs in all).

    Returns:
        The fitted method.

    Raises:
        InvalidConfigError: fewer patches with edges than atoms.

    Tests: tests/rivals/test_sparse_coding.py.
    """
    from sklearn.decomposition import MiniBatchDictionaryLearning
    from sklearn.exceptions import ConvergenceWarning

    pairs = draw_pairs(lumas, scale, samples, seed)
    if len(pairs) < atoms:
        raise InvalidConfigError(
            f"expected at least {atoms} patches with edges to learn {atoms} atoms from, got {len(pairs)}; "
            "use more or larger pictures"
        )
    learner = MiniBatchDictionaryLearning(
        atoms,
        alpha=_LEARNED_SPARSITY,  # pyright: ignore[reportArgumentType] (scikit-learn types it by its default, 1)
        fit_algorithm="cd",
        transform_max_iter=_ROUNDS,
        dict_init=pairs[:atoms].copy(),
        random_state=seed,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        for start in range(0, len(pairs), _BATCH):
            learner.partial_fit(pairs[start : start + _BATCH])
            progress(min(start + _BATCH, len(pairs)), len(pairs))
    learned = np.asarray(learner.components_, np.float32)
    lr_atoms, hr_atoms = _unit(learned[:, :_FEATURES]), _unit(learned[:, _FEATURES:])
    return SparseCoding(scale=scale, lr_atoms=lr_atoms, hr_atoms=hr_atoms)


def draw_pairs(lumas: Lumas, scale: int, count: int, seed: int) -> Floats:
    """Features beside patches at high resolution without their mean, each half of length √½, in random order.

    Args:
        lumas: the pictures; those that hold no patch are passed over.
        scale: the enlargement.
        count: of pairs, of which faint ones are left out.
        seed: of the drawing.

    Returns:
        N x (144 + 9s²).

    Tests: tests/rivals/test_sparse_coding.py.
    """
    random = np.random.default_rng(seed)
    share = count / max(1, sum(len(PatchGrid.over(luma.shape, scale)) for luma in lumas))
    pairs = [np.empty((0, _FEATURES + 9 * scale**2), np.float32)]
    for luma in lumas:
        grid = PatchGrid.over(luma.shape, scale)
        if len(grid):
            lr, _, hr = bicubic_pair(luma, scale)
            chosen = random.choice(len(grid), min(len(grid), round(share * len(grid))), replace=False)
            features = features_of(feature_planes(lr), grid, chosen)
            patches = grid.cut(hr, chosen)
            patches = patches - patches.mean(1, keepdims=True)
            kept = (np.linalg.norm(patches, axis=1) > _FAINT) & (np.linalg.norm(features, axis=1) > _FAINT)
            pairs.append(np.concatenate([_unit(features[kept]), _unit(patches[kept])], 1) * np.float32(0.5**0.5))
    return random.permutation(np.concatenate(pairs))


def _unit(rows: Floats) -> Floats:
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), _TINY)
