"""What commands print: lines that a terminal can show, whatever names are in them, and JSON."""

from typing import Any

import click

from srcnn.printable import printable, to_json


def say(line: str, *, err: bool = False) -> None:
    """Print one line, with `printable` names.

    Args:
        line: without its end.
        err: on standard error, else on standard output.
    """
    click.echo(printable(line), err=err)


def say_json(value: Any) -> None:
    """Print a value by `to_json`."""
    click.echo(to_json(value))
