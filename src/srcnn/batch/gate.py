"""How much is worked on at the same time: a bound on memory, whatever the number of threads."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from threading import Condition, Lock
from typing import TypeVar

T = TypeVar("T")
PIXELS_IN_FLIGHT = 100_000_000
"""Of enlarged pictures; 8-bit RGB needs 3 bytes for each, and 12 where it is reduced afterwards."""


class PixelGate:
    """Lets pictures in while there is room; a picture larger than all the room goes alone."""

    def __init__(self, pixels: int = PIXELS_IN_FLIGHT) -> None:
        """Make an empty one.

        Args:
            pixels: the room.
        """
        self._room = pixels
        self._inside = 0
        self._changed = Condition()
        self._reading = Lock()

    @contextmanager
    def admit(self, read: Callable[[], tuple[T, int]]) -> Generator[T]:
        """Read a picture, wait until there is room for its enlargement, and keep the room for the block.

        Only one is read at a time, so that at most one picture waits decoded.

        Args:
            read: returns the picture and the pixels it is going to need.

        Yields:
            What `read` returned first.

        Tests: tests/batch/test_gate.py.
        """
        with self._reading:
            value, pixels = read()
            with self._changed:
                self._changed.wait_for(lambda: not self._inside or self._inside + pixels <= self._room)
                self._inside += pixels
        try:
            yield value
        finally:
            with self._changed:
                self._inside -= pixels
                self._changed.notify_all()
