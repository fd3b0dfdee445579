"""The output of one picture: refused early if it cannot be, and written without losing what is there."""

import os
from collections.abc import Callable, Iterator, Sequence
from itertools import chain, count
from pathlib import Path
from typing import Literal

from srcnn.atomic import naming
from srcnn.batch.plan import Job
from srcnn.errors import OutputError
from srcnn.pictures.formats import check_output_format

Write = Callable[[Path], tuple[str, ...]]
Exists = Literal["overwrite", "skip", "rename"]
EXISTS: tuple[Exists, ...] = ("overwrite", "skip", "rename")
_MAX_NAME_BYTES = 255
"""Of a file's name on every usual file system."""


def check_output(job: Job, sizes: Sequence[tuple[int, int]]) -> None:
    """Refuse an output that cannot be written, before the work starts. Makes its folder.

    Args:
        job: its target is the output.
        sizes: (height, width) of every frame of the output.

    Raises:
        OutputError: no format that is written, too long a name, or a folder that cannot be written.
        ImageTooLargeError: more pixels a side than the format holds.
        OSError: the folder cannot be made.

    Tests: tests/batch/test_output.py.
    """
    check_output_format(job.target, max(height for height, _ in sizes), max(width for _, width in sizes))
    length = len(os.fsencode(job.target.name))
    if length > _MAX_NAME_BYTES:
        raise OutputError(
            f"expected a file name of at most {_MAX_NAME_BYTES} bytes, got {length} for {job.target}; "
            "shorten names with a pattern such as {stem:.60}_x{scale}{ext}"
        )
    job.target.parent.mkdir(parents=True, exist_ok=True)
    if not os.access(job.target.parent, os.W_OK | os.X_OK):
        raise OutputError(
            f"expected a folder that can be written for {job.target}, got one without the permission; "
            "choose another output folder"
        )


def write_output(job: Job, write: Write, exists: Exists) -> tuple[Path, tuple[str, ...]] | None:
    """Write the output of a job, and so make its pixels.

    Args:
        job: its target is the output.
        write: makes a file whole or not at all, and gives a sentence for everything its format cannot hold.
        exists: what to do if the file exists when this one is finished: "overwrite" replaces it, "skip"
            leaves it alone, "rename" chooses another name.

    Returns:
        The file that was written, and the sentences of `write`; None if there was one to be left alone.

    Raises:
        OutputError: it cannot be written; nothing is left behind.

    Tests: tests/batch/test_output.py.
    """
    if exists == "rename":
        return _write_new(_names(job.target), write)
    if exists == "skip":
        return _write_new(iter([job.target]), write)
    return job.target, write(job.target)


def _write_new(names: Iterator[Path], write: Write) -> tuple[Path, tuple[str, ...]] | None:
    """Write under the first name that is free when the file is finished, even if others look for one too."""
    path = next(names)
    hidden = path.with_name(f".srcnn-{os.urandom(8).hex()}{path.suffix}")
    try:
        notes = write(hidden)
        for candidate in chain([path], names):
            try:
                os.link(hidden, candidate)
            except FileExistsError:
                continue
            except OSError:  # a file system without links
                try:
                    os.close(os.open(candidate, os.O_CREAT | os.O_EXCL))
                except FileExistsError:
                    continue
                os.replace(hidden, candidate)
            return candidate, notes
    except OutputError as error:
        raise naming(error, hidden, path) from error
    finally:
        hidden.unlink(missing_ok=True)
    return None


def _names(path: Path) -> Iterator[Path]:
    """a.png, a_1.png, a_2.png and so on, without an end; of long names the stem is cut short for it."""
    yield path
    for number in count(1):
        stem, ending = path.stem, f"_{number}{path.suffix}"
        while len(os.fsencode(stem + ending)) > _MAX_NAME_BYTES:
            stem = stem[:-1]
        yield path.with_name(stem + ending)
