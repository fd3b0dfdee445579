"""Weights as PyTorch programs keep them: the state dict of an SRCNN becomes a model.

A state dict holds arrays and their names, nothing of what is done with them. It is taken for SRCNN's chain: a ReLU
after every convolution but the last, and nothing else, so no skip around them either.
"""

import math
import re
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from srcnn.errors import ModelFileError
from srcnn.printable import some_of
from srcnn.spec import srcnn
from srcnn.zoo.model_file import Model
from srcnn.zoo.zip_entries import unpacked_sizes

_MAX_NUMBERS = 2**24  # of all arrays; an expanded one takes no room in its file
_MAX_LAYERS = 100
_MAX_BYTES = 2**28  # of a file when it is unpacked
_LONGEST_NAME = 80
_SAVE = "write it with torch.save(network.state_dict(), FILE)"

_Convolution = tuple[NDArray[np.float32], NDArray[np.float32]]


class _UnusableError(Exception):
    """A state dict of something else; the message says of what."""


def read_state_dict(path: Path, *, name: str, scale: int) -> Model:
    """Read the file of a state dict.

    Args:
        path: what `torch.save` has written: a state dict, or a dict such as a checkpoint that holds one.
        name: what the model is called from now on.
        scale: the enlargement it was trained for; the file does not say.

    Returns:
        As `model_of_state_dict`.

    Raises:
        ModelFileError: a file that cannot be read, or holds objects instead of arrays, or no network of the SRCNN
            family; the message says which.

    Tests: tests/models/test_state_dict.py.
    """
    _check_size(path)
    try:
        with warnings.catch_warnings(action="ignore"):
            # Only arrays, numbers and texts: anything else in a pickle may run a program.
            content: object = torch.load(path, map_location="cpu", weights_only=True)
    except OSError as error:
        raise ModelFileError(
            f"expected a file of torch.save at {path}, got: {error.strerror or error}; check the path"
        ) from error
    except Exception as error:  # a damaged file fails inside torch in many ways
        blocking = re.search(r"GLOBAL ([\w.]{1,80})", str(error))
        got = f"a {blocking[1]} in it" if blocking else "something else, or a damaged file"
        raise ModelFileError(f"expected a state dict in {path}, got {got}; {_SAVE}") from error
    try:
        return model_of_state_dict(_state_in(content), name=name, scale=scale, source=f"{path.name}, by PyTorch")
    except ModelFileError as error:
        raise ModelFileError(f"{path}: {error}") from error


def model_of_state_dict(
    state: Mapping[str, Tensor], *, name: str, scale: int, source: str = "a state dict of PyTorch"
) -> Model:
    """Make a model of a network's weights, in their order.

    Args:
        state: outputs x inputs x k x k of every convolution, k odd, with its bias or without, as `state_dict()` gives
            them; of one channel, luma, or three, RGB. A ReLU follows each but the last.
        name: what the model is called.
        scale: the enlargement it was trained for.
        source: for the record of its training.

    Returns:
        A network on the enlarged picture, whose border is repeated in every layer; the weights are copies.

    Raises:
        ModelFileError: other arrays, or ones that do not fit together; the message says which.

    Tests: tests/models/test_state_dict.py.
    """
    try:
        chain = list(_convolutions(state))
    except _UnusableError as error:
        raise ModelFileError(
            f"expected the weights and biases of convolutions one behind the other, from 1 or 3 channels to as many, "
            f"got {error}; only networks of the SRCNN family can be imported"
        ) from error
    spec = srcnn(
        name=name,
        scale=scale,
        kernel_sizes=tuple(kernels.shape[2] for kernels, _ in chain),
        widths=tuple(len(kernels) for kernels, _ in chain[:-1]),
        colour="luma" if len(chain[-1][0]) == 1 else "rgb",
        training={"source": f"imported from {source}"},
    )
    weights: dict[str, NDArray[np.float32]] = {}
    for number, (kernels, biases) in enumerate(chain, 1):
        weights[f"conv{number}.weight"], weights[f"conv{number}.bias"] = kernels, biases
    return Model(spec, weights)


def _convolutions(state: Mapping[str, Tensor]) -> Iterator[_Convolution]:
    """Kernels and biases of each, which are found to be a chain."""
    # Counters, such as those of averaged weights, have no dimension.
    arrays = {key: array for key, array in state.items() if array.ndim or array.is_floating_point()}
    kernels = {key: array for key, array in arrays.items() if not key.endswith("bias")}
    biases = {key: array for key, array in arrays.items() if key.endswith("bias")}
    total, maps, channels = 0, 0, 0
    if len(kernels) > _MAX_LAYERS:
        raise _UnusableError(f"{len(kernels)} of them")
    for key, kernel in kernels.items():
        shape, bias = tuple(kernel.shape), biases.pop(key.removesuffix("weight") + "bias", None)
        found = f"{_short(key)} {shape}"
        if not key.endswith("weight") or len(shape) != 4 or shape[2] != shape[3] or not shape[2] % 2:
            raise _UnusableError(f"{found}, which is no odd square kernel")
        if bias is not None and tuple(bias.shape) != shape[:1]:
            raise _UnusableError(f"a bias {tuple(bias.shape)} for {found}")
        if maps == channels != 0:
            raise _UnusableError(f"{found} behind a layer that gives {channels} again, as if there were two networks")
        channels = channels or shape[1]
        if channels not in (1, 3) or shape[1] != (maps or channels):
            raise _UnusableError(f"{found} for {maps} maps" if maps else f"{found} as the first")
        maps, total = shape[0], total + math.prod(shape)
        if total > _MAX_NUMBERS:
            raise _UnusableError(f"{total:,} numbers up to {found}, more than any such network has")
        yield _numbers(kernel, found), np.zeros(maps, np.float32) if bias is None else _numbers(bias, found)
    if biases or not kernels:
        raise _UnusableError(some_of([_short(key) for key in biases]) or "none")
    if maps != channels:
        raise _UnusableError(f"{maps} channels as the result of {channels}")


def _numbers(array: Tensor, found: str) -> NDArray[np.float32]:
    """A copy in single precision."""
    if array.layout != torch.strided or array.is_meta or not array.is_floating_point():
        raise _UnusableError(f"no plain numbers in {found}")
    numbers = np.array(array.detach().cpu().float().numpy(), order="C")
    if not np.isfinite(numbers).all():
        raise _UnusableError(f"numbers that are not finite in {found}")
    return numbers


def _check_size(path: Path) -> None:
    """Refuse a file that would fill the memory, before it is unpacked."""
    size = sum(unpacked_sizes(path).values())
    if size > _MAX_BYTES:
        raise ModelFileError(f"expected a state dict in {path}, got {size / 1e9:.1f} GB when it is unpacked; {_SAVE}")


def _state_in(content: object) -> dict[str, Tensor]:
    """The arrays of a state dict, or of the only one within a checkpoint."""
    whole = _arrays(content)
    inner = {str(key): _arrays(value) for key, value in content.items()} if isinstance(content, dict) else {}
    named = {"the file": whole, **inner}
    dicts = {key: arrays for key, arrays in named.items() if any(array.ndim == 4 for array in arrays.values())}
    if len(dicts) != 1:
        got = f"{len(dicts)} ({some_of([_short(key) for key in dicts])})" if dicts else "none"
        raise ModelFileError(f"expected one state dict, got {got}; {_SAVE}")
    return next(iter(dicts.values()))


def _arrays(candidate: object) -> dict[str, Tensor]:
    if not isinstance(candidate, dict):
        return {}
    return {str(key): value for key, value in candidate.items() if isinstance(value, Tensor)}


def _short(key: str) -> str:
    return key if len(key) <= _LONGEST_NAME else key[:_LONGEST_NAME] + "..."
