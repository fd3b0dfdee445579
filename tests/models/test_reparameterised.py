import pytest
import torch
from torch import Tensor

from srcnn.models.gradients import accumulate_gradients
from srcnn.models.reparameterised import Branches, Product, Reparameterised, reparameterise
from srcnn.models.srcnn import Srcnn, initialise
from srcnn.spec import srcnn

SPEC = srcnn(name="tiny", scale=2, kernel_sizes=(5, 1, 3), widths=(4, 4), input_space="lr")
POINT, SOBEL_X, SOBEL_Y, LAPLACE = (
    torch.tensor(rows, dtype=torch.float32)
    for rows in (
        [[0, 0, 0], [0, 1, 0], [0, 0, 0]],
        [[1, 0, -1], [2, 0, -2], [1, 0, -1]],
        [[1, 2, 1], [0, 0, 0], [-1, -2, -1]],
        [[0, 1, 0], [1, -4, 1], [0, 1, 0]],
    )
)
both = pytest.mark.parametrize(("expansion", "branches"), [(16, False), (0, True)])


def network() -> Srcnn:
    result = Srcnn(SPEC)
    initialise(result, 0)
    for parameter in result.parameters():
        parameter.grad = torch.zeros_like(parameter)
    return result


def taken_apart(plain: Srcnn, expansion: int, branches: bool, seed: int = 0) -> Reparameterised:
    result = reparameterise(plain, expansion=expansion, branches=branches, seed=seed)
    assert result is not None
    return result


def batch() -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(1)
    return torch.rand(3, 1, 9, 8, generator=generator), torch.rand(3, 4, 9, 8, generator=generator)


def convolution_of_parts(kernel: torch.nn.Module, inputs: Tensor, reach: int) -> Tensor:
    """A layer as its paper has it: convolutions one after another, or beside one another."""
    if isinstance(kernel, Product):
        middle = torch.conv2d(inputs, kernel.wide, padding=reach)
        return torch.conv2d(middle, kernel.narrow[:, :, None, None]) + torch.conv2d(inputs, kernel.rest, padding=reach)
    assert isinstance(kernel, Branches)
    result = torch.conv2d(inputs, kernel.plain, padding=reach)
    filters = (POINT, SOBEL_X, SOBEL_Y, LAPLACE) if reach else (POINT[1:2, 1:2],)
    for mix, strength, own in zip(kernel.mix, kernel.strength, filters, strict=True):
        mixed = torch.conv2d(inputs, mix[:, :, None, None])
        filtered = torch.conv2d(mixed, own.expand(len(mix), 1, *own.shape), padding=len(own) // 2, groups=len(mix))
        result = result + strength[:, None, None] * filtered
    return result


def network_of_parts(parts: Reparameterised, inputs: Tensor) -> Tensor:
    for layer, kernel, bias in zip(SPEC.layers, parts.kernels, parts.bias, strict=True):
        inputs = convolution_of_parts(kernel, inputs, layer.reach) + bias[:, None, None]
        inputs = inputs.relu() if layer.relu else inputs
    return inputs


@both
def test_taking_kernels_apart_keeps_the_networks_weights(expansion: int, branches: bool) -> None:
    plain = network()
    before = {name: weight.clone() for name, weight in plain.state_dict().items()}
    taken_apart(plain, expansion, branches)
    for name, weight in plain.state_dict().items():
        torch.testing.assert_close(weight, before[name], atol=1e-6, rtol=0)


def test_without_either_the_kernels_themselves_are_trained() -> None:
    assert reparameterise(network(), expansion=0, branches=False, seed=0) is None


@both
def test_the_collapsed_network_is_that_of_the_parts(expansion: int, branches: bool) -> None:
    plain, (inputs, _) = network(), batch()
    parts = taken_apart(plain, expansion, branches)
    with torch.no_grad():
        for parameter in parts.parameters():
            if parameter.requires_grad:
                parameter += 0.05
    parts.collapse()
    torch.testing.assert_close(plain(inputs), network_of_parts(parts, inputs), atol=1e-4, rtol=1e-4)


@both
def test_gradients_of_the_parts_are_those_of_their_network(expansion: int, branches: bool) -> None:
    plain, (inputs, labels) = network(), batch()
    parts = taken_apart(plain, expansion, branches)
    for _ in range(2):  # those of a step before are gone
        plain.zero_grad(set_to_none=False)
        accumulate_gradients(plain, inputs, labels, torch.float32)
        parts.hand_on_gradients()
        parts.collapse()
    handed = {name: p.grad.clone() for name, p in parts.named_parameters() if p.grad is not None}
    parts.zero_grad()
    (network_of_parts(parts, inputs) - labels).square().mean().backward()
    wanted = {name: p.grad for name, p in parts.named_parameters() if p.grad is not None}
    assert handed.keys() == wanted.keys()
    for name, gradient in wanted.items():
        torch.testing.assert_close(handed[name], gradient, atol=1e-5, rtol=1e-3)


@both
def test_the_state_holds_everything_that_is_trained(expansion: int, branches: bool) -> None:
    first, second = network(), network()
    one, other = (taken_apart(each, expansion, branches, seed) for seed, each in enumerate((first, second)))
    with torch.no_grad():
        next(one.kernels.parameters()).add_(1)
    other.load_state_dict(one.state_dict())
    one.collapse()
    other.collapse()
    for ours, theirs in zip(first.parameters(), second.parameters(), strict=True):
        assert torch.equal(ours, theirs)
