"""Names of files and models, and values, as a line of text can show them."""

import json
import math
from collections.abc import Sequence
from typing import Any
from unicodedata import category

_NAMED = 8
_BREAKING = ("Cc", "Cs", "Zl", "Zp")
"""Unicode's control characters, line ends, and bytes of a name that are no text."""


def printable(text: str) -> str:
    """A text without characters that end its line or command the terminal; these are escaped.

    Tests: tests/test_printable.py.
    """
    return "".join(c.encode("unicode_escape").decode() if category(c) in _BREAKING else c for c in text)


def some_of(items: Sequence[str], separator: str = ", ", *, most: int = _NAMED) -> str:
    """Name the first of many things in a message, and count the rest. Tests: tests/test_printable.py."""
    more = f" and {len(items) - most} more" if len(items) > most else ""
    return separator.join(items[:most]) + more


def to_json(value: Any) -> str:
    """A value as JSON, which knows no infinity: that becomes null. Tests: tests/test_printable.py."""
    return json.dumps(_finite(value))


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(each) for key, each in value.items()}  # pyright: ignore[reportUnknownVariableType] (JSON)
    if isinstance(value, list | tuple):
        return [_finite(each) for each in value]  # pyright: ignore[reportUnknownVariableType] (JSON)
    return None if isinstance(value, float) and not math.isfinite(value) else value
