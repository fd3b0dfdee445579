"""The metrics of the paper's tables, in their order, each with what its table needs to know of it."""

from collections.abc import Callable
from dataclasses import dataclass

from srcnn.errors import InvalidImageError
from srcnn.evaluation.metrics.ifc import ifc
from srcnn.evaluation.metrics.ms_ssim import ms_ssim
from srcnn.evaluation.metrics.nqm import nqm
from srcnn.evaluation.metrics.wpsnr import wpsnr
from srcnn.imaging import psnr, ssim
from srcnn.imaging.depth import Plane


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
        border: pixels left out on every side; None leaves out as many as the protocol does for PSNR.
    """

    name: str
    label: str
    unit: str
    digits: int
    same: float
    far: float
    compute: Callable[[Plane, Plane, int], float]
    border: int | None = None

    def value(self, sr: Plane, hr: Plane, border: int) -> float | None:
        """Judge a picture.

        Args:
            sr: H x W luma in 0..255.
            hr: the truth, likewise.
            border: pixels that the protocol leaves out on every side, which a metric with its own border takes no
                notice of.

        Returns:
            The value; None where there is none, as of a picture too small for the metric.

        Tests: tests/evaluation/metrics/test_paper_metrics.py.
        """
        try:
            return self.compute(sr, hr, border if self.border is None else self.border)
        except InvalidImageError:
            return None


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
