"""Every error this package raises on purpose.

SrcnnError(Exception)
|- InvalidImageError(ValueError)      shape, dtype, mode, or a file that cannot be decoded
|    `- ImageTooLargeError            more pixels than `max_pixels`, or than the output format holds
|- InvalidConfigError(ValueError)     unknown key, wrong type, impossible combination, unusable data folder
|- ModelFileError(ValueError)         unknown model, missing or unexpected tensors, a spec that does not fit
|- OutputError(OSError)               an output that cannot be written
|- CheckpointError(ValueError)        a checkpoint that cannot be read or belongs to another config
|- BackendError(RuntimeError)         an inference engine failed
|- DownloadError(RuntimeError)        a file cannot be fetched, or is not what it should be
`- MissingExtraError(ImportError)     an optional dependency is not installed

A message says what was expected, what was got and what to do, with the offending value in it.
"""


class SrcnnError(Exception):
    """The root: catch this to catch everything this package raises on purpose."""


class InvalidImageError(SrcnnError, ValueError):
    """An array or a file is not a picture this package can work on."""


class ImageTooLargeError(InvalidImageError):
    """A picture has more pixels than allowed."""


class InvalidConfigError(SrcnnError, ValueError):
    """A setting, a combination of settings or the data they name cannot be used."""


class ModelFileError(SrcnnError, ValueError):
    """A model does not exist, or its file is not what its spec says."""


class OutputError(SrcnnError, OSError):
    """An output cannot be written."""


class CheckpointError(SrcnnError, ValueError):
    """A checkpoint cannot be read, or belongs to another training."""


class BackendError(SrcnnError, RuntimeError):
    """An inference engine failed; the engine's own error is the cause."""


class DownloadError(SrcnnError, RuntimeError):
    """A file cannot be fetched, or is not what it should be."""


class MissingExtraError(SrcnnError, ImportError):
    """An optional dependency is needed and not installed."""

    def __init__(self, package: str, extra: str) -> None:
        super().__init__(
            f"{package} is needed and not installed; in the folder of srcnn's source run: pip install '.[{extra}]'"
        )
