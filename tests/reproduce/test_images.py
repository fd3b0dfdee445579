import base64
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from srcnn.reproduce.images import data_uri, error_map


def decoded(uri: str) -> np.ndarray:
    head, _, content = uri.partition(",")
    assert head == "data:image/webp;base64"
    with Image.open(BytesIO(base64.b64decode(content))) as picture:
        return np.asarray(picture)


@pytest.mark.parametrize("shape", [(9, 7), (9, 7, 3)])
def test_a_picture_comes_back_as_it_was(shape: tuple[int, ...]) -> None:
    image = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    expected = image if image.ndim == 3 else np.repeat(image[:, :, None], 3, 2)
    assert (decoded(data_uri(image)) == expected).all()


def test_transparency_is_kept() -> None:
    image = np.full((5, 6, 2), 255, np.uint8)
    image[2, :, 1] = 0
    image[1, :, 0] = 77
    result = decoded(data_uri(image))
    assert (result[:, :, 3] == image[:, :, 1]).all()
    assert (result[1, :, :3] == 77).all()


def test_a_photograph_takes_less_when_loss_is_allowed() -> None:
    image = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    assert len(data_uri(image, lossless=False)) < len(data_uri(image)) / 2


def test_an_error_map_is_black_where_equal_and_brightest_from_48_levels() -> None:
    hr = np.array([[0, 100, 200, 255]], np.uint8)
    sr = np.array([[0, 124, 152, 0]], np.uint8)
    colours = error_map(sr, hr)[0].astype(int)
    assert colours[0].sum() < 10
    assert colours[0].sum() < colours[1].sum() < colours[2].sum()
    assert (colours[2] == colours[3]).all()
