"""How much is worked on at the same time: a bound on memory, whatever the number of threads."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from threading import Condition, Lock
from typing import TypeVar

T = TypeVar("T")
_BYTES_IN_FLIGHT = 1_000_000_000
"""Of the pictures that are worked on at the same time."""


class MemoryGate:
    """Lets pictures in while there is room; a picture larger than all the room goes alone."""

    def __init__(self, places: int = 1, room: int = _BYTES_IN_FLIGHT) -> None:
        """Make an empty one.

        Args:
            places: pictures that are inside together at most.
            room: that they have together, in bytes.
        """
        self._places = places
        self._room = room
        self._inside: list[int] = []
        self._changed = Condition()
        self._reading = Lock()

    @contextmanager
    def admit(self, read: Callable[[], tuple[T, int]]) -> Generator[tuple[T, bool]]:
        """Read a picture, wait until there is room for its enlargement, and keep the room for the block.

        Only one is read at a time, and may be read while others are inside: at most one picture waits decoded.

        Args:
            read: returns the picture and the bytes it is going to need.

        Yields:
            The picture, and whether it is worked on alone: there is no room for a second of its size.

        Tests: tests/batch/test_gate.py.
        """
        with self._reading:
            value, needed = read()
            with self._changed:
                self._changed.wait_for(lambda: not self._inside or self._has_room_for(needed))
                self._inside.append(needed)
        try:
            yield value, self._places == 1 or 2 * needed > self._room
        finally:
            with self._changed:
                self._inside.remove(needed)
                self._changed.notify_all()

    def _has_room_for(self, needed: int) -> bool:
        return len(self._inside) < self._places and sum(self._inside) + needed <= self._room
