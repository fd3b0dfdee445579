import copy

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from srcnn.training.muon import Muon, orthogonalise

sides = st.integers(1, 40)


@given(rows=sides, columns=sides, seed=st.integers(0, 2**32 - 1), scale=st.sampled_from([1e-12, 1.0, 1e6]))
def test_every_direction_of_a_matrix_comes_out_about_as_long(rows: int, columns: int, seed: int, scale: float) -> None:
    generator = torch.Generator().manual_seed(seed)
    left, _ = torch.linalg.qr(torch.randn(rows, rows, generator=generator))
    right, _ = torch.linalg.qr(torch.randn(columns, columns, generator=generator))
    rank = min(rows, columns)
    values = scale * torch.linspace(1, 0.05, rank)
    left, right = left[:, :rank], right[:, :rank]
    result = orthogonalise(left * values @ right.T)
    assert result.shape == (rows, columns)
    seen = left.T @ result @ right
    torch.testing.assert_close(seen, torch.diag(seen.diagonal()), atol=1e-3, rtol=0)
    assert 0.6 < seen.diagonal().min() <= seen.diagonal().max() < 1.3


def test_a_matrix_of_zeros_stays_one() -> None:
    assert not orthogonalise(torch.zeros(3, 5)).any()


def step(parameter: nn.Parameter, gradient: torch.Tensor, optimiser: Muon) -> torch.Tensor:
    before = parameter.detach().clone()
    parameter.grad = gradient
    optimiser.step()
    return parameter.detach() - before


@pytest.mark.parametrize("shape", [(8, 3, 3, 3), (2, 50), (50, 2), (1, 5)])
def test_a_step_of_a_kernel_goes_against_the_gradient_with_entries_of_a_fifth_of_the_rate(
    shape: tuple[int, ...],
) -> None:
    torch.manual_seed(0)
    parameter, gradient = nn.Parameter(torch.zeros(shape)), torch.randn(shape)
    optimiser = Muon([parameter])
    optimiser.param_groups[0]["lr"] = 0.1
    change = step(parameter, gradient, optimiser)
    assert (change * gradient).sum() < 0
    assert float(change.square().mean().sqrt()) == pytest.approx(0.02, rel=0.35)


def test_the_next_step_keeps_the_momentum_of_the_last() -> None:
    optimiser = Muon([parameter := nn.Parameter(torch.zeros(1, 2))], momentum=0.5)
    optimiser.param_groups[0]["lr"] = 1.0
    step(parameter, torch.tensor([[1.0, 0.0]]), optimiser)
    change = step(parameter, torch.tensor([[0.0, 1.0]]), optimiser)[0]
    # momentum (0.5, 1); half of it and the gradient: (0.25, 1.5)
    assert float(change[1] / change[0]) == pytest.approx(6)


def test_a_bias_takes_the_steps_of_adam() -> None:
    torch.manual_seed(0)
    ours, theirs = (nn.Parameter(torch.ones(5)) for _ in range(2))
    optimiser, adam = Muon([ours]), torch.optim.Adam([theirs], lr=0.1, betas=(0.9, 0.99))
    optimiser.param_groups[0]["lr"] = 0.1
    for _ in range(4):
        theirs.grad = torch.randn(5)
        step(ours, theirs.grad.clone(), optimiser)
        adam.step()
    torch.testing.assert_close(ours, theirs)


def test_what_has_no_gradient_is_left_alone() -> None:
    parameter = nn.Parameter(torch.ones(3), requires_grad=False)
    Muon([parameter]).step()
    assert parameter.tolist() == [1, 1, 1]


@pytest.mark.parametrize("shape", [(4, 5), (6,)])
def test_it_goes_on_from_its_saved_state(shape: tuple[int, ...]) -> None:
    torch.manual_seed(0)
    first = nn.Parameter(torch.randn(shape))
    optimiser = Muon([first])
    optimiser.param_groups[0]["lr"] = 0.1
    step(first, torch.randn(shape), optimiser)
    second = nn.Parameter(first.detach().clone())
    resumed = Muon([second])
    resumed.load_state_dict(copy.deepcopy(optimiser.state_dict()))
    gradient = torch.randn(shape)
    torch.testing.assert_close(step(second, gradient, resumed), step(first, gradient, optimiser), rtol=0, atol=0)
