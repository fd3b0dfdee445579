"""A convolution as plain data: one link of the chain that a spec describes.

This module knows nothing of networks, torch, engines or files.
"""

from dataclasses import dataclass
from typing import Any, Literal, get_args

from srcnn.errors import ModelFileError

Activation = Literal["none", "relu", "prelu", "tanh"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConvLayer:
    """One convolution: square kernel of odd size, bias, and what follows it.

    Attributes:
        in_channels: maps that enter.
        out_channels: maps that leave.
        kernel_size: rows and columns of the kernel.
        activation: "prelu" has a learned slope below zero for each map.
        upsampling: above 1, a transposed convolution: every pixel becomes this many a side.
    """

    in_channels: int
    out_channels: int
    kernel_size: int
    activation: Activation
    upsampling: int = 1

    @property
    def relu(self) -> bool:
        """Whether a ReLU follows."""
        return self.activation == "relu"

    @property
    def crop(self) -> int:
        """Of a transposed convolution: what is cut off its full output above and on the left."""
        return (self.kernel_size - self.upsampling + 1) // 2

    @property
    def reach(self) -> int:
        """Pixels of the input on each side that an output depends on."""
        if self.upsampling == 1:
            return self.kernel_size // 2
        before = (self.upsampling - 1 + self.crop) // self.upsampling
        return max(before, (self.kernel_size - 1 - self.crop) // self.upsampling)

    @property
    def weight_shape(self) -> tuple[int, int, int, int]:
        """Shape of the weights: outputs, inputs, rows, columns; transposed: inputs, outputs, rows, columns."""
        outer, inner = self.out_channels, self.in_channels
        return (*((outer, inner) if self.upsampling == 1 else (inner, outer)), self.kernel_size, self.kernel_size)


def check_layer(number: int, layer: ConvLayer) -> None:
    """Refuse what no layer can be, whatever its neighbours are.

    Args:
        number: of the layer in its network, from 1, for the message.
        layer: to be checked.

    Raises:
        ModelFileError: an unknown activation, a kernel of even size, and the like.

    Tests: tests/test_spec.py.
    """
    if layer.activation not in get_args(Activation):
        raise ModelFileError(
            f"expected an activation of {', '.join(get_args(Activation))} in layer {number}, got "
            f"{layer.activation!r}; update srcnn for this model"
        )
    if layer.kernel_size % 2 == 0 or min(layer.kernel_size, layer.out_channels) < 1:
        raise ModelFileError(
            f"expected layer {number} to have an odd kernel size and at least one channel, got kernel size "
            f"{layer.kernel_size} and {layer.out_channels} channels; check the model's spec"
        )
    if layer.upsampling > 1 and layer.activation == "prelu":
        raise ModelFileError(
            f"expected layer {number}, which enlarges, to end without PReLU, got one; take another activation there"
        )
    if layer.crop < 0:
        raise ModelFileError(
            f"expected layer {number} to have a kernel of at least {layer.upsampling - 1} to enlarge "
            f"{layer.upsampling} times, got {layer.kernel_size}; take a larger kernel"
        )


def layer_from_json(fields: dict[str, Any]) -> ConvLayer:
    """A layer from its JSON; files of the first releases say "relu": true or false."""
    if "relu" in fields:
        fields = {**fields, "activation": "relu" if fields["relu"] else "none"}
        del fields["relu"]
    return ConvLayer(**fields)
