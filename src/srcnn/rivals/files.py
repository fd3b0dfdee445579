"""The file of a fitted rival: safetensors, with its name and scale in the metadata. Knows nothing of fitting."""

import json
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np

from srcnn.atomic import write_atomically
from srcnn.errors import ModelFileError
from srcnn.rivals.anchored import AnchoredRegression
from srcnn.rivals.kernel_ridge import KernelRegression
from srcnn.rivals.neighbor_embedding import NeighborEmbedding
from srcnn.rivals.rival import Floats, Rival
from srcnn.rivals.sparse_coding import SparseCoding

FORMAT = "srcnn-rival-1"

_Fitted = AnchoredRegression | KernelRegression | NeighborEmbedding | SparseCoding
_METHODS: dict[str, type[_Fitted]] = {
    "sc": SparseCoding,
    "ne-lle": NeighborEmbedding,
    "kk": KernelRegression,
    "anr": AnchoredRegression,
    "a+": AnchoredRegression,
}


def save_rival(path: Path, rival: Rival) -> None:
    """Write a fitted rival, whole or not at all.

    Args:
        path: the file, of any ending; an existing one is replaced.
        rival: from `fit_rival`.

    Raises:
        OutputError: the file cannot be written.

    Tests: tests/rivals/test_rival_files.py.
    """
    from safetensors.numpy import save

    arrays = {name: np.ascontiguousarray(getattr(rival, name), np.float32) for name in _array_names(rival.name)}
    # One entry, since the safetensors library orders several at random; equal rivals have equal bytes.
    write_atomically(path, save(arrays, {FORMAT: json.dumps({"name": rival.name, "scale": rival.scale})}))


def read_rival(path: Path) -> Rival:
    """Read a fitted rival, strictly.

    Args:
        path: a file written by `save_rival`.

    Returns:
        The rival.

    Raises:
        ModelFileError: missing, not the file of a rival, or its arrays are not those of its method, do not
            fit each other or are not finite.

    Tests: tests/rivals/test_rival_files.py.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load

    try:
        content = path.read_bytes()
    except OSError as error:
        raise ModelFileError(
            f"expected the file of a rival at {path}, got: {error.strerror}; check the path and its permissions"
        ) from error
    try:
        arrays: dict[str, Floats] = load(content)
        header = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])
    except (SafetensorError, ValueError, KeyError) as error:  # KeyError: a tensor type NumPy does not have
        raise ModelFileError(
            f"expected the file of a rival at {path}, got something else ({error}); fit the rival again"
        ) from error
    return _build(header.get("__metadata__") or {}, arrays, path)


def _build(metadata: dict[str, str], arrays: dict[str, Floats], path: Path) -> Rival:
    """The rival of a file's metadata and tensors."""
    name, scale = _name_and_scale(metadata, path)
    expected = _array_names(name)
    if set(arrays) != set(expected):
        raise ModelFileError(
            f"expected the arrays {', '.join(expected)} of {name} in {path}, "
            f"got {', '.join(sorted(arrays)) or 'none'}; fit the rival again"
        )
    return _METHODS[name](name=name, scale=scale, **arrays)


def _name_and_scale(metadata: dict[str, str], path: Path) -> tuple[str, int]:
    try:
        record: dict[str, Any] = json.loads(metadata[FORMAT])
        name, scale = record["name"], record["scale"]
        if name not in _METHODS or type(scale) is not int:
            raise ValueError(f"name {name!r}, scale {scale!r}")
    except (ValueError, TypeError, KeyError) as error:
        raise ModelFileError(
            f"expected a file of format {FORMAT} with the name and scale of a rival at {path}, "
            f"got metadata {metadata} ({error}); fit the rival again"
        ) from error
    return name, scale


def _array_names(name: str) -> list[str]:
    """The fields of a method that are arrays."""
    return [field.name for field in fields(_METHODS[name]) if field.name not in ("name", "scale")]
