"""Fit any rival by its name. Needs scikit-learn (extra `paper`)."""

from collections.abc import Sequence
from importlib.util import find_spec

import numpy as np
from numpy.typing import NDArray

from srcnn.errors import InvalidConfigError, InvalidImageError, MissingExtraError
from srcnn.imaging.depth import check_image
from srcnn.progress import Progress, no_progress
from srcnn.rivals import RIVALS
from srcnn.rivals.rival import Rival

SCALES = (2, 3, 4)


def fit_rival(
    name: str,
    scale: int,
    lumas: Sequence[NDArray[np.uint8]],
    *,
    seed: int = 0,
    progress: Progress = no_progress,
) -> Rival:
    """Learn a rival from pictures, as its authors did from the 91 of T91.

    Args:
        name: one of `srcnn.rivals.RIVALS`.
        scale: the enlargement: 2, 3 or 4.
        lumas: H x W uint8 each, BT.601 limited range (16..235).
        seed: of every drawing; the same seed and pictures give the same rival.
        progress: called with (done, total).

    Returns:
        The fitted method.

    Raises:
        InvalidConfigError: an unknown name, another scale, or pictures too few or too small.
        InvalidImageError: a picture that is not H x W of 8 bits.
        MissingExtraError: scikit-learn is not installed.

    Tests: tests/rivals/test_fit_rival.py.
    """
    if name not in RIVALS:
        raise InvalidConfigError(f"expected one of the rivals {', '.join(RIVALS)}, got {name!r}; choose one")
    if scale not in SCALES:
        raise InvalidConfigError(f"expected a scale of 2, 3 or 4 for {name}, got {scale}; choose one")
    for luma in lumas:
        check_image(luma)
        if luma.ndim != 2 or luma.dtype != np.uint8:
            raise InvalidImageError(
                f"expected luma planes H x W of uint8 to fit {name}, got {luma.shape} {luma.dtype}; "
                "take the luma with srcnn.imaging.rgb_to_luma_bt601"
            )
    if find_spec("sklearn") is None:
        raise MissingExtraError("scikit-learn", "paper")
    return _fit(name, scale, lumas, seed, progress)


def _fit(name: str, scale: int, lumas: Sequence[NDArray[np.uint8]], seed: int, progress: Progress) -> Rival:
    if name == "sc":
        from srcnn.rivals.sparse_coding import fit_sparse_coding

        return fit_sparse_coding(lumas, scale, seed=seed, progress=progress)
    if name == "kk":
        from srcnn.rivals.kernel_ridge import fit_kernel_regression

        return fit_kernel_regression(lumas, scale, seed=seed, progress=progress)
    from srcnn.rivals.dictionary import learn_dictionary

    if name == "a+":
        from srcnn.rivals.a_plus import fit_a_plus

        dictionary = learn_dictionary(lumas, scale, seed=seed)
        return fit_a_plus(dictionary, lumas, scale, seed=seed, progress=progress)
    from srcnn.rivals.anr import fit_anr
    from srcnn.rivals.neighbor_embedding import fit_neighbor_embedding

    dictionary = learn_dictionary(lumas, scale, seed=seed, progress=progress)
    return fit_anr(dictionary, scale) if name == "anr" else fit_neighbor_embedding(dictionary, scale)
