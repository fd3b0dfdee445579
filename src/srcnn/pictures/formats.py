"""Which picture formats there are, and what each can hold. Data; this module opens no pictures.

The table in docs/formats.md is printed from here.
"""

from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Literal

from srcnn.errors import ImageTooLargeError, OutputError

DEFAULT_MAX_PIXELS = 500_000_000
"""Of an input, all frames together: 1.5 GB of 8-bit RGB."""

Kept = Literal["icc", "exif", "xmp", "iptc", "dpi", "orientation", "texts"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureFormat:
    """A file format as plain facts about what this package reads and writes of it.

    Attributes:
        name: as people write it.
        suffixes: lower case, the usual one first.
        codec: who decodes and encodes it.
        reads: what is read beyond 8-bit grey and RGB, for people.
        writes: sample types that can be written; empty for formats that are only read.
        alpha: transparency is written.
        inks: CMYK is written.
        keeps: which metadata are written.
        frames: whether several frames are an animation, pages of a document, or not kept.
        lossy: the format does not give back the very pixels.
        streams: rows are written as they come; encoders of the others hold the whole picture.
        largest_side: pixels a side that can be written.
        longest_frame_ms: that a frame of an animation can be shown.
        shortest_frame_ms: likewise.
        frame_step_ms: of which durations are multiples.
        risky: the decoder has a bad security record; the format is read only where that is allowed.
    """

    name: str
    suffixes: tuple[str, ...]
    codec: Literal["libvips", "pillow", "pnm"]
    reads: str = ""
    writes: tuple[Literal["uint8", "uint16", "float32"], ...] = ("uint8",)
    alpha: bool = False
    inks: bool = False
    keeps: frozenset[Kept] = frozenset()
    frames: Literal["animation", "pages", ""] = ""
    lossy: bool = False
    streams: bool = False
    largest_side: int = 2**31 - 1
    longest_frame_ms: int = 0
    shortest_frame_ms: int = 0
    frame_step_ms: int = 1
    risky: bool = False


_ALL: frozenset[Kept] = frozenset({"icc", "exif", "xmp", "iptc", "dpi", "orientation"})

# Largest sides: JPEG and GIF have 16-bit fields (ITU-T T.81 B.2.2, GIF89a), WebP 14-bit ones (RFC 9649),
# TGA 16-bit ones; libpng stops at 1,000,000 by default, libvips' AVIF writer at 16,384 and libvips itself at
# 100,000,000. Longest frames: 16 bit of seconds, 24 bit of milliseconds and 16 bit of hundredths in the same sources.
# Shortest: libvips writes 100 ms into a WebP for what is shorter than 11.
FORMATS = (
    PictureFormat(
        name="PNG",
        suffixes=(".png", ".apng"),
        codec="libvips",
        writes=("uint8", "uint16"),
        alpha=True,
        reads="1 to 16 bit, palette, tRNS, interlaced; animations (APNG)",
        keeps=frozenset({"icc", "exif", "xmp", "dpi", "orientation", "texts"}),
        frames="animation",
        largest_side=1_000_000,
        longest_frame_ms=65_535_000,
        streams=True,
    ),
    PictureFormat(
        name="JPEG",
        suffixes=(".jpg", ".jpeg", ".jpe", ".jfif"),
        codec="libvips",
        inks=True,
        reads="progressive, CMYK",
        keeps=_ALL,
        lossy=True,
        largest_side=65_535,
        streams=True,
    ),
    PictureFormat(
        name="WebP",
        suffixes=(".webp",),
        codec="libvips",
        reads="lossy and lossless, alpha, animations",
        alpha=True,
        keeps=frozenset({"icc", "exif", "xmp", "orientation"}),
        frames="animation",
        lossy=True,
        largest_side=16_383,
        longest_frame_ms=2**24 - 1,
        shortest_frame_ms=11,
    ),
    PictureFormat(
        name="TIFF",
        suffixes=(".tif", ".tiff"),
        codec="libvips",
        writes=("uint8", "uint16", "float32"),
        alpha=True,
        inks=True,
        reads="8, 16 or 32 bit, grey and palette of 1, 2 or 4 bit, float, alpha, CMYK, pages, tiles, BigTIFF, LZW, "
        "Deflate, JPEG; Lab of 16 bit or float becomes sRGB; no camera raw files",
        keeps=_ALL,
        frames="pages",
        largest_side=100_000_000,
        streams=True,
    ),
    PictureFormat(
        name="AVIF",
        suffixes=(".avif",),
        codec="libvips",
        writes=("uint8", "uint16"),
        alpha=True,
        reads="8 to 12 bit, alpha",
        keeps=frozenset({"icc", "exif", "xmp"}),
        lossy=True,
        largest_side=16_384,
    ),
    PictureFormat(
        name="HEIF",
        suffixes=(".heic", ".heif"),
        codec="libvips",
        writes=(),
        reads="HEVC, where libvips was built with it; that of PyPI, `pyvips-binary`, was not",
        lossy=True,
    ),
    PictureFormat(
        name="GIF",
        suffixes=(".gif",),
        codec="libvips",
        reads="animations, transparency",
        alpha=True,
        frames="animation",
        largest_side=65_535,
        longest_frame_ms=655_350,
        shortest_frame_ms=20,  # shorter ones are shown for 100 ms
        frame_step_ms=10,
    ),
    PictureFormat(
        name="BMP",
        suffixes=(".bmp", ".dib"),
        codec="pillow",
        reads="1 to 32 bit per pixel, RLE",
        keeps=frozenset({"dpi"}),
    ),
    PictureFormat(
        name="TGA",
        suffixes=(".tga",),
        codec="pillow",
        reads="RLE, palette, alpha",
        alpha=True,
        largest_side=65_535,
    ),
    PictureFormat(
        name="ICO",
        suffixes=(".ico",),
        codec="pillow",
        reads="the largest picture in it",
        writes=(),
    ),
    PictureFormat(
        name="PNM",
        suffixes=(".ppm", ".pgm", ".pnm", ".pbm"),
        codec="pnm",
        writes=("uint8", "uint16"),
        reads="binary and plain, 1 to 16 bit",
        streams=True,
    ),
    # Decoders with a bad record: CVE-2020-10994, CVE-2021-25287, CVE-2021-25288 (JPEG 2000, and those of OpenJPEG
    # itself), CVE-2020-5310, CVE-2020-5312, CVE-2020-10378, CVE-2020-35653 (PCX).
    PictureFormat(
        name="JPEG 2000",
        suffixes=(".jp2", ".j2k", ".jpx", ".jpf", ".j2c", ".jpc"),
        codec="pillow",
        reads="grey of 1 to 16 bit, RGB and alpha of 8 bit; deeper colour is reduced to 8 bit",
        writes=(),
        lossy=True,
        risky=True,
    ),
    PictureFormat(
        name="PCX",
        suffixes=(".pcx",),
        codec="pillow",
        reads="1 to 24 bit per pixel",
        writes=(),
        risky=True,
    ),
)

_BY_SUFFIX = {suffix: kind for kind in FORMATS for suffix in kind.suffixes}
_BY_NAME = {kind.name: kind for kind in FORMATS}
SUFFIXES = frozenset(_BY_SUFFIX)
WRITTEN = tuple(suffix for suffix, kind in _BY_SUFFIX.items() if kind.writes)
RISKY = {kind.suffixes[0].lstrip("."): kind for kind in FORMATS if kind.risky}
"""Formats that are read only where that is allowed, by what people call them."""


def format_named(name: str) -> PictureFormat:
    """The format of a name, such as "JPEG 2000"."""
    return _BY_NAME[name]


def stem(file: PurePath) -> str:
    """A name without folders and the ending of a picture; what else follows a dot belongs to the name.

    Tests: tests/pictures/test_formats.py.
    """
    return file.stem if file.suffix.lower() in SUFFIXES else file.name


def format_to_write(path: Path) -> PictureFormat:
    """The format an output's suffix asks for.

    Raises:
        OutputError: no format this package writes.
    """
    kind = _BY_SUFFIX.get(path.suffix.lower())
    if kind is None or not kind.writes:
        known = ", ".join(each.suffixes[0] for each in FORMATS if each.writes)
        raise OutputError(f"expected an output name ending in one of {known}, got {path}; choose another suffix")
    return kind


def check_output_format(path: Path, height: int, width: int) -> PictureFormat:
    """Refuse an output that cannot be written, before the work starts.

    Args:
        path: the output; its suffix names the format.
        height: of the output in pixels.
        width: of the output in pixels.

    Returns:
        The format.

    Raises:
        OutputError: no format this package writes.
        ImageTooLargeError: more pixels a side than the format holds.

    Tests: tests/pictures/test_formats.py.
    """
    kind = format_to_write(path)
    side = max(height, width)
    if side > kind.largest_side:
        roomier = [
            each.name for each in FORMATS if "icc" in each.keeps and not each.lossy and side <= each.largest_side
        ]
        advice = f"write {' or '.join(roomier)}, or choose" if roomier else "choose"
        raise ImageTooLargeError(
            f"expected at most {kind.largest_side:,} pixels a side for {path}, since {kind.name} holds no more, "
            f"got {width:,} x {height:,}; {advice} a smaller scale"
        )
    return kind


def markdown_table() -> str:
    """The table of formats for the docs, one row for each format."""
    columns = (
        "format",
        "suffixes",
        "read",
        "written",
        "alpha",
        "CMYK",
        "kept",
        "several frames",
        "row by row",
        "largest side",
    )
    rows = ["| " + " | ".join(columns) + " |", "|---" * len(columns) + "|"]
    for kind in FORMATS:
        cells = (
            kind.name,
            " ".join(kind.suffixes),
            f"with `--allow-formats {kind.suffixes[0].lstrip('.')}`: {kind.reads}" if kind.risky else kind.reads,
            ", ".join(kind.writes) + (", lossy" if kind.lossy else "") if kind.writes else "no",
            "yes" if kind.alpha else "no",
            "yes" if kind.inks else "no",
            ", ".join(sorted(kind.keeps)) or "-",
            kind.frames or "first only",
            ("yes" if kind.streams else "no") if kind.writes else "-",
            f"{kind.largest_side:,}" if kind.writes and kind.largest_side < 2**31 - 1 else "-",
        )
        rows.append("| " + " | ".join(cells) + " |")
    return "\n".join(rows) + "\n"
