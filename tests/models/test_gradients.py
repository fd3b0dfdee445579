from collections.abc import Sequence
from typing import Literal

import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from meta_device import OnlyMeta
from torch import Tensor
from torch.nn import functional

from srcnn.layer import Activation, ConvLayer
from srcnn.models import gradients
from srcnn.models.gradients import Loss, accumulate_gradients
from srcnn.models.srcnn import Srcnn, initialise
from srcnn.spec import Colour, ModelSpec, srcnn

SHAPES = [
    ((9, 1, 5), (16, 8)),
    ((9, 5, 5), (5, 3)),
    ((5, 3), (4,)),
    ((3,), ()),
    ((1,), ()),
    ((1, 3, 1), (3, 2)),
    ((3, 1, 1, 5), (3, 7, 2)),
]


def random_network(spec: ModelSpec, seed: int = 0) -> Srcnn:
    """All weights and biases random; gradients zero, as when a step begins."""
    network = Srcnn(spec)
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.normal_(0, parameter[0].numel() ** -0.5 if parameter.ndim > 1 else 0.3, generator=generator)
            parameter.grad = torch.zeros_like(parameter)
    return network


def random_batch(spec: ModelSpec, images: int, height: int, width: int, seed: int = 0) -> tuple[Tensor, Tensor]:
    """Inputs, and labels with `height` x `width` pixels."""
    generator = torch.Generator().manual_seed(seed)
    border = spec.reach if spec.input_space == "hr" else 0
    size = (height + 2 * border, width + 2 * border)
    inputs = torch.rand((images, spec.channels, *size), generator=generator)
    return inputs, torch.rand((images, spec.channels_out * spec.shuffle**2, height, width), generator=generator)


def automatic(
    network: Srcnn, inputs: Tensor, labels: Tensor, loss: Loss, channels: Sequence[int] = ()
) -> tuple[Tensor, list[Tensor]]:
    """The squared error, and the loss's gradients by automatic differentiation in double precision."""
    double = Srcnn(network.spec).double()
    double.load_state_dict(network.state_dict())
    outputs, wanted = double(inputs.double()), labels.double()
    if channels:
        outputs, wanted = (
            part.unflatten(1, (network.spec.channels_out, -1))[:, channels] for part in (outputs, wanted)
        )
    squared = functional.mse_loss(outputs, wanted)
    minimised = squared if loss == "mse" else functional.l1_loss(outputs, wanted)
    return squared.detach(), list(torch.autograd.grad(minimised, list(double.parameters())))


@torch.no_grad()
def is_smooth(network: Srcnn, batch: Tensor, labels: Tensor) -> bool:
    """Whether no ReLU's input and no error is so near zero that rounding decides on which side it is."""
    least = 1.0
    for layer, weight, bias in network.layers():
        padding = layer.reach if network.spec.input_space == "lr" else 0
        batch = functional.conv2d(batch.double(), weight.double(), bias.double(), padding=padding)
        if layer.relu:
            least = min(least, batch.abs().min().item())
            batch = batch.relu()
    return min(least, (batch - labels).abs().min().item()) > 1e-6


def check(network: Srcnn, inputs: Tensor, labels: Tensor, loss: Loss = "mse", channels: Sequence[int] = ()) -> None:
    squared, expected = automatic(network, inputs, labels, loss, channels)
    result = accumulate_gradients(network, inputs, labels, torch.float32, loss, channels)
    torch.testing.assert_close(result.double(), squared, rtol=1e-5, atol=1e-7)
    for parameter, gradient in zip(network.parameters(), expected, strict=True):
        assert parameter.grad is not None
        torch.testing.assert_close(parameter.grad.double(), gradient, rtol=1e-4, atol=2e-6)


@settings(deadline=None, max_examples=40)
@given(
    shape=st.sampled_from(SHAPES),
    colour=st.sampled_from(["luma", "rgb"]),
    images=st.integers(1, 5),
    height=st.integers(1, 9),
    width=st.integers(1, 9),
    seed=st.integers(0, 99),
)
def test_loss_and_gradients_equal_automatic_differentiation(
    shape: tuple[tuple[int, ...], tuple[int, ...]], colour: Colour, images: int, height: int, width: int, seed: int
) -> None:
    spec = srcnn(name="n", scale=2, kernel_sizes=shape[0], widths=shape[1], colour=colour)
    network, batch = random_network(spec, seed), random_batch(spec, images, height, width, seed)
    assume(is_smooth(network, *batch))
    check(network, *batch)


@settings(deadline=None, max_examples=40)
@given(
    shape=st.sampled_from(SHAPES),
    scale=st.integers(1, 4),
    loss=st.sampled_from(["mse", "l1"]),
    height=st.integers(1, 9),
    width=st.integers(1, 9),
    seed=st.integers(0, 99),
)
def test_so_do_those_of_networks_in_lr_and_of_the_mean_magnitude(
    shape: tuple[tuple[int, ...], tuple[int, ...]], scale: int, loss: Loss, height: int, width: int, seed: int
) -> None:
    spec = srcnn(name="n", scale=scale, kernel_sizes=shape[0], widths=shape[1], input_space="lr")
    network, batch = random_network(spec, seed), random_batch(spec, 3, height, width, seed)
    assume(is_smooth(network, *batch))
    check(network, *batch, loss)


@pytest.mark.parametrize("loss", ["mse", "l1"])
@pytest.mark.parametrize(
    "spec",
    [
        srcnn(name="n", scale=2, kernel_sizes=(5, 3), widths=(4,), input_space="lr", activation="tanh"),
        srcnn(name="n", scale=3, kernel_sizes=(5, 1, 9), widths=(4, 3), input_space="lr", activation="prelu",
              deconvolution=True, residual=False),
        srcnn(name="n", scale=2, kernel_sizes=(5, 3), widths=(4,), activation="prelu"),
    ],
    ids=["tanh", "prelu and deconvolution", "prelu in hr"],
)  # fmt: skip
def test_so_do_those_of_other_layers_than_convolutions_and_relus(spec: ModelSpec, loss: Loss) -> None:
    check(random_network(spec), *random_batch(spec, 3, 7, 6), loss)


@pytest.mark.parametrize("loss", ["mse", "l1"])
@pytest.mark.parametrize("space", ["hr", "lr"])
@pytest.mark.parametrize("channels", [[0], [1, 2], [2, 0, 1]])
def test_a_loss_may_count_some_channels(space: Literal["hr", "lr"], loss: Loss, channels: list[int]) -> None:
    spec = srcnn(name="n", scale=2, kernel_sizes=(5, 1, 3), widths=(6, 4), input_space=space, colour="rgb")
    check(random_network(spec), *random_batch(spec, 3, 7, 8), loss, channels)


def test_a_last_layer_with_a_relu_and_an_inner_one_without_are_differentiated_too() -> None:
    def layer(inputs: int, outputs: int, activation: Activation) -> ConvLayer:
        return ConvLayer(in_channels=inputs, out_channels=outputs, kernel_size=3, activation=activation)

    layers = (layer(1, 4, "none"), layer(4, 3, "relu"), layer(3, 1, "relu"))
    spec = ModelSpec(name="n", scale=2, layers=layers)
    check(random_network(spec, 3), *random_batch(spec, 2, 7, 6))


@pytest.mark.parametrize("rows_in_a_chunk", [1, 2, 3, 5, 100])
def test_the_size_of_the_chunks_changes_nothing_but_the_order_of_additions(
    rows_in_a_chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = srcnn(name="n", scale=2, kernel_sizes=(5, 1, 3), widths=(6, 4))
    inputs, labels = random_batch(spec, 5, 8, 9)
    chunk_bytes = rows_in_a_chunk * inputs[0, 0].numel() * 6 * 4
    monkeypatch.setattr(gradients, "_CHUNK_BYTES", chunk_bytes)
    check(random_network(spec), inputs, labels)


@pytest.mark.parametrize("input_space", ["hr", "lr"])
def test_without_onednn_they_are_the_same(monkeypatch: pytest.MonkeyPatch, input_space: Literal["hr", "lr"]) -> None:
    spec = srcnn(name="n", scale=2, kernel_sizes=(5, 1, 3), widths=(6, 4), input_space=input_space)
    monkeypatch.setattr(torch.backends.mkldnn, "is_available", lambda: False)
    check(random_network(spec), *random_batch(spec, 3, 7, 8))


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("input_space", ["hr", "lr"])
def test_on_a_gpu_nothing_is_left_on_the_cpu(dtype: torch.dtype, input_space: Literal["hr", "lr"]) -> None:
    spec = srcnn(name="n", scale=2, kernel_sizes=(5, 1, 3), widths=(6, 4), input_space=input_space)
    network = Srcnn(spec).to("meta")
    for parameter in network.parameters():
        parameter.grad = torch.zeros_like(parameter)
    inputs, labels = (part.to("meta") for part in random_batch(spec, 3, 7, 8))
    with OnlyMeta():
        accumulate_gradients(network, inputs, labels, dtype, channels=[0])


def test_gradients_are_added_to_those_there_are() -> None:
    spec = srcnn(name="n", scale=2, kernel_sizes=(3, 3), widths=(4,))
    network, batch = random_network(spec), random_batch(spec, 2, 6, 6)
    accumulate_gradients(network, *batch, torch.float32)
    once = [parameter.grad.clone() for parameter in network.parameters()]
    accumulate_gradients(network, *batch, torch.float32)
    for parameter, gradient in zip(network.parameters(), once, strict=True):
        torch.testing.assert_close(parameter.grad, 2 * gradient)


def test_weights_inputs_and_labels_are_left_as_they_were() -> None:
    spec = srcnn(name="n", scale=2, kernel_sizes=(3, 3), widths=(4,))
    network, (inputs, labels) = random_network(spec), random_batch(spec, 2, 6, 6)
    before = [tensor.detach().clone() for tensor in (*network.parameters(), inputs, labels)]
    accumulate_gradients(network, inputs, labels, torch.float32)
    for tensor, copy in zip((*network.parameters(), inputs, labels), before, strict=True):
        assert torch.equal(tensor, copy)


def test_bf16_goes_through_onednn_where_it_can(monkeypatch: pytest.MonkeyPatch) -> None:
    convolved: list[torch.dtype] = []

    def convolve(batch, weight, bias, paddings, *_):
        convolved.append(batch.dtype)
        return torch.conv2d(batch, weight, bias, padding=paddings)

    monkeypatch.setattr(torch.ops.mkldnn, "_convolution_pointwise", convolve)
    spec = srcnn(name="n", scale=2, kernel_sizes=(5, 1, 3), widths=(6, 4))
    network = random_network(spec)
    for parameter in network.parameters():
        parameter.grad = torch.zeros_like(parameter)
    for supported in (True, False):
        monkeypatch.setattr(torch.ops.mkldnn, "_is_mkldnn_bf16_supported", lambda supported=supported: supported)
        accumulate_gradients(network, *random_batch(spec, 1, 12, 12), torch.bfloat16)
    assert convolved == [torch.bfloat16] * 2  # the layers before the last, once
    accumulate_gradients(network, *random_batch(spec, 1, 12, 12), torch.float32)
    assert convolved[2:] == [torch.float32] * 2


@pytest.mark.parametrize("supported", [True, False])
def test_gradients_in_bf16_are_near_those_in_single_precision(monkeypatch: pytest.MonkeyPatch, supported: bool) -> None:
    if not supported:  # as on processors without AVX-512
        monkeypatch.setattr(torch.ops.mkldnn, "_is_mkldnn_bf16_supported", lambda: False)
        monkeypatch.setattr(torch.ops.mkldnn, "_convolution_pointwise", None)
    spec = srcnn(name="n", scale=2)
    network = Srcnn(spec)
    initialise(network, 0)
    inputs, labels = random_batch(spec, 4, 21, 21)
    loss, expected = automatic(network, inputs, labels, "mse")
    for parameter in network.parameters():
        parameter.grad = torch.zeros_like(parameter)
    result = accumulate_gradients(network, inputs, labels, torch.bfloat16)
    assert result.dtype == torch.float32
    assert result.item() == pytest.approx(loss.item(), rel=0.01)
    for parameter, gradient in zip(network.parameters(), expected, strict=True):
        assert parameter.grad.dtype == torch.float32
        # bf16 keeps 8 bits: single products are off by up to 2^-8, their sums by less.
        error = (parameter.grad - gradient).norm() / gradient.norm()
        assert error < 0.02
        assert error > 0


@pytest.mark.parametrize("loss", ["mse", "l1"])
@pytest.mark.parametrize("channels", [[], [0], [1, 0]])
def test_a_network_of_chroma_has_two_channels_to_count(loss: Loss, channels: list[int]) -> None:
    spec = srcnn(name="n", scale=2, kernel_sizes=(5, 1, 3), widths=(6, 4), input_space="lr", colour="chroma")
    check(random_network(spec), *random_batch(spec, 3, 7, 8), loss, channels)
