"""Write a picture file whole or not at all, with everything its format can hold.

This module knows nothing of networks, and leaves encoding to one codec for each format.
"""

from dataclasses import dataclass, replace
from numbers import Integral, Real
from pathlib import Path
from typing import Any

import numpy as np

from srcnn.atomic import atomic_path
from srcnn.errors import InvalidConfigError, InvalidImageError
from srcnn.imaging.depth import Image, check_image, check_range
from srcnn.pictures.codecs import libvips_encode, pillow, pnm
from srcnn.pictures.fit import fit
from srcnn.pictures.formats import PictureFormat, check_output_format
from srcnn.pictures.open_files import File, path_to_write
from srcnn.pictures.picture import Picture, as_unit_float, check_picture
from srcnn.pictures.strips import Frame, Strips

_BIGTIFF_FROM = 2**31
"""Bytes of pixels from which a TIFF gets 64-bit offsets: half of what 32-bit ones reach."""
_TIFF_LEVEL = 3
"""zlib's; its usual 6 takes far longer for 3 % less."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteOptions:
    """How pictures are written; InvalidConfigError is raised for what is out of range.

    Attributes:
        strip_metadata: leave out EXIF, XMP, IPTC and the texts of PNG. The ICC profile, the resolution and the
            orientation stay, since they decide how the picture looks.
        png_level: zlib's, 0 to 9. With the `avg` filter, which suits enlarged photos best, 3 is as small as the
            usual 6 with a choice of filters, and far faster.
        quality: of JPEG, AVIF and WebP, 1 to 100; None is 95, and lossless WebP for a picture that was lossless.
        background: R, G, B in [0, 1], put under transparent pixels where a format has no alpha.
    """

    strip_metadata: bool = False
    png_level: int = 3
    quality: int | None = None
    background: tuple[float, float, float] = (1.0, 1.0, 1.0)

    def __post_init__(self) -> None:
        for name, lowest, highest in (("png_level", 0, 9), ("quality", 1, 100)):
            value = getattr(self, name)
            valid = isinstance(value, Integral) and value in range(lowest, highest + 1)
            if not (valid or (name == "quality" and value is None)):
                raise InvalidConfigError(
                    f"expected {name} as a whole number from {lowest} to {highest}, got {value!r}; give one of them"
                )
        colour = np.asarray(self.background, object)
        if colour.shape != (3,) or not all(isinstance(value, Real) and 0 <= float(value) <= 1 for value in colour):
            raise InvalidConfigError(
                f"expected a background of three numbers in [0, 1], got {self.background!r}; divide by 255"
            )


_QUALITY = 95
_DEFAULTS = WriteOptions()


def write_picture(
    file: File, picture: Picture | Image, *, options: WriteOptions = _DEFAULTS, format: str | None = None
) -> tuple[str, ...]:
    """Write a picture in the format its name asks for.

    Frames that come in strips are written as they come: what is held of them is a few strips, unless the
    format's encoder needs the whole (`PictureFormat.streams`) or the pixels must be turned.

    The orientation and the pixel dimensions in EXIF and XMP become the picture's, and the thumbnail in
    EXIF is left out. Where there is no orientation tag, the pixels are turned upright instead.

    Args:
        file: the output: a path, whose suffix names the format and whose file is replaced once this one is finished; or
            a binary file that is open, which gets all of it at the end.
        picture: frames, those of an animation of equal shape and dtype, and what is to be kept; or only an array,
            H x W or H x W x 1 grey, H x W x 2 grey and alpha, H x W x 3 RGB or H x W x 4 RGBA; uint8, uint16,
            or floating point in [0, 1].
        options: how.
        format: a suffix such as "png", for an open file alone.

    Returns:
        A sentence for everything the format cannot hold, with what was done instead.

    Raises:
        OutputError: not a format that is written, or the file cannot be written; nothing is left behind.
        InvalidImageError: arrays of another shape or dtype, frames that are not alike, or none; what is beside the
            frames is not as `Picture` says; or CMYK, and the format holds none.
        ImageTooLargeError: more pixels a side than the format holds.
        InvalidConfigError: neither a path nor an open binary file; a format with a path, or none without.
        Exception: whatever making a strip raises; nothing is left behind then either.

    Tests: tests/pictures/test_write.py, tests/pictures/test_open_files.py.
    """
    if isinstance(picture, np.ndarray):
        picture = Picture(frames=(picture,))
    with path_to_write(file, format) as path:
        return _write(path, picture, options)


def _write(path: Path, picture: Picture, options: WriteOptions) -> tuple[str, ...]:
    picture, clipped = _storable(picture)
    height, width = (max(frame.shape[axis] for frame in picture.frames) for axis in (0, 1))
    kind = check_output_format(path, height, width)
    if picture.inks and not kind.inks:
        raise InvalidImageError(f"expected grey or RGB for {path}, got CMYK; read the picture without inks=True")
    if options.strip_metadata:
        picture = replace(picture, exif=None, xmp=None, iptc=None, texts=())
    fitted = fit(picture, kind, background=options.background)
    with atomic_path(path) as temporary:
        notes = _encode(temporary, fitted, kind, options)
    return clipped + fitted.notes + notes


def _storable(picture: Picture) -> tuple[Picture, tuple[str, ...]]:
    """With frames that files can hold, and a note if values were clipped for it."""
    if not isinstance(picture, Picture):  # pyright: ignore[reportUnnecessaryIsInstance] (callers are not all typed)
        raise InvalidImageError(f"expected a Picture or a NumPy array, got {type(picture).__name__}; give one of them")
    check_picture(picture)
    frames, notes = zip(*map(_storable_frame, picture.frames), strict=True)
    kinds = {f"{' x '.join(map(str, frame.shape))} {frame.dtype}" for frame in frames}
    if picture.durations_ms and len(kinds) > 1:
        raise InvalidImageError(
            f"expected frames of an animation to be alike, got {' and '.join(sorted(kinds))}; make them alike"
        )
    durations = tuple(round(duration) for duration in picture.durations_ms)
    return replace(picture, frames=frames, durations_ms=durations), tuple(dict.fromkeys(sum(notes, ())))


def _storable_frame(frame: Frame) -> tuple[Frame, tuple[str, ...]]:
    """In the machine's order of bytes, H x W if there is one channel, floating point in [0, 1]."""
    if isinstance(frame, Strips):
        return (frame.each(_without_channel) if frame.shape[2:] == (1,) else frame), ()
    check_image(frame)
    check_range(frame)
    if frame.ndim == 3 and frame.shape[2] > 4:
        raise InvalidImageError(
            f"expected 1 to 4 channels (grey, grey+alpha, RGB, RGBA), got {frame.shape[2]}; write some of them"
        )
    if frame.shape[2:] == (1,):
        frame = _without_channel(frame)
    if frame.dtype.kind == "f":
        return as_unit_float(frame)
    return frame.astype(frame.dtype.newbyteorder("="), copy=False), ()


def _without_channel(image: Image) -> Image:
    return image[:, :, 0]


def _encode(path: Path, picture: Picture, kind: PictureFormat, options: WriteOptions) -> tuple[str, ...]:
    """Hand a fitted picture to its codec."""
    if kind.codec == "pnm":
        pnm.encode(path, picture.frames[0])
    elif kind.codec == "pillow":
        pillow.encode(path, picture, kind)
    else:
        return libvips_encode.encode(path, picture, kind, options=_libvips_options(picture, kind, options))
    return ()


def _libvips_options(picture: Picture, kind: PictureFormat, options: WriteOptions) -> dict[str, Any]:
    """Our choices in libvips' names for one format."""
    quality = _QUALITY if options.quality is None else options.quality
    match kind.name:
        case "PNG":
            return {"compression": options.png_level, "filter": "avg"}
        case "WebP":
            if options.quality is None and not picture.lossy:
                return {"lossless": True, "exact": True}  # exact: colours below full transparency stay as they are
            return {"Q": quality}
        case "TIFF":
            predictor = "float" if all(frame.dtype.kind == "f" for frame in picture.frames) else "horizontal"
            bytes_of_pixels = sum(frame.nbytes for frame in picture.frames)
            return {
                "compression": "deflate",
                "level": _TIFF_LEVEL,
                "predictor": predictor,
                "bigtiff": bytes_of_pixels >= _BIGTIFF_FROM,
            }
        case "AVIF":
            return {
                "Q": quality,
                "bitdepth": 8 if picture.frames[0].dtype == "uint8" else 12,
                "compression": "av1",
            }
        case "GIF":
            # Else a frame gets the palette of the one before, if that is near.
            return {"keep_duplicate_frames": True, "interpalette_maxerror": 0}
        case _:
            return {"Q": quality}
