from pathlib import Path

import numpy as np
import pytest

from srcnn.batch.memory import check_memory, strips_bytes
from srcnn.batch.plan import Job
from srcnn.batch.size import Target
from srcnn.errors import ImageTooLargeError
from srcnn.pictures.picture import Picture

JOB = Job(source=Path("a.png"), target=Path("b.png"))


def test_more_than_the_machines_memory_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.sysconf", {"SC_PAGE_SIZE": 1000, "SC_PHYS_PAGES": 2_000_000}.__getitem__, raising=False)
    check_memory(JOB, 2_000_000_000)
    with pytest.raises(
        ImageTooLargeError, match=r"memory of this machine, 2\.0 GB, got 2\.1 GB; choose a smaller size"
    ):
        check_memory(JOB, 2_100_000_000)


def test_a_system_that_does_not_tell_its_memory_refuses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr("os.sysconf", raising=False)
    check_memory(JOB, 10**18)


def target(*size: int) -> Target:
    height, width = size
    return Target((height, width), (1, 1))


def test_strips_grow_with_the_largest_result_up_to_a_bound() -> None:
    small, large = np.zeros((10, 20, 3), np.uint8), np.zeros((40, 50), np.uint8)
    assert strips_bytes(Picture(frames=(small,)), [target(10, 20)], [None]) == 20 * 600
    assert strips_bytes(Picture(frames=(small,)), [target(70, 90)], [None]) == 20 * 70 * 90 * 3
    targets = [target(30, 60), target(70, 90)]
    assert strips_bytes(Picture(frames=(small, large)), targets, [3, 2]) == 20 * max(600 * 9, 2000 * 4) + 256 * 2000
    assert strips_bytes(Picture(frames=(large,)), [target(40, 50)], [10_000]) == (256 << 20) + 256 * 2000
    wide = np.broadcast_to(np.uint8(0), (1000, 1000))
    assert strips_bytes(Picture(frames=(wide,)), [target(4, 4)], [2]) == 20 * 4_000_000 + (64 << 20)
