import numpy as np
import pytest
from numpy.typing import NDArray

from srcnn.errors import InvalidImageError
from srcnn.imaging import imresize
from srcnn.rivals.one_patch import as_filters, through_dictionaries, through_layers
from srcnn.rivals.sparse_coding import SparseCoding, feature_planes
from srcnn.runtime.network import StripNetwork
from srcnn.zoo.shipped import load_model


@pytest.fixture
def lr() -> NDArray[np.float32]:
    return np.random.default_rng(0).random((9, 8), np.float32)


@pytest.fixture
def rival() -> SparseCoding:
    random = np.random.default_rng(1)
    atoms = [random.normal(size=(40, size)).astype(np.float32) for size in (144, 81)]
    unit = [rows / np.linalg.norm(rows, axis=1, keepdims=True) for rows in atoms]
    return SparseCoding(scale=3, lr_atoms=unit[0], hr_atoms=unit[1] - unit[1].mean(1, keepdims=True))


def test_the_first_step_of_sparse_coding_is_a_convolution(rival: SparseCoding, lr: NDArray[np.float32]) -> None:
    path = through_dictionaries(rival, lr, 2, 3)
    window = imresize(lr, 2)[4 - 2 : 4 + 8, 6 - 2 : 6 + 8]
    correlated = (as_filters(rival.lr_atoms) * window).sum((1, 2))
    length = np.linalg.norm(feature_planes(lr)[:, 4:10, 6:12])
    np.testing.assert_allclose(correlated / length, path.responses, atol=1e-5)


def test_a_path_ends_where_the_method_does(rival: SparseCoding, lr: NDArray[np.float32]) -> None:
    path = through_dictionaries(rival, lr, 1, 1)
    # The first pixels inside the rim lie in one patch only.
    np.testing.assert_allclose(rival.luma(lr)[3:6, 3:6], path.patch[:3, :3], atol=1e-5)


def test_strokes_add_up_to_the_patch_without_its_mean(rival: SparseCoding, lr: NDArray[np.float32]) -> None:
    path = through_dictionaries(rival, lr, 3, 2)
    np.testing.assert_allclose(path.strokes.sum(0), path.patch - path.patch.mean(), atol=1e-4)
    assert 0 < np.count_nonzero(path.code) < 40


def test_the_last_row_and_column_of_patches_are_the_last(rival: SparseCoding, lr: NDArray[np.float32]) -> None:
    assert through_dictionaries(rival, lr, 5, 4).patch.shape == (9, 9)
    for row, column in ((6, 4), (5, 5), (0, 1), (1, 0)):
        with pytest.raises(InvalidImageError, match="expected a row from 1 to 5 and a column from 1 to 4"):
            through_dictionaries(rival, lr, row, column)


def test_layers_give_what_the_network_gives() -> None:
    model = load_model("srcnn-915", 3)
    window = np.random.default_rng(0).random((17, 17), np.float32)
    path = through_layers(model.weights, window)
    assert path.responses.shape == (64,)
    assert path.code.shape == (32,)
    assert path.strokes.shape == (32, 5, 5)
    whole = StripNetwork(model, engine="onnxruntime", threads=1)(window, top=True, bottom=True)
    np.testing.assert_allclose(path.patch, whole[6:11, 6:11], atol=1e-4)


def test_strokes_of_all_codes_add_up_to_the_middle_pixel() -> None:
    model = load_model("srcnn-915", 3)
    picture = np.random.default_rng(0).random((21, 21), np.float32)
    middle = sum(
        through_layers(model.weights, picture[row : row + 17, column : column + 17])
        .strokes[:, 4 - row, 4 - column]
        .sum()
        for row in range(5)
        for column in range(5)
    )
    expected = through_layers(model.weights, picture[2:19, 2:19]).patch[2, 2]
    assert middle + model.weights["conv3.bias"][0] == pytest.approx(expected, abs=1e-4)


def test_a_window_of_another_size_is_refused() -> None:
    with pytest.raises(InvalidImageError, match="expected a window of 17 x 17 pixels"):
        through_layers(load_model("srcnn-915", 3).weights, np.zeros((21, 21), np.float32))
