"""How far a long piece of work is: a function that it calls. Whoever shows it decides how."""

from collections.abc import Callable

Progress = Callable[[int, int], None]
"""Called with (parts done, parts in all), after each part."""


def no_progress(_done: int, _total: int) -> None:
    """For whoever does not want to know."""
