import numpy as np
from tiny_models import random_model

from srcnn.spec import srcnn
from srcnn.zoo.filters import filter_sheet, lay_out
from srcnn.zoo.model_file import Model


def test_filters_come_by_their_energy_without_their_mean_and_equal_ones_in_their_order() -> None:
    model = random_model(kernel_sizes=(3, 3), widths=(4,), colour="rgb")
    kernels = model.weights["conv1.weight"]
    kernels[:] = 0
    kernels[0] = 9  # flat: no strength
    kernels[1, 0, 0, 0] = 1
    kernels[2, 2, 1, :] = -1
    kernels[3, 1, 2, 2] = 1
    side_by_side = [np.concatenate(kernels[number], axis=1) for number in (2, 1, 3, 0)]
    np.testing.assert_array_equal(filter_sheet(model), lay_out(side_by_side))


def test_the_strongest_filter_comes_first_and_none_touches_another() -> None:
    spec = srcnn(name="three", scale=2, kernel_sizes=(3, 3), widths=(3,))
    weights = {name: np.zeros(shape, np.float32) for name, shape in spec.tensor_shapes().items()}
    weights["conv1.weight"][1, 0, 0, :] = 1
    weights["conv1.weight"][2, 0, :, 2] = 5
    sheet = filter_sheet(Model(spec, weights))
    assert sheet.shape == (3, 11, 2)
    grey, alpha = sheet[:, :, 0], sheet[:, :, 1]
    assert (grey[:, :3] == [0, 0, 255]).all()
    assert (grey[:, 4:7].T == [255, 0, 0]).all()
    assert (grey[:, 8:] == 0).all()
    assert (alpha[:, [3, 7]] == 0).all()
    assert alpha.sum() == 27 * 255


def test_nine_filters_take_two_rows_of_eight() -> None:
    model = random_model(kernel_sizes=(5, 1, 3), widths=(9, 3))
    assert filter_sheet(model).shape == (5 + 1 + 5, 8 * 6 - 1, 2)


def test_a_flat_plane_is_black() -> None:
    np.testing.assert_array_equal(lay_out([np.ones((2, 3), np.float32)]), [[[0, 255]] * 3] * 2)
