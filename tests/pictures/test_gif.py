"""Frames of GIFs as browsers lay them, on files written by hand."""

import struct
from pathlib import Path

import numpy as np
import pytest

from srcnn.pictures.read import read_array, read_picture

PALETTE = np.arange(128 * 3, dtype=np.uint8).reshape(128, 3)
KEPT, CLEARED, AS_BEFORE = 1, 2, 3
WIDTH, HEIGHT = 8, 6


def gif(*frames: bytes) -> bytes:
    head = b"GIF89a" + struct.pack("<HHBBB", WIDTH, HEIGHT, 0x86, 5, 0)  # a palette of 128 colours, the fifth behind
    return head + PALETTE.tobytes() + b"".join(frames) + b";"


def frame(
    pixels: np.ndarray, *, left: int = 0, top: int = 0, afterwards: int = KEPT, transparent: int | None = None
) -> bytes:
    flags = afterwards << 2 | (transparent is not None)
    control = b"\x21\xf9\x04" + struct.pack("<BHB", flags, 10, transparent or 0) + b"\0"
    height, width = pixels.shape
    # Codes of 8 bits, since a code that clears the table comes before they grow.
    codes = b"".join(b"\x80" + row.tobytes() for row in pixels.astype(np.uint8)) + b"\x81"
    blocks = b"".join(bytes([len(codes[n : n + 255])]) + codes[n : n + 255] for n in range(0, len(codes), 255))
    return control + b"," + struct.pack("<HHHHB", left, top, width, height, 0) + b"\7" + blocks + b"\0"


def flat(index: int, height: int = HEIGHT, width: int = WIDTH) -> np.ndarray:
    return np.full((height, width), index)


def read(path: Path, *frames: bytes) -> tuple[np.ndarray, ...]:
    path.write_bytes(gif(*frames))
    return read_picture(path).frames


def indices(frame: np.ndarray) -> np.ndarray:
    """Which colour of the palette each pixel has, -1 where it is transparent."""
    shown = frame[..., 0].astype(int) // 3
    return shown if frame.shape[2] == 3 else np.where(frame[..., 3] == 255, shown, -1)


@pytest.mark.parametrize("afterwards", [0, KEPT, CLEARED, AS_BEFORE])
@pytest.mark.parametrize("transparent", [None, 127])
def test_what_a_frame_leaves_behind_is_what_it_asks_for(
    tmp_path: Path, afterwards: int, transparent: int | None
) -> None:
    first = frame(flat(3))
    second = frame(flat(7, 2, 3), left=4, top=1, afterwards=afterwards, transparent=transparent)
    third = frame(flat(9, 1, 1), left=0, top=5)
    frames = [indices(shown) for shown in read(tmp_path / "a.gif", first, second, third)]
    expected = flat(3)
    np.testing.assert_array_equal(frames[0], expected)
    expected[1:3, 4:7] = 7
    np.testing.assert_array_equal(frames[1], expected)
    expected[1:3, 4:7] = {CLEARED: -1, AS_BEFORE: 3}.get(afterwards, 7)
    expected[5, 0] = 9
    np.testing.assert_array_equal(frames[2], expected)


@pytest.mark.parametrize("transparent", [None, 127])
def test_around_a_small_first_frame_nothing_is_seen(tmp_path: Path, transparent: int | None) -> None:
    small = frame(flat(7, 2, 3), left=4, top=1, transparent=transparent)
    expected = flat(-1)
    expected[1:3, 4:7] = 7
    for shown in read(tmp_path / "a.gif", small, frame(flat(7, 1, 1), left=4, top=1)):
        np.testing.assert_array_equal(indices(shown), expected)


def test_a_transparent_pixel_lets_the_frame_before_through(tmp_path: Path) -> None:
    holed = flat(7, 2, 3)
    holed[0, 1] = 99
    second = frame(holed, left=1, top=1, transparent=99, afterwards=CLEARED)
    frames = [indices(shown) for shown in read(tmp_path / "a.gif", frame(flat(3)), second, frame(flat(4, 1, 1)))]
    assert frames[1][1:3, 1:4].tolist() == [[7, 3, 7], [7, 7, 7]]
    assert frames[2][1:3, 1:4].tolist() == [[-1] * 3] * 2


def test_an_opaque_animation_has_no_alpha(tmp_path: Path) -> None:
    frames = read(tmp_path / "a.gif", frame(flat(3), afterwards=CLEARED), frame(flat(4), afterwards=CLEARED))
    assert [shown.shape for shown in frames] == [(HEIGHT, WIDTH, 3)] * 2
    assert [indices(shown)[0, 0] for shown in frames] == [3, 4]


def test_a_frame_may_reach_beyond_the_picture(tmp_path: Path) -> None:
    beyond = frame(flat(7, 4, 4), left=6, top=4, afterwards=CLEARED)
    frames = [indices(shown) for shown in read(tmp_path / "a.gif", frame(flat(3)), beyond, frame(flat(5, 1, 1)))]
    assert (frames[1][4:, 6:] == 7).all()
    assert (frames[2][4:, 6:] == -1).all()


def test_blocks_between_the_frames_are_passed_over(tmp_path: Path) -> None:
    comment = b"\x21\xfe\x05hello\x03you\0"
    looping = b"\x21\xff\x0bNETSCAPE2.0\x03\x01\x04\x00\0"
    small = frame(flat(7, 2, 3), left=4, top=1)
    (tmp_path / "a.gif").write_bytes(gif(looping, comment, small, comment, frame(flat(9, 1, 1))))
    picture = read_picture(tmp_path / "a.gif")
    assert indices(picture.frames[1])[0, 0] == 9
    assert indices(picture.frames[1])[5, 7] == -1
    assert picture.durations_ms == (100, 100)


def test_a_still_gif_that_is_smaller_than_its_canvas(tmp_path: Path) -> None:
    (tmp_path / "a.gif").write_bytes(gif(frame(flat(7, 2, 3), left=4, top=1)))
    expected = flat(-1)
    expected[1:3, 4:7] = 7
    np.testing.assert_array_equal(indices(read_picture(tmp_path / "a.gif").image), expected)
    assert read_array(tmp_path / "a.gif").shape[:2] == (HEIGHT, WIDTH)
