"""Encode through libvips: PNG and APNG, JPEG, WebP, TIFF, AVIF, GIF."""

import os
import shutil
from collections.abc import Generator, Iterable
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from srcnn.errors import OutputError, SrcnnError
from srcnn.pictures import exif, exif_in_tiff, xmp
from srcnn.pictures.codecs import png
from srcnn.pictures.codecs.libvips_calls import NO_THREADS, call_libvips, call_libvips_once, claim_threads
from srcnn.pictures.codecs.libvips_decode import load, reason
from srcnn.pictures.codecs.libvips_metadata import METADATA_FIELDS, MM_PER_INCH, UNKNOWN_DPI, metadata
from srcnn.pictures.codecs.libvips_rows import image_of_rows
from srcnn.pictures.fit import WORDS
from srcnn.pictures.formats import PictureFormat
from srcnn.pictures.iptc import photoshop_block
from srcnn.pictures.picture import Picture, upright
from srcnn.pictures.strips import Frame, strips_of

if TYPE_CHECKING:
    import pyvips

_SAVERS = {"PNG": "pngsave", "JPEG": "jpegsave", "WebP": "webpsave", "TIFF": "tiffsave", "AVIF": "heifsave",
           "GIF": "gifsave"}  # fmt: skip
_LITTLE_ROOM = 2**20
"""Bytes on the disk."""
_MAX_EXIF_BYTES = 65_000
"""Bytes; libexif, through which libvips hands it, reads no block of 64 KiB, and may make it a little longer."""
_NOTE_KEPT = 0.9
"""The share of a maker's note below which it is said that there is less of it."""
_ALL_BUT_EXIF = 2 | 4 | 8 | 16
"""XMP, IPTC, ICC and the rest in libvips' VipsForeignKeep."""


def encode(path: Path, picture: Picture, kind: PictureFormat, *, options: dict[str, Any]) -> tuple[str, ...]:
    """Encode a picture that the format holds, strip by strip as far as the format allows.

    Args:
        path: written in place.
        picture: frames and metadata, all of a kind the format holds; only pages of a document may differ
            in shape and dtype.
        kind: the format to write.
        options: libvips' own for its saver.

    Returns:
        A sentence if metadata could not be written; that never costs the picture. Where the orientation
        tag is among them, the pixels are turned instead.

    Raises:
        OutputError: libvips cannot write the file.
    """
    import pyvips

    if not claim_threads():
        raise OutputError(f"expected to write {kind.name} {NO_THREADS}")
    picture, notes = _with_updated_metadata(picture, kind)
    if any(getattr(picture, name) for name in WORDS) or picture.orientation != 1:
        picture, written, lost = _rehearse(path, picture, kind, options)
        if written.orientation != picture.orientation:
            lost = f"the pixels were turned upright: the orientation tag could not be written into this {kind.name}"
            return lost, *encode(path, upright(picture), kind, options=options)
        notes += lost
    try:
        call_libvips_once(partial(_save, path, picture, kind, options))
    except SrcnnError:
        raise
    except (pyvips.Error, OSError) as error:
        raise _unwritten(path, kind, reason(error)) from error
    return notes


def _rehearse(
    path: Path, picture: Picture, kind: PictureFormat, options: dict[str, Any]
) -> tuple[Picture, Picture, tuple[str, ...]]:
    """Find out on one pixel which metadata can be written, since pixels are made only once.

    Returns:
        The picture with what can be tried, what the file said afterwards, and what is lost in between.
    """
    import pyvips

    bare = replace(picture, exif=None, xmp=None, iptc=None, texts=())
    first = picture.frames[0]
    pixel = np.zeros((1, 1, *first.shape[2:]), first.dtype)
    failure = ""
    for left_out, attempt in (
        ("", picture),
        ("EXIF, XMP, IPTC, texts", bare),
        ("all metadata", replace(bare, icc=None)),
    ):
        try:
            written = call_libvips(
                partial(_write, path, replace(attempt, frames=(pixel,), durations_ms=()), kind, options)
            )
        except (pyvips.Error, OSError) as error:
            failure = failure or reason(error)
            continue
        if left_out:
            return attempt, written, (f"{left_out} left out: they could not be written ({failure})",)
        return attempt, written, _missing(attempt, written, kind)
    raise _unwritten(path, kind, failure)


def _unwritten(path: Path, kind: PictureFormat, failure: str) -> OutputError:
    if shutil.disk_usage(path.parent).free < _LITTLE_ROOM:  # libvips does not say why writing failed
        return OutputError(f"expected room for {path}, got a full disk; free some space, or choose another folder")
    return OutputError(f"expected to write {kind.name}, got: {failure}; choose another format or folder")


def _with_updated_metadata(picture: Picture, kind: PictureFormat) -> tuple[Picture, tuple[str, ...]]:
    height, width = picture.frames[0].shape[:2]
    if picture.xmp:
        picture = replace(picture, xmp=xmp.updated(picture.xmp, height, width, orientation=picture.orientation))
    if not picture.exif:
        return replace(picture, exif=None), ()
    try:
        block = exif.updated(picture.exif, height, width, orientation=picture.orientation, dpi=picture.dpi)
        left_out = 0
        if kind.name != "TIFF":
            block, left_out = exif.without_longest(block, _MAX_EXIF_BYTES)
        limit = f"{kind.name} files are written with at most 64 KiB of it"
        note = f"of EXIF the longest entries were left out ({left_out}): {limit}"
        return replace(picture, exif=block), (note,) if left_out else ()
    except ValueError as error:
        return replace(picture, exif=None), (f"EXIF left out: it is damaged ({error})",)


def _missing(picture: Picture, written: Picture, kind: PictureFormat) -> tuple[str, ...]:
    """What was left out in silence, such as blocks longer than JPEG's 64 KiB."""
    missing = [name for name in METADATA_FIELDS if getattr(picture, name) and not getattr(written, name)]
    notes = tuple(f"{WORDS[name]} left out: {kind.name} could not hold it" for name in missing)
    # libvips hands EXIF through libexif, which leaves out the last bytes of some makers' notes, and most of others.
    before, after = (len(exif.makers_note(said.exif)) for said in (picture, written))
    if written.exif and after < _NOTE_KEPT * before:
        notes += (f"of the camera maker's private note in EXIF {before - after:,} of {before:,} bytes were left out",)
    return notes


def _needs_exif(picture: Picture, kind: PictureFormat) -> bool:
    """Whether there is anything to say in EXIF, which libvips would otherwise make up: of JPEG the resolution too."""
    return bool(picture.exif or picture.orientation != 1 or (picture.dpi and kind.name == "JPEG"))


def _write(path: Path, picture: Picture, kind: PictureFormat, options: dict[str, Any]) -> Picture:
    """Save a picture, and see what the file says besides its pixels."""
    _save(path, picture, kind, options)
    return metadata(path, load(path, kind), kind)


def _save(path: Path, picture: Picture, kind: PictureFormat, options: dict[str, Any]) -> None:
    import pyvips

    if not _needs_exif(picture, kind):
        options = {**options, "keep": _ALL_BUT_EXIF}

    def encoded(frame: Frame) -> bytes:
        with _image(replace(picture, frames=(frame,), durations_ms=()), kind) as image:
            return bytes(pyvips.Operation.call(_SAVERS[kind.name] + "_buffer", image, **options))

    alike = len({(frame.shape, frame.dtype) for frame in picture.frames}) == 1
    if kind.name == "PNG" and len(picture.frames) > 1:
        path.write_bytes(png.join_frames([encoded(f) for f in picture.frames], picture.durations_ms, picture.loop))
    elif kind.name == "TIFF" and not alike:
        with path.open("w+b") as file:
            _join_pages(map(encoded, picture.frames), file)
    else:
        with _image(picture, kind) as image:
            pyvips.Operation.call(_SAVERS[kind.name], image, os.fsencode(path), **options)
    if kind.name == "PNG" and (picture.texts or picture.xmp):
        png.append_texts(path, (*picture.texts, *([png.xmp_chunk(picture.xmp)] if picture.xmp else [])))
    if kind.name == "TIFF" and (picture.exif or picture.iptc):
        with suppress(ValueError):  # what is missing afterwards is named
            exif_in_tiff.write_to_tiff(path, exif=picture.exif, iptc=picture.iptc)


def _join_pages(pages: Iterable[bytes], file: BinaryIO) -> None:
    """Write TIFFs as pages of one."""
    from PIL.TiffImagePlugin import AppendingTiffWriter

    # On the file and not its path: the writer looks into it once more when it is let go, at the end of this function.
    with AppendingTiffWriter(file, new=True) as document:
        for page in pages:
            document.write(page)
            document.newFrame()


@contextmanager
def _image(picture: Picture, kind: PictureFormat) -> Generator["pyvips.Image"]:
    """Frames below each other, as libvips has them, still to come, and the metadata."""
    import pyvips

    first = picture.frames[0]
    dpi = picture.dpi or (UNKNOWN_DPI, UNKNOWN_DPI)
    with image_of_rows([strips_of(frame) for frame in picture.frames]) as rows:
        image = pyvips.Operation.call(  # and not rows.copy(), which looks for a property of that name first
            "copy",
            rows,
            interpretation="cmyk" if picture.inks else _interpretation(first),
            yres=dpi[0] / MM_PER_INCH,
            xres=dpi[1] / MM_PER_INCH,
        )
        for name, field in METADATA_FIELDS.items():
            blob: Any = getattr(picture, name)
            if name == "iptc" and blob:
                blob = photoshop_block(blob) if kind.name == "JPEG" else None  # libvips cuts it short in TIFF
            if name == "xmp" and kind.name == "PNG":  # `png.xmp_chunk`
                blob = None
            if blob:
                image.set_type(pyvips.GValue.blob_type, field, blob)
        # libvips writes this and the size into EXIF, and drops the thumbnail there since none is set here.
        image.set_type(pyvips.GValue.gint_type, "orientation", picture.orientation)
        if len(picture.frames) > 1:
            image.set_type(pyvips.GValue.gint_type, "page-height", first.shape[0])
        if picture.durations_ms:
            image.set_type(pyvips.GValue.array_int_type, "delay", list(picture.durations_ms))
            image.set_type(pyvips.GValue.gint_type, "loop", picture.loop)
        else:  # or a still GIF would say that it is to be shown for ever
            image.set_type(pyvips.GValue.gint_type, "loop", 1)
        yield image


def _interpretation(frame: Frame) -> str:
    grey = len(frame.shape) == 2 or frame.shape[2] <= 2
    if frame.dtype == np.uint16:
        return "grey16" if grey else "rgb16"
    return "b-w" if grey else "srgb"
