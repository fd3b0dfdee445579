"""A picture: pixels, there or still to come, and what must be kept. This module knows no files and no codecs."""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from numbers import Integral, Real
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from srcnn.errors import ImageTooLargeError, InvalidImageError
from srcnn.imaging.depth import Image
from srcnn.pictures.strips import Frame, strips_of, whole

MAX_FRAMES = 10_000
"""A file of very many tiny frames costs time that its pixels do not show."""
CLIPPED = "values outside 0 to 1 were clipped"
"""The note on floating point that was not in [0, 1]."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """Pixels, and what a file says about them.

    Attributes:
        frames: one, or one for each frame of an animation or page of a document: arrays, or strips that are
            made while they are written. uint8, uint16 or float32 in [0, 1]; H x W grey, H x W x 2 grey and
            alpha, H x W x 3 RGB, H x W x 4 RGBA. Alpha is not multiplied in. Colours are encoded as the ICC
            profile says, else sRGB.
        inks: the channels are cyan, magenta, yellow and black instead, H x W x 4, from 0 for none.
        durations_ms: how long each frame of an animation is shown; empty for still pictures and pages.
        loop: how often an animation plays, 0 for ever.
        format: the name in `formats.FORMATS` of the file it came from, or "" for none.
        lossy: that file does not give back the very pixels that were once put into it.
        orientation: how the frames are to be turned to be seen, as EXIF's tag says it, 1 to 8; 1 is upright.
        icc: the ICC profile.
        exif: the EXIF block, from its TIFF header on.
        xmp: the XMP packet.
        iptc: the IPTC records, bare.
        dpi: pixels per inch along (height, width), if the file says; 72 and 72 say nothing.
        texts: text chunks of a PNG as stored, name and body.
        notes: a sentence for people for everything that was changed or is doubtful.
    """

    frames: tuple[Frame, ...]
    inks: bool = False
    durations_ms: tuple[int, ...] = ()
    loop: int = 0
    format: str = ""
    lossy: bool = False
    orientation: int = 1
    icc: bytes | None = None
    exif: bytes | None = None
    xmp: bytes | None = None
    iptc: bytes | None = None
    dpi: tuple[float, float] | None = None
    texts: tuple[tuple[bytes, bytes], ...] = ()
    notes: tuple[str, ...] = ()

    def __repr__(self) -> str:
        """What it is in one line: pixels and profiles would fill screens."""
        kinds = dict.fromkeys(f"{' x '.join(map(str, frame.shape))} {frame.dtype}" for frame in self.frames)
        count = f", {len(self.frames)} frames" if len(self.frames) > 1 else ""
        form = f", {self.format}" if self.format else ""
        return f"<Picture {' and '.join(kinds) or 'of no frames'}{count}{form}>"

    @property
    def image(self) -> Image:
        """The first frame as an array: all of it is made, unless it is there already."""
        return whole(self.frames[0])

    def each(self, function: Callable[[Image], Image]) -> "Picture":
        """The picture with every frame changed, and all else as it is.

        Args:
            function: from frame to frame, such as an `Upscaler`. Of a picture of inks it is called for every ink,
                H x W, since four channels would be taken for RGBA.

        Returns:
            What the function made, with profile, metadata and durations of this picture.

        Raises:
            Exception: whatever the function raises.

        Tests: tests/pictures/test_picture.py.
        """

        def changed(frame: Image) -> Image:
            if not self.inks:
                return function(frame)
            return np.stack([function(frame[:, :, ink]) for ink in range(frame.shape[2])], axis=2)

        return replace(self, frames=tuple(changed(whole(frame)) for frame in self.frames))


def upright(picture: Picture) -> Picture:
    """Turn and mirror the stored pixels as the orientation tag says.

    Those in EXIF and XMP become 1 on writing.

    Args:
        picture: frames as stored.

    Returns:
        Frames as seen, as arrays, with orientation 1; dpi follows the axes.

    Source: EXIF 2.3 (CIPA DC-008), tag 0x0112. Tests: tests/pictures/test_picture.py.
    """
    if picture.orientation == 1:
        return picture
    dpi = picture.dpi
    if dpi and picture.orientation >= 5:
        dpi = dpi[::-1]
    frames = tuple(turned(frame, picture.orientation) for frame in picture.frames)
    return replace(picture, frames=frames, orientation=1, dpi=dpi)


def turned(frame: Frame, orientation: int) -> Image:
    """The frame as seen; the tag says where the stored first row and column belong.

    Tests: tests/pictures/test_picture.py.
    """
    result = whole(frame)
    if orientation == 1:
        return result
    if orientation >= 5:
        result = result.swapaxes(0, 1)
    if orientation in (3, 4, 7, 8):
        result = result[::-1]
    if orientation in (2, 3, 6, 7):
        result = result[:, ::-1]
    return whole(strips_of(result))  # a copy: what was a view must be contiguous


def check_picture(picture: Picture) -> None:
    """Refuse a picture whose fields are not what they are said to be; its arrays are looked at elsewhere.

    Raises:
        InvalidImageError: no frames, or not in a tuple; durations, loop, resolution, orientation, metadata or texts of
            another kind.

    Tests: tests/pictures/test_write.py.
    """
    if not _is_listed(picture.frames) or not picture.frames:
        got = "none" if _is_listed(picture.frames) else type(picture.frames).__name__
        raise InvalidImageError(f"expected a tuple of frames, got {got}; write Picture(frames=(image,))")
    count = len(picture.frames)
    times = tuple(picture.durations_ms) if isinstance(picture.durations_ms, Iterable) else (None,)  # pyright: ignore
    durations = all(isinstance(each, Real) and 0 <= each < math.inf for each in times)
    dpi = picture.dpi is None or _is_pair(picture.dpi, Real)
    texts = _is_listed(picture.texts) and all(_is_pair(text, bytes) for text in picture.texts)
    inks = not picture.inks or all(getattr(frame, "shape", ())[2:] == (4,) for frame in picture.frames)
    metadata = {name: getattr(picture, name) for name in ("icc", "exif", "xmp", "iptc")}
    for valid, wanted, got in (
        *(
            (value is None or isinstance(value, bytes), f"{name} as bytes or None", value)
            for name, value in metadata.items()
        ),
        (picture.orientation in range(1, 9), "an orientation from 1 to 8", picture.orientation),
        (durations, "durations in milliseconds", picture.durations_ms),
        (len(times) in (0, count), f"a duration for each of {count} frames", picture.durations_ms),
        (inks, "four inks in every frame with inks=True", [getattr(frame, "shape", None) for frame in picture.frames]),
        (isinstance(picture.loop, Integral) and picture.loop >= 0, "loop as a whole number from 0", picture.loop),
        (dpi, "dpi as two numbers, along height and width,", picture.dpi),
        (texts, "texts as pairs of bytes", picture.texts),
    ):
        if not valid:
            raise InvalidImageError(f"expected {wanted} in a Picture, got {got!r}; see help(srcnn.Picture)")


def _is_listed(value: object) -> bool:
    return isinstance(value, tuple | list)


def _is_pair(value: object, kind: type) -> bool:
    return isinstance(value, tuple | list) and len(value) == 2 and all(isinstance(each, kind) for each in value)


def check_pixels(path: Path, size: tuple[int, int], *, frames: int, max_pixels: int) -> None:
    """Refuse a picture that is too large, before anything is decoded.

    Args:
        path: for the message.
        size: (height, width) of a frame.
        frames: how many.
        max_pixels: of all frames together.

    Raises:
        ImageTooLargeError: above the limit.
    """
    height, width = size
    if frames > MAX_FRAMES:
        raise ImageTooLargeError(f"expected at most {MAX_FRAMES:,} frames in {path}, got {frames:,}; split the file")
    if height * width * frames > max_pixels:
        times = f" in {frames:,} frames" if frames > 1 else ""
        raise ImageTooLargeError(
            f"expected at most {max_pixels:,} pixels in {path}, got {width:,} x {height:,}{times}; "
            "if you trust the file and have the memory, raise the limit with --max-pixels (in Python: max_pixels)"
        )


def as_unit_float(values: NDArray[Any]) -> tuple[NDArray[np.float32], tuple[str, ...]]:
    """Bring stored floating-point samples into [0, 1], with a note if that changed any."""
    result = values.astype(np.float32, copy=False)
    inside = np.clip(np.nan_to_num(result, nan=0.0, posinf=1.0, neginf=0.0), 0, 1)
    if np.array_equal(inside, result):
        return inside, ()
    return inside, (CLIPPED,)
