"""The metrics of the SRCNN paper's tables besides PSNR and SSIM, one a file, each on luma in 0..255."""

from srcnn.evaluation.metrics.ms_ssim import ms_ssim
from srcnn.evaluation.metrics.nqm import nqm

__all__ = ["ms_ssim", "nqm"]
