"""Decode and encode what libvips lacks through Pillow: BMP, TGA, ICO and animated PNG.

Pillow's plug-ins are used by name: nothing is guessed, and Pillow's own limit on pixels, a global
setting of the program, neither warns nor counts.
"""

import io
import struct
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from srcnn.errors import InvalidImageError, SrcnnError
from srcnn.imaging.depth import Image
from srcnn.pictures.exif import orientation_of, without_prefix
from srcnn.pictures.formats import PictureFormat
from srcnn.pictures.picture import Picture, check_pixels

if TYPE_CHECKING:
    from PIL.ImageFile import ImageFile

_MAX_ICON_PIXELS = 2**24
_MAX_ICON_BYTES = 2**26
"""Icons are small; above, Pillow's own limit would warn."""


def decode(path: Path, kind: PictureFormat, *, max_pixels: int, first_only: bool) -> Picture:
    """Decode the first frame or all of them, as stored.

    Args:
        path: a file of the format `kind`.
        kind: BMP, TGA, ICO or PNG.
        max_pixels: checked from the header, for all frames together.
        first_only: read one frame, else all.

    Returns:
        uint8 frames, not yet upright.

    Raises:
        InvalidImageError: damaged or cut short.
        ImageTooLargeError: more than `max_pixels`.
    """
    try:
        with path.open("rb") as file:
            if kind.name == "ICO":
                _check_icon(path, file.read(_MAX_ICON_BYTES), max_pixels)
            return _decode(path, _open(file, kind), kind, max_pixels=max_pixels, first_only=first_only)
    except SrcnnError:
        raise
    except Exception as error:  # Pillow's decoders raise nearly every type on files made to break them
        raise InvalidImageError(
            f"expected a whole {kind.name} file at {path}, got one that cannot be decoded ({error}); "
            "it is damaged, cut short or of a kind that is not read: get it again or convert it"
        ) from error


def _check_icon(path: Path, data: bytes, max_pixels: int) -> None:
    """Hold the limit for every picture in an icon: its directory may say less than they are."""
    (count,) = struct.unpack_from("<H", data, 4)
    for entry in range(6, 6 + 16 * count, 16):
        (at,) = struct.unpack_from("<I", data, entry + 12)
        png = data[at : at + 4] == b"\x89PNG"
        width, height = struct.unpack_from(">II", data, at + 16) if png else struct.unpack_from("<ii", data, at + 4)
        check_pixels(path, (abs(height), abs(width)), frames=1, max_pixels=min(max_pixels, _MAX_ICON_PIXELS))


def _open(file: io.BufferedReader, kind: PictureFormat) -> "ImageFile":
    file.seek(0)
    from PIL import BmpImagePlugin, IcoImagePlugin, PngImagePlugin, TgaImagePlugin

    plugins = {
        "BMP": BmpImagePlugin.BmpImageFile,
        "ICO": IcoImagePlugin.IcoImageFile,
        "PNG": PngImagePlugin.PngImageFile,
        "TGA": TgaImagePlugin.TgaImageFile,
    }
    return plugins[kind.name](file)


def _decode(path: Path, image: "ImageFile", kind: PictureFormat, *, max_pixels: int, first_only: bool) -> Picture:
    count = int(getattr(image, "n_frames", 1)) if kind.frames and not first_only else 1
    check_pixels(path, (image.height, image.width), frames=count, max_pixels=max_pixels)
    deep = kind.name == "PNG" and bool(image.tile) and str(image.tile[0].args).find("16") >= 0
    frames: list[Image] = []
    durations: list[int] = []
    for number in range(count):
        if number:
            image.seek(number)
        image.load()
        frames.append(_to_array(image))
        durations.append(round(float(image.info.get("duration", 0))))
    dpi = image.info.get("dpi")
    exif = without_prefix(image.info.get("exif", b""))
    return Picture(
        frames=tuple(frames),
        durations_ms=tuple(durations) if count > 1 else (),
        loop=int(image.info.get("loop", 0)) if count > 1 else 0,
        format=kind.name,
        orientation=orientation_of(exif),
        icc=image.info.get("icc_profile"),
        exif=exif or None,
        xmp=image.info.get("xmp"),
        dpi=(float(dpi[1]), float(dpi[0])) if dpi else None,
        notes=("an animation of 16 bit was read as 8 bit",) if deep else (),
    )


def _to_array(image: "ImageFile") -> Image:
    """Palettes and 1 bit expanded; transparency as an alpha channel."""
    grey = image.mode in ("1", "L", "LA", "I;16")
    mode = ("LA" if grey else "RGBA") if image.has_transparency_data else ("L" if grey else "RGB")
    return np.array(image if image.mode == mode else image.convert(mode))


def encode(path: Path, picture: Picture, kind: PictureFormat) -> None:
    """Write one 8-bit frame.

    Args:
        path: written in place.
        picture: uint8; these formats hold upright pixels only.
        kind: BMP or TGA.

    Raises:
        OSError: the file cannot be written.
    """
    from PIL import Image as PillowImage

    options: dict[str, Any] = {"dpi": picture.dpi[::-1]} if picture.dpi and "dpi" in kind.keeps else {}
    PillowImage.fromarray(picture.image).save(path, format=kind.name, **options)
