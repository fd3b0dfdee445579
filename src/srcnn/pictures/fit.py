"""Bring a picture into what a format holds, with a note for every loss. This module writes no files."""

from dataclasses import replace
from functools import partial

import numpy as np

from srcnn.imaging.depth import Image, from_float, to_float
from srcnn.pictures.codecs.png import held_duration
from srcnn.pictures.formats import PictureFormat
from srcnn.pictures.picture import Picture, upright
from srcnn.pictures.strips import Frame, strips_of, whole

WORDS = {"icc": "ICC profile", "exif": "EXIF", "xmp": "XMP", "iptc": "IPTC", "dpi": "resolution", "texts": "PNG texts"}
_DEPTHS = {"uint8": "8 bit", "uint16": "16 bit", "float32": "32-bit float"}
_GIF_COLOURS = 256
_MAX_PLAYS = 2**16 - 1
"""Of GIF and WebP; those of a PNG are no fewer."""
_MAX_DPI = (2**32 - 1) / 1000
"""EXIF holds thousandths in 32 bit; what is above is nobody's resolution."""


def fit(picture: Picture, kind: PictureFormat, *, background: tuple[float, float, float]) -> Picture:
    """Do without what a format cannot hold.

    Pixels are changed as their strips come, except where they are turned, and for GIF, whose notes need all of them.

    Args:
        picture: frames with their orientation.
        kind: the format to write.
        background: R, G, B in [0, 1], put under transparent pixels where the format has no alpha.

    Returns:
        A picture the format holds; its notes say what was lost, and only that.

    Tests: tests/pictures/test_fit.py.
    """
    picture = replace(picture, notes=())
    if picture.orientation != 1 and "orientation" not in kind.keeps:
        picture = _noted(upright(picture), f"the pixels were turned upright: {kind.name} holds no orientation tag")
    picture = _fit_frames(picture, kind)
    picture = _fit_alpha(picture, kind, background)
    picture = _fit_depth(picture, kind)
    if kind.name == "GIF":
        picture = _fit_gif(picture)
    return _fit_metadata(picture, kind)


def with_held_frames(picture: Picture, kind: PictureFormat) -> Picture:
    """Leave out the frames that a format does not hold.

    Args:
        picture: with its frames.
        kind: the format to write.

    Returns:
        The picture with as many frames as will be written; a note more, if that is the first alone.

    Tests: tests/pictures/test_fit.py.
    """
    animation = bool(picture.durations_ms)
    if len(picture.frames) == 1 or kind.frames == "pages" or (kind.frames == "animation" and animation):
        return picture
    what = "frames" if animation else "pages"
    picture = _noted(picture, f"only the first of {len(picture.frames)} {what} was written: {kind.name} holds no more")
    return replace(picture, frames=picture.frames[:1], durations_ms=())


def _noted(picture: Picture, note: str) -> Picture:
    return replace(picture, notes=(*picture.notes, note))


def _fit_frames(picture: Picture, kind: PictureFormat) -> Picture:
    picture = with_held_frames(picture, kind)
    if len(picture.frames) == 1:
        return picture
    if kind.frames == "animation":
        return _fit_durations(picture, kind)
    if picture.durations_ms:
        picture = _noted(picture, f"the frames became pages: {kind.name} holds no animation")
    return replace(picture, durations_ms=())


def _fit_durations(picture: Picture, kind: PictureFormat) -> Picture:
    shortest, step, longest = kind.shortest_frame_ms, kind.frame_step_ms, kind.longest_frame_ms
    if max(picture.durations_ms) > longest:
        picture = _noted(picture, f"frames were shortened to {longest / 1000:,.0f} s: {kind.name} shows none longer")
    if min(picture.durations_ms) < shortest:
        picture = _noted(picture, f"frames were lengthened to {shortest} ms: {kind.name} shows none shorter")
    durations = [min(max(duration, shortest), longest) for duration in picture.durations_ms]
    if any(duration % step for duration in durations):
        picture = _noted(picture, f"durations were rounded to {step} ms: {kind.name} holds no others")
    if kind.name == "PNG" and any(held_duration(duration) != duration for duration in durations):
        picture = _noted(
            picture, "durations above 65 s were rounded to hundredths or whole seconds: PNG holds no others"
        )
    if picture.loop > _MAX_PLAYS:
        picture = _noted(picture, f"the animation plays {_MAX_PLAYS:,} times: {kind.name} counts no further")
    return replace(picture, durations_ms=tuple(durations), loop=min(picture.loop, _MAX_PLAYS))


def _fit_alpha(picture: Picture, kind: PictureFormat, background: tuple[float, float, float]) -> Picture:
    if kind.alpha or picture.inks or not any(_has_alpha(frame) for frame in picture.frames):
        return picture
    picture = _noted(picture, f"transparency was flattened on the background: {kind.name} holds none")
    flatten = partial(_flatten, background=background)
    return replace(picture, frames=tuple(strips_of(frame).each(flatten) for frame in picture.frames))


def _has_alpha(frame: Frame) -> bool:
    return len(frame.shape) == 3 and frame.shape[2] in (2, 4)


def _flatten(frame: Image, *, background: tuple[float, float, float]) -> Image:
    """Lay a frame on a background; a grey frame on a coloured background becomes colour."""
    if not _has_alpha(frame):
        return frame
    values = to_float(frame)
    colour, alpha = values[..., :-1], values[..., -1:]
    if colour.shape[2] == 1 and len(set(background)) == 1:
        under = np.float32(background[0])
    else:
        under = np.array(background, np.float32)
    flat = from_float(colour * alpha + under * (1 - alpha), frame.dtype)
    return flat[..., 0] if flat.shape[2] == 1 else flat


def _fit_depth(picture: Picture, kind: PictureFormat) -> Picture:
    dtype = picture.frames[0].dtype.name
    if kind.name == "AVIF" and dtype != "uint8":
        picture = _noted(picture, f"{_DEPTHS[dtype]} was reduced to 12 bit: AVIF holds no more")
        return _in_depth(picture, "uint16")
    if dtype in kind.writes:
        return picture
    held = kind.writes[-1]
    picture = _noted(picture, f"{_DEPTHS[dtype]} was reduced to {_DEPTHS[held]}: {kind.name} holds no more")
    return _in_depth(picture, held)


def _in_depth(picture: Picture, dtype: str) -> Picture:
    frames = (
        frame if frame.dtype.name == dtype else strips_of(frame).each(lambda strip: from_float(to_float(strip), dtype))
        for frame in picture.frames
    )
    return replace(picture, frames=tuple(frames))


def _fit_gif(picture: Picture) -> Picture:
    """Say what the encoder reduces in frames of 8 bit."""
    frames = tuple(whole(frame) for frame in picture.frames)
    picture = replace(picture, frames=frames)
    if any(np.any((frame[..., -1] > 0) & (frame[..., -1] < 255)) for frame in frames if _has_alpha(frame)):
        picture = _noted(picture, "half-transparent pixels became opaque or transparent: GIF holds no more")
    if any(_colours(frame) > _GIF_COLOURS for frame in frames):
        picture = _noted(picture, f"colours were reduced to {_GIF_COLOURS} in each frame: GIF holds no more")
    return picture


def _colours(frame: Image) -> int:
    """How many colours an 8-bit frame has."""
    codes = np.zeros(frame.shape[:2], np.uint32)
    for channel in np.atleast_3d(frame).transpose(2, 0, 1):
        codes = codes << 8 | channel
    return len(np.unique(codes))


def _fit_metadata(picture: Picture, kind: PictureFormat) -> Picture:
    if picture.dpi and 0 in picture.dpi:  # which says nothing
        picture = replace(picture, dpi=None)
    impossible = [density for density in picture.dpi or () if not 0 <= density <= _MAX_DPI]
    if impossible:
        picture = replace(_noted(picture, f"resolution left out: it cannot be {impossible[0]:,.0f} dpi"), dpi=None)
    if picture.icc and not _profile_fits(picture.icc, picture):
        picture = replace(_noted(picture, "the ICC profile was left out: it belongs to other channels"), icc=None)
    lost = [name for name in WORDS if getattr(picture, name) and name not in kind.keeps]
    if picture.exif and "exif" in kind.keeps and "dpi" in lost:
        lost.remove("dpi")  # EXIF holds it
    if lost:
        words = ", ".join(WORDS[name] for name in lost)
        picture = _noted(picture, f"{words} left out: {kind.name} holds none")
    return replace(picture, **{name: () if name == "texts" else None for name in lost})


def _profile_fits(icc: bytes, picture: Picture) -> bool:
    """Whether a profile is for grey, RGB or CMYK as the picture is.

    Source: ICC.1:2022, 7.2.6, data colour space field.
    """
    shape = picture.frames[0].shape
    colour = b"GRAY" if len(shape) == 2 or shape[2] == 2 else b"RGB "
    return icc[16:20] == (b"CMYK" if picture.inks else colour)
