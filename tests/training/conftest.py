from pathlib import Path

import numpy as np
import pytest
from PIL import Image


@pytest.fixture(scope="session", autouse=True)
def one_torch_thread() -> None:
    """The networks of the tests are too small for more."""
    import torch

    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def picture_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six pictures a network can learn from: smooth colours with sharp edges, each another size."""
    folder = tmp_path_factory.mktemp("pictures")
    for number in range(6):
        random = np.random.default_rng(number)
        rows, columns = np.mgrid[: 40 + number, : 47 - number]
        picture = np.zeros((*rows.shape, 3))
        for _ in range(12):
            row, column, radius = random.uniform((0, 0, 3), (45, 45, 14))
            picture[(rows - row) ** 2 + (columns - column) ** 2 < radius**2] = random.uniform(0, 255, 3)
        Image.fromarray(picture.astype(np.uint8)).save(folder / f"{number}.png")
    return folder
