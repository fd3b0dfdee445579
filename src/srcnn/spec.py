"""A network as plain data: what training writes into a model file and the runtime reads from it.

This module knows nothing of torch, engines or files.
"""

import json
import math
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, get_args

from srcnn.errors import ModelFileError
from srcnn.layer import Activation, ConvLayer, check_layer, layer_from_json

FORMAT = "srcnn-1"
Colour = Literal["luma", "ycbcr", "rgb", "chroma"]


_MAX_SCALE = 64  # of which nobody has seen a network


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSpec:
    """A network, and how it came to be.

    Attributes:
        name: what people call it, such as "srcnn-915".
        scale: the enlargement it was trained for, 1 to 64.
        input_space: "hr": the network sees the picture already enlarged by bicubic and returns the better
            one; every layer's border is replicated. "lr": it sees the small picture, and enlarges it by a
            last layer that is transposed or whose scale^2 maps are shuffled into place; every layer's
            border is zero.
        residual: in "lr", the output is added to the bicubic enlargement instead of replacing it.
        channels: of the picture that it sees: 1 of luma, 3 of colour.
        colour: what they are: "luma"; "ycbcr": BT.601 in limited range, / 255; or "rgb". "chroma": it sees YCbCr, and
            gives Cb and Cr alone, beside a network of luma; only in "lr" and added to bicubic.
        layers: the convolutions in order.
        training: the record of its training, name to text; for people, never computed with.
    """

    name: str
    scale: int
    input_space: Literal["hr", "lr"] = "hr"
    residual: bool = True
    channels: int = 1
    colour: Colour = "luma"
    layers: tuple[ConvLayer, ...]
    training: dict[str, str] = field(default_factory=dict[str, str])

    def __post_init__(self) -> None:
        if not 1 <= self.scale <= _MAX_SCALE:
            raise ModelFileError(f"expected a scale from 1 to {_MAX_SCALE}, got {self.scale}; check the model's spec")
        if self.input_space not in ("hr", "lr"):
            raise ModelFileError(
                f"expected input_space 'hr' or 'lr', got {self.input_space!r}; update srcnn for this model"
            )
        self._check_colour()
        if not self.layers:
            raise ModelFileError("expected at least one layer, got none; check the model's spec")
        channels = self.channels
        for number, layer in enumerate(self.layers, 1):
            if layer.in_channels != channels:
                raise ModelFileError(
                    f"expected layer {number} to take {channels} channels, got {layer.in_channels}; "
                    "check the model's spec"
                )
            if layer.upsampling not in (1, self.shuffle if number == len(self.layers) else 1):
                raise ModelFileError(
                    f"expected layer {number} not to enlarge, got {layer.upsampling} times; only the last layer of a "
                    "network in 'lr' may, by the scale; check the model's spec"
                )
            check_layer(number, layer)
            channels = layer.out_channels
        wanted = self.channels_out * (self.shuffle // self.layers[-1].upsampling) ** 2
        if channels != wanted:
            raise ModelFileError(
                f"expected the last layer to give {wanted} channels, got {channels}; check the model's spec"
            )

    def _check_colour(self) -> None:
        if self.colour not in get_args(Colour) or self.channels != channels_of(self.colour):
            raise ModelFileError(
                f"expected colour 'luma' with 1 channel, or 'ycbcr', 'rgb' or 'chroma' with 3, got {self.colour!r} "
                f"with {self.channels}; check the model's spec, or update srcnn for this model"
            )
        if self.colour == "chroma" and not self.adds_to_bicubic:
            raise ModelFileError(
                "expected a network of chroma in 'lr' whose output is added to bicubic, got another; set input_space "
                "to 'lr' and residual to true"
            )

    @property
    def channels_out(self) -> int:
        """Of the picture that it gives."""
        return channels_out_of(self.colour)

    @property
    def shuffle(self) -> int:
        """Output pixels a side that one pixel of the network's input becomes: the scale in "lr", else 1."""
        return self.scale if self.input_space == "lr" else 1

    @property
    def adds_to_bicubic(self) -> bool:
        """Whether the output is to be added to the bicubic enlargement."""
        return self.input_space == "lr" and self.residual

    @property
    def reach(self) -> int:
        """Pixels of the network's input on each side that an output depends on: 6 for 9-1-5, 8 for 9-5-5."""
        return sum(layer.reach for layer in self.layers)

    @property
    def macs_per_pixel(self) -> int:
        """Multiply-accumulates per output pixel, as the papers count them: 8,032 for 9-1-5."""
        products = sum(math.prod(layer.weight_shape) for layer in self.layers)
        return -(-products // self.shuffle**2)

    @property
    def weight_count(self) -> int:
        """Weights, biases and slopes."""
        return sum(math.prod(shape) for shape in self.tensor_shapes().values())

    def tensor_shapes(self) -> dict[str, tuple[int, ...]]:
        """Name and shape of every tensor a model file of this spec holds."""
        shapes: dict[str, tuple[int, ...]] = {}
        for number, layer in enumerate(self.layers, 1):
            shapes[f"conv{number}.weight"] = layer.weight_shape
            shapes[f"conv{number}.bias"] = (layer.out_channels,)
            if layer.activation == "prelu":
                shapes[f"conv{number}.slope"] = (layer.out_channels,)
        return shapes

    def to_json(self) -> str:
        """The spec as JSON, for a model file's metadata.

        Raises:
            ModelFileError: a field that could not be read back, such as a scale of 3.0.
        """
        try:
            _check_kinds(self)
        except TypeError as error:
            raise ModelFileError(f"expected a spec that a file can hold, got one whose {error}; correct it") from error
        return json.dumps(asdict(self), sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> "ModelSpec":
        """Read a spec back from JSON.

        Raises:
            ModelFileError: not the JSON of a spec; the message says what was unexpected.
        """
        try:
            fields: dict[str, Any] = json.loads(text)
            spec = cls(layers=tuple(layer_from_json(layer) for layer in fields.pop("layers")), **fields)
            _check_kinds(spec)
            return spec
        except ModelFileError:
            raise
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise ModelFileError(
                f"expected the JSON of a model spec, got something else ({error}); "
                "the file was not written by this version of srcnn"
            ) from error


def _check_kinds(spec: ModelSpec) -> None:
    """Refuse what JSON allows in a field and a spec does not.

    Raises:
        TypeError: the field's name is in the message.
    """
    for name, kind in (("name", str), ("scale", int), ("residual", bool), ("channels", int), ("training", dict)):
        if type(getattr(spec, name)) is not kind:
            raise TypeError(f"{name} is no {_KINDS[kind]}")
    for layer in spec.layers:
        for name in ("in_channels", "out_channels", "kernel_size", "upsampling"):
            if type(getattr(layer, name)) is not int:
                raise TypeError(f"{name} of a layer is no {_KINDS[int]}")
    if any(type(value) is not str for value in spec.training.values()):
        raise TypeError("training holds something else than texts")


def channels_of(colour: Colour) -> int:
    """Of the picture that a network takes."""
    return 1 if colour == "luma" else 3


def channels_out_of(colour: Colour) -> int:
    """Of the picture that a network gives."""
    return 2 if colour == "chroma" else channels_of(colour)


_KINDS = {str: "text", int: "whole number", bool: "truth value", dict: "object"}


def srcnn(
    *,
    name: str,
    scale: int,
    kernel_sizes: tuple[int, ...] = (9, 1, 5),
    widths: tuple[int, ...] = (64, 32),
    input_space: Literal["hr", "lr"] = "hr",
    residual: bool = True,
    activation: Activation = "relu",
    deconvolution: bool = False,
    colour: Colour = "luma",
    training: dict[str, str] | None = None,
) -> ModelSpec:
    """The SRCNN family: f1-f2-f3 kernels with n1, n2 feature maps between them.

    Args:
        name: what people call it.
        scale: the enlargement, 1 or more.
        kernel_sizes: f1, f2, f3 and more, odd; (9, 1, 5) is the paper's.
        widths: n1, n2 and more, one fewer than kernels; (64, 32) is the paper's.
        input_space: "hr" as in the paper, or "lr": the same chain on the small picture.
        residual: in "lr", whether the output is added to the bicubic enlargement.
        activation: after every layer but the last.
        deconvolution: in "lr", whether the last layer is a transposed convolution.
        colour: what it takes and gives: "luma"; three channels, "ycbcr" or "rgb"; or "chroma".
        training: the record of its training.

    Returns:
        The spec.

    Raises:
        ModelFileError: kernels and widths do not fit together.

    Source: Dong et al. 2014, section 3. Tests: tests/test_spec.py.
    """
    if len(widths) != len(kernel_sizes) - 1:
        raise ModelFileError(
            f"expected one width fewer than kernel sizes, got widths {widths} for kernel sizes {kernel_sizes}; "
            "9-1-5 has widths (64, 32)"
        )
    enlarges = input_space == "lr"
    places = scale**2 if enlarges and not deconvolution else 1
    maps = (channels_of(colour), *widths, channels_out_of(colour) * places)
    layers = tuple(
        ConvLayer(
            in_channels=maps[i],
            out_channels=maps[i + 1],
            kernel_size=size,
            activation=activation if i < len(widths) else "none",
            upsampling=scale if i == len(widths) and enlarges and deconvolution else 1,
        )
        for i, size in enumerate(kernel_sizes)
    )
    return ModelSpec(
        name=name,
        scale=scale,
        input_space=input_space,
        residual=residual,
        channels=channels_of(colour),
        colour=colour,
        layers=layers,
        training=training or {},
    )
