"""The filters of a network's first layer, in the order they are shown in."""

import numpy as np
from numpy.typing import NDArray

from srcnn.zoo.model_file import Model


def strongest_filters(model: Model) -> NDArray[np.float32]:
    """The kernels of the first layer, strongest first.

    A kernel's strength is its energy without its mean: what it does to a flat area does not count.

    Args:
        model: of any number of channels.

    Returns:
        O x C x k x k.

    Tests: tests/zoo/test_filters_of_models.py.
    """
    kernels = model.weights["conv1.weight"]
    strength = np.square(kernels - kernels.mean((1, 2, 3), keepdims=True)).sum((1, 2, 3))
    return kernels[np.argsort(-strength, kind="stable")]
