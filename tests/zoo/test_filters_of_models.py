import numpy as np
from tiny_models import random_model

from srcnn.zoo.filters import strongest_filters


def test_filters_come_by_their_energy_without_their_mean_and_equal_ones_in_their_order() -> None:
    model = random_model(kernel_sizes=(3, 3), widths=(4,), channels=3)
    kernels = model.weights["conv1.weight"]
    kernels[:] = 0
    kernels[0] = 9  # flat: no strength
    kernels[1, 0, 0, 0] = 1
    kernels[2, 2, 1, :] = -1
    kernels[3, 1, 2, 2] = 1
    np.testing.assert_array_equal(strongest_filters(model), kernels[[2, 1, 3, 0]])
