"""`-` among inputs and outputs: standard input and output as files in the system's temporary folder."""

import shutil
import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import click

from srcnn.errors import InvalidConfigError, OutputError

if TYPE_CHECKING:
    from srcnn.batch.plan import Places

_STREAM = Path("-")


@dataclass(frozen=True, slots=True)
class Streams:
    """A command's inputs and places with files for every `-`.

    Attributes:
        inputs: files, folders and patterns.
        places: where results go.
        folder: of the temporary files; None where no `-` was named.
        to_stdout: whether the result goes to standard output.
    """

    inputs: tuple[Path, ...]
    places: "Places"
    folder: Path | None
    to_stdout: bool

    def named(self, text: str) -> str:
        """A message or a path with `-` for a temporary file."""
        if self.folder:
            for file in (*map(str, self.inputs), self.places.output or ""):
                if file.startswith(str(self.folder)):
                    text = text.replace(file, "-")
        return text


@contextmanager
def standard_streams(inputs: Sequence[Path], places: "Places") -> Generator[Streams]:
    """Put standard input into a file, and make room for the result that goes to standard output.

    Args:
        inputs: as named by the user.
        places: likewise.

    Yields:
        The same with files for every `-`; afterwards the files are gone.

    Raises:
        click.UsageError: `-` where it cannot be.
        InvalidConfigError, OutputError: of the block, with `-` for the temporary files.

    Tests: tests/cli/test_cli_upscale_many.py.
    """
    reads, writes = _STREAM in inputs, places.output == "-"
    if not reads and not writes:
        yield Streams(tuple(inputs), places, None, False)
        return
    _check_streams(inputs, places, reads=reads, writes=writes)
    with TemporaryDirectory(prefix="srcnn-") as name:
        folder = Path(name)
        if reads:
            file = _read_standard_input(folder)
            inputs = [file if path == _STREAM else path for path in inputs]
        if writes:
            places = replace(places, output=str(folder / f"stdout{places.suffix}"))
        streams = Streams(tuple(inputs), places, folder, writes)
        try:
            yield streams
        except (InvalidConfigError, OutputError) as error:
            raise type(error)(streams.named(str(error))) from error


def _check_streams(inputs: Sequence[Path], places: "Places", *, reads: bool, writes: bool) -> None:
    if reads and places.output is None:
        raise click.UsageError("expected -o with standard input, got none; name a file, or -o - for standard output")
    if reads and "{parent" in (places.output or ""):
        raise click.UsageError("expected a pattern without {parent} with standard input, which has none; name a folder")
    if writes:
        if len(inputs) > 1:
            raise click.UsageError(f"expected one input for -o -, got {len(inputs)}; name a folder instead")
        if places.suffix is None:
            raise click.UsageError("expected --format with -o -, got none; say for example --format png")
        if sys.__stdout__ is None:
            raise click.UsageError("expected -o - with a pipe or a file behind it, got none; use -o FILE")
        if sys.stdout.isatty():
            raise click.UsageError("expected -o - with a pipe or a file behind it, got a terminal; use -o FILE")


def write_to_standard_output(file: Path) -> None:
    """Copy a finished file to standard output.

    Raises:
        OSError: it does not take all of it.
    """
    from srcnn.pictures.open_files import copy_whole

    copy_whole(file, sys.stdout.buffer)
    sys.stdout.buffer.flush()


def _read_standard_input(folder: Path) -> Path:
    """Copy standard input to a file whose suffix says what it is."""
    from srcnn.pictures.recognise import suffix_of

    if sys.__stdin__ is None:
        raise click.UsageError("expected a picture on standard input, got it closed; pipe one in, or name a file")
    file = folder / "stdin"
    with file.open("wb") as copy:
        shutil.copyfileobj(sys.stdin.buffer, copy)
    suffix = suffix_of(file)
    return file.rename(file.with_suffix(suffix)) if suffix else file
