import numpy as np
import pytest
from tiny_models import random_model, run_by_definition

from srcnn.errors import InvalidImageError
from srcnn.imaging import imresize
from srcnn.layer import Activation
from srcnn.reproduce.feature_maps import feature_sheets, maps_of_layer
from srcnn.zoo.filters import lay_out


@pytest.mark.parametrize("activation", ["relu", "prelu", "tanh"])
def test_the_layers_are_the_networks_own(activation: Activation) -> None:
    # All layers in turn give what the definition gives where no border was invented.
    model = random_model(kernel_sizes=(5, 1, 3), widths=(4, 3), activation=activation)
    plane = np.random.default_rng(0).random((20, 23), np.float32)
    maps = plane[None]
    for number in (1, 2, 3):
        maps = maps_of_layer(model, number, maps)
    reach = model.spec.reach
    np.testing.assert_allclose(maps[0], run_by_definition(model, plane)[reach:-reach, reach:-reach], atol=1e-4)


def test_feature_sheets_show_every_map_of_two_layers_from_black_to_white() -> None:
    model = random_model(kernel_sizes=(5, 1, 3), widths=(4, 3), scale=2)
    small = imresize(np.random.default_rng(0).random((6, 6), np.float32), size=(12, 14))
    first, second = feature_sheets(model, small)
    assert first.shape == (20, 4 * 25 - 1, 2)  # 24 x 28 enlarged, less 2 on every side
    assert second.shape == (20, 3 * 25 - 1, 2)
    for number in range(4):
        part = first[:, number * 25 : number * 25 + 24, 0]
        assert part.min() == 0
        assert part.max() in (0, 255)  # 0: a map that is dead here
    assert first[:, :, 0].max() == 255


def test_a_picture_smaller_than_the_kernel_is_refused() -> None:
    with pytest.raises(InvalidImageError, match="expected at least 5 x 5 pixels, got "):
        feature_sheets(random_model(kernel_sizes=(5, 1, 3)), np.zeros((2, 2), np.float32))


def test_a_transposed_layer_is_not_shown() -> None:
    model = random_model((3, 9), (4,), scale=3, input_space="lr", deconvolution=True)
    assert len(feature_sheets(model, np.random.default_rng(0).random((12, 14), np.float32))) == 1


def test_a_network_of_colour_sees_the_grey_picture() -> None:
    model = random_model(kernel_sizes=(3, 1), widths=(4,), scale=2, colour="rgb", input_space="lr")
    luma = np.random.default_rng(0).random((12, 14), np.float32)
    grey = np.repeat((luma[None] - 16 / 255) * 255 / 219, 3, 0)
    (first, _) = feature_sheets(model, luma)
    np.testing.assert_allclose(first[:, :12, 0], lay_out(list(maps_of_layer(model, 1, grey)))[:, :12, 0], atol=1)
