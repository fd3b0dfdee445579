"""Two things at the same time: the next item is made while the last one is used."""

from collections.abc import Generator, Iterable
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

T = TypeVar("T")


def ahead(items: Iterable[T]) -> Generator[T]:
    """Make items in a thread of their own, each as soon as the one before it is taken.

    Args:
        items: made one after another, never two at the same time.

    Yields:
        The same. What making one raises is raised where it would have come. Close the iterator to stop
        early; an item that is being made then is still finished.

    Tests: tests/batch/test_ahead.py.
    """
    iterator = iter(items)

    def make() -> list[T]:
        return list(islice(iterator, 1))

    with ThreadPoolExecutor(1, thread_name_prefix="srcnn-ahead") as thread:
        coming = thread.submit(make)
        while made := coming.result():
            coming = thread.submit(make)
            yield made.pop()
