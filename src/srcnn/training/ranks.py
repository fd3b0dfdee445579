"""One training in several processes that torchrun has started: each takes a share of every batch.

The gradients of the shares are added up, so all processes take the same step as one would with the whole
batch. Tensors on GPUs are added up by NCCL, all else goes through gloo. Without torchrun every function
here does nothing. This module knows nothing of data and files.
"""

import io
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, distributed, nn

from srcnn.errors import InvalidConfigError


@contextmanager
def join_ranks(device: torch.device) -> Generator[int]:
    """Join the other processes of a training for a while.

    Args:
        device: of this process.

    Yields:
        The number of this process; 0 writes and prints, the others are silent.

    Tests: tests/training/test_ranks.py.
    """
    if not (distributed.is_available() and distributed.is_torchelastic_launched()):
        yield 0
        return
    if device.type == "cuda":
        torch.cuda.set_device(device)
    with_nccl = device.type == "cuda" and distributed.is_nccl_available()
    distributed.init_process_group("cpu:gloo,cuda:nccl" if with_nccl else "gloo")
    try:
        yield distributed.get_rank()
    finally:
        distributed.destroy_process_group()


def is_first() -> bool:
    """Whether this process is the one that writes and prints."""
    return _count() == 1 or distributed.get_rank() == 0


def share_of(batch: Tensor) -> Tensor:
    """This process's part of a batch: every n-th patch.

    Raises:
        InvalidConfigError: there are more processes than patches.
    """
    if _count() == 1:
        return batch
    if len(batch) < _count():
        raise InvalidConfigError(
            f"expected a batch_size of at least the {_count()} processes, got {len(batch)}; "
            "start fewer processes or raise batch_size"
        )
    return batch[distributed.get_rank() :: _count()]


def add_up(network: nn.Module, loss: Tensor, share: float) -> Tensor:
    """Replace every process's gradients by those of the whole batch.

    Args:
        network: its parameters' gradients are of the mean over this process's part.
        loss: the mean over this process's part.
        share: of the batch that this process had, 0 to 1.

    Returns:
        The mean over the batch.
    """
    if _count() == 1:
        return loss
    gradients = [parameter.grad for parameter in network.parameters() if parameter.grad is not None]
    total = torch.cat([tensor.flatten() for tensor in (*gradients, loss)]) * share
    distributed.all_reduce(total)
    sums = total.split([gradient.numel() for gradient in gradients] + [1])
    for gradient, part in zip(gradients, sums, strict=False):
        gradient.copy_(part.view_as(gradient))
    return sums[-1][0]


def any_rank(fact: bool) -> bool:
    """Whether something holds in any process, so that all stop after the same step."""
    if _count() == 1:
        return fact
    votes = torch.tensor(float(fact))
    distributed.all_reduce(votes)
    return bool(votes)


def from_first(values: list[Any]) -> list[Any]:
    """What the first process has, its tensors on the CPU; the others' values are given up."""
    if _count() == 1:
        return values
    content = io.BytesIO()
    torch.save(values, content)  # as it is, a tensor on the first GPU would come to lie there for every process
    message = [content.getvalue()]
    distributed.broadcast_object_list(message)
    return torch.load(io.BytesIO(message[0]), map_location="cpu", weights_only=True)


def _count() -> int:
    return distributed.get_world_size() if distributed.is_available() and distributed.is_initialized() else 1
