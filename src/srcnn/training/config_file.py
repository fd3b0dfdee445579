"""A config comes from a TOML file, in which every wrong key is named, and goes into checkpoints as plain values."""

import hashlib
import json
import tomllib
from collections.abc import Collection
from dataclasses import MISSING, fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from srcnn.errors import InvalidConfigError
from srcnn.training.config import TrainConfig

_REQUIRED = ("model", "scale", "steps")
_ABBREVIATED = {"lr": ["learning_rate"], "bs": ["batch_size"], "optimizer": ["optimiser"], "epochs": ["steps"]}
"""What other programs call a key, too unlike it to be found by its letters."""


def read_config(path: Path, overrides: dict[str, str]) -> TrainConfig:
    """Read a training's TOML.

    Args:
        path: a flat TOML file with the keys of `TrainConfig`; `blur_kernel` is named from its folder.
        overrides: key to TOML text of the value, each replacing the file's.

    Returns:
        The checked config.

    Raises:
        InvalidConfigError: unreadable, not TOML, an unknown or missing key, a wrong type or value.

    Tests: tests/training/test_config_file.py.
    """
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8-sig"))
        for key, text in overrides.items():
            values[key] = _parse_value(key, text)
    except OSError as error:
        raise InvalidConfigError(f"expected a config file at {path}, got: {error.strerror}; check the path") from error
    except InvalidConfigError:
        raise
    except (ValueError, RecursionError) as error:  # TOML's and UTF-8's are ValueErrors, and numbers of too many digits
        raise InvalidConfigError(f"expected TOML in {path}, got something else: {error}; correct that line") from error
    kernel = values.get("blur_kernel")
    if kernel and isinstance(kernel, str):
        values["blur_kernel"] = str(path.parent.resolve() / kernel)  # the same from whatever folder, for resuming
    return config_from_dict(values, f"{path} and --set" if overrides else str(path))


def config_from_dict(values: dict[str, Any], source: str) -> TrainConfig:
    """Check keys and build a config.

    Raises:
        InvalidConfigError: unknown or missing keys, all of them named; or a wrong value.
    """
    known = {field.name: field for field in fields(TrainConfig)}
    unknown = [key for key in values if key not in known]
    if unknown:
        raise InvalidConfigError(
            f"expected only known keys in {source}, got {', '.join(_with_advice(key, known) for key in unknown)}; "
            f"the keys are {', '.join(known)}"
        )
    missing = [key for key in _REQUIRED if key not in values]
    if missing:
        raise InvalidConfigError(
            f"expected the keys {', '.join(_REQUIRED)} in {source}, got no {', '.join(missing)}; add them"
        )
    arguments: dict[str, Any] = {key: _tuple(value) for key, value in values.items()}
    return TrainConfig(**arguments)


def _with_advice(key: str, known: Collection[str]) -> str:
    """An unknown key, and the one that was probably meant."""
    close = _ABBREVIATED.get(key.lower(), get_close_matches(key.lower(), known, n=1, cutoff=0.75))
    return f"{key} (did you mean {close[0]}?)" if close else key


def with_defaults(values: dict[str, Any]) -> dict[str, Any]:
    """The plain form of an older config, with what was the only choice for every key that there was not yet."""
    defaults = {field.name: field.default for field in fields(TrainConfig) if field.default is not MISSING}
    defaults["optimiser"] = "adam"
    return {key: list(value) if isinstance(value, tuple) else value for key, value in (defaults | values).items()}


def to_record(config: TrainConfig) -> dict[str, Any]:
    """The plain form of a config for checkpoints and model files, which means the same wherever the files lie.

    The file of a blur kernel is without its folder, and its SHA-256 stands beside it.

    Raises:
        InvalidConfigError: the kernel's file cannot be read.

    Tests: tests/training/test_loop.py.
    """
    values = config.to_dict()
    if config.blur_kernel:
        path = Path(config.blur_kernel)
        try:
            if path.exists() and not (path.is_file() or path.is_dir()):
                raise ValueError("a device, which may have no end")
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
        except (OSError, ValueError) as error:
            got = error.strerror if isinstance(error, OSError) else error
            raise InvalidConfigError(f"expected a blur kernel at {path}, got: {got}; correct blur_kernel") from error
        values |= {"blur_kernel": path.name, "blur_kernel_sha256": digest}
    return values


def _tuple(value: Any) -> Any:
    """TOML and JSON write tuples as lists."""
    return tuple(value) if isinstance(value, list) else value


def _parse_value(key: str, text: str) -> Any:
    """A value given on the command line: TOML, or a bare word for a string."""
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        if text.replace("-", "").replace("_", "").isalnum():
            return text
        raise InvalidConfigError(
            f"expected a TOML value for {key}, got {text!r}; write it as in the file, for example '{_example(key)}'"
        ) from None


def _example(key: str) -> str:
    """An assignment in TOML, of the key's own default if it says anything."""
    default = next((field.default for field in fields(TrainConfig) if field.name == key), "")
    value = "text" if default in (MISSING, "") else list(default or (1, 2)) if isinstance(default, tuple) else default
    return f"{key}={json.dumps(value)}"
