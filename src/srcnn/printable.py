"""Names of files, models and what else there is as a line of text can show them."""

from collections.abc import Sequence
from unicodedata import category

_NAMED = 8
_BREAKING = ("Cc", "Cs", "Zl", "Zp")
"""Unicode's control characters, line ends, and bytes of a name that are no text."""


def printable(text: str) -> str:
    """A text without characters that end its line or command the terminal; these are escaped.

    Tests: tests/test_printable.py.
    """
    return "".join(c.encode("unicode_escape").decode() if category(c) in _BREAKING else c for c in text)


def some_of(items: Sequence[str], separator: str = ", ") -> str:
    """Name the first of many things in a message, and count the rest. Tests: tests/test_printable.py."""
    more = f" and {len(items) - _NAMED} more" if len(items) > _NAMED else ""
    return separator.join(items[:_NAMED]) + more
