"""Measure every method on every picture, from the cache where it was measured before."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path

from srcnn.errors import InvalidImageError
from srcnn.evaluation.metrics.paper import METRICS
from srcnn.evaluation.planes import Method
from srcnn.evaluation.protocol import AUTHORS
from srcnn.pictures.read import read_array
from srcnn.progress import Progress
from srcnn.reproduce.cache import Cache, bytes_digest, code_digest, digest
from srcnn.reproduce.fits import Fits
from srcnn.reproduce.machine import machine_name
from srcnn.reproduce.measure import MEASURING_CODE, Cell, measure
from srcnn.reproduce.methods import ReportMethod
from srcnn.reproduce.sets import PictureSet

Cells = dict[tuple[str, int, str, str], Cell]
"""By method, scale, set and picture."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Workshop:
    """What computing needs.

    Attributes:
        cache: where results are kept.
        fits: the rivals' fitted files.
        threads: of a network; 0 takes all cores.
    """

    cache: Cache
    fits: Fits
    threads: int

    def made_of(self, method: ReportMethod) -> str:
        """The hash of everything a method follows from."""
        return self.fits.made_of(method) if method.kind == "rival" else method.made_of

    def open(self, method: ReportMethod) -> Method | None:
        """The function of a method, from luma to luma; None for the protocol's bicubic.

        Raises:
            ModelFileError: a network that is not for luma.
            BackendError: the engine refuses the network.
        """
        if method.model is not None:
            from srcnn.upscaler import Upscaler

            return Upscaler(replace(method.model, chroma=None), threads=self.threads).luma
        return self.fits.load(method) if method.kind == "rival" else None


def missing_fits(workshop: Workshop, methods: Sequence[ReportMethod]) -> tuple[ReportMethod, ...]:
    """The rivals that have yet to be learned."""
    return tuple(m for m in methods if m.kind == "rival" and not workshop.fits.path(m).exists())


def measure_all(
    workshop: Workshop, methods: Sequence[ReportMethod], sets: Sequence[PictureSet], progress: Progress
) -> Cells:
    """Measure all methods on all pictures.

    Every cell is kept as soon as it is computed, but for failures; what was kept is not computed again.

    Args:
        workshop: cache, fits and threads.
        methods: fitted, if rivals.
        sets: the pictures.
        progress: called after every cell with (done, total).

    Returns:
        Every cell; one that could not be measured says why.

    Raises:
        OutputError: the cache cannot be written.

    Tests: tests/reproduce/test_reproduce_run.py.
    """
    cells: Cells = {}
    places = [(pictures.name, name, path) for pictures in sets for name, path in pictures.pictures.items()]
    digests = {path: _file_digest(path) for _, _, path in places}
    for method in methods:
        opened = cache(partial(workshop.open, method))  # loaded only where a cell is missing
        made_of = digest(
            workshop.made_of(method), method.scale, AUTHORS.to_dict(), [metric.name for metric in METRICS],
            code_digest(*MEASURING_CODE), workshop.threads, machine_name(),
        )  # fmt: skip
        for dataset, name, path in places:
            key = digest(made_of, digests[path])
            kept = Cell.from_dict(workshop.cache.get(key))
            cell = kept or _measure(opened, path, method.scale)
            if not kept and not cell.failure:  # which another machine, library or hour may not have
                workshop.cache.put(key, cell.to_dict())
            cells[method.name, method.scale, dataset, name] = cell
            progress(len(cells), len(methods) * len(places))
    return cells


def _measure(opened: Callable[[], Method | None], path: Path, scale: int) -> Cell:
    try:
        picture = read_array(path)
    except InvalidImageError as error:
        return Cell(values={}, seconds=0.0, failure=str(error))
    return measure(opened(), picture, scale)


def _file_digest(path: Path) -> str:
    try:
        return bytes_digest(path.read_bytes())
    except OSError as error:  # said again, and better, when it is read as a picture
        return f"unreadable: {error.strerror}"
