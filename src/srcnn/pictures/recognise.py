"""What a file is, by its bytes. This module decodes no pixels and knows no libraries."""

import mmap
import struct
from collections.abc import Iterator
from pathlib import Path

from srcnn.pictures.codecs.png import chunks_of
from srcnn.pictures.formats import PictureFormat, format_named
from srcnn.pictures.tiff import first_directory

# What the first bytes say. TGA has no such mark and is known by its suffix alone.
_MARKS = (
    (b"\x89PNG\r\n\x1a\n", "PNG"), (b"\xff\xd8\xff", "JPEG"), (b"GIF87a", "GIF"), (b"GIF89a", "GIF"),
    (b"II*\0", "TIFF"), (b"MM\0*", "TIFF"), (b"II+\0", "TIFF"), (b"MM\0+", "TIFF"),
    (b"BM", "BMP"), (b"\0\0\1\0", "ICO"), *((b"P%d" % number, "PNM") for number in range(1, 7)),
    (b"\0\0\0\x0cjP  \r\n\x87\n", "JPEG 2000"), (b"\xff\x4f\xff\x51", "JPEG 2000"),
    *((b"\n%c\1" % version, "PCX") for version in (0, 2, 3, 4, 5)),
)  # fmt: skip
SIGNED_ORIGIN = "the signed statement of its origin (C2PA)"
_EXTENDED_XMP = b"http://ns.adobe.com/xmp/extension/\0"
_AVIF_HEAD = 2**16
"""Bytes within which an AVIF describes its picture."""
_AVIF_BRANDS = (b"avif", b"avis")
_HEIF_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")


def recognise(head: bytes, suffix: str) -> PictureFormat | None:
    """Name the format of a file by its content.

    Args:
        head: the first 32 bytes.
        suffix: of the file's name; it only decides for TGA.

    Returns:
        The format, or None if it is none this package knows.

    Tests: tests/pictures/test_recognise.py.
    """
    for mark, name in _MARKS:
        if head.startswith(mark):
            return format_named(name)
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return format_named("WebP")
    if head[4:8] == b"ftyp":
        brands = [head[8:12], *(head[i : i + 4] for i in range(16, 32, 4))]
        if any(brand in _AVIF_BRANDS for brand in brands):
            return format_named("AVIF")
        return format_named("HEIF") if any(brand in _HEIF_BRANDS for brand in brands) else None
    return format_named("TGA") if suffix.lower() == ".tga" else None


def suffix_of(path: Path) -> str:
    """The usual suffix of a file's format by its content, as ".jpg"; nothing where there is none, or no file.

    Tests: tests/pictures/test_recognise.py.
    """
    try:
        if not path.is_file():  # opening a pipe would wait for somebody to write
            return ""
        with path.open("rb") as file:
            kind = recognise(file.read(32), "")
    except OSError:
        return ""
    return kind.suffixes[0] if kind else ""


def is_animated_png(path: Path) -> bool:
    """Whether a PNG says before its pixels, once and validly, that it is animated; else it is a still picture.

    Source: PNG, third edition (W3C 2025), 11.3.6.1. Tests: tests/pictures/test_recognise.py.
    """
    found = 0
    with path.open("rb") as file:
        for name, length in chunks_of(file):
            if name == b"IDAT":
                return found == 1
            if name == b"acTL":
                count = int.from_bytes(file.read(4), "big")
                if length != 8 or not 0 < count < 2**31:
                    return False
                found += 1
    return False


def is_lossless_webp(path: Path) -> bool:
    """Whether every picture in a WebP, those of an animation too, is in the format's lossless half.

    Source: RFC 9649, 2.5 to 2.7. Tests: tests/pictures/test_recognise.py.
    """
    lossless = False
    with path.open("rb") as file:
        end = 8 + int.from_bytes(file.read(8)[4:], "little")
        file.seek(12)
        while file.tell() < end and len(start := file.read(8)) == 8:
            name, length = struct.unpack("<4sI", start)
            if name == b"VP8 ":
                return False
            lossless |= name == b"VP8L"
            # A frame of an animation is a chunk with others in it, after 16 bytes of its own.
            file.seek(16 if name == b"ANMF" else length + length % 2, 1)
    return lossless


def pictures_in_jpeg(path: Path) -> int:
    """How many pictures a JPEG file says it holds: stereo pairs, large previews, gain maps for bright displays.

    Source: Multi-Picture Format (CIPA DC-007), 5.2.3. Tests: tests/pictures/test_recognise.py.
    """
    index = next((body for mark, body in _jpeg_segments(path) if mark == 0xE2 and body.startswith(b"MPF\0")), b"")
    return first_directory(index[4:]).get(0xB001, 1)


def extras_in_jpeg(path: Path) -> tuple[str, ...]:
    """What a JPEG has in application segments of its own that is true of this file alone, by its name for people.

    Source: C2PA 2.1, A.3.1 (JUMBF in APP11); FLIR's radiometric JPEG. Tests: tests/pictures/test_read.py.
    """
    segments = list(_jpeg_segments(path))
    signed = any(mark == 0xEB and body.startswith(b"JP") and b"c2pa" in body[:512] for mark, body in segments)
    thermal = any(mark == 0xE1 and body.startswith(b"FLIR\0") for mark, body in segments)
    return (SIGNED_ORIGIN,) * signed + ("the thermal camera's temperature image",) * thermal


def has_extended_xmp(path: Path) -> bool:
    """Whether a JPEG holds more XMP than fits into one segment; decoders give the first part alone.

    Source: XMP, part 3 (Adobe 2020), 1.1.3.1. Tests: tests/pictures/test_recognise.py.
    """
    return any(mark == 0xE1 and body.startswith(_EXTENDED_XMP) for mark, body in _jpeg_segments(path))


def _jpeg_segments(path: Path) -> Iterator[tuple[int, bytes]]:
    """Mark and body of what stands before the pixels."""
    with path.open("rb") as file:
        file.seek(2)
        while len(start := file.read(4)) == 4 and start[0] == 0xFF and start[1] != 0xDA:
            yield start[1], file.read(max(0, int.from_bytes(start[2:], "big") - 2))


def is_animated_avif(path: Path) -> bool:
    """Whether an AVIF says first that it is a sequence of pictures.

    Source: AV1 Image File Format 1.1, 6.3. Tests: tests/pictures/test_recognise.py.
    """
    with path.open("rb") as file:
        return file.read(12)[8:] == b"avis"


def colours_of_avif(path: Path) -> tuple[int, int] | None:
    """What an AVIF says of its colours beside a profile: numbers of the primaries and of the transfer curve.

    Returns:
        The numbers, or None if it says nothing.

    Source: ISO/IEC 14496-12, ColourInformationBox; ITU-T H.273. Tests: tests/pictures/test_recognise.py.
    """
    with path.open("rb") as file:
        head = file.read(_AVIF_HEAD)
    at = head.find(b"colrnclx") + 8
    return struct.unpack_from(">HH", head, at) if at >= 8 and at + 4 <= len(head) else None


def is_whole_png(path: Path) -> bool:
    """Whether a PNG's chunks run to its end; libvips reads on only as far as the pixels go.

    Source: PNG, third edition (W3C 2025), 5.3. Tests: tests/pictures/test_recognise.py.
    """
    with path.open("rb") as file:
        return any(name == b"IEND" for name, _ in chunks_of(file))


def is_whole_gif(path: Path) -> bool:
    """Whether a GIF's blocks run to its trailer; libvips leaves out frames that are cut off, in silence.

    Source: GIF89a, appendix A. Tests: tests/pictures/test_recognise.py.
    """
    end = _end_of_blocks(path)
    return end is not None and end < path.stat().st_size


def lacks_gif_trailer(path: Path) -> bool:
    """Whether a GIF ends behind a block: no frame is cut, though some may be missing.

    Tests: tests/pictures/test_recognise.py.
    """
    return _end_of_blocks(path) == path.stat().st_size


def _end_of_blocks(path: Path) -> int | None:
    """Where the blocks of a GIF end: its trailer, or the end of the file; None if one of them is cut or unknown."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        try:
            at = 13 + colour_table_size(data[10])
            while at != len(data) and (block := data[at]) != 0x3B:
                if block == 0x21:
                    at += 2
                elif block == 0x2C:
                    at += 11 + colour_table_size(data[at + 9])
                else:
                    return None
                while size := data[at]:
                    at += size + 1
                at += 1
        except IndexError:
            return None
    return at


def colour_table_size(flags: int) -> int:
    """Bytes of the colour table of a GIF that follows on these flags."""
    return 3 * 2 ** ((flags & 7) + 1) if flags & 0x80 else 0
