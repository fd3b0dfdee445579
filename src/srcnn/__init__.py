"""Super-resolution on ordinary CPUs: SRCNN as the paper has it, and better.

import srcnn
up = srcnn.load("fine", scale=3)
big = up(image)
"""

import importlib
import typing

if typing.TYPE_CHECKING:
    from srcnn import errors, imaging
    from srcnn.upscaler import Upscaler, load

__all__ = ["Upscaler", "__version__", "errors", "imaging", "load"]

__version__ = "0.1.0"


def __getattr__(name: str) -> object:
    """Import a public name when it is first used: the command line imports this package and must not wait for NumPy."""
    if name in ("Upscaler", "load"):
        return getattr(importlib.import_module("srcnn.upscaler"), name)
    if name in ("errors", "imaging"):
        return importlib.import_module(f"srcnn.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    """The public names, imported or not, for completion."""
    return sorted({*globals(), *__all__})
