"""One method on one picture: every metric of the paper's tables, and the time. Knows no folders and no averages."""

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

import numpy as np

from srcnn.errors import BackendError, InvalidImageError
from srcnn.evaluation.metrics.ifc import ifc
from srcnn.evaluation.metrics.ms_ssim import ms_ssim
from srcnn.evaluation.metrics.nqm import nqm
from srcnn.evaluation.metrics.wpsnr import wpsnr
from srcnn.evaluation.planes import Method, enlarge, enlarge_bicubic, shrink, truth_planes
from srcnn.evaluation.protocol import AUTHORS
from srcnn.imaging import psnr, shave_border, ssim
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
class Metric:
    """A column of the tables; of every metric more is better.

    Attributes:
        name: as in published.csv.
        label: as in the paper.
        unit: "dB" or nothing.
        digits: shown after the point.
        same: two means that differ by no more agree.
        far: a difference as large as this is shown strongly.
        compute: from two planes in 0..255, the judged one first, and the border to leave out.
        border: pixels left out on every side; None leaves out as many as the scale, as for PSNR.
    """

    name: str
    label: str
    unit: str
    digits: int
    same: float
    far: float
    compute: Callable[[Plane, Plane, int], float]
    border: int | None = None


METRICS = (
    Metric(
        name="psnr", label="PSNR", unit="dB", digits=2, same=0.015, far=0.15,
        compute=lambda sr, hr, border: psnr(sr, hr, data_range=255, border=border),
    ),
    Metric(
        name="ssim", label="SSIM", unit="", digits=4, same=0.0006, far=0.005,
        compute=lambda sr, hr, border: ssim(sr, hr, data_range=255, border=border),
    ),
    # Its blocks start at the corner, so its value depends on where that is. With 1 it has the paper's.
    Metric(
        name="ifc", label="IFC", unit="", digits=2, same=0.03, far=0.3, border=1,
        compute=lambda sr, hr, border: ifc(sr, hr, border=border),
    ),
    Metric(
        name="nqm", label="NQM", unit="dB", digits=2, same=0.06, far=0.5,
        compute=lambda sr, hr, border: nqm(sr, hr, border=border),
    ),
    Metric(
        name="wpsnr", label="WPSNR", unit="dB", digits=2, same=0.03, far=0.3,
        compute=lambda sr, hr, border: wpsnr(sr, hr, border=border),
    ),
    Metric(
        name="ms_ssim", label="MSSSIM", unit="", digits=4, same=0.0006, far=0.005,
        compute=lambda sr, hr, border: ms_ssim(sr, hr, border=border),
    ),
)  # fmt: skip
"""In the order of the paper's tables."""


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
        large, seconds = timed(lambda: enlarged(method, small, scale))
        shave_border(truth, scale)  # refuses what has nothing inside the border
    except (InvalidImageError, BackendError) as error:
        return Cell(values={}, seconds=0.0, failure=str(error))
    sr, hr = large * np.float32(255), truth * np.float32(255)
    return Cell(values={metric.name: _value(metric, sr, hr, scale) for metric in METRICS}, seconds=seconds)


def enlarged(method: Method | None, small: Plane, scale: int) -> Plane:
    """The rounded result of a method, or of the protocol's bicubic.

    Raises:
        InvalidImageError: the method returned another shape, or values that are not finite.
    """
    return enlarge_bicubic(small, scale, AUTHORS) if method is None else enlarge(small, scale, AUTHORS, method)


def timed(call: Callable[[], Plane]) -> tuple[Plane, float]:
    """The result of a call, and the median time of up to three; a long one is made once."""
    times: list[float] = []
    while True:
        started = time.perf_counter()
        result = call()
        times.append(time.perf_counter() - started)
        if len(times) == _REPEATS or sum(times) > _LONG_ENOUGH:
            return result, median(times)


def _value(metric: Metric, sr: Plane, hr: Plane, scale: int) -> float | None:
    try:
        return metric.compute(sr, hr, scale if metric.border is None else metric.border)
    except InvalidImageError:
        return None
