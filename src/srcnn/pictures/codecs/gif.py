"""Lay the frames of a GIF on each other as browsers do: what no frame covers, or one has cleared, is transparent.

libvips does so where a frame has a transparent colour, and fills in the palette's background where it has none.

Source: GIF89a, 18 to 23 and appendix A. Tests: tests/pictures/test_gif.py.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from srcnn.imaging.depth import Image
from srcnn.pictures.codecs.libvips_decode import decode_buffer
from srcnn.pictures.formats import PictureFormat
from srcnn.pictures.picture import Picture
from srcnn.pictures.recognise import colour_table_size
from srcnn.pictures.strips import Frame, Strips, whole

_CLEARED, _AS_BEFORE = 2, 3
_HEADER = 13
_EXTENSION, _CONTROL, _PICTURE, _END = 0x21, 0xF9, 0x2C, 0x3B
_OPAQUE = 255
_NOT_SHOWN_MS, _AS_SHOWN_MS = 10, 100


@dataclass(frozen=True, slots=True)
class _Frame:
    """Where a frame lies, what becomes of it, and a GIF of it alone."""

    left: int
    top: int
    width: int
    height: int
    afterwards: int
    has_transparent: bool
    file: bytes


def with_shown_durations(picture: Picture) -> Picture:
    """The picture with frames that last as long as browsers show those that are too short, and a note."""
    if min(picture.durations_ms, default=_AS_SHOWN_MS) > _NOT_SHOWN_MS:
        return picture
    durations = tuple(each if each > _NOT_SHOWN_MS else _AS_SHOWN_MS for each in picture.durations_ms)
    note = f"frames of at most {_NOT_SHOWN_MS} ms got {_AS_SHOWN_MS} ms, for which browsers show them"
    return replace(picture, durations_ms=durations, notes=(*picture.notes, note))


def lay_frames(path: Path, kind: PictureFormat, frames: tuple[Frame, ...]) -> tuple[Frame, ...]:
    """Put right what libvips has filled in.

    Args:
        path: a whole GIF.
        kind: GIF.
        frames: as libvips gives them.

    Returns:
        The frames, the same where nothing was filled in.

    Raises:
        InvalidImageError: damaged.
    """
    height, width = frames[0].shape[:2]
    parts = list(_parts(path.read_bytes()))
    if len(parts) != len(frames):
        return frames
    first = parts[0]
    is_small = first.left > 0 or first.top > 0 or first.width < width or first.height < height
    is_filled_around = is_small and not first.has_transparent
    is_filled_in = any(part.afterwards == _CLEARED and not part.has_transparent for part in parts[:-1])
    if not is_filled_around and not is_filled_in:
        return frames
    canvas = np.zeros((height, width, 4), np.uint8)
    shape = (len(parts) * height, width, 4)
    laid = np.split(whole(Strips(shape, canvas.dtype, lambda: _laid(path, kind, parts, canvas))), len(parts))
    opaque = all(frame[..., 3].all() for frame in laid)
    return tuple(frame[..., :3] if opaque else frame for frame in laid)


def _parts(file: bytes) -> Iterator[_Frame]:
    """The frames of a file whose blocks are known to run to its end."""
    at = _HEADER + colour_table_size(file[10])
    palette = file[_HEADER:at]
    afterwards, transparent = 0, b"\0\0"
    while at < len(file) and file[at] != _END:
        if file[at] == _EXTENSION:
            if file[at + 1] == _CONTROL and file[at + 2] == 4:
                flags, index = file[at + 3], file[at + 6]
                afterwards, transparent = flags >> 2 & 7, bytes((flags & 1, index))
            at = _after_blocks(file, at + 2)
            continue
        left, top, width, height = (int.from_bytes(file[n : n + 2], "little") for n in range(at + 1, at + 9, 2))
        flags = file[at + 9]
        end = _after_blocks(file, at + 11 + colour_table_size(flags))
        size = file[at + 5 : at + 9]
        control = bytes((_EXTENSION, _CONTROL, 4, transparent[0], 0, 0, transparent[1], 0))
        alone = b"GIF89a" + size + file[10:_HEADER] + palette + control
        alone += bytes((_PICTURE, 0, 0, 0, 0)) + size + file[at + 9 : end] + bytes((_END,))
        yield _Frame(left, top, width, height, afterwards, bool(transparent[0]), alone)
        afterwards, transparent = 0, b"\0\0"
        at = end


def _after_blocks(file: bytes, at: int) -> int:
    """Where the next part begins, given where a chain of blocks with their sizes does."""
    while size := file[at]:
        at += size + 1
    return at + 1


def _laid(path: Path, kind: PictureFormat, parts: list[_Frame], canvas: Image) -> Iterator[Image]:
    for part in parts:
        place = canvas[part.top : part.top + part.height, part.left : part.left + part.width]
        before = place.copy()
        pixels = decode_buffer(part.file, path, kind)[: place.shape[0], : place.shape[1]]
        seen = pixels[..., 3] == _OPAQUE if pixels.shape[2] == 4 else np.ones(pixels.shape[:2], bool)
        place[seen, :3] = pixels[seen, :3]
        place[seen, 3] = _OPAQUE
        yield canvas.copy()
        if part.afterwards == _CLEARED:
            place[...] = 0
        elif part.afterwards == _AS_BEFORE:
            place[...] = before
