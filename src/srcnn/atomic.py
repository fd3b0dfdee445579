"""Files that exist whole or not at all, and folders for them. This module knows nothing of what is written."""

import os
import stat
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

from srcnn.errors import OutputError


@contextmanager
def atomic_path(path: Path) -> Generator[Path]:
    """Lend a temporary file that becomes `path` when the block ends without an error.

    The temporary file lies in the same folder, so that the final rename is atomic, and has the same
    suffix, since encoders choose the format by it. Its name begins with a dot: what a kill leaves
    behind is hidden and is never taken for a picture; errors name `path` instead. A symbolic link at `path` is
    replaced, not followed. The permissions are those of the file that is replaced, so that a private one is
    private at every moment, and so is the owner if root replaces it.

    Args:
        path: the file to come; an existing file is replaced.

    Yields:
        An empty file to fill. If it replaces no other, its permissions are those that the umask allows.

    Raises:
        OutputError: the file cannot be written. Whatever ends the block early, the old file stays as
            it was and nothing is left behind.

    Tests: tests/test_atomic.py.
    """
    if "\0" in str(path):
        raise OutputError(f"expected a file name without zeros, got {str(path)!r}; choose another name")
    temporary = path.parent / f".srcnn-{os.urandom(8).hex()}{path.suffix}"
    try:
        if path.exists() and not path.is_file():
            raise OutputError(
                f"expected to write a file at {path}, got a folder or a device there; choose another name"
            )
        try:
            mode = stat.S_IMODE(path.stat().st_mode) & 0o777 if path.exists() else None
            # What may not be written can be replaced all the same.
            os.close(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666 if mode is None else mode | 0o200))
            yield temporary
            _sync(temporary)
            if mode is not None:
                with suppress(OSError, AttributeError):  # only root may, and Windows has none
                    owner = path.lstat()  # of a link that is replaced, not of what it points to
                    os.chown(temporary, owner.st_uid, owner.st_gid)
                with suppress(OSError):  # a file system without permissions
                    temporary.chmod(mode)
            os.replace(temporary, path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
    except OutputError as error:
        raise naming(error, temporary, path) from error
    except OSError as error:
        raise OutputError(
            f"expected to write {path}, got: {error.strerror or error}; "
            "choose a folder that exists, can be written and has room"
        ) from error


def naming(error: OutputError, hidden: Path, path: Path) -> OutputError:
    """An error about a temporary file as one about the file that it was to become."""
    return OutputError(str(error).replace(str(hidden), str(path)).replace(hidden.name, path.name))


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file so that it exists whole or not at all, even when the machine stops.

    Raises:
        OutputError: the file cannot be written; nothing is left behind.
    """
    with atomic_path(path) as temporary:
        temporary.write_bytes(content)


def make_folder(folder: Path, advice: str) -> None:
    """Make a folder and those above it; one that exists stays as it is.

    Args:
        folder: the folder.
        advice: what to do if it cannot be made, for the message.

    Raises:
        OutputError: it cannot be made.

    Tests: tests/test_atomic.py.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"expected to make the folder {folder}, got: {error.strerror}; {advice}") from error


def check_folder(folder: Path, advice: str) -> None:
    """Refuse a folder that could not be made or written into; nothing is left behind.

    Args:
        folder: it, or the nearest folder above that exists, is tried.
        advice: what to do if it cannot be written, for the message.

    Raises:
        OutputError: it cannot.

    Tests: tests/test_atomic.py.
    """
    nearest = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    trial = nearest / f".srcnn-{os.urandom(8).hex()}"
    try:
        trial.mkdir()
        trial.rmdir()
    except OSError as error:
        what = "write into" if folder.is_dir() else "make"
        raise OutputError(f"expected to {what} the folder {folder}, got: {error.strerror}; {advice}") from error


def _sync(path: Path) -> None:
    """Wait until the content is on the disk, so that a rename cannot overtake it."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())
