"""The earlier methods, learned from T91 once and kept in the cache."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from srcnn.errors import InvalidConfigError
from srcnn.evaluation.planes import Method, truth_planes
from srcnn.evaluation.protocol import AUTHORS
from srcnn.imaging import from_float
from srcnn.pictures.named import named_pictures
from srcnn.pictures.read import read_array
from srcnn.progress import Progress
from srcnn.reproduce.cache import Cache, bytes_digest, code_digest, digest
from srcnn.reproduce.methods import ReportMethod

_SEED = 0


class Fits:
    """The files of fitted methods, by what they were fitted from."""

    def __init__(self, cache: Cache, training: Path | None) -> None:
        """Look at the training pictures.

        Args:
            cache: where fitted methods are kept.
            training: the folder of T91; None where no rival is wanted.

        Raises:
            InvalidConfigError: no picture there.
            InvalidImageError: no folder there.
        """
        self._cache = cache
        self._pictures = list(named_pictures(training).values()) if training else []
        self._digest = digest([bytes_digest(path.read_bytes()) for path in self._pictures])

    def made_of(self, method: ReportMethod) -> str:
        """The hash of everything a fitted method follows from: pictures, seed, scale and code."""
        return digest(method.made_of, self._digest, _SEED, code_digest("imaging"))

    def path(self, method: ReportMethod) -> Path:
        """The file of a fitted method; it need not exist."""
        return self._cache.path(f"{method.name}_x{method.scale}-{self.made_of(method)}", ".safetensors")

    def fit(self, method: ReportMethod, progress: Progress) -> None:
        """Learn a method from the training pictures and keep it.

        Args:
            method: a rival.
            progress: called with (done, total).

        Raises:
            InvalidConfigError: there are no training pictures.
            MissingExtraError: a library it needs is not installed.
            OutputError: the file cannot be written.
        """
        from srcnn.rivals.files import save_rival
        from srcnn.rivals.fit import fit_rival

        if not self._pictures:
            raise InvalidConfigError(f"expected T91 to fit {method.name}, got no pictures; put them into train/T91")
        lumas = training_lumas(self._pictures, method.scale)
        rival = fit_rival(method.name, method.scale, lumas, seed=_SEED, progress=progress)
        save_rival(self.path(method), rival)

    def load(self, method: ReportMethod) -> Method:
        """The function of a fitted method, from luma to luma."""
        from srcnn.rivals.files import read_rival

        return read_rival(self.path(method)).luma


def training_lumas(pictures: Sequence[Path], scale: int) -> list[NDArray[np.uint8]]:
    """The luma of pictures as the authors' programs take it: BT.601 limited range, 8 bits.

    Args:
        pictures: files.
        scale: height and width are cropped to its multiples.

    Returns:
        H x W, uint8, in the order of the files.

    Tests: tests/reproduce/test_fits.py.
    """
    return [from_float(truth_planes(read_array(path), scale, AUTHORS), np.uint8) for path in pictures]
