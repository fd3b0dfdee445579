"""Portable any-map, read and written with 8 and 16 bit; Pillow reduces 16-bit colour to 8 in silence.

Source: netpbm.sourceforge.net/doc/ppm.html and its neighbours. Tests: tests/pictures/test_pnm.py.
"""

import re
from pathlib import Path

import numpy as np

from srcnn.errors import InvalidImageError
from srcnn.imaging.depth import Image
from srcnn.pictures.picture import Picture, check_pixels
from srcnn.pictures.strips import Frame, strips_of

_SPACE = rb"(?:\s|#[^\n\r]*[\n\r])+"
_HEADER = re.compile(rb"P([1-6])" + 2 * (_SPACE + rb"(\d{1,9})"))
_PEAK = re.compile(_SPACE + rb"(\d{1,5})(?!\d)")
_NEXT = re.compile(rb"\s*" + _HEADER.pattern)
_HEADER_ROOM = 65_536


def decode(path: Path, *, max_pixels: int) -> Picture:
    """Decode P1 to P6; values below a peak of 255 or 65535 are spread over the whole range.

    Args:
        path: a file that begins with P1 to P6.
        max_pixels: checked from the header.

    Returns:
        One frame, uint8 or uint16; H x W, or H x W x 3. A note says if others follow it.

    Raises:
        InvalidImageError: no valid header, or too few samples.
        ImageTooLargeError: more than `max_pixels`.
    """
    with path.open("rb") as file:
        head = file.read(_HEADER_ROOM)
    match = _HEADER.match(head)
    if not match or not int(match[2]) or not int(match[3]):
        raise InvalidImageError(f"expected a portable any-map at {path}, got a broken header; get the file again")
    number, width, height = (int(group) for group in match.groups())
    check_pixels(path, (height, width), frames=1, max_pixels=max_pixels)
    end, peak = match.end(), 1
    if number not in (1, 4):
        found = _PEAK.match(head, end)
        if not found or not 0 < int(found[1]) < 65_536:
            raise InvalidImageError(f"expected a peak of 1 to 65535 in {path}, got none; get the file again")
        end, peak = found.end(), int(found[1])
    shape = (height, width, 3) if number in (3, 6) else (height, width)
    samples = _samples(path, end, number=number, shape=shape, peak=peak)
    if number in (1, 4):
        samples = 1 - samples  # in bitmaps 1 is black
    row = width * 3 if number == 6 else width
    stored = height * (-(-row // 8) if number == 4 else row * (2 if peak > 255 else 1))
    several = number > 3 and _is_followed(path, end + 1 + stored)  # plain text holds one picture by definition
    notes = ("only the first of several pictures in the file was read",) if several else ()
    return Picture(frames=(_spread(samples, peak),), format="PNM", notes=notes)


def _is_followed(path: Path, end: int) -> bool:
    """Whether another picture begins behind the samples."""
    with path.open("rb") as file:
        file.seek(end)
        return bool(_NEXT.match(file.read(_HEADER_ROOM)))


def _samples(path: Path, start: int, *, number: int, shape: tuple[int, ...], peak: int) -> Image:
    """The stored numbers; plain text in P1 to P3, bits in P4, bytes or big-endian pairs in P5 and P6."""
    count = int(np.prod(shape))
    if number <= 3:
        text = re.sub(rb"#[^\n\r]*", b" ", path.read_bytes()[start:])
        # Digits of a plain bitmap need no space between them.
        words = re.findall(rb"\S" if number == 1 else rb"\d{1,9}|\S", text)[:count]
        if wrong := next((word for word in words if not word.isdigit()), None):
            raise InvalidImageError(f"expected numbers in {path}, got {wrong!r}; the file is damaged")
        values = np.array(words, np.int64)
    elif number == 4:
        row = -(-shape[1] // 8)
        packed = np.fromfile(path, np.uint8, row * shape[0], offset=start + 1)
        whole = packed.size == row * shape[0]
        values = np.unpackbits(packed.reshape(-1, row), axis=1)[:, : shape[1]].ravel() if whole else packed[:0]
    else:
        values = np.fromfile(path, ">u2" if peak > 255 else np.uint8, count, offset=start + 1)
    if values.size != count:
        raise InvalidImageError(
            f"expected {count:,} samples in {path}, got {values.size:,}: it is cut short; get it again"
        )
    if values.max() > peak:
        raise InvalidImageError(f"expected samples up to {peak} in {path}, got {values.max()}; the file is damaged")
    return values.reshape(shape)


def _spread(samples: Image, peak: int) -> Image:
    dtype, top = (np.uint16, 65_535) if peak > 255 else (np.uint8, 255)
    if peak == top:
        return samples.astype(dtype)
    return ((samples.astype(np.uint32) * top + peak // 2) // peak).astype(dtype)


def encode(path: Path, frame: Frame) -> None:
    """Write P5 for grey, P6 for RGB, in the depth that comes in.

    Args:
        path: written in place.
        frame: H x W or H x W x 3, uint8 or uint16.
    """
    height, width = frame.shape[:2]
    peak = np.iinfo(frame.dtype).max
    with path.open("wb") as file:
        file.write(b"P%d\n%d %d\n%d\n" % (5 if len(frame.shape) == 2 else 6, width, height, peak))
        for strip in strips_of(frame).parts():
            file.write(np.ascontiguousarray(strip, ">u2" if peak > 255 else np.uint8).data)
