from pathlib import Path

import numpy as np
import pytest

from srcnn.batch.memory import check_memory, held_bytes, strips_bytes
from srcnn.batch.plan import Job
from srcnn.batch.size import Target
from srcnn.errors import ImageTooLargeError
from srcnn.pictures.formats import format_to_write
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


RGB, RGBA, DEEP = ((10, 20, 3), np.uint8), ((10, 20, 4), np.uint8), ((10, 20), np.uint16)


@pytest.mark.parametrize(
    ("frame", "size", "scale", "suffix", "beside"),
    [
        (RGB, (30, 60), 3, "png", 0),  # streamed as it comes
        (RGB, (30, 60), 3, "avif", 30 * 60 * 3),
        (RGB, (25, 50), 3, "png", 4 * 600),  # the input in floating point, reduced as it comes
        (DEEP, (25, 50), 3, "png", 4 * 200),
        (RGB, (25, 50), 3, "avif", 4 * 600 + 25 * 50 * 3),
        (RGBA, (25, 50), 3, "png", 4 * 800 + 25 * 50 * 4),  # transparency is resized as a whole
        (RGBA, (30, 60), 3, "png", 0),
        (RGB, (25, 50), None, "png", 0),  # bicubic alone, on the samples as they are
        (RGBA, (25, 50), None, "png", 25 * 50 * 4),
        (RGBA, (10, 20), None, "png", 0),  # it stays as large as it is
    ],
)
def test_beside_the_input_what_cannot_be_written_as_it_comes_is_held(
    frame: tuple[tuple[int, ...], type], size: tuple[int, int], scale: int | None, suffix: str, beside: int
) -> None:
    image = np.zeros(*frame)
    picture = Picture(frames=(image,))
    held = held_bytes(picture, [Target(size, size)], [scale], format_to_write(Path(f"a.{suffix}")))
    assert held - image.nbytes == beside


def test_a_picture_that_is_turned_is_held_where_the_format_has_no_tag_for_it() -> None:
    picture = Picture(frames=(np.zeros((10, 20, 3), np.uint8),), orientation=6)
    held = [
        held_bytes(picture, [Target((20, 40), (20, 40))], [2], format_to_write(Path(f"a.{suffix}")))
        for suffix in ("png", "ppm")
    ]
    assert held == [600, 600 + 20 * 40 * 3]


def test_strips_grow_with_the_largest_result_up_to_a_bound() -> None:
    small, large = np.zeros((10, 20, 3), np.uint8), np.zeros((40, 50), np.uint8)
    assert strips_bytes(Picture(frames=(small,)), [target(10, 20)], [None]) == 20 * 600
    assert strips_bytes(Picture(frames=(small,)), [target(70, 90)], [None]) == 20 * 70 * 90 * 3
    targets = [target(30, 60), target(70, 90)]
    assert strips_bytes(Picture(frames=(small, large)), targets, [3, 2]) == 20 * max(600 * 9, 2000 * 4) + 256 * 2000
    assert strips_bytes(Picture(frames=(large,)), [target(40, 50)], [10_000]) == (256 << 20) + 256 * 2000
    wide = np.broadcast_to(np.uint8(0), (1000, 1000))
    assert strips_bytes(Picture(frames=(wide,)), [target(4, 4)], [2]) == 20 * 4_000_000 + (64 << 20)
