import os
from collections.abc import Callable
from pathlib import Path

# The matrices of the tests are too small for more than one thread.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import pytest
from disc_lumas import disc_luma
from numpy.typing import NDArray

from srcnn.imaging import psnr, rgb_to_luma_bt601
from srcnn.pictures.read import read_array
from srcnn.rivals.dictionary import Dictionary, learn_dictionary
from srcnn.rivals.rival import Rival
from srcnn.rivals.samples import bicubic_pair


@pytest.fixture(scope="session")
def lumas() -> list[NDArray[np.uint8]]:
    return [disc_luma(seed, 60 + seed, 75 - seed) for seed in range(4)]


@pytest.fixture(scope="session")
def t91_lumas(shared_data: Path) -> list[NDArray[np.uint8]]:
    """The luma of the 91 pictures that the rivals were published with."""
    pictures = sorted((shared_data / "train" / "T91").iterdir())
    return [rgb_to_luma_bt601(read_array(path)[:, :, :3]) for path in pictures]


@pytest.fixture(scope="session")
def dictionary(lumas: list[NDArray[np.uint8]]) -> Dictionary:
    """Of x3."""
    return learn_dictionary(lumas, 3, atoms=24)


@pytest.fixture(scope="session")
def gain_over_bicubic() -> Callable[[Rival], float]:
    """Decibels that a rival gains over bicubic on a picture it has not seen."""

    def gain(rival: Rival) -> float:
        lr, bicubic, hr = bicubic_pair(disc_luma(seed=9), rival.scale)
        border = 2 * rival.scale
        return psnr(rival.luma(lr), hr, data_range=1, border=border) - psnr(bicubic, hr, data_range=1, border=border)

    return gain
