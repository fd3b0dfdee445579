"""Decode through libvips.

libvips' warnings reach Python's logger "pyvips", which pyvips silences unless a program configures
logging: nothing is printed. Loaders are called by name, never by guessing, so that only the formats of
`formats.FORMATS` are ever decoded and a "[" in a file's name stays a part of the name.
"""

import mmap
import os
import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from srcnn.errors import InvalidImageError
from srcnn.imaging.depth import Image
from srcnn.pictures import tiff
from srcnn.pictures.codecs.libvips_calls import NO_THREADS, call_libvips, claim_threads
from srcnn.pictures.codecs.libvips_colours import WHITE, known_samples, to_rgb_or_grey
from srcnn.pictures.codecs.libvips_metadata import field_of, metadata
from srcnn.pictures.codecs.libvips_pages import load_page
from srcnn.pictures.formats import PictureFormat
from srcnn.pictures.picture import MAX_FRAMES, Picture, as_unit_float, check_pixels, turned, upright
from srcnn.pictures.strips import Strips, whole

if TYPE_CHECKING:
    import pyvips

_LOADERS = {"PNG": "pngload", "JPEG": "jpegload", "WebP": "webpload", "TIFF": "tiffload", "AVIF": "heifload",
            "HEIF": "heifload", "GIF": "gifload"}  # fmt: skip
_DTYPES = {"uchar": np.uint8, "ushort": np.uint16, "uint": np.uint32, "float": np.float32}
_SIGNED = ("char", "short", "int")
_STRIP_PIXELS = 2**18
_INKS = 4
_OVERSHOOT = 0.1
"""By which filters that sharpen leave [0, 1]; values beyond it are of another range, or brighter than white."""
_MAX_SHARE_OUTSIDE = 0.01
"""Share of samples beyond that; more would be seen to be gone when they are clipped."""


def decode(path: Path, kind: PictureFormat, *, max_pixels: int, first_only: bool, inks: bool = False) -> Picture:
    """Decode the first frame or all of them, as stored.

    Args:
        path: a file of the format `kind`.
        kind: what its first bytes say it is.
        max_pixels: checked from the header, for all frames together.
        first_only: read one frame, else all of formats that have several.
        inks: leave CMYK as it is, if all frames are.

    Returns:
        Frames not yet upright.

    Raises:
        InvalidImageError: damaged, cut short, or of a kind that is not read.
        ImageTooLargeError: more than `max_pixels`.
    """
    import pyvips

    def decoded(fail_on: str = "error") -> Picture:
        return call_libvips(
            lambda: _decode(path, kind, max_pixels=max_pixels, first_only=first_only, inks=inks, fail_on=fail_on)
        )

    if kind.name == "WebP" and not claim_threads():
        raise InvalidImageError(f"expected to read WebP {NO_THREADS}")
    try:
        if kind.name != "JPEG":
            return decoded()
        try:
            return decoded(fail_on="warning")
        except pyvips.Error as error:
            if _LOST_PIXELS.search(reason(error)):
                raise
            picture = decoded()
            return replace(picture, notes=(*picture.notes, f"the file is not quite as it should be ({reason(error)})"))
    except pyvips.Error as error:
        raise _undecodable(path, kind, error) from error


def decode_buffer(file: bytes, path: Path, kind: PictureFormat) -> Image:
    """Decode the pixels of a file in memory.

    Args:
        file: a whole file.
        path: where it was found, for the message.
        kind: its format.

    Raises:
        InvalidImageError: damaged, cut short, or of a kind that is not read.
    """
    import pyvips

    def pixels() -> Image:
        image = pyvips.Operation.call(_LOADERS[kind.name] + "_buffer", file, access="sequential", fail_on="error")
        return _pixels(path, image, [])

    try:
        return call_libvips(pixels)
    except pyvips.Error as error:
        raise _undecodable(path, kind, error) from error


def _undecodable(path: Path, kind: PictureFormat, error: Exception) -> InvalidImageError:
    for cause, wanted, advice in _NOT_READ:
        if cause.search(reason(error)):
            return InvalidImageError(f"expected {kind.name} {wanted} at {path}, got: {reason(error)}; {advice}")
    return InvalidImageError(
        f"expected a whole {kind.name} file at {path}, got one that cannot be decoded ({reason(error)}); "
        "it is damaged, cut short or of a kind that is not read: get it again or convert it"
    )


# What libvips says of files that are whole, what would be read instead, and the way there.
_NOT_READ = (
    (
        re.compile("has not been built in"),
        "in a coding that the installed libvips knows",
        "convert it to PNG or JPEG, or install a libvips that was built with that coding",
    ),
    (
        re.compile("samples out of range|not a whole number of bytes|unsupported tiff image type"),
        "with samples of 8, 16 or 32 bit, or grey or a palette of 1, 2 or 4 bit,",
        "convert it first, for example to 16-bit integers or 32-bit floating point",
    ),
    (
        re.compile("bad labq format"),  # libvips takes Lab of 8 bit for its own packed kind
        "with Lab colours of 16 bit or floating point",
        "convert it to RGB first",
    ),
)

# Of libjpeg's warnings, those after which it fills in grey. Others, such as stray bytes in the header,
# are common in photos that are whole.
_LOST_PIXELS = re.compile(r"premature end|bad Huffman code|instead of RST|before marker 0xd[0-7]")


def _decode(path: Path, kind: PictureFormat, *, max_pixels: int, first_only: bool, inks: bool, fail_on: str) -> Picture:
    pages: list[tiff.Page] = []
    if kind.name == "TIFF":  # libvips goes through all pages to open one
        pages = tiff.first_pages(path, MAX_FRAMES + 1)
        check_pixels(path, (1, 1), frames=len(pages), max_pixels=MAX_FRAMES)
    first = load(path, kind, fail_on=fail_on)
    beside = [page.beside for page in pages[1:] if page.beside]
    stored: int = field_of(first, "n-pages", 1) - len(beside)
    count = stored if kind.frames and not first_only else 1
    check_pixels(path, (first.height, first.width), frames=count, max_pixels=max_pixels)
    notes = [] if first_only else [f"a page that is {what} was left out" for what in dict.fromkeys(beside)]
    if count == 1:
        parts = [first]
    elif kind.frames == "pages":
        parts, _sources = _load_pages(path, count, max_pixels)  # the sources are needed until all pixels are there
    else:
        parts = [load(path, kind, n=-1)]  # one tall image
    pages = [page for number, page in enumerate(pages) if number == 0 or not page.beside]
    parts = [known_samples(path, part, page, notes) for part, page in zip_longest(parts, pages[: len(parts)])]
    inks = inks and all(part.interpretation == "cmyk" and part.bands == _INKS for part in parts)
    if not inks:
        parts = [to_rgb_or_grey(part, notes) for part in parts]
    frames = [frame for part in parts for frame in np.split(_pixels(path, part, notes), count // len(parts))]
    if stored > 1 and not kind.frames:
        notes.append(f"only the main one of {stored} pictures in the file was read")
    animated = kind.frames == "animation" and count > 1
    picture = replace(
        metadata(path, parts[0], kind),
        frames=tuple(frames),
        inks=inks,
        durations_ms=tuple(field_of(parts[0], "delay", [100] * count)) if animated else (),
        loop=field_of(parts[0], "loop", 0) if animated else 0,
        notes=tuple(dict.fromkeys(notes)),
    )
    return _with_equal_orientations(picture, pages) if kind.frames == "pages" and count > 1 else picture


def _with_equal_orientations(picture: Picture, pages: list[tiff.Page]) -> Picture:
    """Turn pages upright where their tags differ, since a picture has one tag for all of its frames."""
    orientations = [page.orientation for page in pages[: len(picture.frames)]]
    orientations += [1] * (len(picture.frames) - len(orientations))
    if len(set(orientations)) == 1:
        return picture
    frames = tuple(turned(frame, tag) for frame, tag in zip(picture.frames, orientations, strict=True))
    note = "every page was turned upright by its own orientation tag, since the tags differ"
    said_of_the_first = upright(replace(picture, frames=()))
    return replace(said_of_the_first, frames=frames, notes=(*picture.notes, note))


def load(path: Path, kind: PictureFormat, *, fail_on: str = "error", **pages: int) -> "pyvips.Image":
    """Open a file: only its header is read until pixels are asked for.

    Args:
        path: a file of the format `kind`.
        kind: names the loader.
        fail_on: what ends decoding; with libvips' default a cut file becomes a half-grey picture.
        pages: `page` and `n` of the loaders that have them.
    """
    import pyvips

    options = {"access": "sequential", "fail_on": fail_on, **pages}
    if kind.name == "WebP":  # of whose files libvips would keep some open
        source = pyvips.Source.new_from_file(os.fsencode(path))  # pyright: ignore[reportArgumentType] (bytes too)
        return pyvips.Operation.call("webpload_source", source, **options)
    # "revalidate" keeps libvips from answering from its cache when the file at a path has changed. Names
    # need not be UTF-8, which pyvips makes of every str.
    return pyvips.Operation.call(_LOADERS[kind.name], os.fsencode(path), revalidate=True, **options)


def _load_pages(path: Path, count: int, max_pixels: int) -> tuple[list["pyvips.Image"], list["pyvips.SourceCustom"]]:
    """Every page by itself, and what each is read from: libvips gives all of them the palette and profile of the last.

    Pages that are no pictures of their own are left out.
    """
    pages: list[pyvips.Image] = []
    sources: list[pyvips.SourceCustom] = []
    with path.open("rb") as file:
        data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    for number, page in enumerate(tiff.pages(data)):
        if number > 0 and page.beside:
            continue
        if len(pages) == count:
            break
        image, source = load_page(data, page)
        pages.append(image)
        sources.append(source)
    if len(pages) != count:
        raise InvalidImageError(f"expected {count} pages in {path}, got {len(pages)}: it is damaged; get it again")
    check_pixels(path, (sum(page.height * page.width for page in pages), 1), frames=1, max_pixels=max_pixels)
    return pages, sources


def _pixels(path: Path, image: "pyvips.Image", notes: list[str]) -> Image:
    """Decode, and refuse what is neither grey nor RGB in a depth we know."""
    if image.format in _SIGNED:
        raise InvalidImageError(
            f"expected unsigned integers or floating point in {path}, got signed integers, of which no standard says "
            "what is black; convert it first, for example to 16-bit unsigned integers"
        )
    if image.bands > 4 or image.format not in _DTYPES:
        raise InvalidImageError(
            f"expected 1 to 4 channels of 8 bit, 16 bit, 32 bit or 32-bit float in {path}, "
            f"got {image.bands} of libvips' type {image.format}; convert it first"
        )
    shape = (image.height, image.width) if image.bands == 1 else (image.height, image.width, image.bands)
    dtype = np.float32 if image.format == "uint" else _DTYPES[str(image.format)]
    pixels = whole(Strips(shape, np.dtype(dtype), lambda: _strips(path, image, shape, notes)))
    loader, several = field_of(image, "vips-loader", ""), field_of(image, "n-pages", 1) > 1
    has_alpha_of_libvips = loader.startswith("gifload") or (loader.startswith("webpload") and several)
    if has_alpha_of_libvips and image.bands == 4 and pixels[..., 3].min() == 255:
        return pixels[..., :3]  # that every GIF gets, and a WebP whose frames do not cover it all
    return pixels


def _strips(path: Path, image: "pyvips.Image", shape: tuple[int, ...], notes: list[str]) -> Iterator[Image]:
    """Decode some rows at a time."""
    import pyvips

    region = pyvips.Region.new(image)
    far = 0
    bits: int = field_of(image, "bits-per-sample", 16)
    step = max(1, _STRIP_PIXELS // image.width)
    for top in range(0, image.height, step):
        rows = min(step, image.height - top)
        strip: Image = np.frombuffer(region.fetch(0, top, image.width, rows), _DTYPES[str(image.format)])
        strip = strip.reshape(rows, *shape[1:])
        if image.format == "float":
            with np.errstate(invalid="ignore"):  # numbers that are none may be of the kind that warns
                far += strip.size - np.count_nonzero((strip >= -_OVERSHOOT) & (strip <= 1 + _OVERSHOOT))
            strip, clipped = as_unit_float(strip)
            notes += clipped
        if image.format == "uint":
            strip = (strip / np.float64(WHITE["uint"])).astype(np.float32)
            notes.append("32-bit integers became 32-bit floating point")
        if image.format == "ushort" and 8 < bits < 16 and image.get_typeof("heif-compression"):
            # libvips shifts 10 and 12 bits to the top of 16; repeating them below makes white 65535.
            strip = strip | (strip >> bits)
        yield strip
    if far > _MAX_SHARE_OUTSIDE * image.width * image.height * image.bands:
        raise InvalidImageError(
            f"expected floating point in [0, 1] in {path}, got {far:,} samples far outside, or no numbers; divide by "
            "the largest value that samples can have, such as 255"
        )


def reason(error: Exception) -> str:
    """The last line of libvips' messages, where it says what went wrong."""
    lines = [line.strip() for line in str(error).splitlines()]
    telling = [line for line in lines if line and not line.startswith("(") and "bad seek" not in line]
    return telling[-1] if telling else "no reason given"
