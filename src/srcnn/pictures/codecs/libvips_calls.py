"""Calls into libvips whose failures have their own message.

libvips collects the messages of all threads in one place, also of calls that went well, and whoever asks
empties it: while several threads work, a message may be another's, cut, or gone. What failed is therefore
tried again while no other thread is in libvips; whether a file is accepted follows from that message.
"""

import os
from collections.abc import Callable, Generator
from contextlib import contextmanager
from threading import Condition
from typing import TypeVar

T = TypeVar("T")


class Entrance:
    """Lets many threads in together, or one alone; who wants to be alone is let in before newcomers."""

    def __init__(self) -> None:
        self._changed = Condition()
        self._inside = 0
        self._waiting = 0

    @contextmanager
    def together(self) -> Generator[None]:
        """Stay inside with others for the block; not again from within."""
        with self._changed:
            self._changed.wait_for(lambda: not self._waiting)
            self._inside += 1
        try:
            yield
        finally:
            with self._changed:
                self._inside -= 1
                self._changed.notify_all()

    @contextmanager
    def alone(self) -> Generator[None]:
        """Stay inside alone for the block; not from within."""
        with self._changed:
            self._waiting += 1
            try:
                self._changed.wait_for(lambda: not self._inside)
                yield  # who comes now waits for the condition's lock
            finally:
                self._waiting -= 1
                self._changed.notify_all()


_LIBVIPS = Entrance()
_with_threads: set[int] = set()
"""The process that libvips has threads in."""
NO_THREADS = (
    "in a process that libvips has threads in, got one forked from a process that had written a picture or read a WebP "
    'already; start processes by "spawn" or "forkserver" (multiprocessing.get_context), or fork earlier'
)


def claim_threads() -> bool:
    """Let libvips start threads in this process, to write files and decode WebP; False if another process has them.

    libvips keeps its threads from the first such call on. A process that is forked later has none, and would wait for
    ever.

    Tests: tests/pictures/test_write.py.
    """
    if not _with_threads:
        _with_threads.add(os.getpid())
    return os.getpid() in _with_threads


def call_libvips(work: Callable[[], T]) -> T:
    """Call libvips; where that fails, once more while no other thread calls it.

    Args:
        work: may be done twice, and calls this function nowhere inside.

    Returns:
        What `work` returns.

    Raises:
        pyvips.Error: `work` failed both times; the message is its own.

    Tests: tests/pictures/test_libvips_calls.py.
    """
    import pyvips

    try:
        with _LIBVIPS.together():
            return _readable(work)
    except pyvips.Error:
        pass
    with _LIBVIPS.alone():
        pyvips.vips_lib.vips_error_clear()
        return _readable(work)


def call_libvips_once(work: Callable[[], T]) -> T:
    """Call libvips for what cannot be done twice; if it fails, the message may be another thread's.

    While this runs, whoever tries something again waits: what `work` calls must not come here either.

    Args:
        work: done once, and calls no function of this module inside.

    Returns:
        What `work` returns.

    Raises:
        pyvips.Error: `work` failed.

    Tests: tests/pictures/test_libvips_calls.py.
    """
    import pyvips

    with _LIBVIPS.together():
        pyvips.vips_lib.vips_error_clear()  # whoever loses a message by this tries again for it
        return _readable(work)


def _readable(work: Callable[[], T]) -> T:
    """Do it; pyvips takes every message for UTF-8, and fails on one that names a file whose name is not."""
    import pyvips

    try:
        return work()
    except UnicodeDecodeError as error:
        raise pyvips.Error("", error.object.decode(errors="replace")) from error
