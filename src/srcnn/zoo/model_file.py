"""The model file: safetensors, with the network's spec in its metadata.

One format for everything: fine-tuning reads the weights, the runtime builds the graph its engine
likes best from them, and ONNX is derived by `srcnn export`. (Were ONNX the format, rewriting would
begin by parsing a graph to find the weights that went into it.)

This module knows nothing of torch or engines.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save

from srcnn.atomic import write_atomically
from srcnn.errors import ModelFileError
from srcnn.printable import some_of
from srcnn.spec import FORMAT, ModelSpec

MODEL_FILE = "model.safetensors"
"""What a training calls its model."""
Weights = dict[str, NDArray[np.float32]]


_OF_CHROMA = "chroma."
"""Before the names of the tensors of a network of chroma, in the file of the model that it is beside."""


@dataclass(frozen=True, slots=True)
class Model:
    """A network and its weights, and maybe one for the colours beside it.

    Attributes:
        spec: the network as data.
        weights: "conv1.weight" (out, in, rows, columns), "conv1.bias" (out), ...; float32.
        chroma: a network of chroma, of the same scale, for what a network of luma leaves to bicubic.
    """

    spec: ModelSpec
    weights: Weights
    chroma: "Model | None" = None

    def __post_init__(self) -> None:
        if self.chroma is None:
            return
        pair = (self, self.chroma)
        if [each.spec.colour for each in pair] != ["luma", "chroma"] or self.spec.scale != self.chroma.spec.scale:
            luma, chroma = (f"{each.spec.name} of {each.spec.colour} at x{each.spec.scale}" for each in pair)
            raise ModelFileError(
                f"expected a network of luma and one of chroma of the same scale, got {luma} and {chroma}; "
                "choose networks that belong together"
            )

    def tensors(self) -> Weights:
        """All weights by their names in the file."""
        beside = self.chroma.weights if self.chroma else {}
        return self.weights | {_OF_CHROMA + name: weight for name, weight in beside.items()}

    def tensor_shapes(self) -> dict[str, tuple[int, ...]]:
        """The shape that each of the tensors has to have."""
        beside = self.chroma.spec.tensor_shapes() if self.chroma else {}
        return self.spec.tensor_shapes() | {_OF_CHROMA + name: shape for name, shape in beside.items()}


def save_model(path: str | Path, model: Model) -> None:
    """Write a model file, whole or not at all.

    Args:
        path: the file, usually `*.safetensors`; an existing one is replaced.
        model: spec and weights.

    Raises:
        ModelFileError: the weights do not fit the spec, are no NumPy arrays or not finite; or no file can hold the
            spec.
        OutputError: the file cannot be written.

    Tests: tests/zoo/test_model_file.py.
    """
    tensors = model.tensors()
    others = [name for name, weight in tensors.items() if type(weight) is not np.ndarray]
    if others:
        raise ModelFileError(
            f"expected NumPy arrays for {path}, got others in {some_of(others)}; of a tensor, take detach().numpy()"
        )
    path = Path(path)
    _check_tensors(model, tensors, str(path))
    weights = {name: np.ascontiguousarray(w, np.float32) for name, w in tensors.items()}
    metadata = {"format": FORMAT, "spec": model.spec.to_json()}
    content = save(weights, metadata | ({"chroma": model.chroma.spec.to_json()} if model.chroma else {}))
    header, start = _read_header(content)
    # The safetensors library orders the metadata at random; equal models have equal bytes.
    ordered = json.dumps(header, sort_keys=True).encode()
    ordered += b" " * (-len(ordered) % 8)
    write_atomically(path, len(ordered).to_bytes(8, "little") + ordered + content[start:])


def read_model(path: str | Path) -> Model:
    """Read a model file, strictly.

    Args:
        path: a file written by `save_model`.

    Returns:
        Spec and weights.

    Raises:
        ModelFileError: missing, not a model file, or its tensors are not those of its spec or not
            finite; the message lists every missing, unexpected and misshapen tensor.

    Tests: tests/zoo/test_model_file.py.
    """
    path = Path(path)
    try:
        content = path.read_bytes()
    except IsADirectoryError as error:
        raise ModelFileError(
            f"expected a model file at {path}, got a folder; that of a training has the model in {path / MODEL_FILE}"
        ) from error
    except OSError as error:
        raise ModelFileError(
            f"expected a model file at {path}, got: {error.strerror}; check the path and its permissions"
        ) from error
    return parse_model(content, str(path))


def parse_model(content: bytes, source: str) -> Model:
    """Read a model from the bytes of a model file.

    Args:
        content: of the file.
        source: what to call it in an error.

    Returns:
        Spec and weights.

    Raises:
        ModelFileError: as for `read_model`.
    """
    try:
        weights: Weights = load(content)
        header, _ = _read_header(content)
    except (SafetensorError, ValueError, KeyError) as error:  # KeyError: a tensor type NumPy does not have
        raise ModelFileError(
            f"expected a model file in {source}, got something else ({error}); "
            "model files are written by 'srcnn train' and 'srcnn import'"
        ) from error
    metadata: dict[str, str] = header.get("__metadata__") or {}
    if metadata.get("format") != FORMAT or "spec" not in metadata:
        raise ModelFileError(
            f"expected a model file with a spec of format {FORMAT} in {source}, got format "
            f"{metadata.get('format', 'none')}; model files are written by 'srcnn train' and 'srcnn import'"
        )
    with np.errstate(over="ignore"):  # what float32 cannot hold becomes infinite, and is refused
        weights = {name: w.astype(np.float32, copy=False) if w.dtype.kind == "f" else w for name, w in weights.items()}
    try:
        model = _from_metadata(metadata, weights)
    except (ModelFileError, RecursionError) as error:
        raise ModelFileError(f"{source}: {error}") from error
    _check_tensors(model, weights, source)
    return model


def _from_metadata(metadata: dict[str, str], tensors: Weights) -> Model:
    """The networks of a file, whose tensors may yet be others than theirs."""
    spec = ModelSpec.from_json(metadata["spec"])
    if "chroma" not in metadata:
        return Model(spec, tensors)
    beside = {name.removeprefix(_OF_CHROMA): each for name, each in tensors.items() if name.startswith(_OF_CHROMA)}
    own = {name: each for name, each in tensors.items() if not name.startswith(_OF_CHROMA)}
    return Model(spec, own, Model(ModelSpec.from_json(metadata["chroma"]), beside))


def check_enlarges(model: Model) -> None:
    """Refuse a network that enlarges no pictures by itself.

    Raises:
        ModelFileError: it gives chroma alone.

    Tests: tests/cli/test_cli_join.py.
    """
    if model.spec.colour == "chroma":
        raise ModelFileError(
            f"expected a network that enlarges pictures, got {model.spec.name}, which gives chroma alone; put it "
            "beside one of luma with srcnn join"
        )


def _read_header(content: bytes) -> tuple[dict[str, Any], int]:
    """The header of a safetensors file, and where the tensors' data start."""
    # The length of the header, 8 bytes little-endian, then the header as JSON.
    start = 8 + int.from_bytes(content[:8], "little")
    return json.loads(content[8:start]), start


def _check_tensors(model: Model, weights: Weights, source: str) -> None:
    """Refuse weights that are not those of a model: all of them, by their names in the file."""
    expected, spec = model.tensor_shapes(), model.spec
    differences = [f"missing {name} {expected[name]}" for name in expected if name not in weights]
    differences += [f"unexpected {name} {weights[name].shape}" for name in weights if name not in expected]
    differences += [
        f"{name} has shape {weights[name].shape} instead of {expected[name]}"
        for name in expected
        if name in weights and weights[name].shape != expected[name]
    ]
    if differences:
        raise ModelFileError(
            f"expected the tensors of {spec.name} in {source}, got differences: {some_of(differences, '; ')}; "
            "the weights belong to another network"
        )
    broken = [name for name in expected if weights[name].dtype.kind != "f" or not np.isfinite(weights[name]).all()]
    if broken:
        raise ModelFileError(
            f"expected finite floating-point weights of {spec.name} in {source}, got others in {some_of(broken)}; "
            "the training that made them has diverged, train again at a lower learning rate"
        )
