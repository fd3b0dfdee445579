import torch
from torch import Tensor

from srcnn.models.expanded import Expanded
from srcnn.models.gradients import accumulate_gradients
from srcnn.models.srcnn import Srcnn, initialise
from srcnn.spec import srcnn

SPEC = srcnn(name="tiny", scale=2, kernel_sizes=(5, 3, 3), widths=(4, 4), input_space="lr")


def network() -> Srcnn:
    result = Srcnn(SPEC)
    initialise(result, 0)
    for parameter in result.parameters():
        parameter.grad = torch.zeros_like(parameter)
    return result


def batch() -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(1)
    return torch.rand(3, 1, 9, 8, generator=generator), torch.rand(3, 4, 9, 8, generator=generator)


def two_convolutions(expanded: Expanded, inputs: Tensor) -> Tensor:
    """Each layer as it is written in the paper: wide, then 1 x 1, beside what they lacked at the start."""
    for layer, wide, narrow, rest, bias in zip(
        SPEC.layers, expanded.wide, expanded.narrow, expanded.rest, expanded.bias, strict=True
    ):
        middle = torch.conv2d(inputs, wide, padding=layer.reach)
        inputs = torch.conv2d(middle, narrow[:, :, None, None], bias) + torch.conv2d(inputs, rest, padding=layer.reach)
        inputs = inputs.relu() if layer.relu else inputs
    return inputs


def test_expanding_keeps_the_networks_weights() -> None:
    plain = network()
    before = {name: weight.clone() for name, weight in plain.state_dict().items()}
    Expanded(plain, 16, seed=0)
    for name, weight in plain.state_dict().items():
        torch.testing.assert_close(weight, before[name], atol=1e-6, rtol=0)


def test_the_collapsed_network_is_the_wide_one() -> None:
    plain, (inputs, _) = network(), batch()
    expanded = Expanded(plain, 16, seed=0)
    with torch.no_grad():
        for parameter in expanded.parameters():
            parameter += 0.05
    expanded.collapse()
    torch.testing.assert_close(plain(inputs), two_convolutions(expanded, inputs), atol=1e-4, rtol=1e-4)


def test_gradients_of_the_factors_are_those_of_the_wide_network() -> None:
    plain, (inputs, labels) = network(), batch()
    expanded = Expanded(plain, 16, seed=0)
    accumulate_gradients(plain, inputs, labels, torch.float32)
    expanded.hand_on_gradients()
    handed = {name: p.grad.clone() for name, p in expanded.named_parameters() if p.grad is not None}
    expanded.zero_grad()
    (two_convolutions(expanded, inputs) - labels).square().mean().backward()
    wanted = {name: p.grad for name, p in expanded.named_parameters() if p.grad is not None}
    assert handed.keys() == wanted.keys()
    for name, gradient in wanted.items():
        torch.testing.assert_close(handed[name], gradient, atol=1e-5, rtol=1e-3)


def test_its_state_holds_everything_that_is_trained() -> None:
    first, second = network(), network()
    one, other = Expanded(first, 8, seed=0), Expanded(second, 8, seed=1)
    with torch.no_grad():
        one.wide[0] += 1
    other.load_state_dict(one.state_dict())
    one.collapse()
    other.collapse()
    for ours, theirs in zip(first.parameters(), second.parameters(), strict=True):
        assert torch.equal(ours, theirs)
