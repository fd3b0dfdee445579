"""Super-resolution on ordinary CPUs: SRCNN as the paper has it, and better.

import srcnn
up = srcnn.load("fine", scale=3)
big = up(image)

picture = srcnn.read_picture("photo.jpg")
srcnn.write_picture("large.png", picture.each(up))
"""

import importlib
import typing

if typing.TYPE_CHECKING:
    from srcnn import errors, imaging
    from srcnn.pictures.picture import Picture
    from srcnn.pictures.read import read_picture
    from srcnn.pictures.write import WriteOptions, write_picture
    from srcnn.upscaler import Upscaler, load

__all__ = [
    "Picture",
    "Upscaler",
    "WriteOptions",
    "__version__",
    "errors",
    "imaging",
    "load",
    "read_picture",
    "write_picture",
]

__version__ = "0.1.0"

if not typing.TYPE_CHECKING:  # or type checkers would take every name for a public one
    _MODULES = {
        "Picture": "srcnn.pictures.picture",
        "Upscaler": "srcnn.upscaler",
        "load": "srcnn.upscaler",
        "WriteOptions": "srcnn.pictures.write",
        "read_picture": "srcnn.pictures.read",
        "write_picture": "srcnn.pictures.write",
    }

    def __getattr__(name: str) -> object:
        """Import a public name when it is first used: the command line imports this package, and NumPy takes time."""
        if name in _MODULES:
            return getattr(importlib.import_module(_MODULES[name]), name)
        if name in ("errors", "imaging"):
            return importlib.import_module(f"srcnn.{name}")
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    """The public names, imported or not, for completion."""
    return sorted({*globals(), *__all__})
