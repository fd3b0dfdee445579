"""What the standard sets hold: names, shapes, checksums, terms and public sources, from the files beside this one.

This module reads no picture and no network.
"""

import csv
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from srcnn.errors import InvalidConfigError


@dataclass(frozen=True, slots=True, kw_only=True)
class StandardPicture:
    """One picture of a set.

    Attributes:
        name: without folder and ending, such as "baby".
        path: in its public repository.
        shape: H x W for grey, or H x W x 3; all are of 8 bits.
        size: bytes of the public file, where they are known to be the original ones.
        sha256: of that file, likewise.
        pixels: hash of the samples, `srcnn.datasets.pixels.pixel_hash`.
        copies: for pixels of copies that are known to differ, what was done to them.
    """

    name: str
    path: str
    shape: tuple[int, ...]
    size: int | None
    sha256: str | None
    pixels: str
    copies: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset:
    """A standard set.

    Attributes:
        name: such as "Set5".
        title: what it is, in a few words.
        repository: owner and name on GitHub.
        terms: of the pictures, as stated at their source.
        cite: the paper to cite.
        pictures: by name.
    """

    name: str
    title: str
    repository: str
    terms: str
    cite: str
    pictures: dict[str, StandardPicture]


@cache
def datasets() -> dict[str, Dataset]:
    """Every standard set by its name.

    Tests: tests/datasets/test_manifest.py.
    """
    copies: dict[tuple[str, str], dict[str, str]] = {}
    for row in _rows("copies.csv"):
        copies.setdefault((row["set"], row["name"]), {})[row["pixels"]] = row["what"]
    pictures: dict[str, dict[str, StandardPicture]] = {}
    for row in _rows("pictures.csv"):
        pictures.setdefault(row["set"], {})[row["name"]] = StandardPicture(
            name=row["name"],
            path=row["path"],
            shape=tuple(int(length) for length in row["shape"].split("x")),
            size=int(row["bytes"]) if row["bytes"] else None,
            sha256=row["sha256"] or None,
            pixels=row["pixels"],
            copies=copies.get((row["set"], row["name"]), {}),
        )
    described: dict[str, dict[str, Any]] = tomllib.loads(_text("sets.toml"))
    return {name: Dataset(name=name, pictures=pictures[name], **values) for name, values in described.items()}


def dataset_named(name: str) -> Dataset:
    """Find a set by its name, in capitals or not.

    Raises:
        InvalidConfigError: no such set; the message lists those there are.
    """
    for dataset in datasets().values():
        if dataset.name.lower() == name.lower():
            return dataset
    raise InvalidConfigError(f"expected one of the sets {', '.join(datasets())}, got {name!r}; choose one")


def _rows(name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(_text(name).splitlines()))


def _text(name: str) -> str:
    return (files("srcnn.datasets") / name).read_text(encoding="utf-8")
