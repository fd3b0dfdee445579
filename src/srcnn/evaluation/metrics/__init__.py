"""The metrics of the SRCNN paper's tables besides PSNR and SSIM, one a file, each on luma in 0..255."""

from srcnn.evaluation.metrics.ifc import ifc
from srcnn.evaluation.metrics.ms_ssim import ms_ssim
from srcnn.evaluation.metrics.nqm import nqm
from srcnn.evaluation.metrics.wpsnr import wpsnr

__all__ = ["ifc", "ms_ssim", "nqm", "wpsnr"]
