"""Read a picture file: what it is, whether it is whole and small enough, its pixels and what must be kept.

This module knows nothing of networks, and leaves decoding to one codec for each format.
"""

import os
import re
import stat
from collections.abc import Collection, Iterator
from dataclasses import replace
from pathlib import Path

from srcnn.errors import InvalidImageError, SrcnnError
from srcnn.imaging.depth import Image
from srcnn.pictures import exif_in_tiff
from srcnn.pictures.codecs import apng, gif, libvips_decode, pillow, png, pnm
from srcnn.pictures.formats import DEFAULT_MAX_PIXELS, PictureFormat
from srcnn.pictures.metadata_size import check_metadata_size
from srcnn.pictures.open_files import File, path_to_read
from srcnn.pictures.picture import CLIPPED, Picture, upright
from srcnn.pictures.recognise import (
    SIGNED_ORIGIN,
    colours_of_avif,
    extras_in_jpeg,
    has_extended_xmp,
    is_animated_avif,
    is_animated_png,
    is_lossless_webp,
    is_whole_gif,
    is_whole_png,
    lacks_gif_trailer,
    pictures_in_jpeg,
    recognise,
)
from srcnn.pictures.tiff import first_pages, is_camera_raw

_VIDEO = re.compile(rb"""(MotionPhoto|MicroVideo)(\s*=\s*["']|>)1""")
_GAIN_MAP = re.compile(rb"hdrgm:Version")
_SRGB_PRIMARIES, _SRGB_TRANSFERS = (1, 2), (1, 2, 6, 13, 14, 15)
"""And "unspecified", and the curves of television that programs show as sRGB's. Source: ITU-T H.273, tables 2, 3."""


def read_picture(
    file: File,
    *,
    max_pixels: int = DEFAULT_MAX_PIXELS,
    turn: bool = True,
    inks: bool = False,
    allowed: Collection[str] = (),
) -> Picture:
    """Read a picture with everything that must be kept.

    What the file is follows from its content, not from its name. Colours stay as they are encoded,
    with their profile beside them; only Lab, and CMYK unless asked for, become sRGB, with a note.

    Args:
        file: of any format in docs/formats.md: a path, or an open binary file, which is copied to the temporary folder
            first.
        max_pixels: of all frames together, checked from the header before any decoding.
        turn: bring the pixels upright as the orientation tag says; else they stay as stored, and so
            does the tag.
        inks: leave CMYK as it is, for an output that holds it (`PictureFormat.inks`).
        allowed: names of formats that are read though their decoders have a bad security record.

    Returns:
        Frames in the depth and with the channels of the file, and its metadata.

    Raises:
        InvalidImageError: missing, not a picture, damaged, cut short, or a kind that is not read.
        ImageTooLargeError: more than `max_pixels`, or more frames than anyone needs.
        InvalidConfigError: neither a path nor an open binary file.

    Tests: tests/pictures/test_read.py, tests/pictures/test_corrupted.py, tests/pictures/test_open_files.py.
    """
    with path_to_read(file) as path:
        picture = _decode(path, _open(path, allowed), max_pixels=max_pixels, inks=inks)
    return upright(picture) if turn else picture


def read_array(path: str | os.PathLike[str], *, max_pixels: int = DEFAULT_MAX_PIXELS) -> Image:
    """Read the pixels exactly as stored: what training and evaluation work on.

    Args:
        path: a file of any format in docs/formats.md; of several frames the first is read.
        max_pixels: checked from the header before any decoding.

    Returns:
        H x W or H x W x C in uint8, uint16 or float32; palettes expanded, 1 bit as 0 and 255; not turned
        by the orientation tag; no colour conversion except CMYK and Lab to sRGB.

    Raises:
        InvalidImageError: missing, not a picture, damaged, cut short, a kind that is not read, or floating point
            outside [0, 1]: clipped, it would be no truth to learn from or to measure against.
        ImageTooLargeError: more than `max_pixels`.

    Tests: tests/pictures/test_read.py.
    """
    path = Path(path)
    picture = _decode(path, _open(path), max_pixels=max_pixels, first_only=True)
    if CLIPPED in picture.notes:
        raise InvalidImageError(
            f"expected floating point in [0, 1] in {path}, got values outside, or no numbers; divide by the largest "
            "value that samples can have, such as 255, or clip what is little above"
        )
    return picture.image


def _decode(
    path: Path, kind: PictureFormat, *, max_pixels: int, first_only: bool = False, inks: bool = False
) -> Picture:
    try:
        picture = _decode_by_kind(path, kind, max_pixels=max_pixels, first_only=first_only, inks=inks)
        return replace(picture, lossy=_is_lossy(path, kind, len(picture.frames)))
    except SrcnnError:
        raise
    except OSError as error:  # it was there a moment ago
        raise InvalidImageError(
            f"expected to read {path}, got: {error.strerror or error}; see that it stays where it is until it is read"
        ) from error


def _is_lossy(path: Path, kind: PictureFormat, frames: int) -> bool:
    """Whether the file does not give back the pixels that were put into it: a few formats can do both."""
    match kind.name:
        case "WebP":
            return not is_lossless_webp(path)
        case "TIFF":
            return any(page.lossy for page in first_pages(path, frames))
        case _:
            return kind.lossy


def _decode_by_kind(path: Path, kind: PictureFormat, *, max_pixels: int, first_only: bool, inks: bool) -> Picture:
    if kind.name == "GIF" and not (is_whole_gif(path) or lacks_gif_trailer(path)):
        raise InvalidImageError(f"expected a whole GIF file at {path}, got one cut short; get it again")
    check_metadata_size(path, kind)
    if kind.name == "TIFF" and is_camera_raw(path):
        raise InvalidImageError(
            f"expected a developed picture at {path}, got a camera's raw file, of which only the thumbnail could be "
            "read; develop it first, for example into a 16-bit TIFF"
        )
    if kind.codec == "pnm":
        return pnm.decode(path, max_pixels=max_pixels)
    if kind.codec == "pillow":
        return pillow.decode(path, kind, max_pixels=max_pixels)
    if kind.name == "PNG" and is_animated_png(path) and not first_only:
        picture = apng.decode(path, kind, max_pixels=max_pixels)
    else:
        picture = libvips_decode.decode(path, kind, max_pixels=max_pixels, first_only=first_only, inks=inks)
    if kind.name == "GIF" and not first_only:
        picture = gif.with_shown_durations(replace(picture, frames=gif.lay_frames(path, kind, picture.frames)))
    if kind.name == "PNG":
        picture = replace(picture, texts=png.read_texts(path))
    return replace(picture, notes=(*picture.notes, *_left_in_file(path, kind, picture)))


def _left_in_file(path: Path, kind: PictureFormat, picture: Picture) -> tuple[str, ...]:
    """A sentence for what a decoder leaves out in silence."""
    match kind.name:
        case "PNG":
            return tuple(_left_in_png(path, picture.icc))
        case "GIF" if lacks_gif_trailer(path):
            return ("the file ends without its mark of the end: frames may be missing",)
        case "JPEG":
            return tuple(_left_in_jpeg(path, picture.xmp or b""))
        case "AVIF":
            return tuple(_left_in_avif(path, picture.icc))
        case "TIFF":
            return exif_in_tiff.left_in_tiff(path, len(picture.frames))
        case _:
            return ()


def _left_in_png(path: Path, icc: bytes | None) -> Iterator[str]:
    if not is_whole_png(path):
        yield "the file is cut short behind its pixels, where metadata may have been"
    if png.has_signed_origin(path):
        yield f"{SIGNED_ORIGIN} was left out"
    if not icc and png.has_profile(path):
        yield "the ICC profile was left out: it is damaged, or of other channels than the picture"
    elif others := png.colours_beside_srgb(path):
        yield f"the colours were taken for sRGB: {', '.join(others)} of a PNG is not kept"


def _left_in_jpeg(path: Path, xmp: bytes) -> Iterator[str]:
    if (count := pictures_in_jpeg(path)) > 1:
        yield f"only the main one of {count} pictures in the file was read, without gain maps and previews"
    elif _GAIN_MAP.search(xmp):
        yield "the gain map behind the picture was left out, though XMP still tells of it"
    if _VIDEO.search(xmp):
        yield "the video behind the picture was left out, though XMP still tells of it"
    for extra in extras_in_jpeg(path):
        yield f"{extra} was left out"
    if has_extended_xmp(path):
        yield "the parts of XMP behind its first 64 KiB were left out"


def _left_in_avif(path: Path, icc: bytes | None) -> Iterator[str]:
    if is_animated_avif(path):
        yield "only the first picture of an animation was read"
    colours = colours_of_avif(path)
    if colours and not icc and not (colours[0] in _SRGB_PRIMARIES and colours[1] in _SRGB_TRANSFERS):
        yield "the colours were taken for sRGB: what AVIF says of them beside a profile is not kept"


def _open(path: Path, allowed: Collection[str] = ()) -> PictureFormat:
    """The format of a file that can be read at all."""
    try:
        mode = path.stat().st_mode
        head = b""
        if stat.S_ISREG(mode):  # opening a pipe would wait for somebody to write
            with path.open("rb") as file:
                head = file.read(32)
    except FileNotFoundError as error:
        raise InvalidImageError(f"expected a picture file at {path}, got nothing there; check the path") from error
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise InvalidImageError(f"expected to read {path}, got: {reason}; check its name and permissions") from error
    if not stat.S_ISREG(mode):
        got, advice = (
            ("a folder", "name a file") if stat.S_ISDIR(mode) else ("no file", "save it as one, or pipe it to -")
        )
        raise InvalidImageError(f"expected a picture file at {path}, got {got}; {advice}")
    if not head:
        raise InvalidImageError(f"expected a picture at {path}, got an empty file; get it again")
    kind = recognise(head, path.suffix)
    if kind is None:
        raise InvalidImageError(
            f"expected a picture of a known format at {path}, got a file that begins with {head[:8]!r}; "
            "docs/formats.md lists the formats, convert it to one of them"
        )
    if kind.risky and kind.name not in allowed:
        raise InvalidImageError(
            f"expected a picture of a format that is read unasked at {path}, got {kind.name}, whose decoder has a bad "
            f"security record; convert it, or if you trust it use --allow-formats {kind.suffixes[0].lstrip('.')}"
        )
    return kind
