"""Loss and gradients of a chain of convolutions, written out for the cache.

Automatic differentiation of a whole batch spends most of its time on memory: every layer's map is
larger than the cache, and fresh memory is paid for page by page. Here a batch goes through in
chunks whose maps fit the cache, forward and backward, and the chunks' gradients are added up; a sum
over the batch is a sum over its chunks, so nothing changes but the order of the additions. The
first layer, of few inputs, and the last, of few outputs, run as row convolutions.

This module knows nothing of optimisers or data.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor
from torch.backends import cudnn
from torch.nn import functional

from srcnn.models.rows import (
    add_row_shifts,
    spread_kernel,
    spread_row_shifts,
    stack_row_shifts,
    stacked_kernel,
    unspread_kernel,
    unstacked_kernel,
)
from srcnn.models.srcnn import Srcnn
from srcnn.spec import ModelSpec

Loss = Literal["mse", "l1"]
_CHUNK_BYTES = 5 << 20  # of the widest map; measures best between 3 and 7 MiB, with 2 MiB of L2 cache
_GPU_CHUNK_BYTES = 1 << 28  # there nothing is gained by smaller ones


@dataclass(frozen=True, slots=True)
class _Layer:
    """A layer as it is computed: its kernel in row form where that is faster."""

    weight: Tensor
    bias: Tensor
    kernel: Tensor
    relu: bool
    first: bool
    last: bool
    padding: int

    @property
    def k(self) -> int:
        return self.weight.shape[2]

    @property
    def paddings(self) -> list[int]:
        """Zeros above and beside; a row kernel's rows are padded apart."""
        return [0 if self.first or self.last else self.padding, self.padding]


@torch.no_grad()
@cudnn.flags(enabled=True, deterministic=True, allow_tf32=False)  # a GPU alone would keep 10 bits of float32
def accumulate_gradients(
    network: Srcnn,
    inputs: Tensor,
    labels: Tensor,
    dtype: torch.dtype,
    loss: Loss = "mse",
    channels: Sequence[int] = (),
) -> Tensor:
    """Add the gradients of the mean error to the parameters' `grad`, and return the mean squared error.

    Args:
        network: its parameters stay float32; each has a `grad` tensor, zeroed when a step begins.
        inputs: N x C x H x W float32 in [0, 1], on the network's device.
        labels: N x C x (H - 2 reach) x (W - 2 reach) float32 in "hr", N x scale^2 C x H x W in "lr".
        dtype: of maps and kernels, float32 or bfloat16; a convolution adds up in float32 either way.
        loss: "mse", the mean of squares, or "l1", the mean of magnitudes.
        channels: of the output's picture, those that count; () for all.

    Returns:
        The mean squared error per sample that counts, a scalar on the device.

    Tests: tests/models/test_gradients.py (equal to automatic differentiation).
    """
    if not network.is_plain:
        return _differentiate(network, inputs, labels, dtype, loss, channels)
    layers = _layers(network, dtype)
    widest = max(layer.weight.shape[0] for layer in layers)
    most = _CHUNK_BYTES if inputs.device.type == "cpu" else _GPU_CHUNK_BYTES
    bytes_of_one = inputs[0, 0].numel() * widest * dtype.itemsize
    size = math.ceil(len(inputs) / max(1, math.ceil(len(inputs) * bytes_of_one / most)))  # chunks alike in size
    squares = torch.zeros((), device=inputs.device)
    counted = _counted_maps(network.spec, channels, inputs.device) if channels else None
    samples = labels.numel() * (len(channels) or network.spec.channels_out) // network.spec.channels_out
    for start in range(0, len(inputs), size):
        entered, left = _forward(layers, inputs[start : start + size].to(dtype))
        error = left[-1] - labels[start : start + size]
        if counted is not None:
            error *= counted
        squares += error.square().sum()
        _backward(layers, entered, left, (2 * error if loss == "mse" else error.sign()) / samples)
    return squares / samples


def _differentiate(
    network: Srcnn, inputs: Tensor, labels: Tensor, dtype: torch.dtype, loss: Loss, channels: Sequence[int]
) -> Tensor:
    """The same for networks with other layers than convolutions and ReLUs, by automatic differentiation."""
    with torch.enable_grad(), torch.autocast(inputs.device.type, torch.bfloat16, enabled=dtype == torch.bfloat16):
        error = network(inputs).float() - labels
        if channels:
            error = error[:, _counted_maps(network.spec, channels, error.device)[:, 0, 0] > 0]
        squared = error.square().mean()
        (squared if loss == "mse" else error.abs().mean()).backward()
    return squared.detach()


def _counted_maps(spec: ModelSpec, channels: Sequence[int], device: torch.device) -> Tensor:
    """Ones for the output's maps of some channels, zeros for the others: maps x 1 x 1."""
    ones = torch.tensor([float(channel in channels) for channel in range(spec.channels_out)], device=device)
    return ones.repeat_interleave(spec.shuffle**2)[:, None, None]


def _layers(network: Srcnn, dtype: torch.dtype) -> list[_Layer]:
    pairs = [(weight, bias, layer.relu) for layer, weight, bias in network.layers()]
    layers: list[_Layer] = []
    for i, (weight, bias, relu) in enumerate(pairs):
        first, last = i == 0, i == len(pairs) - 1
        kernel = spread_kernel(weight) if last else stacked_kernel(weight) if first else weight
        kernel = kernel.to(dtype, memory_format=torch.channels_last)
        padding = weight.shape[2] // 2 if network.spec.input_space == "lr" else 0
        layers.append(_Layer(weight, bias, kernel, relu, first, last, padding))
    return layers


def _forward(layers: list[_Layer], batch: Tensor) -> tuple[list[Tensor], list[Tensor]]:
    """What entered and what left every layer; the last layer's output is float32."""
    entered: list[Tensor] = []
    left: list[Tensor] = []
    for layer in layers:
        if layer.first and not layer.last:
            batch = stack_row_shifts(_pad_rows(batch, layer.padding), layer.k)
        entered.append(batch)
        if layer.last:
            parts = torch.conv2d(batch, layer.kernel, padding=layer.paddings)
            batch = add_row_shifts(_pad_rows(parts, layer.padding), layer.k) + layer.bias[:, None, None]
            batch = batch.relu_() if layer.relu else batch
        else:
            batch = _convolve(batch, layer)
        left.append(batch)
    return entered, left


def _backward(layers: list[_Layer], entered: list[Tensor], left: list[Tensor], gradient: Tensor) -> None:
    """Add every layer's gradients, from the gradient of the last output backwards."""
    for layer, x, y in zip(reversed(layers), reversed(entered), reversed(left), strict=True):
        assert layer.weight.grad is not None
        assert layer.bias.grad is not None
        if layer.relu:
            _stop_where_zero(gradient, y)
        if layer.last:
            layer.bias.grad += gradient.sum((0, 2, 3))
            gradient = spread_row_shifts(gradient.to(layer.kernel.dtype), layer.k)
            gradient = gradient[:, :, layer.padding : gradient.shape[2] - layer.padding]
        gradient, of_kernel, of_bias = torch.ops.aten.convolution_backward(
            gradient, x, layer.kernel, [layer.kernel.shape[0]], [1, 1], layer.paddings, [1, 1], False, [0, 0], 1,
            [not layer.first, True, not layer.last],
        )  # fmt: skip
        if layer.last:
            of_kernel = unspread_kernel(of_kernel, layer.k)
        elif layer.first:
            of_kernel = unstacked_kernel(of_kernel, layer.k)
        layer.weight.grad += of_kernel
        if not layer.last:
            layer.bias.grad += of_bias


def _pad_rows(batch: Tensor, rows: int) -> Tensor:
    """Put rows of zeros above and below."""
    return functional.pad(batch, [0, 0, rows, rows]) if rows else batch


def _convolve(batch: Tensor, layer: _Layer) -> Tensor:
    """A layer with its bias and ReLU, in one pass over the memory where oneDNN is there to do it, on CPUs."""
    bias = layer.bias.to(layer.kernel.dtype)
    if not _has_onednn(batch):
        result = torch.conv2d(batch, layer.kernel, bias, padding=layer.paddings)
        return result.relu_() if layer.relu else result
    after = "relu" if layer.relu else "none"
    return torch.ops.mkldnn._convolution_pointwise(
        batch, layer.kernel, bias, layer.paddings, [1, 1], [1, 1], 1, after, [], ""
    )


def _has_onednn(batch: Tensor) -> bool:
    """Whether oneDNN convolves a batch: on CPUs, and in bf16 only with AVX-512 or instructions for it."""
    if batch.device.type != "cpu" or not torch.backends.mkldnn.is_available():
        return False
    return batch.dtype != torch.bfloat16 or torch.ops.mkldnn._is_mkldnn_bf16_supported()


def _stop_where_zero(gradient: Tensor, output: Tensor) -> None:
    """The gradient of a ReLU: nothing passes where its output is zero. Overwrites the output with 0 and 1.

    Read as integers, floating-point numbers are above zero where they are; integers multiply faster.
    """
    integer = torch.int16 if output.dtype == torch.bfloat16 else torch.int32
    passes = output.view(integer).clamp_(0, 1)
    gradient.view(integer).mul_(passes)
