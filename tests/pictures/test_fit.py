import numpy as np
import pytest

from srcnn.imaging.depth import Image
from srcnn.pictures.fit import fit, with_held_frames
from srcnn.pictures.formats import PictureFormat, format_named
from srcnn.pictures.picture import Picture

WHITE = (1.0, 1.0, 1.0)


def _format(name: str) -> PictureFormat:
    kind = format_named(name)
    assert kind is not None
    return kind


def _fit(name: str, *frames: Image, **rest: object) -> Picture:
    return fit(Picture(frames=frames, **rest), _format(name), background=WHITE)  # pyright: ignore[reportArgumentType]


def test_what_the_format_holds_stays_in_silence(samples) -> None:
    frame = np.zeros((2, 2, 4), np.uint16)
    fitted = _fit("PNG", frame, icc=samples.icc, exif=samples.exif, xmp=samples.xmp, dpi=(300.0, 300.0))
    assert fitted.image is frame
    assert fitted.icc == samples.icc
    assert fitted.exif == samples.exif
    assert fitted.notes == ()


def test_notes_of_reading_are_not_repeated() -> None:
    assert _fit("PNG", np.zeros((2, 2), np.uint8), notes=("read",)).notes == ()


@pytest.mark.parametrize(
    ("frame", "expected"),
    [
        (np.array([[[10, 0], [10, 255]]], np.uint8), [[255, 10]]),
        (np.array([[[0, 0, 0, 51]]], np.uint8), [[[204, 204, 204]]]),
        (np.array([[[65535, 0, 0, 65535]]], np.uint16), [[[65535, 0, 0]]]),
    ],
)
def test_transparency_is_flattened_on_the_background_and_said(frame: Image, expected: object) -> None:
    fitted = _fit("PNM", frame)
    np.testing.assert_array_equal(fitted.image, expected)
    assert fitted.image.dtype == frame.dtype
    assert fitted.notes == ("transparency was flattened on the background: PNM holds none",)


def test_grey_on_a_coloured_background_becomes_colour() -> None:
    frame = np.array([[[10, 0], [10, 255]]], np.uint8)
    fitted = fit(Picture(frames=(frame,)), _format("JPEG"), background=(1.0, 0.0, 0.0))
    np.testing.assert_array_equal(fitted.image, [[[255, 0, 0], [10, 10, 10]]])


@pytest.mark.parametrize(
    ("name", "dtype", "expected", "note"),
    [
        ("JPEG", "uint16", "uint8", "16 bit was reduced to 8 bit: JPEG holds no more"),
        ("JPEG", "float32", "uint8", "32-bit float was reduced to 8 bit: JPEG holds no more"),
        ("PNG", "float32", "uint16", "32-bit float was reduced to 16 bit: PNG holds no more"),
        ("AVIF", "uint16", "uint16", "16 bit was reduced to 12 bit: AVIF holds no more"),
    ],
)
def test_depth_is_never_reduced_in_silence(name: str, dtype: str, expected: str, note: str) -> None:
    top = 1.0 if dtype == "float32" else 65535
    fitted = _fit(name, np.full((2, 2, 3), top, dtype))
    assert fitted.image.dtype == expected
    assert fitted.image.min() == np.iinfo(expected).max
    assert fitted.notes == (note,)


def test_16_bit_is_rounded_to_the_nearest_8_bit_value() -> None:
    fitted = _fit("BMP", np.array([[0, 128, 129, 257, 65535]], np.uint16))
    np.testing.assert_array_equal(fitted.image, [[0, 0, 1, 1, 255]])


def test_only_the_first_frame_goes_where_there_is_room_for_one() -> None:
    fitted = _fit("JPEG", np.zeros((2, 2), np.uint8), np.ones((2, 2), np.uint8), durations_ms=(10, 10))
    assert len(fitted.frames) == 1
    assert fitted.notes == ("only the first of 2 frames was written: JPEG holds no more",)


def test_pages_are_not_played_as_an_animation() -> None:
    fitted = _fit("WebP", np.zeros((2, 2), np.uint8), np.ones((2, 2), np.uint8))
    assert fitted.notes == ("only the first of 2 pages was written: WebP holds no more",)


@pytest.mark.parametrize(("name", "frames"), [("JPEG", 1), ("TIFF", 2), ("WebP", 2)])
def test_frames_that_no_format_holds_are_left_out_before_anything_is_done(name: str, frames: int) -> None:
    animation = Picture(frames=(np.zeros((2, 2), np.uint8),) * 2, format="GIF", durations_ms=(10, 10))
    held = with_held_frames(animation, _format(name))
    assert (len(held.frames), len(held.durations_ms)) == (frames, 2 * (frames > 1))


def test_an_animation_becomes_pages_of_a_document() -> None:
    fitted = _fit("TIFF", np.zeros((2, 2), np.uint8), np.ones((2, 2), np.uint8), durations_ms=(10, 10))
    assert len(fitted.frames) == 2
    assert fitted.durations_ms == ()
    assert fitted.notes == ("the frames became pages: TIFF holds no animation",)


def test_gif_says_when_colours_or_half_transparency_are_lost() -> None:
    many = np.arange(300, dtype=np.uint16).view(np.uint8).reshape(10, 30, 2)
    many = np.dstack([many, many[..., 0]])
    assert _fit("GIF", many).notes == ("colours were reduced to 256 in each frame: GIF holds no more",)
    half = np.array([[[9, 9, 9, 127]]], np.uint8)
    assert _fit("GIF", half).notes == ("half-transparent pixels became opaque or transparent: GIF holds no more",)
    assert _fit("GIF", np.array([[[9, 9, 9, 0], [9, 9, 9, 255]]], np.uint8)).notes == ()


def test_metadata_without_room_are_named(samples) -> None:
    fitted = _fit("BMP", np.zeros((2, 2, 3), np.uint8), icc=samples.icc, exif=samples.exif, dpi=(72.0, 72.0))
    assert (fitted.icc, fitted.exif, fitted.dpi) == (None, None, (72.0, 72.0))
    assert fitted.notes == ("ICC profile, EXIF left out: BMP holds none",)


def test_a_resolution_that_exif_repeats_is_not_lost(samples) -> None:
    assert _fit("WebP", np.zeros((2, 2, 3), np.uint8), exif=samples.exif, dpi=(300.0, 300.0)).dpi == (300.0, 300.0)
    alone = _fit("WebP", np.zeros((2, 2, 3), np.uint8), dpi=(300.0, 300.0))
    assert alone.notes == ("resolution left out: WebP holds none",)


def test_a_profile_for_other_channels_is_left_out(samples) -> None:
    fitted = _fit("PNG", np.zeros((2, 2), np.uint8), icc=samples.icc)
    assert fitted.icc is None
    assert fitted.notes == ("the ICC profile was left out: it belongs to other channels",)
