"""The SRCNN authors' own model files: MATLAB's, as their demo program loads them.

A file holds `weights_conv1` (f1 x f1, n1), `weights_conv2` (n1, f2 x f2, n2), `weights_conv3`
(n2, f3 x f3) and three columns of biases. Kernels are stored column by column and applied by
correlation, so their rows and columns change places and nothing is flipped. This module knows
nothing of engines.
"""

import io
import math
import re
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from srcnn.errors import MissingExtraError, ModelFileError
from srcnn.printable import some_of
from srcnn.spec import srcnn
from srcnn.zoo.model_file import Model

_EXPECTED = {
    "weights_conv1": "(f1 x f1, n1)",
    "biases_conv1": "(n1, 1)",
    "weights_conv2": "(n1, f2 x f2, n2)",
    "biases_conv2": "(n2, 1)",
    "weights_conv3": "(n2, f3 x f3)",
    "biases_conv3": "(1, 1)",
}
_MAX_NUMBERS = 2**24
_Arrays = dict[str, NDArray[np.float64]]


def read_authors_mat(path: Path, *, name: str, scale: int) -> Model:
    """Read a MATLAB file of the SRCNN authors' package.

    Args:
        path: their `x2.mat`, `x3.mat` or `x4.mat`, or one of the same layout.
        name: what the model is called from now on.
        scale: the enlargement it was trained for; the file does not say.

    Returns:
        Spec and weights, as any other model.

    Raises:
        MissingExtraError: SciPy is not installed.
        ModelFileError: not a MATLAB file, or other variables or shapes; the message lists those expected.

    Source: SRCNN.m of the authors' package. Tests: tests/zoo/test_authors.py.
    """
    arrays = _read_variables(path)
    widths, kernel_sizes = _dimensions(arrays, path)
    maps = (1, *widths, 1)
    weights: dict[str, NDArray[np.float32]] = {}
    for layer, size in enumerate(kernel_sizes, 1):
        # Axes of the source: input map (absent in the first layer), column, row, output map (absent in the last).
        kernels = arrays[f"weights_conv{layer}"].reshape(maps[layer - 1], size, size, maps[layer])
        weights[f"conv{layer}.weight"] = np.ascontiguousarray(kernels.transpose(3, 0, 2, 1), np.float32)
        weights[f"conv{layer}.bias"] = arrays[f"biases_conv{layer}"].ravel().astype(np.float32)
    record = {"source": f"imported from {path.name}, a MATLAB file in the layout of the SRCNN authors"}
    spec = srcnn(name=name, scale=scale, kernel_sizes=kernel_sizes, widths=widths, training=record)
    return Model(spec, weights)


def _read_variables(path: Path) -> _Arrays:
    """The file's six variables."""
    try:
        from scipy.io import loadmat, whosmat
    except ImportError as error:
        raise MissingExtraError("scipy", "paper") from error
    try:
        stored = path.read_bytes()
    except OSError as error:
        raise ModelFileError(
            f"expected a MATLAB file at {path}, got: {error.strerror}; check the path and its permissions"
        ) from error
    with warnings.catch_warnings(action="ignore"):  # of a name that comes twice, the last counts
        try:
            shapes: dict[str, tuple[int, ...]] = {name: shape for name, shape, _ in whosmat(io.BytesIO(stored))}
            _check_variables(shapes, path)
            variables: dict[str, Any] = loadmat(io.BytesIO(stored), variable_names=list(_EXPECTED))
        except ModelFileError:
            raise
        except Exception as error:  # a damaged file fails inside SciPy in many ways: zlib, struct, ValueError, ...
            raise _refused(path, f"something else ({error or type(error).__name__})") from error
    arrays: _Arrays = {}
    for key in _EXPECTED:
        value = variables[key]
        numbers = isinstance(value, np.ndarray) and value.dtype.kind in "fiu"
        # Beyond the range of float32, in which the weights are kept, there is no number either.
        if not (numbers and np.abs(value).max(initial=0) <= np.finfo(np.float32).max):
            raise _refused(path, f"{key} without finite numbers")
        arrays[key] = value
    return arrays


def _check_variables(shapes: dict[str, tuple[int, ...]], path: Path) -> None:
    """Refuse other variables than the six, and ones that would fill the memory, before they are unpacked."""
    if missing := [key for key in _EXPECTED if key not in shapes]:
        found = some_of([f"{key} {shape}" for key, shape in shapes.items()]) or "none"
        raise _refused(path, f"no {', '.join(missing)} among the variables {found}")
    if more := [key for key in shapes if re.fullmatch(r"(weights|biases)_conv\d+", key) and key not in _EXPECTED]:
        raise _refused(path, f"more than three layers: {some_of(more)}")
    if large := [f"{key} {shapes[key]}" for key in _EXPECTED if math.prod(shapes[key]) > _MAX_NUMBERS]:
        raise _refused(path, f"more numbers than any network has in {', '.join(large)}")


def _dimensions(arrays: _Arrays, path: Path) -> tuple[tuple[int, int], tuple[int, int, int]]:
    """n1, n2 and f1, f2, f3, after every shape is found to agree."""
    first, second, third = (arrays[f"weights_conv{layer}"] for layer in (1, 2, 3))
    # MATLAB drops a last dimension of 1: (n1, f2 x f2) with n2 = 1.
    second = second[:, :, None] if second.ndim == 2 else second
    n1, n2 = first.shape[-1], second.shape[-1]
    taps = (first.shape[0], second.shape[1], third.shape[-1])
    sizes = tuple(math.isqrt(count) for count in taps)
    kernel_sizes = (sizes[0], sizes[1], sizes[2])
    agree = {
        "weights_conv1": first.shape == (kernel_sizes[0] ** 2, n1),
        "weights_conv2": second.shape == (n1, kernel_sizes[1] ** 2, n2),
        "weights_conv3": third.shape == (n2, kernel_sizes[2] ** 2),
        "biases_conv1": arrays["biases_conv1"].size == n1,
        "biases_conv2": arrays["biases_conv2"].size == n2,
        "biases_conv3": arrays["biases_conv3"].size == 1,
    }
    if wrong := [f"{key} {arrays[key].shape}" for key, fits in agree.items() if not fits]:
        raise _refused(path, f"shapes that do not fit together: {', '.join(wrong)}")
    return (n1, n2), kernel_sizes


def _refused(path: Path, got: str) -> ModelFileError:
    layout = ", ".join(f"{key} {shape}" for key, shape in _EXPECTED.items())
    return ModelFileError(
        f"expected a MATLAB v5 file with {layout} in {path}, got {got}; give a model file of the SRCNN authors' package"
    )
