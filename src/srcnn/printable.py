"""Names of files and models as a line of text can show them."""

from unicodedata import category

_BREAKING = ("Cc", "Cs", "Zl", "Zp")
"""Unicode's control characters, line ends, and bytes of a name that are no text."""


def printable(text: str) -> str:
    """A text without characters that end its line or command the terminal; these are escaped.

    Tests: tests/test_printable.py.
    """
    return "".join(c.encode("unicode_escape").decode() if category(c) in _BREAKING else c for c in text)
