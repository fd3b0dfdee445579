"""The authors' own recipe, as their released files have it: `recipe = "paper"`.

Sub-images of 33 x 33 pixels every 14 pixels, cut once and shuffled once; weights drawn from a
Gaussian of deviation 0.001; plain SGD with momentum at a fixed rate, a tenth of it for the last
layer and for every bias; and Caffe's loss, which is the sum of squares over twice the batch.

Source: generate_train.m, SRCNN_net.prototxt and SRCNN_solver.prototxt of the authors' package.
"""

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from srcnn.errors import InvalidConfigError
from srcnn.models.srcnn import Srcnn
from srcnn.training.config import TrainConfig
from srcnn.training.data import to_maps
from srcnn.training.pairs import Pair

_STRIDE = 14
_DEVIATION = 0.001
_MOMENTUM = 0.9
_SLOW = 0.1  # rate multiplier of the last layer's weights and of every bias


def sub_images(pairs: Sequence[Pair], size: int, border: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Cut every picture into overlapping sub-images.

    Args:
        pairs: whole pictures, enlarged and true.
        size: pixels a side of an input, 33 in the paper.
        border: pixels that the label is smaller on each side, the network's reach: 21 x 21 for 9-1-5.

    Returns:
        Inputs N x C x size x size and labels N x C x (size - 2 border) x (size - 2 border), in the
        order of pictures, columns of sub-images within rows: 21,884 for T91 at x3.

    Tests: tests/training/test_paper.py.
    """
    inputs: list[NDArray[np.float32]] = []
    labels: list[NDArray[np.float32]] = []
    for pair in pairs:
        height, width = pair.hr.shape[:2]
        for top in range(0, height - size + 1, _STRIDE):
            for left in range(0, width - size + 1, _STRIDE):
                inputs.append(pair.enlarged[top : top + size, left : left + size])
                inner = pair.hr[top + border : top + size - border, left + border : left + size - border]
                labels.append(inner)
    return to_maps(np.stack(inputs)), to_maps(np.stack(labels))


def paper_batches(
    config: TrainConfig, pairs: Sequence[Pair], first_step: int
) -> Iterator[tuple[NDArray[np.float32], NDArray[np.float32]]]:
    """Whole batches of the shuffled sub-images, in the same order again and again.

    What does not fill a batch is left out, as in the authors' files (21,760 of 21,884).

    Args:
        config: steps, batch size, patch size, seed.
        pairs: whole pictures.
        first_step: the step to start at.

    Yields:
        Inputs and labels of each step.

    Raises:
        InvalidConfigError: the sub-images do not fill a batch.

    Tests: tests/training/test_paper.py.
    """
    inputs, labels = sub_images(pairs, config.patch_size, config.label_border)
    order = np.random.default_rng(config.seed).permutation(len(inputs))
    whole = len(order) // config.batch_size
    if not whole:
        raise InvalidConfigError(
            f"expected at least {config.batch_size} sub-images, one batch, got {len(order)}; "
            "lower batch_size, or use more pictures or larger ones"
        )
    for step in range(first_step, config.steps):
        start = step % whole * config.batch_size
        chosen = order[start : start + config.batch_size]
        yield inputs[chosen], labels[chosen]


def paper_initialise(network: Srcnn, seed: int) -> None:
    """Draw the authors' starting weights: Gaussian of deviation 0.001, biases 0.

    Tests: tests/training/test_paper.py.
    """
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for _, weight, bias in network.layers():
            weight.normal_(0, _DEVIATION, generator=generator)
            bias.zero_()


def paper_optimiser(network: Srcnn, label_samples: int) -> torch.optim.Optimizer:
    """SGD as the authors' solver runs it, for gradients of the mean squared error.

    Caffe's loss is the sum of squares over twice the batch. The mean over N labels of P samples each
    is 2 / P of that, so its gradient is taken P / 2 times: the base rate 1e-4 becomes 0.022 at 21 x 21.

    Args:
        network: three layers or more.
        label_samples: P, the samples of one label that the loss counts: 441 for 21 x 21 and one channel.

    Returns:
        An optimiser whose groups carry a "multiplier" for the base rate.

    Tests: tests/training/test_paper.py (one update, worked out by hand).
    """
    layers = list(network.layers())
    fast = [weight for _, weight, _ in layers[:-1]]
    slow = [layers[-1][1], *(bias for _, _, bias in layers)]
    groups = [
        {"params": fast, "multiplier": label_samples / 2},
        {"params": slow, "multiplier": label_samples / 2 * _SLOW},
    ]
    return torch.optim.SGD(groups, lr=0.0, momentum=_MOMENTUM)
