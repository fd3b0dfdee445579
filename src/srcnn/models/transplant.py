"""A network begins where another one ended, of the same scale or another, as large or larger.

A kernel set into the middle of a larger one, and a layer more that passes on what it gets (which comes
from a ReLU, so that another one changes nothing; a PReLU has the slope 1), leave the function as it was.
The last layer of a network in "lr" has a map for every place within the square that a pixel becomes;
another scale has other places, and their maps are interpolated from the nearest ones. A transposed last
layer is for its own scale only.
"""

import torch
from torch import Tensor
from torch.nn import functional

from srcnn.errors import ModelFileError
from srcnn.models.srcnn import Srcnn
from srcnn.spec import ConvLayer, ModelSpec


@torch.no_grad()
def start_from(network: Srcnn, spec: ModelSpec, weights: dict[str, Tensor]) -> None:
    """Take a network's weights as the start of another's.

    Args:
        network: changed in place. Among its layers are those of `spec` in their order, with kernels as large or
            larger; the others, anywhere before the last, have as many outputs as inputs.
        spec: of the network to start from.
        weights: its tensors, named as in the model file.

    Raises:
        ModelFileError: the other network does not fit into this one.

    Tests: tests/models/test_transplant.py.
    """
    origins = _origins(spec, network.spec)
    *inner, (_, last_weight, last_bias) = network.layers()
    for origin, (number, (layer, weight, bias)) in zip(origins, enumerate(inner, 1), strict=True):
        if origin:
            weight.copy_(_set_into(weights[f"conv{origin}.weight"], layer.kernel_size))
            bias.copy_(weights[f"conv{origin}.bias"])
        else:
            weight.zero_()
            weight[range(layer.in_channels), range(layer.in_channels), layer.reach, layer.reach] = 1
            bias.zero_()
        if layer.activation == "prelu":
            slope = network.get_parameter(f"conv{number}.slope")
            slope.copy_(weights[f"conv{origin}.slope"] if origin else torch.ones_like(slope))
    last = len(spec.layers)
    kernel, constant = _set_into(weights[f"conv{last}.weight"], last_weight.shape[2]), weights[f"conv{last}.bias"]
    if spec.shuffle != network.spec.shuffle:
        shares = torch.block_diag(*[_shares(spec.shuffle, network.spec.shuffle)] * spec.channels)
        kernel, constant = torch.tensordot(shares, kernel, 1), shares @ constant
    last_weight.copy_(kernel)
    last_bias.copy_(constant)


def _set_into(kernel: Tensor, size: int) -> Tensor:
    """A kernel in the middle of a larger one."""
    return functional.pad(kernel, [(size - kernel.shape[2]) // 2] * 4)


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


def _origins(spec: ModelSpec, wanted: ModelSpec) -> list[int | None]:
    """For each layer of `wanted` before the last: the number of the layer in `spec` it begins as; None passes on."""
    *old, old_last = spec.layers
    *new, new_last = wanted.layers
    fits = (
        (spec.input_space, spec.residual, spec.colour) == (wanted.input_space, wanted.residual, wanted.colour)
        and spec.channels == wanted.channels
        and old_last.upsampling == new_last.upsampling  # of a transposed layer: the same scale
        and (spec.shuffle == wanted.shuffle or min(spec.shuffle, wanted.shuffle) > 1)
        and old_last.in_channels == new_last.in_channels
        and old_last.activation == new_last.activation == "none"
        and old_last.kernel_size <= new_last.kernel_size
    )
    origins: list[int | None] = []
    taken = 0
    after_relu = False  # what enters the next layer is never below zero
    for layer in new:
        if taken < len(old) and _holds(layer, old[taken]):
            taken += 1
            origins.append(taken)
            after_relu = layer.relu
        else:
            fits &= layer.in_channels == layer.out_channels
            fits &= layer.activation == "prelu" or (layer.relu and after_relu)
            origins.append(None)
    if not fits or taken < len(old):
        raise ModelFileError(
            f"expected a model to start from whose layers are those of {_described(wanted)}, or fewer, of the same "
            f"widths and smaller kernels, got {spec.name} with {_described(spec)}; "
            "set kernel_sizes, widths, activation, deconvolution, residual, input_space and colour to the model's "
            "(with deconvolution, scale too), or start from another"
        )
    return origins


def _holds(layer: ConvLayer, old: ConvLayer) -> bool:
    """Whether a layer can begin as another one."""
    same = (layer.in_channels, layer.out_channels, layer.activation) == (
        old.in_channels,
        old.out_channels,
        old.activation,
    )
    return same and old.kernel_size <= layer.kernel_size


def _described(spec: ModelSpec) -> str:
    kernels = "-".join(str(layer.kernel_size) for layer in spec.layers)
    widths = [layer.out_channels for layer in spec.layers[:-1]]
    words = [f"kernels {kernels} and widths {widths} in {spec.input_space}", f"of {spec.colour}"]
    words += sorted({f"with {layer.activation}" for layer in spec.layers[:-1]})
    if spec.layers[-1].upsampling > 1:
        words.append(f"transposed at x{spec.scale}")
    if not spec.residual:
        words.append("not added to bicubic")
    return ", ".join(words)
