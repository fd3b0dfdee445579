import numpy as np
import pytest

from srcnn.evaluation.metrics.ifc import ifc
from srcnn.evaluation.metrics.ms_ssim import ms_ssim
from srcnn.evaluation.metrics.nqm import nqm
from srcnn.evaluation.metrics.paper import METRICS
from srcnn.evaluation.metrics.wpsnr import wpsnr
from srcnn.imaging import imresize, psnr, ssim

HR = imresize(np.random.default_rng(0).random((50, 60)), size=(200, 240)).astype(np.float32) * 255
SR = HR + np.float32(3) * np.random.default_rng(1).standard_normal(HR.shape).astype(np.float32)
EXPECTED = {
    "psnr": psnr(SR, HR, data_range=255, border=4),
    "ssim": ssim(SR, HR, data_range=255, border=4),
    "ifc": ifc(SR, HR, border=1),  # always one pixel, as the paper's values have it
    "nqm": nqm(SR, HR, border=4),
    "wpsnr": wpsnr(SR, HR, border=4),
    "ms_ssim": ms_ssim(SR, HR, border=4),
}


def test_the_metrics_come_in_the_order_of_the_papers_tables() -> None:
    assert [metric.label for metric in METRICS] == ["PSNR", "SSIM", "IFC", "NQM", "WPSNR", "MSSSIM"]


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_each_leaves_out_its_border_and_has_no_value_on_what_is_too_small(metric) -> None:
    assert metric.value(SR, HR, 4) == EXPECTED[metric.name]
    assert metric.value(SR[:2, :2], HR[:2, :2], 1) is None
