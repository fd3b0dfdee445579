import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
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


def conv_few_inputs(batch: Tensor, weight: Tensor) -> Tensor:
    return functional.conv2d(stack_row_shifts(batch, weight.shape[2]), stacked_kernel(weight))


def conv_few_outputs(batch: Tensor, weight: Tensor) -> Tensor:
    return add_row_shifts(functional.conv2d(batch, spread_kernel(weight)), weight.shape[2])


def random(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("conv", [conv_few_inputs, conv_few_outputs])
@settings(deadline=None, max_examples=60)
@given(
    images=st.integers(1, 3),
    inputs=st.integers(1, 4),
    outputs=st.integers(1, 4),
    kernel=st.sampled_from([1, 2, 3, 5, 9]),
    height=st.integers(1, 12),
    width=st.integers(1, 12),
    seed=st.integers(0, 999),
)
def test_values_and_gradients_are_those_of_torchs_own_convolution(
    conv, images: int, inputs: int, outputs: int, kernel: int, height: int, width: int, seed: int
) -> None:
    batch = random(images, inputs, kernel + height - 1, kernel + width - 1, seed=seed)
    weight = random(outputs, inputs, kernel, kernel, seed=seed + 1)
    slope = random(images, outputs, height, width, seed=seed + 2)
    results: list[list[Tensor | None]] = []
    for function in (conv, functional.conv2d):
        arguments = [tensor.clone().requires_grad_() for tensor in (batch, weight)]
        output = function(*arguments)
        output.backward(slope)
        results.append([output.detach(), *(tensor.grad for tensor in arguments)])
    # Each value is a sum of n products of magnitude 1 in single precision, whose error grows like sqrt(n).
    terms = (inputs * kernel**2, outputs * kernel**2, images * height * width)
    for ours, torchs, n in zip(*results, terms, strict=True):
        torch.testing.assert_close(ours, torchs, rtol=1e-5, atol=2e-6 * (1 + n**0.5))


def test_shifts_lie_beside_each_other_by_row_then_by_channel() -> None:
    batch = random(2, 3, 8, 5)
    stacked = stack_row_shifts(batch, 4)
    assert stacked.shape == (2, 12, 5, 5)
    for i in range(4):
        torch.testing.assert_close(stacked[:, 3 * i : 3 * i + 3], batch[:, :, i : i + 5], rtol=0, atol=0)


def test_stacked_and_spread_pictures_have_channels_last_in_memory() -> None:
    assert stack_row_shifts(random(2, 2, 12, 12), 5).is_contiguous(memory_format=torch.channels_last)
    assert spread_row_shifts(random(2, 2, 12, 12), 5).is_contiguous(memory_format=torch.channels_last)


@settings(deadline=None, max_examples=30)
@given(inputs=st.integers(1, 4), outputs=st.integers(1, 4), kernel=st.sampled_from([1, 3, 9]), seed=st.integers(0, 99))
def test_row_kernels_become_kernels_again(inputs: int, outputs: int, kernel: int, seed: int) -> None:
    weight = random(outputs, inputs, kernel, kernel, seed=seed)
    assert stacked_kernel(weight).shape == (outputs, kernel * inputs, 1, kernel)
    assert spread_kernel(weight).shape == (kernel * outputs, inputs, 1, kernel)
    assert torch.equal(unstacked_kernel(stacked_kernel(weight), kernel), weight)
    assert torch.equal(unspread_kernel(spread_kernel(weight), kernel), weight)


@settings(deadline=None, max_examples=30)
@given(
    outputs=st.integers(1, 3),
    kernel=st.sampled_from([1, 3, 5]),
    height=st.integers(1, 9),
    width=st.integers(1, 9),
    seed=st.integers(0, 99),
)
def test_spreading_is_the_gradient_of_adding(outputs: int, kernel: int, height: int, width: int, seed: int) -> None:
    parts = random(2, kernel * outputs, height + kernel - 1, width, seed=seed).requires_grad_()
    slope = random(2, outputs, height, width, seed=seed + 1)
    add_row_shifts(parts, kernel).backward(slope)
    assert parts.grad is not None
    torch.testing.assert_close(spread_row_shifts(slope, kernel), parts.grad, rtol=0, atol=0)


def test_rows_in_bf16_are_added_up_in_single_precision() -> None:
    parts = torch.full((1, 9, 9, 1), 1 + 2**-7, dtype=torch.bfloat16)
    total = add_row_shifts(parts, 9)
    assert total.dtype == torch.float32
    assert total.item() == 9 * (1 + 2**-7)  # in bf16, 9.0703125 would be rounded to 9.0625


def test_adding_leaves_the_parts_as_they_were() -> None:
    parts = random(1, 6, 5, 4)
    before = parts.clone()
    add_row_shifts(parts, 3)
    assert torch.equal(parts, before)
