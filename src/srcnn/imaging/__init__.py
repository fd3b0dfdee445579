"""Arrays in, arrays out: resizing, colour, sample depth, geometry and metrics.

This package knows nothing of picture files, networks or engines, and needs only NumPy. What is very large it keeps in
temporary files.
"""

from srcnn.imaging.color import (
    rgb_to_luma_bt601,
    rgb_to_luma_bt601_full_range,
    rgb_to_ycbcr_bt601,
    ycbcr_to_rgb_bt601,
)
from srcnn.imaging.depth import from_float, to_float
from srcnn.imaging.geometry import crop_to_multiple, shave_border
from srcnn.imaging.metrics import psnr, ssim
from srcnn.imaging.resize import imresize

__all__ = [
    "crop_to_multiple",
    "from_float",
    "imresize",
    "psnr",
    "rgb_to_luma_bt601",
    "rgb_to_luma_bt601_full_range",
    "rgb_to_ycbcr_bt601",
    "shave_border",
    "ssim",
    "to_float",
    "ycbcr_to_rgb_bt601",
]
