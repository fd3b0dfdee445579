"""What commands print: lines that a terminal can show, whatever names are in them, and JSON."""

import json
import math
from typing import Any

import click

from srcnn.printable import printable


def say(line: str, *, err: bool = False) -> None:
    """Print one line, with `printable` names.

    Args:
        line: without its end.
        err: on standard error, else on standard output.
    """
    click.echo(printable(line), err=err)


def say_json(value: Any) -> None:
    """Print a value as JSON, which knows no infinity: that becomes null."""
    click.echo(json.dumps(_finite(value)))


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(each) for key, each in value.items()}  # pyright: ignore[reportUnknownVariableType] (JSON)
    if isinstance(value, list | tuple):
        return [_finite(each) for each in value]  # pyright: ignore[reportUnknownVariableType] (JSON)
    return None if isinstance(value, float) and not math.isfinite(value) else value
