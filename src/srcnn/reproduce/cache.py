"""Computed things as small files, each named by the hash of everything that made it."""

import hashlib
import json
from collections.abc import Iterable
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from srcnn.atomic import make_folder, write_atomically


class Cache:
    """A folder of results. What it holds never changes: other causes make another name."""

    def __init__(self, folder: Path) -> None:
        """Open a cache, making its folder.

        Args:
            folder: made where it is missing.

        Raises:
            OutputError: the folder cannot be made.
        """
        make_folder(folder, "choose another with --cache")
        self.folder = folder

    def path(self, key: str, suffix: str) -> Path:
        """The file of a key; it need not exist."""
        return self.folder / f"{key}{suffix}"

    def get(self, key: str) -> dict[str, Any] | None:
        """What was kept under a key, or None; a damaged file counts as none."""
        try:
            value: object = json.loads(self.path(key, ".json").read_bytes())
        except (OSError, ValueError):
            return None
        return value if isinstance(value, dict) else None  # pyright: ignore[reportUnknownVariableType] (JSON)

    def put(self, key: str, value: dict[str, Any]) -> None:
        """Keep a value under a key.

        Raises:
            OutputError: the file cannot be written.
        """
        write_atomically(self.path(key, ".json"), json.dumps(value).encode())


def digest(*causes: object) -> str:
    """Name a result by its causes.

    Args:
        causes: anything JSON can hold; dataclasses as their dicts.

    Returns:
        32 hexadecimal digits, equal for equal causes.

    Tests: tests/reproduce/test_cache.py.
    """
    return hashlib.sha256(json.dumps(causes, sort_keys=True).encode()).hexdigest()[:32]


def bytes_digest(content: bytes) -> str:
    """The hash of a file's content."""
    return hashlib.sha256(content).hexdigest()


@cache
def code_digest(*names: str) -> str:
    """The hash of parts of this package's own code.

    Args:
        names: packages or modules, such as "imaging" or "evaluation/planes.py".

    Returns:
        Changes when any file of them does.
    """
    root = resources.files("srcnn")
    contents: list[bytes] = []
    for name in names:
        place = root.joinpath(*name.split("/"))
        files: Iterable[Any] = [place] if place.is_file() else sorted(place.iterdir(), key=lambda file: file.name)
        contents += [file.read_bytes() for file in files if file.name.endswith(".py")]
    return bytes_digest(b"\0".join(contents))
