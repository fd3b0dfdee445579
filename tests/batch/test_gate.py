from threading import Barrier, Event, Lock, Thread
from time import sleep

import pytest

from srcnn.batch.gate import MemoryGate


def run_together(gate: MemoryGate, sizes: list[int]) -> tuple[int, int]:
    """Admit all sizes from threads of their own; returns the most bytes and the most pictures inside at once."""
    inside: list[int] = []
    most: list[tuple[int, int]] = []
    lock, start = Lock(), Barrier(len(sizes))

    def work(size: int) -> None:
        start.wait()
        with gate.admit(lambda: (None, size)):
            with lock:
                inside.append(size)
                most.append((sum(inside), len(inside)))
            sleep(0.002)
            with lock:
                inside.remove(size)

    threads = [Thread(target=work, args=(size,), daemon=True) for size in sizes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=10)
    assert not any(thread.is_alive() for thread in threads)
    return max(held for held, _ in most), max(pictures for _, pictures in most)


def test_pictures_share_the_room_and_never_exceed_it() -> None:
    held, pictures = run_together(MemoryGate(8, 100), [40, 30, 60, 50, 10, 90, 20, 40])
    assert held <= 100
    assert pictures >= 2


def test_a_picture_larger_than_the_room_goes_alone() -> None:
    held, _ = run_together(MemoryGate(8, 100), [500, 10, 10, 500, 10])
    assert held == 500


@pytest.mark.parametrize("places", [1, 3])
def test_there_are_so_many_places(places: int) -> None:
    _, pictures = run_together(MemoryGate(places, 100), [1] * 8)
    assert 1 <= pictures <= places


def test_the_next_is_read_while_the_last_is_inside() -> None:
    gate, read = MemoryGate(1, 100), Event()
    entered: list[str] = []

    def work() -> None:
        def note() -> tuple[None, int]:
            read.set()
            return None, 1

        with gate.admit(note):
            entered.append("second")

    with gate.admit(lambda: (None, 1)):
        thread = Thread(target=work)
        thread.start()
        assert read.wait(timeout=10)
        entered.append("first")
    thread.join(timeout=10)
    assert entered == ["first", "second"]


def test_only_one_is_read_at_a_time() -> None:
    gate, reading, overlapped = MemoryGate(8, 100), Lock(), Event()

    def read() -> tuple[None, int]:
        if not reading.acquire(blocking=False):
            overlapped.set()
            return None, 1
        sleep(0.002)
        reading.release()
        return None, 1

    def work() -> None:
        with gate.admit(read):
            pass

    threads = [Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not overlapped.is_set()


def test_what_fails_while_reading_or_inside_gives_its_room_back() -> None:
    gate = MemoryGate(8, 10)

    def fail() -> tuple[None, int]:
        raise LookupError

    for _ in range(3):
        with pytest.raises(LookupError), gate.admit(fail):
            pass
        with pytest.raises(KeyError), gate.admit(lambda: (None, 10)):
            raise KeyError
    with gate.admit(lambda: ("picture", 10)) as (value, _):
        assert value == "picture"


@pytest.mark.parametrize(
    ("places", "size", "alone"), [(1, 10, True), (2, 10, False), (2, 50, False), (2, 51, True), (2, 500, True)]
)
def test_a_picture_is_told_whether_a_second_like_it_has_a_place(places: int, size: int, alone: bool) -> None:
    with MemoryGate(places, 100).admit(lambda: (None, size)) as (_, told):
        assert told == alone
