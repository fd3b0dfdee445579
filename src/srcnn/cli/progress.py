"""The progress bar of every command: on standard error, and only where a person is looking."""

import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager

import click


@contextmanager
def progress_bar(label: str) -> Generator[Callable[[float, float], None]]:
    """Show a bar with the time left, until its terminal has gone.

    Args:
        label: what is going on.

    Yields:
        A function to call with (done, total), in any unit.

    Tests: tests/cli/test_progress.py.
    """
    steps = 1000
    with click.progressbar(
        length=steps, label=label, file=sys.stderr, show_percent=True, hidden=not sys.stderr.isatty()
    ) as bar:

        def advance(done: float, total: float) -> None:
            try:
                bar.update(round(steps * done / total) - bar.pos)
            except OSError:
                bar.hidden = True

        try:
            yield advance
        finally:
            bar.hidden = bar.hidden or not sys.stderr.isatty()
