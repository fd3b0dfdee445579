"""Weights as PyTorch programs keep them: the state dict of an SRCNN becomes a model.

A state dict holds arrays and their names, nothing of what is done with them. It is taken for SRCNN's chain: a ReLU
after every convolution but the last, and nothing else.
"""

from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from srcnn.errors import ModelFileError
from srcnn.printable import some_of
from srcnn.spec import srcnn
from srcnn.zoo.model_file import Model

_MOST_NUMBERS = 2**24  # of an array; an expanded one takes no room in its file


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
    try:
        # Only arrays, numbers and texts: anything else in a pickle may run a program.
        content: object = torch.load(path, map_location="cpu", weights_only=True)
    except OSError as error:
        raise ModelFileError(
            f"expected a file of torch.save at {path}, got: {error.strerror or error}; check the path"
        ) from error
    except Exception as error:  # a damaged file fails inside torch in many ways
        raise ModelFileError(
            f"expected a state dict in {path}, got a damaged file or one of other objects; write it again with "
            "torch.save(network.state_dict(), FILE)"
        ) from error
    try:
        return model_of_state_dict(_arrays_in(content), name=name, scale=scale, source=f"{path.name}, by PyTorch")
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
        A network on the enlarged picture, whose border is repeated in every layer.

    Raises:
        ModelFileError: other arrays, or ones that do not fit together; the message lists what there is.

    Tests: tests/models/test_state_dict.py.
    """
    kernels = {key: array for key, array in state.items() if array.ndim == 4}
    biases = {key: state.get(f"{key.removesuffix('weight')}bias") for key in kernels}
    known = [*kernels.values(), *(bias for bias in biases.values() if bias is not None)]
    shapes = [tuple(array.shape) for array in kernels.values()]
    fits = (
        bool(kernels)
        and len(known) == len(state)
        and all(array.is_floating_point() and array.numel() <= _MOST_NUMBERS for array in known)
        and all(rows == columns and rows % 2 for *_, rows, columns in shapes)
        and all(before[0] == after[1] for before, after in pairwise(shapes))
        and shapes[0][1] == shapes[-1][0] in (1, 3)
        and all(bias is None or bias.shape == kernels[key].shape[:1] for key, bias in biases.items())
    )
    if not fits:
        found = some_of([f"{key} {tuple(array.shape)}" for key, array in state.items()]) or "none"
        raise ModelFileError(
            "expected the weights and biases of convolutions one behind the other, with odd square kernels, from 1 or "
            f"3 channels to as many, got {found}; only networks of the SRCNN family can be imported"
        )
    spec = srcnn(
        name=name,
        scale=scale,
        kernel_sizes=tuple(shape[2] for shape in shapes),
        widths=tuple(shape[0] for shape in shapes[:-1]),
        colour="luma" if shapes[0][1] == 1 else "rgb",
        training={"source": f"imported from {source}"},
    )
    weights: dict[str, Any] = {}
    for number, (key, kernel) in enumerate(kernels.items(), 1):
        bias = biases[key]
        weights[f"conv{number}.weight"] = kernel
        weights[f"conv{number}.bias"] = torch.zeros(len(kernel)) if bias is None else bias
    return Model(spec, {key: array.detach().float().contiguous().numpy() for key, array in weights.items()})


def _arrays_in(content: object) -> dict[str, Tensor]:
    """The arrays of a state dict, or of the only one within a checkpoint."""
    candidates = [content, *(content.values() if isinstance(content, dict) else ())]
    found = [_arrays(candidate) for candidate in candidates]
    dicts = [arrays for arrays in found if any(array.ndim == 4 for array in arrays.values())]
    if len(dicts) != 1:
        raise ModelFileError(
            f"expected one state dict, got {len(dicts) or 'none'}; write it with torch.save(network.state_dict(), FILE)"
        )
    return dicts[0]


def _arrays(candidate: object) -> dict[str, Tensor]:
    if not isinstance(candidate, dict):
        return {}
    return {str(key): value for key, value in candidate.items() if isinstance(value, Tensor)}
