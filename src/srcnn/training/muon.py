"""Momentum whose steps are orthogonal: every kernel turns as far in all of its directions.

A kernel of O outputs that each see n samples is a matrix of O x n. Its momentum M has a few large singular
values and many small ones, so descent along M hardly moves in most directions. The step here is the nearest
matrix with singular values of one, U V' where M = U S V'. Newton and Schulz's iteration finds it with
products of matrices alone: an odd polynomial of M is a polynomial of its singular values with the same U and
V, and this one draws all of them near to one. A transposed kernel, which torch holds inputs first, is a matrix
of one row for each input: what that input adds to all samples of all outputs. Biases and slopes, which have no
such directions, take Adam's steps.

Sources: Jordan et al. 2024, "Muon: An optimizer for hidden layers in neural networks", for the method and the
polynomial; Liu et al. 2025, "Muon is Scalable for LLM Training", arXiv:2502.16982, for the size of a step.
"""

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn

_POLYNOMIAL = (3.4445, -4.7750, 2.0315)  # brings singular values to 0.7 to 1.2; they need not be closer to one
_ITERATIONS = 5
_DEVIATION = 0.2  # of a step's entries in learning rates: about that of Adam's steps
_ADAM = (0.9, 0.99)  # running means of gradients and of their squares
_TINY = 1e-8


class Muon(torch.optim.Optimizer):
    """Orthogonal steps for kernels, Adam's for all else."""

    def __init__(self, parameters: Iterable[nn.Parameter], momentum: float = 0.95) -> None:
        """Begin.

        Args:
            parameters: what to change; those without a gradient are left alone.
            momentum: the share of a kernel's last direction that the next one keeps.

        Tests: tests/training/test_muon.py.
        """
        super().__init__(parameters, {"lr": 0.0, "momentum": momentum})

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Take one step against the gradients, of the size that the groups' rate `lr` says."""
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is None:
                    continue
                state = self.state[parameter]
                if parameter.ndim > 1:
                    change = _orthogonal_step(parameter.grad, state, group["momentum"])
                else:
                    change = _adam_step(parameter.grad, state)
                parameter.sub_(change, alpha=group["lr"])


def _orthogonal_step(gradient: Tensor, state: dict[str, Any], share: float) -> Tensor:
    """A kernel's step at a rate of 1."""
    if not state:
        state["momentum"] = torch.zeros_like(gradient)
    momentum = state["momentum"].mul_(share).add_(gradient)
    matrix = (gradient + share * momentum).flatten(1)  # Nesterov's: the momentum that the next step will see
    return (orthogonalise(matrix) * (_DEVIATION * max(matrix.shape) ** 0.5)).view_as(gradient)


def _adam_step(gradient: Tensor, state: dict[str, Any]) -> Tensor:
    """Adam's step at a rate of 1."""
    if not state:
        state |= {"mean": torch.zeros_like(gradient), "square": torch.zeros_like(gradient), "steps": 0}
    state["steps"] += 1
    mean = state["mean"].lerp_(gradient, 1 - _ADAM[0]) / (1 - _ADAM[0] ** state["steps"])
    square = state["square"].lerp_(gradient.square(), 1 - _ADAM[1]) / (1 - _ADAM[1] ** state["steps"])
    return mean / (square.sqrt() + _TINY)


def orthogonalise(matrix: Tensor) -> Tensor:
    """The matrix of about the same singular vectors whose singular values are all near one.

    Args:
        matrix: m x n, float32.

    Returns:
        m x n, float32; a matrix of zeros stays one.

    Tests: tests/training/test_muon.py.
    """
    first, third, fifth = _POLYNOMIAL
    wide = matrix if matrix.shape[0] <= matrix.shape[1] else matrix.T
    wide = wide / wide.norm().clamp_min(1e-30)
    for _ in range(_ITERATIONS):
        gram = wide @ wide.T
        wide = first * wide + (third * gram + fifth * gram @ gram) @ wide
    return wide if matrix.shape[0] <= matrix.shape[1] else wide.T
