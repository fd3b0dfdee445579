"""Super-resolution on ordinary CPUs: SRCNN as the paper has it, and better.

import srcnn
up = srcnn.load("fine", scale=3)
big = up(image)
"""

from srcnn import errors, imaging
from srcnn.upscaler import Upscaler, load

__all__ = ["Upscaler", "__version__", "errors", "imaging", "load"]

__version__ = "0.1.0"
