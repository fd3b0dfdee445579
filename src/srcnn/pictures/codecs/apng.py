"""Decode animated PNG in any depth: libvips decodes every frame as a PNG of its own, and they are laid here.

Source: PNG, third edition (W3C 2025), 4.9, 11.3.6 and 13.10. Tests: tests/pictures/test_apng.py.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from srcnn.errors import InvalidImageError, SrcnnError
from srcnn.imaging.depth import Image, from_float, to_float
from srcnn.pictures.codecs import libvips_decode, png
from srcnn.pictures.formats import PictureFormat
from srcnn.pictures.picture import Picture, check_pixels

_CLEARED, _AS_BEFORE = 1, 2
_OVER = 1
_NEEDED = (b"PLTE", b"tRNS")
"""Chunks that a frame cannot be decoded without; all others say something of the whole."""


@dataclass(slots=True)
class _Frame:
    """What a frame's control chunk says, and its compressed pixels."""

    size: bytes
    left: int
    top: int
    duration_ms: float
    afterwards: int
    blending: int
    pixels: bytearray = field(default_factory=bytearray)


def decode(path: Path, kind: PictureFormat, *, max_pixels: int) -> Picture:
    """Decode all frames as they are shown, in the depth of the file.

    Args:
        path: a PNG file that says it is animated.
        kind: PNG.
        max_pixels: checked from the header, for all frames together.

    Returns:
        Whole frames, not yet upright.

    Raises:
        InvalidImageError: damaged or cut short.
        ImageTooLargeError: more than `max_pixels`.
    """
    still = libvips_decode.decode(path, kind, max_pixels=max_pixels, first_only=True)
    try:
        chunks = list(png.checked_chunks(path.read_bytes()))
        header = dict(reversed(chunks))  # the first of each name
        height, width = struct.unpack_from(">II", header[b"IHDR"])[::-1]
        count, loop = struct.unpack(">II", header[b"acTL"])
        check_pixels(path, (height, width), frames=count, max_pixels=max_pixels)
        frames = _collect(chunks, count)
    except SrcnnError:
        raise
    except (ValueError, KeyError, struct.error) as error:
        raise _broken(path, str(error)) from error
    durations = tuple(round(frame.duration_ms) for frame in frames)
    rounded = any(whole != frame.duration_ms for whole, frame in zip(durations, frames, strict=True))
    beginning = [(name, body) for name, body in chunks if name in _NEEDED]
    canvas = np.zeros((height, width, *still.image.shape[2:]), still.image.dtype)
    return replace(
        still,
        frames=tuple(_shown(path, kind, header[b"IHDR"], beginning, frames, canvas)),
        durations_ms=durations,
        loop=loop,
        notes=(*still.notes, *(["durations were rounded to whole milliseconds"] if rounded else [])),
    )


def _broken(path: Path, reason: str) -> InvalidImageError:
    return InvalidImageError(
        f"expected a whole animated PNG at {path}, got one that cannot be decoded ({reason}); "
        "it is damaged or cut short: get it again"
    )


def _collect(chunks: list[png.Chunk], count: int) -> list[_Frame]:
    """What belongs to each frame; a still picture before the first is not one of them."""
    frames: list[_Frame] = []
    sequence = 0
    for name, body in chunks:
        if name in (b"fcTL", b"fdAT"):
            if struct.unpack_from(">I", body) != (sequence,):
                raise ValueError("frames are missing or out of order")
            sequence += 1
        if name == b"fcTL":
            size, left, top, time, parts, afterwards, blending = struct.unpack(">4x8sIIHHBB", body)
            frames.append(_Frame(size, left, top, 1000 * time / (parts or 100), afterwards, blending))
        elif name == b"fdAT" or (name == b"IDAT" and frames):
            if not frames:
                raise ValueError("pixels of a frame come before it")
            frames[-1].pixels += body[4:] if name == b"fdAT" else body
    if len(frames) != count:
        raise ValueError(f"{len(frames)} frames instead of {count}")
    return frames


def _shown(
    path: Path, kind: PictureFormat, header: bytes, beginning: list[png.Chunk], frames: list[_Frame], canvas: Image
) -> Iterator[Image]:
    """Decode frame after frame, and lay each on what the ones before have left."""
    for frame in frames:
        width, height = struct.unpack(">II", frame.size)
        place = canvas[frame.top : frame.top + height, frame.left : frame.left + width]
        if place.shape[:2] != (height, width):
            raise _broken(path, "a frame reaches beyond the picture")
        body = [(b"IHDR", frame.size + header[8:]), *beginning, (b"IDAT", bytes(frame.pixels))]
        pixels = libvips_decode.decode_buffer(png.join_chunks(body), path, kind)
        before = place.copy()
        place[...] = _over(pixels, before) if frame.blending == _OVER else pixels
        yield canvas.copy()
        if frame.afterwards == _CLEARED or (frame.afterwards == _AS_BEFORE and frame is frames[0]):
            place[...] = 0
        elif frame.afterwards == _AS_BEFORE:
            place[...] = before


def _over(above: Image, below: Image) -> Image:
    """Lay a picture with alpha on another; without alpha it covers all."""
    if above.ndim == 2 or above.shape[2] == 3:
        return above
    upper, lower = to_float(above), to_float(below)
    share = upper[..., -1:]
    rest = lower[..., -1:] * (1 - share)
    alpha = share + rest
    colour = upper[..., :-1] * share + lower[..., :-1] * rest
    colour = np.where(alpha > 0, colour / np.where(alpha > 0, alpha, 1), lower[..., :-1])
    return from_float(np.concatenate((colour, alpha), axis=2), above.dtype)
