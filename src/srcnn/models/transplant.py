"""A network begins where another one ended, of the same scale or another, as large or larger.

A kernel set into the middle of a larger one, maps more that no old map sees yet, and a layer more that passes on
what it gets (which comes from a ReLU, so that another one changes nothing; a PReLU has the slope 1), leave the
function as it was.
A network of luma in "lr" whose output is added to bicubic's begins one of colour: that sees the luma of its channels,
and adds the change to all of them. (But at the rim, where zeros around RGB are another luma than zeros.)
The last layer of a network in "lr" has a map for every place within the square that a pixel becomes;
another scale has other places, and their maps are interpolated from the nearest ones. A transposed last
layer is for its own scale only.
"""

from dataclasses import replace
from functools import cache

import torch
from torch import Tensor

from srcnn.errors import ModelFileError
from srcnn.imaging.color import LUMA_BT601_BLACK, LUMA_BT601_SHARES, LUMA_BT601_SPAN
from srcnn.layer import ConvLayer
from srcnn.models.srcnn import Srcnn
from srcnn.spec import Colour, ModelSpec


@torch.no_grad()
def start_from(network: Srcnn, spec: ModelSpec, weights: dict[str, Tensor]) -> None:
    """Take a network's weights as the start of another's.

    Args:
        network: changed in place; initialised, as the maps that it has more stay. Among its layers are those of
            `spec` in their order, with kernels as large or larger and as many maps or more; the others, anywhere
            before the last, have as many outputs as inputs.
        spec: of the network to start from.
        weights: its tensors, named as in the model file.

    Raises:
        ModelFileError: the other network does not fit into this one.

    Tests: tests/models/test_transplant.py.
    """
    given = spec
    into_colour = spec.colour == "luma" and network.spec.colour in ("ycbcr", "rgb")
    if into_colour and spec.adds_to_bicubic and len(spec.layers) > 1:
        spec, weights = _in_colour(spec, weights, network.spec.colour)
    origins = _origins(spec, network.spec)
    if origins is None:
        raise _misfit(given, network.spec)
    *inner, (_, last_weight, last_bias) = network.layers()
    for origin, (number, (layer, weight, bias)) in zip(origins, enumerate(inner, 1), strict=True):
        if origin:
            old = weights[f"conv{origin}.weight"]
            weight[: len(old)] = 0  # which see nothing of the maps that are new
            _set_into(weight, old)
            bias[: len(old)] = weights[f"conv{origin}.bias"]
        else:
            weight.zero_()
            weight[range(layer.in_channels), range(layer.in_channels), layer.reach, layer.reach] = 1
            bias.zero_()
        if layer.activation == "prelu":
            slope = network.get_parameter(f"conv{number}.slope")
            old = weights[f"conv{origin}.slope"] if origin else torch.ones_like(slope)
            slope[: len(old)] = old
    last = len(spec.layers)
    kernel, constant = weights[f"conv{last}.weight"], weights[f"conv{last}.bias"]
    if spec.shuffle != network.spec.shuffle:
        shares = torch.block_diag(*[_shares(spec.shuffle, network.spec.shuffle)] * spec.channels_out)
        kernel, constant = torch.tensordot(shares, kernel, 1), shares @ constant
    last_weight.zero_()
    _set_into(last_weight, kernel)
    last_bias.copy_(constant)


def _in_colour(spec: ModelSpec, weights: dict[str, Tensor], colour: Colour) -> tuple[ModelSpec, dict[str, Tensor]]:
    """A network of luma as one that sees the luma of three channels and adds its change to all that make luma."""
    if colour == "rgb":
        shares, black = torch.tensor(LUMA_BT601_SHARES), LUMA_BT601_BLACK
        added = torch.full((3,), 1 / LUMA_BT601_SPAN)
    else:
        shares, black, added = torch.tensor([1.0, 0, 0]), 0.0, torch.tensor([1.0, 0, 0])
    first, *middle, last = spec.layers
    layers = (replace(first, in_channels=3), *middle, replace(last, out_channels=3 * last.out_channels))
    kernel, end = weights["conv1.weight"], f"conv{len(spec.layers)}"
    outputs = 0 if last.upsampling == 1 else 1
    return replace(spec, channels=3, colour=colour, layers=layers), weights | {
        "conv1.weight": kernel * shares[:, None, None].to(kernel),
        "conv1.bias": weights["conv1.bias"] + black * kernel.sum((1, 2, 3)),
        f"{end}.weight": torch.cat([share * weights[f"{end}.weight"] for share in added], outputs),
        f"{end}.bias": torch.cat([share * weights[f"{end}.bias"] for share in added]),
    }


def _set_into(larger: Tensor, kernel: Tensor) -> None:
    """Put a kernel into the middle of a larger one, for the first of its maps."""
    outputs, inputs, size, _ = kernel.shape
    around = (larger.shape[2] - size) // 2
    larger[:outputs, :inputs, around : around + size, around : around + size] = kernel


def _shares(old: int, new: int) -> Tensor:
    """How much of every old place each new place within the square takes: new^2 x old^2, each row adds up to 1.

    Both are 2 or more.
    """
    places = (torch.arange(new) + 0.5) / new * old - 0.5  # in steps between old places
    lower = places.floor().clamp(0, old - 2).long()
    upper_share = places - lower
    line = torch.zeros(new, old)
    line[range(new), lower] = 1 - upper_share
    line[range(new), lower + 1] = upper_share
    return torch.kron(line, line)


def _origins(spec: ModelSpec, wanted: ModelSpec) -> tuple[int | None, ...] | None:
    """For each layer of `wanted` before the last: the number of the layer in `spec` it begins as; None passes on.

    None if one cannot begin as the other.
    """
    *old, old_last = spec.layers
    *new, new_last = wanted.layers
    fits = (
        (spec.input_space, spec.residual, spec.colour) == (wanted.input_space, wanted.residual, wanted.colour)
        and old_last.upsampling == new_last.upsampling  # of a transposed layer: the same scale
        and (spec.shuffle == wanted.shuffle or min(spec.shuffle, wanted.shuffle) > 1)
        and old_last.in_channels <= new_last.in_channels
        and old_last.activation == new_last.activation == "none"
        and old_last.kernel_size <= new_last.kernel_size
    )
    return _placed(tuple(new), tuple(old)) if fits else None


def _misfit(spec: ModelSpec, wanted: ModelSpec) -> ModelFileError:
    return ModelFileError(
        f"expected a model to start from whose layers are those of {_described(wanted)}, or fewer, narrower or of "
        f"smaller kernels, got {spec.name} with {_described(spec)}; "
        "set kernel_sizes, widths, activation, deconvolution, residual, input_space and colour to the model's "
        "(with deconvolution, scale too; in lr also where one is for x1), or start from another"
    )


def _placed(new: tuple[ConvLayer, ...], old: tuple[ConvLayer, ...]) -> tuple[int | None, ...] | None:
    """What each of some layers begins as: the number of an old one, or None to pass on; None if there is no way.

    The old ones are placed as early as they can be.
    """

    @cache
    def place(at: int, taken: int) -> tuple[int | None, ...] | None:
        if at == len(new):
            return () if taken == len(old) else None
        layer = new[at]
        holds = taken < len(old) and _holds(layer, old[taken])
        if holds and (rest := place(at + 1, taken + 1)) is not None:
            return (taken + 1, *rest)
        after_relu = at > 0 and new[at - 1].relu  # what enters is never below zero
        passes_on = layer.activation == "prelu" or (layer.relu and after_relu)
        if passes_on and layer.in_channels == layer.out_channels and (rest := place(at + 1, taken)) is not None:
            return (None, *rest)
        return None

    return place(0, 0)


def _holds(layer: ConvLayer, old: ConvLayer) -> bool:
    """Whether a layer can begin as another one."""
    as_wide = old.in_channels <= layer.in_channels and old.out_channels <= layer.out_channels
    return as_wide and old.kernel_size <= layer.kernel_size and old.activation == layer.activation


def _described(spec: ModelSpec) -> str:
    kernels = "-".join(str(layer.kernel_size) for layer in spec.layers)
    widths = [layer.out_channels for layer in spec.layers[:-1]]
    words = [f"kernels {kernels} and widths {widths} in {spec.input_space}", f"of {spec.colour}"]
    words += sorted({f"with {layer.activation}" for layer in spec.layers[:-1]})
    if spec.layers[-1].upsampling > 1:
        words.append(f"transposed at x{spec.scale}")
    elif spec.input_space == "lr":
        words.append(f"for x{spec.scale}")
    if not spec.residual:
        words.append("not added to bicubic")
    return ", ".join(words)
