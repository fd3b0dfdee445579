"""Decode and encode what libvips lacks through Pillow: BMP, TGA, ICO, JPEG 2000 and PCX.

Pillow's plug-ins are used by name: nothing is guessed, and Pillow's own limit on pixels, a global
setting of the program, neither warns nor counts.
"""

import io
import struct
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from srcnn.errors import InvalidImageError, OutputError, SrcnnError
from srcnn.imaging.depth import Image
from srcnn.pictures.codecs import jpeg2000
from srcnn.pictures.formats import PictureFormat
from srcnn.pictures.picture import Picture, check_pixels

if TYPE_CHECKING:
    from PIL.ImageFile import ImageFile

_MAX_ICON_PIXELS = 2**24
_MAX_ICON_BYTES = 2**26
"""Icons are small; above, Pillow's own limit would warn."""


def decode(path: Path, kind: PictureFormat, *, max_pixels: int) -> Picture:
    """Decode the only frame, or the largest of an icon, as stored.

    Args:
        path: a file of the format `kind`.
        kind: one whose codec this is.
        max_pixels: checked from the header.

    Returns:
        One frame, uint8 or grey uint16; the largest of an icon.

    Raises:
        InvalidImageError: damaged or cut short.
        ImageTooLargeError: more than `max_pixels`.
    """
    try:
        with path.open("rb") as file:
            if kind.name == "ICO":
                _check_icon(path, file.read(_MAX_ICON_BYTES), max_pixels)
            picture = _decode(path, _open(file, kind), kind, max_pixels=max_pixels)
            return jpeg2000.completed(picture, path) if kind.name == "JPEG 2000" else picture
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
    from PIL import BmpImagePlugin, IcoImagePlugin, Jpeg2KImagePlugin, PcxImagePlugin, TgaImagePlugin

    plugins = {
        "BMP": BmpImagePlugin.BmpImageFile,
        "ICO": IcoImagePlugin.IcoImageFile,
        "TGA": TgaImagePlugin.TgaImageFile,
        "JPEG 2000": Jpeg2KImagePlugin.Jpeg2KImageFile,
        "PCX": PcxImagePlugin.PcxImageFile,
    }
    return plugins[kind.name](file)


def _decode(path: Path, image: "ImageFile", kind: PictureFormat, *, max_pixels: int) -> Picture:
    check_pixels(path, (image.height, image.width), frames=1, max_pixels=max_pixels)
    image.load()
    dpi = image.info.get("dpi") if kind.name != "PCX" else None  # where it is the size of some screen
    return Picture(
        frames=(_to_array(image),),
        format=kind.name,
        dpi=(float(dpi[1]), float(dpi[0])) if dpi else None,
    )


def _to_array(image: "ImageFile") -> Image:
    """Palettes and 1 bit expanded; transparency as an alpha channel."""
    if image.mode == "I;16":
        return np.array(image, np.uint16)
    if image.mode == "CMYK":
        raise ValueError("CMYK in this format")
    grey = image.mode in ("1", "L", "LA")
    mode = ("LA" if grey else "RGBA") if image.has_transparency_data else ("L" if grey else "RGB")
    return np.array(image if image.mode == mode else image.convert(mode))


def encode(path: Path, picture: Picture, kind: PictureFormat) -> None:
    """Write one 8-bit frame.

    Args:
        path: written in place.
        picture: uint8; these formats hold upright pixels only.
        kind: BMP or TGA.

    Raises:
        OutputError: it is too large for the format.
        OSError: the file cannot be written.
    """
    from PIL import Image as PillowImage

    options: dict[str, Any] = {"dpi": picture.dpi[::-1]} if picture.dpi and "dpi" in kind.keeps else {}
    file = io.BytesIO()  # given a path, Pillow does not notice that a full disk takes only a part of what it writes
    try:
        PillowImage.fromarray(picture.image).save(file, format=kind.name, **options)
    except ValueError as error:  # more bytes than the format can count
        raise OutputError(f"expected a picture that {kind.name} holds for {path}, got: {error}; write PNG") from error
    with path.open("wb") as whole:  # `Path.write_bytes` keeps the view if it fails, and the buffer cannot be freed
        whole.write(file.getbuffer())
