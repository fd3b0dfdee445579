from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

from srcnn.errors import ImageTooLargeError
from srcnn.pictures.picture import Picture, as_unit_float, check_pixels, upright
from srcnn.pictures.strips import strips_of


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_is_turned_as_pillow_turns_it(orientation: int) -> None:
    stored = np.arange(6, dtype=np.uint8).reshape(2, 3)
    expected = Image.fromarray(stored)
    expected.getexif()[0x0112] = orientation
    turned = upright(Picture(frames=(stored,), orientation=orientation))
    np.testing.assert_array_equal(turned.image, np.asarray(ImageOps.exif_transpose(expected)))
    assert turned.orientation == 1


def test_orientation_6_is_a_quarter_turn_clockwise() -> None:
    turned = upright(Picture(frames=(np.array([[1, 2, 3], [4, 5, 6]], np.uint8),), orientation=6))
    np.testing.assert_array_equal(turned.image, [[4, 1], [5, 2], [6, 3]])


def test_resolution_follows_the_axes() -> None:
    turned = upright(Picture(frames=(np.zeros((2, 3), np.uint8),), orientation=8, dpi=(300.0, 150.0)))
    assert turned.dpi == (150.0, 300.0)


def test_every_frame_is_changed_and_all_else_kept() -> None:
    frames = tuple(np.full((2, 3), value, np.uint8) for value in (1, 2))
    picture = Picture(frames=(frames[0], strips_of(frames[1])), durations_ms=(40, 50), icc=b"profile", dpi=(300, 300))
    larger = picture.each(lambda frame: np.repeat(frame, 2, axis=0))
    assert [frame.tolist() for frame in larger.frames] == [[[1] * 3] * 4, [[2] * 3] * 4]
    assert replace(larger, frames=picture.frames) == picture


def test_inks_are_changed_one_by_one() -> None:
    picture = Picture(frames=(np.arange(24, dtype=np.uint8).reshape(2, 3, 4),), inks=True)
    seen: list[tuple[int, ...]] = []

    def negative(ink: np.ndarray) -> np.ndarray:
        seen.append(ink.shape)
        return 255 - ink

    np.testing.assert_array_equal(picture.each(negative).image, 255 - picture.image)
    assert seen == [(2, 3)] * 4


def test_a_picture_at_the_limit_is_allowed_and_one_above_is_not() -> None:
    check_pixels(Path("a.png"), (10, 10), frames=3, max_pixels=300)
    with pytest.raises(ImageTooLargeError, match=r"at most 299 pixels in a.png, got 10 x 10 in 3 frames"):
        check_pixels(Path("a.png"), (10, 10), frames=3, max_pixels=299)


def test_too_many_frames_are_refused_however_small() -> None:
    with pytest.raises(ImageTooLargeError, match=r"at most 10,000 frames in a.gif, got 40,000"):
        check_pixels(Path("a.gif"), (1, 1), frames=40_000, max_pixels=500_000_000)


def test_floats_outside_0_to_1_are_clipped_and_said() -> None:
    values, notes = as_unit_float(np.array([[-1, 0.5, 2, np.nan, np.inf]], np.float32))
    np.testing.assert_array_equal(values, np.array([[0, 0.5, 1, 0, 1]], np.float32))
    assert notes == ("values outside 0 to 1 were clipped",)


def test_floats_inside_0_to_1_stay_in_silence() -> None:
    values, notes = as_unit_float(np.array([[0, 0.25, 1]], np.float32))
    np.testing.assert_array_equal(values, np.array([[0, 0.25, 1]], np.float32))
    assert notes == ()


def test_a_picture_is_shown_in_one_line() -> None:
    image, page = np.zeros((40, 50, 3), np.uint8), np.zeros((9, 8), np.uint16)
    assert repr(Picture(frames=(image,), icc=b"long" * 1000)) == "<Picture 40 x 50 x 3 uint8>"
    pages = Picture(frames=(image, page, image), format="TIFF")
    assert repr(pages) == "<Picture 40 x 50 x 3 uint8 and 9 x 8 uint16, 3 frames, TIFF>"
    assert repr(Picture(frames=())) == "<Picture of no frames>"
