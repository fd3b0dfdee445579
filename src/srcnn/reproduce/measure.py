"""One method on one picture: every metric of the paper's tables, and the time. Knows no folders and no averages."""

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

import numpy as np

from srcnn.errors import BackendError, InvalidImageError
from srcnn.evaluation.metrics.paper import METRICS
from srcnn.evaluation.planes import Method, enlarge, shrink, truth_planes
from srcnn.evaluation.protocol import AUTHORS
from srcnn.imaging import shave_border
from srcnn.imaging.depth import Image, Plane

_REPEATS = 3
_LONG_ENOUGH = 2.0  # seconds after which a call is not repeated
MEASURING_CODE = (
    "imaging",
    "evaluation/planes.py",
    "evaluation/resize_variants.py",
    "evaluation/metrics",
    "reproduce/measure.py",
)
"""The parts of the package that decide a value besides the method and the picture."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """What was measured of one method on one picture.

    Attributes:
        values: metric to value; None where the metric has none, such as on a picture too small for it.
        seconds: the median of some calls of the method.
        failure: why there is nothing else, or None.
    """

    values: dict[str, float | None]
    seconds: float
    failure: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, kept: dict[str, Any] | None) -> "Cell | None":
        """What `to_dict` made; of anything else None, since somebody may have edited a file."""
        match kept:
            case {"values": dict() as values, "seconds": float(), "failure": None} if len(kept) == 3:
                numbers = all(value is None or isinstance(value, float) for value in values.values())
                return cls(**kept) if numbers else None
            case _:
                return None


def measure(method: Method | None, picture: Image, scale: int) -> Cell:
    """Shrink a picture by the authors' protocol, enlarge it again and compare.

    Args:
        method: luma to luma, float32 in [0, 1]; None is the protocol's bicubic.
        picture: as for `truth_planes`.
        scale: the enlargement.

    Returns:
        All metrics on luma, each with its border left out; or the failure: the picture is
        too small, or the method failed or returned NaN, infinity or another shape.

    Tests: tests/reproduce/test_reproduce_measure.py.
    """
    try:
        truth = truth_planes(picture, scale, AUTHORS)
        small = shrink(truth, scale, AUTHORS)
        large, seconds = timed(lambda: enlarge(small, scale, AUTHORS, method))
        shave_border(truth, scale)  # refuses what has nothing inside the border
    except (InvalidImageError, BackendError) as error:
        return Cell(values={}, seconds=0.0, failure=str(error))
    sr, hr = large * np.float32(255), truth * np.float32(255)
    return Cell(values={metric.name: metric.value(sr, hr, scale) for metric in METRICS}, seconds=seconds)


def timed(call: Callable[[], Plane]) -> tuple[Plane, float]:
    """The result of a call, and the median time of up to three; a long one is made once."""
    times: list[float] = []
    while True:
        started = time.perf_counter()
        result = call()
        times.append(time.perf_counter() - started)
        if len(times) == _REPEATS or sum(times) > _LONG_ENOUGH:
            return result, median(times)
