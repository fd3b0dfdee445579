"""One training at a time in a run folder: two would write over each other's checkpoints."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from srcnn.errors import OutputError
from srcnn.training.ranks import is_first

LOCK_FILE = ".lock"


@contextmanager
def alone_in(run_dir: Path) -> Generator[None]:
    """Keep other trainings, of this process or another, out of a run folder; the system lets go even at a kill.

    Args:
        run_dir: the folder; where there is none, there is nothing to keep. Of the processes of one training the
            first does it.

    Raises:
        OutputError: another training is in it, or it cannot be written into.

    Tests: tests/training/test_alone.py.
    """
    if not (run_dir.is_dir() and is_first()):
        yield
        return
    lock = FileLock(run_dir / LOCK_FILE)
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise OutputError(
            f"expected a folder that no other training writes into, got one that does in {run_dir}; "
            "wait for its end, stop it, or choose another folder with -o"
        ) from error
    except OSError as error:
        raise OutputError(
            f"expected to write into the folder {run_dir}, got: {error.strerror or error}; choose another with -o"
        ) from error
    try:
        yield
    finally:
        lock.release()
