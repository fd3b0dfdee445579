import io
import struct
import zlib
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from srcnn.errors import ImageTooLargeError, InvalidImageError
from srcnn.pictures.picture import Picture
from srcnn.pictures.read import read_array, read_picture
from srcnn.pictures.write import write_picture
from srcnn.pictures.xmp import updated

HEIGHT, WIDTH = 6, 7
CHANNELS = {0: 1, 2: 3, 4: 2, 6: 4}


class Frame(NamedTuple):
    """A part of an animation, as PNG describes it."""

    pixels: np.ndarray
    top: int = 0
    left: int = 0
    afterwards: int = 0
    blending: int = 0
    parts: int = 20  # of a second, of which it is shown for one


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def deflated(pixels: np.ndarray) -> bytes:
    rows = pixels.astype(pixels.dtype.newbyteorder(">")).reshape(len(pixels), -1)
    return zlib.compress(b"".join(b"\0" + row.tobytes() for row in rows))


def apng(frames: list[Frame], *, colour: int, still: np.ndarray | None = None, extra: bytes = b"") -> bytes:
    """An animation written by hand; `still` is a first picture that does not belong to it."""
    depth = 8 * frames[0].pixels.dtype.itemsize
    parts = [chunk(b"IHDR", struct.pack(">IIBBBBB", WIDTH, HEIGHT, depth, colour, 0, 0, 0)), extra]
    parts.append(chunk(b"acTL", struct.pack(">II", len(frames), 2)))
    if still is not None:
        parts.append(chunk(b"IDAT", deflated(still)))
    sequence = 0
    for number, frame in enumerate(frames):
        height, width = frame.pixels.shape[:2]
        body = (sequence, width, height, frame.left, frame.top, 1, frame.parts, frame.afterwards, frame.blending)
        parts.append(chunk(b"fcTL", struct.pack(">5I2H2B", *body)))
        sequence += 1
        if number == 0 and still is None:
            parts.append(chunk(b"IDAT", deflated(frame.pixels)))
            continue
        parts.append(chunk(b"fdAT", struct.pack(">I", sequence) + deflated(frame.pixels)))
        sequence += 1
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts) + chunk(b"IEND", b"")


def noise(random: np.random.Generator, height: int, width: int, channels: int, dtype: str = "uint8") -> np.ndarray:
    """Pixels, each either opaque or transparent."""
    top = np.iinfo(dtype).max
    pixels = random.integers(0, top, (height, width, channels), dtype, endpoint=True)
    if channels in (2, 4):
        pixels[..., -1] = random.choice(np.array([0, top], dtype), (height, width))
    return pixels


@st.composite
def animations(draw: st.DrawFn, channels: int) -> list[Frame]:
    random = np.random.default_rng(draw(st.integers(0, 1000)))
    frames = [Frame(noise(random, HEIGHT, WIDTH, channels), afterwards=draw(st.integers(0, 1)))]
    for _ in range(draw(st.integers(1, 4))):
        top, left = draw(st.integers(0, HEIGHT - 1)), draw(st.integers(0, WIDTH - 1))
        height, width = draw(st.integers(1, HEIGHT - top)), draw(st.integers(1, WIDTH - left))
        pixels = noise(random, height, width, channels)
        frames.append(Frame(pixels, top, left, draw(st.integers(0, 1)), draw(st.integers(0, 1))))
    return frames


def by_pillow(file: bytes) -> list[np.ndarray]:
    with Image.open(io.BytesIO(file)) as image:
        shown = []
        for number in range(image.n_frames):  # pyright: ignore[reportAttributeAccessIssue]
            image.seek(number)
            shown.append(np.array(image.convert("RGBA")))
        return shown


@settings(max_examples=50)
@given(animations(channels=4))
def test_frames_are_laid_as_an_independent_program_lays_them(
    tmp_path_factory: pytest.TempPathFactory, frames: list[Frame]
) -> None:
    file = apng(frames, colour=6)
    path = tmp_path_factory.getbasetemp() / "a.png"
    path.write_bytes(file)
    for mine, theirs in zip(read_picture(path).frames, by_pillow(file), strict=True):
        np.testing.assert_array_equal(mine, theirs)


@pytest.mark.parametrize(
    ("first", "second", "third"),
    # What the third frame, of nothing, lets through, by 11.3.6.2; Pillow restores nothing where 2 asks for it.
    [(0, 0, 2), (0, 1, 0), (0, 2, 1), (1, 0, 2), (1, 1, 0), (1, 2, 0), (2, 0, 2), (2, 1, 0), (2, 2, 0)],
)
def test_what_a_frame_leaves_behind_is_kept_cleared_or_as_before(
    tmp_path: Path, first: int, second: int, third: int
) -> None:
    plain = [np.full((HEIGHT, WIDTH, 4), (level, level, level, 255 * (level > 0)), np.uint8) for level in (1, 2, 0)]
    frames = [Frame(plain[0], afterwards=first), Frame(plain[1], afterwards=second), Frame(plain[2], blending=1)]
    (tmp_path / "a.png").write_bytes(apng(frames, colour=6))
    levels = [int(frame[0, 0, 0]) for frame in read_picture(tmp_path / "a.png").frames]  # pyright: ignore[reportIndexIssue]
    assert levels == [1, 2, third]


@pytest.mark.parametrize(
    ("below", "above", "expected"),
    [
        # By the formula of 13.16; Pillow makes an opaque picture transparent here.
        ((200, 10, 10, 255), (163, 214, 49, 85), (188, 78, 23, 255)),
        ((200, 10, 10, 85), (163, 214, 49, 85), (178, 132, 33, 142)),
        ((200, 10, 10, 0), (163, 214, 49, 85), (163, 214, 49, 85)),
        ((200, 10, 10, 0), (163, 214, 49, 0), (200, 10, 10, 0)),
    ],
)
def test_half_transparent_frames_are_mixed_with_what_is_below(
    tmp_path: Path, below: tuple[int, ...], above: tuple[int, ...], expected: tuple[int, ...]
) -> None:
    first = np.broadcast_to(np.array(below, np.uint8), (HEIGHT, WIDTH, 4))
    second = np.array([[above]], np.uint8)
    (tmp_path / "a.png").write_bytes(apng([Frame(first), Frame(second, 3, 2, blending=1)], colour=6))
    shown = read_picture(tmp_path / "a.png").frames[1]
    assert isinstance(shown, np.ndarray)
    assert tuple(shown[3, 2]) == expected
    assert tuple(shown[3, 3]) == below


@settings(max_examples=30)
@given(st.data(), st.sampled_from(list(CHANNELS)))
def test_16_bit_is_laid_as_8_bit_is_and_stays_16_bit(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject, colour: int
) -> None:
    frames = data.draw(animations(channels=CHANNELS[colour]))
    deep = [frame._replace(pixels=frame.pixels.astype(np.uint16) * 257) for frame in frames]
    folder = tmp_path_factory.getbasetemp()
    (folder / "8.png").write_bytes(apng(frames, colour=colour))
    (folder / "16.png").write_bytes(apng(deep, colour=colour))
    shallow, picture = read_picture(folder / "8.png"), read_picture(folder / "16.png")
    assert picture.notes == ()
    for frame, expected in zip(picture.frames, shallow.frames, strict=True):
        assert isinstance(frame, np.ndarray)
        assert frame.dtype == np.uint16
        np.testing.assert_allclose(frame / 257, expected, atol=2)


@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
@pytest.mark.parametrize("channels", [(), (2,), (3,), (4,)])
def test_what_is_written_is_read_again(tmp_path: Path, dtype: str, channels: tuple[int, ...]) -> None:
    random = np.random.default_rng(0)
    frames = tuple(noise(random, 5, 8, *(channels or (1,)), dtype).reshape(5, 8, *channels) for _ in range(3))
    write_picture(tmp_path / "a.png", Picture(frames=frames, durations_ms=(10, 20, 65_535), loop=3))
    again = read_picture(tmp_path / "a.png")
    assert (again.durations_ms, again.loop, again.notes) == ((10, 20, 65_535), 3, ())
    for frame, expected in zip(again.frames, frames, strict=True):
        assert isinstance(frame, np.ndarray)
        assert frame.dtype == dtype
        np.testing.assert_array_equal(frame, expected)


def test_a_still_picture_before_the_animation_is_what_the_first_frame_alone_is(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    still, first, second = (noise(random, HEIGHT, WIDTH, 3) for _ in range(3))
    (tmp_path / "a.png").write_bytes(apng([Frame(first), Frame(second)], colour=2, still=still))
    picture = read_picture(tmp_path / "a.png")
    for frame, expected in zip(picture.frames, (first, second), strict=True):
        np.testing.assert_array_equal(frame, expected)
    np.testing.assert_array_equal(read_array(tmp_path / "a.png"), still)
    assert picture.durations_ms == (50, 50)


def test_durations_of_parts_of_milliseconds_are_rounded_and_it_is_said(tmp_path: Path) -> None:
    pixels = noise(np.random.default_rng(0), HEIGHT, WIDTH, 3)
    (tmp_path / "a.png").write_bytes(apng([Frame(pixels), Frame(pixels, parts=60)], colour=2))
    picture = read_picture(tmp_path / "a.png")
    assert picture.durations_ms == (50, 17)
    assert picture.notes == ("durations were rounded to whole milliseconds",)


@pytest.mark.parametrize(
    ("duration", "held"), [(65_535, 65_535), (70_000, 70_000), (70_001, 70_000), (700_444, 700_000)]
)
def test_durations_that_png_cannot_count_are_rounded_and_it_is_said(tmp_path: Path, duration: int, held: int) -> None:
    frames = tuple(np.full((4, 6, 3), level, np.uint8) for level in (1, 60))
    notes = write_picture(tmp_path / "a.png", Picture(frames=frames, durations_ms=(duration, 10)))
    assert read_picture(tmp_path / "a.png").durations_ms == (held, 10)
    said = ("durations above 65 s were rounded to hundredths or whole seconds: PNG holds no others",)
    assert notes == (() if held == duration else said)


def test_palettes_with_transparency_are_expanded_in_every_frame(tmp_path: Path) -> None:
    extra = chunk(b"PLTE", bytes([1, 2, 3, 40, 50, 60])) + chunk(b"tRNS", b"\x80")
    indices = [np.full((HEIGHT, WIDTH, 1), number, np.uint8) for number in (0, 1)]
    (tmp_path / "a.png").write_bytes(apng([Frame(index) for index in indices], colour=3, extra=extra))
    frames = read_picture(tmp_path / "a.png").frames
    for frame, expected in zip(frames, ((1, 2, 3, 128), (40, 50, 60, 255)), strict=True):
        np.testing.assert_array_equal(frame, np.broadcast_to(np.array(expected, np.uint8), (HEIGHT, WIDTH, 4)))


def test_metadata_come_along(tmp_path: Path, samples) -> None:
    frames = tuple(np.full((4, 6, 3), level, np.uint16) for level in (1, 60_000))
    kept = {"icc": samples.icc, "exif": samples.exif, "xmp": samples.xmp, "dpi": (300.0, 150.0)}
    write_picture(tmp_path / "a.png", Picture(frames=frames, durations_ms=(10, 10), orientation=3, **kept))
    again = read_picture(tmp_path / "a.png", turn=False)
    assert (again.icc, again.orientation) == (samples.icc, 3)
    assert again.xmp == updated(samples.xmp, 4, 6, orientation=3)
    assert again.dpi == pytest.approx((300.0, 150.0), abs=0.02)
    assert b"Maker" in (again.exif or b"")


GOOD = [Frame(np.full((HEIGHT, WIDTH, 3), level, np.uint8)) for level in (1, 2)]


@pytest.mark.parametrize(
    ("frames", "reason"),
    [
        ([GOOD[0], GOOD[1]._replace(left=1)], "a frame reaches beyond the picture"),
        ([GOOD[0], GOOD[1]._replace(top=2**31)], "a frame reaches beyond the picture"),
        ([GOOD[0], Frame(np.zeros((HEIGHT, 0, 3), np.uint8))], r"pngload_buffer|[Ii]nvalid|IHDR|width"),
    ],
)
def test_frames_that_cannot_be_are_refused(tmp_path: Path, frames: list[Frame], reason: str) -> None:
    (tmp_path / "a.png").write_bytes(apng(frames, colour=2))
    with pytest.raises(InvalidImageError, match=rf"a\.png, got one that cannot be decoded \(.*({reason})"):
        read_picture(tmp_path / "a.png")


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (b"fcTL\0\0\0\1", b"fcTL\0\0\0\5", "a chunk is damaged or cut short"),  # the check sum is that of the old
        (chunk(b"acTL", struct.pack(">II", 2, 2)), chunk(b"acTL", struct.pack(">II", 3, 2)), "2 frames instead of 3"),
        (chunk(b"IEND", b""), b"", "a chunk is damaged or cut short"),
    ],
)
def test_damage_is_refused_with_the_reason(tmp_path: Path, old: bytes, new: bytes, reason: str) -> None:
    file = apng(GOOD, colour=2)
    assert file.count(old) == 1
    (tmp_path / "a.png").write_bytes(file.replace(old, new))
    with pytest.raises(InvalidImageError, match=rf"a\.png, got one that cannot be decoded \({reason}"):
        read_picture(tmp_path / "a.png")


def test_frames_out_of_order_are_refused(tmp_path: Path) -> None:
    file = apng([*GOOD, GOOD[0]], colour=2)
    controls = [at for at in range(len(file)) if file[at : at + 4] == b"fcTL"]
    second = file[controls[1] - 4 : controls[2] - 4]
    (tmp_path / "a.png").write_bytes(file.replace(second, b"")[:-12] + second + chunk(b"IEND", b""))
    with pytest.raises(InvalidImageError, match="frames are missing or out of order"):
        read_picture(tmp_path / "a.png")


def test_the_limit_counts_all_frames_before_they_are_decoded(tmp_path: Path) -> None:
    file = apng(GOOD, colour=2)
    many = chunk(b"acTL", struct.pack(">II", 20_000, 0))
    (tmp_path / "a.png").write_bytes(file.replace(chunk(b"acTL", struct.pack(">II", 2, 2)), many))
    with pytest.raises(ImageTooLargeError, match="at most 10,000 frames"):
        read_picture(tmp_path / "a.png")
