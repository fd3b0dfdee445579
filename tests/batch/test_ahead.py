import threading
from collections.abc import Iterator

import pytest

from srcnn.batch.ahead import ahead


def test_items_come_in_order() -> None:
    assert list(ahead(range(100))) == list(range(100))
    assert list(ahead([])) == []


def test_the_next_is_made_while_the_last_is_used() -> None:
    made = [threading.Event() for _ in range(3)]

    def items() -> Iterator[int]:
        for number in range(3):
            made[number].set()
            yield number

    for number in ahead(items()):
        assert made[min(number + 1, 2)].wait(timeout=10)
        # and not more than the next
        assert not any(event.is_set() for event in made[number + 2 :])


def test_what_fails_is_raised_in_its_place() -> None:
    def items() -> Iterator[int]:
        yield 1
        raise KeyError("second")

    results = ahead(items())
    assert next(results) == 1
    with pytest.raises(KeyError, match="second"):
        next(results)


def test_closing_early_ends_the_thread_and_the_items() -> None:
    closed = threading.Event()

    def items() -> Iterator[int]:
        try:
            while True:
                yield 1
        finally:
            closed.set()

    results = ahead(items())
    assert next(results) == 1
    results.close()
    del results
    assert closed.wait(timeout=10)
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("srcnn-ahead")]
