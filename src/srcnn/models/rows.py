"""Convolutions of few channels as row convolutions: the same function, in shapes a CPU multiplies well.

Engines work on blocks of 16 channels, so a layer with one input or one output channel wastes most
of every block. Moving the rows of the kernel into the channels fills them:

    sum over (i, j) of w[i, j] x[y + i, x + j] = sum over i of (row filter over j)(x shifted by i)

Few inputs: stack the shifts of the input as channels, then filter along rows. Few outputs: filter
along rows into one channel for each kernel row, then add the shifts. This module knows nothing of
networks.
"""

import torch
from torch import Tensor
from torch.nn import functional


def stack_row_shifts(batch: Tensor, k: int) -> Tensor:
    """Put the k vertical shifts of a batch beside each other as channels.

    Args:
        batch: N x C x H x W.
        k: rows of the kernel.

    Returns:
        N x kC x (H - k + 1) x W, channels last in memory; channel i C + c is channel c shifted by i rows.

    Tests: tests/models/test_rows.py.
    """
    shifts = batch.unfold(2, k, 1).permute(0, 2, 3, 4, 1)
    return shifts.flatten(3).contiguous().permute(0, 3, 1, 2)


def stacked_kernel(weight: Tensor) -> Tensor:
    """The row kernel for stacked shifts: O x C x k x k becomes O x kC x 1 x k."""
    return weight.transpose(1, 2).reshape(weight.shape[0], -1, 1, weight.shape[3])


def unstacked_kernel(rows: Tensor, k: int) -> Tensor:
    """The inverse of `stacked_kernel`, for gradients."""
    return rows.reshape(rows.shape[0], k, -1, k).transpose(1, 2)


def add_row_shifts(parts: Tensor, k: int) -> Tensor:
    """Add up what each kernel row contributes.

    Args:
        parts: N x kO x H x W; channel i O + o is output o's kernel row k - 1 - i.
        k: rows of the kernel.

    Returns:
        N x O x (H - k + 1) x W, float32.

    Tests: tests/models/test_rows.py.
    """
    height = parts.shape[2] - k + 1
    rows = parts.unflatten(1, (k, -1))
    result = rows[:, 0, :, k - 1 :].to(torch.float32, copy=True)
    for i in range(1, k):
        result += rows[:, i, :, k - 1 - i : k - 1 - i + height]
    return result


def spread_row_shifts(gradient: Tensor, k: int) -> Tensor:
    """The gradient of `add_row_shifts`: every kernel row gets the gradient, shifted to its place.

    Args:
        gradient: N x O x H x W.
        k: rows of the kernel.

    Returns:
        N x kO x (H + k - 1) x W, channels last in memory.

    Tests: tests/models/test_rows.py.
    """
    return stack_row_shifts(functional.pad(gradient, [0, 0, k - 1, k - 1]), k)


def spread_kernel(weight: Tensor) -> Tensor:
    """The row kernel whose parts are added up: O x C x k x k becomes kO x C x 1 x k, last row first."""
    return weight.flip(2).permute(2, 0, 1, 3).reshape(-1, weight.shape[1], 1, weight.shape[3])


def unspread_kernel(rows: Tensor, k: int) -> Tensor:
    """The inverse of `spread_kernel`, for gradients."""
    return rows.reshape(k, -1, rows.shape[1], k).permute(1, 2, 0, 3).flip(2)
