"""The authors' recipe: counts of their files, and one update worked out by hand."""

from pathlib import Path

import numpy as np
import pytest
import torch

from srcnn.errors import InvalidConfigError
from srcnn.models.gradients import accumulate_gradients
from srcnn.models.srcnn import Srcnn
from srcnn.spec import srcnn
from srcnn.training.config import TrainConfig
from srcnn.training.config_file import config_from_dict
from srcnn.training.data import Pair, load_data
from srcnn.training.paper import paper_batches, paper_initialise, paper_optimiser, sub_images


def paper_config(**values: object) -> TrainConfig:
    settings = {
        "model": "paper",
        "scale": 3,
        "recipe": "paper",
        "steps": 3,
        "batch_size": 4,
        "patch_size": 33,
        "learning_rate": 1e-4,
        "validation_pictures": 0,
        "ema_decay": 0.0,
        "precision": "fp32",
    }
    return config_from_dict(settings | values, "test")


def pair(height: int, width: int) -> Pair:
    hr = np.arange(height * width, dtype=np.float32).reshape(height, width)
    return Pair("ramp", hr, hr + 0.5, hr)


def test_sub_images_start_every_14_pixels_row_by_row() -> None:
    inputs, labels = sub_images([pair(33 + 14, 33 + 28 + 13)], 33, 6)
    assert inputs.shape == (2 * 3, 1, 33, 33)
    assert labels.shape == (2 * 3, 1, 21, 21)
    width = 33 + 28 + 13
    corners = [0, 14, 28, 14 * width, 14 * width + 14, 14 * width + 28]
    assert (inputs[:, 0, 0, 0] - 0.5).tolist() == corners


def test_a_label_is_the_middle_of_its_input() -> None:
    inputs, labels = sub_images([pair(50, 50)], 33, 6)
    np.testing.assert_array_equal(inputs[:, :, 6:27, 6:27] - 0.5, labels)


def test_sub_images_of_colour_have_three_channels() -> None:
    rgb = np.random.default_rng(0).random((33, 47, 3), np.float32)
    inputs, labels = sub_images([Pair("x", rgb, rgb, rgb)], 33, 6)
    assert inputs.shape == (2, 3, 33, 33)
    np.testing.assert_array_equal(inputs[1], rgb[:, 14:47].transpose(2, 0, 1))
    np.testing.assert_array_equal(labels, inputs[:, :, 6:27, 6:27])


# Of the released generate_train.m, for T91 (protocol of the paper's files): 21,910, 21,884 and 21,772.
@pytest.mark.parametrize(
    ("scale", "count"),
    [pytest.param(2, 21910, marks=pytest.mark.slow), (3, 21884), pytest.param(4, 21772, marks=pytest.mark.slow)],
)
def test_t91_gives_as_many_sub_images_as_the_authors_script(shared_data: Path, scale: int, count: int) -> None:
    data = load_data(paper_config(scale=scale), [shared_data / "train" / "T91"], lambda done, total: None)
    assert len(data.train) == 91
    assert data.validation == []
    inputs, labels = sub_images(data.train, 33, 6)
    assert len(inputs) == len(labels) == count


def test_batches_repeat_in_one_order_and_leave_out_what_fills_none() -> None:
    pairs = [pair(33 + 14 * 2, 33 + 14 * 2)]  # nine sub-images: two batches of four
    seen = [inputs for inputs, _ in paper_batches(paper_config(steps=4), pairs, 0)]
    np.testing.assert_array_equal(seen[0], seen[2])
    np.testing.assert_array_equal(seen[1], seen[3])
    assert len({float(patch[0, 0, 0]) for batch in seen[:2] for patch in batch}) == 8
    (resumed, *_) = [inputs for inputs, _ in paper_batches(paper_config(steps=4), pairs, 3)]
    np.testing.assert_array_equal(resumed, seen[3])


def test_fewer_sub_images_than_a_batch_are_refused_with_both_numbers() -> None:
    pairs = [pair(40, 40)] * 3
    assert len(list(paper_batches(paper_config(batch_size=3), pairs, 0))) == 3
    with pytest.raises(InvalidConfigError, match="expected at least 4 sub-images, one batch, got 3; "):
        next(paper_batches(paper_config(batch_size=4), pairs, 0))


def test_starting_weights_are_gaussian_of_deviation_a_thousandth() -> None:
    network = Srcnn(srcnn(name="paper", scale=3))
    paper_initialise(network, 0)
    for _, weight, bias in network.layers():
        assert float(weight.detach().std()) == pytest.approx(0.001, rel=0.05)
        assert not bias.detach().any()


def test_one_update_is_that_of_caffe_worked_out_by_hand() -> None:
    # Two 1x1 layers of one map: y = v (u x) with u = 2, v = 3, x = 0.5: y = 3. The label is 1, so the
    # error is 2 at each of 3 x 3 samples of 2 labels. Caffe's loss: sum of squares / (2 N) = 2 * 9 * 4 / 4.
    #   d/dv = sum error * u x / N = 2 * 9 * 2 * 1 / 2 = 18;  d/du = sum error * v x / N = 2 * 9 * 2 * 1.5 / 2 = 27
    #   d/d bias of v = sum error / N = 18;                   d/d bias of u = sum error * v / N = 54
    # Rates at base 1e-4: u's weight 1, v's weight 0.1, both biases 0.1. First step: no momentum yet.
    network = Srcnn(srcnn(name="tiny", scale=3, kernel_sizes=(1, 1), widths=(1,)))
    with torch.no_grad():
        network.conv1.weight.fill_(2)
        network.conv2.weight.fill_(3)
        for conv in (network.conv1, network.conv2):
            conv.bias.zero_()
    for parameter in network.parameters():
        parameter.grad = torch.zeros_like(parameter)
    optimiser = paper_optimiser(network, label_samples=9)
    for group in optimiser.param_groups:
        group["lr"] = 1e-4 * group["multiplier"]
    accumulate_gradients(network, torch.full((2, 1, 3, 3), 0.5), torch.ones(2, 1, 3, 3), torch.float32)
    optimiser.step()
    first, first_bias, second, second_bias = (parameter.item() for parameter in network.parameters())
    assert first == pytest.approx(2 - 1e-4 * 27, abs=1e-6)
    assert second == pytest.approx(3 - 1e-5 * 18, abs=1e-6)
    assert first_bias == pytest.approx(-1e-5 * 54, abs=1e-7)
    assert second_bias == pytest.approx(-1e-5 * 18, abs=1e-7)
