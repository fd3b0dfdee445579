"""SRCNN as a torch module: patch extraction, non-linear mapping, reconstruction (section 3 of the paper).

Training runs `forward`: valid convolutions, so that no invented border is ever learned from. Using
the network runs `same`: every layer's border replicated, so that the output has the input's size.
"""

from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torch.nn import functional

from srcnn.layer import ConvLayer
from srcnn.spec import ModelSpec

_BESIDE_CARRIED = 0.1  # of He's spread; 0.3 costs 0.04 dB after 3,000 steps, 1.0 a third of a decibel

_CHROMA_SHARE, _MIDDLE = 4, 0.5  # of Cb and Cr, about as wide as luma then; of all three inputs


class Srcnn(nn.Module):
    """The convolutions of a spec, named conv1, conv2, ... as in the model file."""

    def __init__(self, spec: ModelSpec) -> None:
        super().__init__()
        self.spec = spec
        for number, layer in enumerate(spec.layers, 1):
            kind = nn.Conv2d if layer.upsampling == 1 else nn.ConvTranspose2d
            conv = kind(layer.in_channels, layer.out_channels, layer.kernel_size)
            if layer.activation == "prelu":
                conv.register_parameter("slope", nn.Parameter(torch.full((layer.out_channels,), 0.25)))
            self.add_module(f"conv{number}", conv)

    @property
    def is_plain(self) -> bool:
        """Whether there is nothing but convolutions and ReLUs."""
        return all(layer.activation in ("none", "relu") and layer.upsampling == 1 for layer in self.spec.layers)

    def forward(self, batch: Tensor) -> Tensor:
        """Apply the network as it is trained: valid convolutions in "hr", borders of zeros in "lr".

        Args:
            batch: N x C x H x W, float32 in [0, 1]; in "hr" H and W above 2 x reach.

        Returns:
            N x C x (H - 2 reach) x (W - 2 reach) in "hr", N x scale^2 C x H x W in "lr"; float32, unclipped.
        """
        for number, (layer, weight, bias) in enumerate(self.layers(), 1):
            if layer.upsampling == 1:
                padding = layer.reach if self.spec.input_space == "lr" else 0
                batch = functional.conv2d(batch, weight, bias, padding=padding)
            else:
                rest = layer.upsampling + 2 * layer.crop - layer.kernel_size
                batch = functional.conv_transpose2d(batch, weight, bias, layer.upsampling, layer.crop, rest)
                batch = functional.pixel_unshuffle(batch, layer.upsampling)
            batch = self._activate(batch, number, layer)
        return batch

    def same(self, batch: Tensor) -> Tensor:
        """Apply the network as it is used: in "hr" with replicated borders in every layer, as the authors' demo does.

        Args:
            batch: N x C x H x W, float32 in [0, 1].

        Returns:
            N x C x H x W in "hr", N x scale^2 C x H x W in "lr"; float32, unclipped.

        Source: SRCNN.m of the authors' package. Tests: tests/models/test_srcnn.py.
        """
        if self.spec.input_space == "lr":
            return self(batch)
        for number, (layer, weight, bias) in enumerate(self.layers(), 1):
            if layer.reach:
                batch = functional.pad(batch, [layer.reach] * 4, mode="replicate")
            batch = self._activate(functional.conv2d(batch, weight, bias), number, layer)
        return batch

    def layers(self) -> Iterator[tuple[ConvLayer, Tensor, Tensor]]:
        """Each layer with its weight and bias."""
        for layer, conv in zip(self.spec.layers, self.children(), strict=True):
            assert isinstance(conv, nn.Conv2d | nn.ConvTranspose2d)
            assert conv.bias is not None
            yield layer, conv.weight, conv.bias

    def _activate(self, batch: Tensor, number: int, layer: ConvLayer) -> Tensor:
        if layer.activation == "prelu":
            return functional.prelu(batch, self.get_parameter(f"conv{number}.slope"))
        if layer.activation == "tanh":
            return batch.tanh()
        return functional.relu(batch) if layer.relu else batch


def initialise(network: Srcnn, seed: int) -> None:
    """Draw starting weights with which the network passes on what it sees and can learn from the first step.

    He's initialisation for the inner layers and a small last layer, so that a network in "lr" starts
    by adding nearly nothing to bicubic. In "hr" the first maps of every layer carry the picture
    itself; in "lr" every map of a layer carries the same map of the layer before, with little beside it.
    So training need not spend its first minutes on finding the picture.
    Biases are zero. A network of chroma starts by adding nothing at all, and with a first layer that sees what its
    inputs differ from grey by, and of Cb and Cr four times that: their changes are so small that otherwise the first
    steps, away from a wrong mean, end at ReLUs that let nothing pass any more.

    Args:
        network: changed in place.
        seed: the same seed gives the same weights.

    Source: He et al. 2015, doi:10.1109/ICCV.2015.123, for the spread.
        Tests: tests/models/test_srcnn.py.
    """
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for layer, weight, bias in network.layers():
            gain = 0.1 if layer.activation == "none" else 2**0.5
            fan_in = layer.in_channels * (layer.kernel_size / layer.upsampling) ** 2
            weight.normal_(0, gain / fan_in**0.5, generator=generator)
            bias.zero_()
            if network.spec.input_space == "hr":
                carried = range(min(network.spec.channels, layer.in_channels, layer.out_channels))
                if layer.activation != "none":
                    weight[carried] = 0
            else:
                carried = range(layer.out_channels if layer.out_channels == layer.in_channels else 0)
                weight[carried] *= _BESIDE_CARRIED
            weight[carried, carried, layer.reach, layer.reach] += 1
        if network.spec.colour == "chroma":
            *others, (_, *last) = network.layers()
            for _, first, bias in others[:1]:
                first[:, 1:] *= _CHROMA_SHARE
                bias -= _MIDDLE * first.sum((1, 2, 3))
            for each in last:
                each.zero_()
