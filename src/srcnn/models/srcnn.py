"""SRCNN as a torch module: patch extraction, non-linear mapping, reconstruction (section 3 of the paper).

Training runs `forward`: valid convolutions, so that no invented border is ever learned from. Using
the network runs `same`: every layer's border replicated, so that the output has the input's size.
"""

from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torch.nn import functional

from srcnn.spec import ConvLayer, ModelSpec


class Srcnn(nn.Module):
    """The convolutions of a spec, named conv1, conv2, ... as in the model file."""

    def __init__(self, spec: ModelSpec) -> None:
        super().__init__()
        self.spec = spec
        for number, layer in enumerate(spec.layers, 1):
            self.add_module(f"conv{number}", nn.Conv2d(layer.in_channels, layer.out_channels, layer.kernel_size))

    def forward(self, batch: Tensor) -> Tensor:
        """Apply the network without padding.

        Args:
            batch: N x C x H x W, float32 in [0, 1], H and W above 2 x reach.

        Returns:
            N x C x (H - 2 reach) x (W - 2 reach), float32, unclipped.
        """
        for layer, weight, bias in self.layers():
            batch = functional.conv2d(batch, weight, bias)
            if layer.relu:
                batch = functional.relu(batch)
        return batch

    def same(self, batch: Tensor) -> Tensor:
        """Apply the network with replicated borders in every layer, as the authors' demo does.

        Args:
            batch: N x C x H x W, float32 in [0, 1].

        Returns:
            N x C x H x W, float32, unclipped.

        Source: SRCNN.m of the authors' package. Tests: tests/models/test_srcnn.py.
        """
        for layer, weight, bias in self.layers():
            if layer.reach:
                batch = functional.pad(batch, [layer.reach] * 4, mode="replicate")
            batch = functional.conv2d(batch, weight, bias)
            if layer.relu:
                batch = functional.relu(batch)
        return batch

    def layers(self) -> Iterator[tuple[ConvLayer, Tensor, Tensor]]:
        """Each layer with its weight and bias."""
        for layer, conv in zip(self.spec.layers, self.children(), strict=True):
            assert isinstance(conv, nn.Conv2d)
            assert conv.bias is not None
            yield layer, conv.weight, conv.bias


def initialise(network: Srcnn, seed: int) -> None:
    """Draw starting weights with which the network passes its input through and can learn from the first step.

    He's initialisation for the inner layers and a small last layer; the first map of every layer
    carries the picture itself (bicubic, for an enlarged input), so training starts at bicubic's
    error instead of spending its first minutes on finding the picture. Biases are zero.

    Args:
        network: changed in place.
        seed: the same seed gives the same weights.

    Source: He et al. 2015, doi:10.1109/ICCV.2015.123, for the spread.
        Tests: tests/models/test_srcnn.py.
    """
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for layer, weight, bias in network.layers():
            gain = 2**0.5 if layer.relu else 0.1
            weight.normal_(0, gain / weight[0].numel() ** 0.5, generator=generator)
            bias.zero_()
            for channel in range(network.spec.channels):
                if layer.relu:
                    weight[channel] = 0
                weight[channel, channel, layer.reach, layer.reach] = 1
