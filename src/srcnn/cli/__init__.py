"""The command line: parse, call, show. Errors become one line here, and an exit code.

0 all well, 1 some inputs failed (the others are done), 2 wrong use, 130 interrupted.
"""

import os
import sys
from collections.abc import Sequence
from itertools import takewhile
from pathlib import Path

import click

from srcnn import __version__
from srcnn.cli.bench import bench_command
from srcnn.cli.data import data_command
from srcnn.cli.evaluate import evaluate_command
from srcnn.cli.explain import explain_command
from srcnn.cli.export import export_command
from srcnn.cli.import_weights import import_command
from srcnn.cli.join import join_command
from srcnn.cli.listeners import Listeners
from srcnn.cli.models import models_command
from srcnn.cli.reproduce import reproduce_command
from srcnn.cli.train import train_command
from srcnn.cli.upscale import upscale_command
from srcnn.errors import SrcnnError
from srcnn.pictures.formats import SUFFIXES
from srcnn.printable import printable

_WRONG_USE = 2
INTERRUPTED = 130


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="srcnn")
def cli() -> None:
    """Enlarge pictures on a CPU with SRCNN and its successors; train, measure and export the networks."""


cli.add_command(upscale_command)
cli.add_command(train_command)
cli.add_command(evaluate_command)
cli.add_command(models_command)
cli.add_command(export_command)
cli.add_command(import_command)
cli.add_command(join_command)
cli.add_command(explain_command)
cli.add_command(bench_command)
cli.add_command(reproduce_command)
cli.add_command(data_command)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Args:
        arguments: after the program's name; None takes those of the process.

    Returns:
        The exit code.

    Tests: tests/cli/.
    """
    try:
        result = cli.main(arguments, prog_name="srcnn", standalone_mode=False)
    except click.exceptions.Abort:
        return _interrupted()
    except click.ClickException as error:
        error.message = printable(error.message)  # pyright: ignore[reportAttributeAccessIssue] (names of files in it)
        error.show()
        for name in _files_like_options(sys.argv[1:] if arguments is None else arguments, error):
            Listeners().tell(f"a file whose name begins with - is given after --, or as ./{name}", err=True)
        return error.exit_code
    except (SrcnnError, ImportError) as error:
        if _came_of_an_interrupt(error):
            return _interrupted()
        if not isinstance(error, SrcnnError):
            raise
        Listeners().tell(f"error: {error}", err=True)
        return _WRONG_USE
    except SystemExit:  # click's answer where whoever read our output has gone
        return 1
    except OSError as error:
        Listeners().tell(f"error: {_sentence(error)}", err=True)
        return _WRONG_USE
    return result if isinstance(result, int) else 0


def _interrupted() -> int:
    Listeners().tell("interrupted", err=True)
    return INTERRUPTED


def _came_of_an_interrupt(error: BaseException | None) -> bool:
    """Modules of C++ make an error of their own of a Ctrl-C while they are imported."""
    while error is not None and not isinstance(error, KeyboardInterrupt):
        error = error.__cause__
    return error is not None


def _files_like_options(arguments: Sequence[str], error: click.ClickException) -> list[str]:
    """Arguments that were read as options, and are rather files: they exist, or the option does not."""
    options = [each for each in takewhile(lambda each: each != "--", arguments) if each.startswith("-")]
    unknown = error.option_name if isinstance(error, click.NoSuchOption) else None
    return [
        each
        for each in options
        if os.path.lexists(each) or (unknown and each.startswith(unknown) and Path(each).suffix.lower() in SUFFIXES)
    ]


def _sentence(error: OSError) -> str:
    """What the system refused; not every call names a file."""
    if isinstance(error, FileNotFoundError) and error.filename is None:  # of `os.getcwd`
        return "expected a working folder, got one that has been deleted; go to another with cd"
    reason = error.strerror or str(error) or type(error).__name__
    if error.filename is None:
        return f"expected the system to do its part, got: {reason}; see that disks and memory have room"
    return f"expected to reach {error.filename}, got: {reason}; check the path"
