"""The visual comparison: one part of a picture by every method, zoomed, and where each one errs.

The colours are bicubic enlargements of the small picture's for every method: nothing of the true
picture but its shrunk version reaches a result.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from io import BytesIO
from itertools import count

import numpy as np
from numpy.typing import NDArray

from srcnn.atomic import write_atomically
from srcnn.errors import BackendError, InvalidImageError
from srcnn.evaluation.planes import enlarge, enlarge_bicubic
from srcnn.evaluation.protocol import AUTHORS
from srcnn.imaging import from_float, psnr, to_float, ycbcr_to_rgb_bt601
from srcnn.imaging.depth import Plane
from srcnn.progress import Progress
from srcnn.reproduce.cache import code_digest, digest
from srcnn.reproduce.images import data_uri, error_map
from srcnn.reproduce.measure import MEASURING_CODE
from srcnn.reproduce.methods import ReportMethod
from srcnn.reproduce.run import Workshop
from srcnn.reproduce.subjects import Subject

_PART = 64  # pixels a side of the part that is zoomed


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """One method's version of the part.

    Attributes:
        label: the method, or "original".
        psnr: of the whole picture, dB; None for the original.
        image: a data URI.
        errors: a data URI of the error map; None for the original.
    """

    label: str
    psnr: float | None
    image: str
    errors: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A picture in the visual comparison.

    Attributes:
        title: set, picture and scale.
        overview: the whole picture, a data URI.
        box: of the part, in percent of the whole: left, top, width, height.
        tiles: the original first, then the methods.
    """

    title: str
    overview: str
    box: tuple[float, float, float, float]
    tiles: tuple[Tile, ...]


def make_scene(
    workshop: Workshop, subject: Subject, methods: Sequence[ReportMethod], progress: Callable[[], None]
) -> Scene:
    """Enlarge a picture by every method and cut out the part where bicubic errs most.

    Args:
        workshop: keeps the enlarged planes too.
        subject: from `prepare`.
        methods: all of the subject's scale; one that fails is left out.
        progress: called after each method.

    Returns:
        The scene.

    Raises:
        OutputError: the cache cannot be written.

    Tests: tests/reproduce/test_scenes.py.
    """
    truth = from_float(subject.truth, np.uint8)
    bicubic = from_float(enlarge_bicubic(subject.small, subject.scale, AUTHORS), np.uint8)
    part = worst_part(bicubic, truth)
    colours = subject.chroma()
    tiles = [Tile(label="original", psnr=None, image=data_uri(subject.rgb[part]), errors=None)]
    for method in methods:
        try:
            plane = _enlarged(workshop, subject, method)
        except (InvalidImageError, BackendError):  # the tables name it
            progress()
            continue
        value = psnr(plane, truth, data_range=255, border=subject.scale)
        shown = plane[part] if colours is None else _coloured(plane[part], colours[part])
        errors = data_uri(error_map(plane[part], truth[part]))
        tiles.append(Tile(label=method.name, psnr=value, image=data_uri(shown), errors=errors))
        progress()
    overview = data_uri(subject.rgb, lossless=False)
    return Scene(title=subject.title, overview=overview, box=_percent(part, truth.shape), tiles=tuple(tiles))


def make_scenes(
    workshop: Workshop, subjects: Sequence[Subject], methods: Sequence[ReportMethod], progress: Progress
) -> tuple[Scene, ...]:
    """Make all scenes; `progress` is called with (done, total) after each method."""
    steps, total = count(1), len(subjects) * len(methods)
    return tuple(make_scene(workshop, subject, methods, lambda: progress(next(steps), total)) for subject in subjects)


def worst_part(sr: NDArray[np.uint8], hr: NDArray[np.uint8]) -> tuple[slice, slice]:
    """The rows and columns of a square of 64 pixels where the squared difference is greatest."""
    height, width = (min(_PART, length) for length in hr.shape)
    squares = np.square(sr.astype(np.float64) - hr)
    sums = np.pad(squares.cumsum(0).cumsum(1), ((1, 0), (1, 0)))
    windows = sums[height:, width:] - sums[:-height, width:] - sums[height:, :-width] + sums[:-height, :-width]
    top, left = (int(index) for index in np.unravel_index(windows.argmax(), windows.shape))
    return slice(top, top + height), slice(left, left + width)


def _enlarged(workshop: Workshop, subject: Subject, method: ReportMethod) -> NDArray[np.uint8]:
    """A method's plane in 8 bits, from the cache if it is there."""
    key = digest("plane", workshop.made_of(method), subject.made_of, code_digest(*MEASURING_CODE))
    path = workshop.cache.path(key, ".npy")
    try:
        kept: NDArray[np.uint8] = np.load(path, allow_pickle=False)
        if kept.shape == subject.truth.shape and kept.dtype == np.uint8:
            return kept
    except (OSError, ValueError, EOFError):  # not there, or damaged
        pass
    plane = from_float(enlarge(subject.small, subject.scale, AUTHORS, workshop.open(method)), np.uint8)
    buffer = BytesIO()
    np.save(buffer, plane)
    write_atomically(path, buffer.getvalue())
    return plane


def _coloured(luma: NDArray[np.uint8], chroma: Plane) -> NDArray[np.uint8]:
    return from_float(ycbcr_to_rgb_bt601(np.concatenate([to_float(luma)[:, :, None], chroma], 2)), np.uint8)


def _percent(part: tuple[slice, slice], shape: tuple[int, ...]) -> tuple[float, float, float, float]:
    rows, columns = part
    height, width = shape
    numbers = (columns.start / width, rows.start / height, _PART / width, _PART / height)
    left, top, across, down = (round(100 * min(number, 1), 2) for number in numbers)
    return left, top, across, down
