"""Which pictures a training has: enough to tell others from them, without their content and where they lie."""

import hashlib
import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from srcnn.errors import CheckpointError


@dataclass(frozen=True, slots=True, kw_only=True)
class Fingerprint:
    """Pictures, by their names and sizes.

    Attributes:
        folders: their names, without the way there.
        count: of pictures, without those of folders that are for validation alone.
        digest: SHA-256 of every picture's name below its folder and size in bytes, in the order of use.
    """

    folders: tuple[str, ...]
    count: int
    digest: str


def fingerprint_of(
    paths: Collection[Path],
    folders: Sequence[Path],
    validation_paths: Collection[Path] = (),
    validation_folders: Sequence[Path] = (),
    given: Mapping[Path, Path] = MappingProxyType({}),
    small_folders: Sequence[Path] = (),
) -> Fingerprint:
    """Describe pictures so that folders may be moved and renamed, but nothing in them changed.

    Args:
        paths: files below the folders, in the order of use.
        folders: as they were named.
        validation_paths: files below folders that are for validation alone.
        validation_folders: those.
        given: small pictures of all these, if they are given.
        small_folders: where those are.

    Tests: tests/training/test_fingerprint.py.
    """
    digest = hashlib.sha256()
    small_paths = [given[path] for path in (*paths, *validation_paths) if path in given]
    parts = ((paths, folders), (validation_paths, validation_folders), (small_paths, small_folders))
    for files, places in parts:
        for path in files:
            name = next(path.relative_to(folder) for folder in places if path.is_relative_to(folder))
            digest.update(os.fsencode(name.as_posix()) + b"\0%d\0" % size_of(path))
    names = tuple(folder.resolve().name for folder in folders)
    return Fingerprint(folders=names, count=len(paths), digest=digest.hexdigest())


def size_of(path: Path) -> int:
    """A file's bytes; 0 of one that has vanished, which whoever reads it is told."""
    try:
        return path.stat().st_size
    except OSError:
        return 0


def check_same_pictures(saved: Fingerprint | None, wanted: Fingerprint) -> None:
    """Refuse to go on with other pictures.

    Args:
        saved: of the checkpoint; None in one of an earlier version, which is not checked.
        wanted: those of now.

    Raises:
        CheckpointError: they differ; both are named.

    Tests: tests/training/test_fingerprint.py.
    """
    if saved and (saved.count, saved.digest) != (wanted.count, wanted.digest):
        raise CheckpointError(
            f"expected the pictures of the checkpoint, {_described(saved)}, got others, {_described(wanted)} (names, "
            "sizes in bytes and the order of the folders count, of given small pictures too); name the same folders, "
            "accept the others with --accept-changes, or start a new run in another folder"
        )


def _described(pictures: Fingerprint) -> str:
    return f"{pictures.count} in {' '.join(pictures.folders)}"
