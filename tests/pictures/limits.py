"""Read files in a process of its own, in the time and the memory that any one file may take."""

import resource
import subprocess
import sys
from pathlib import Path

SECONDS = 10
"""Of computing, since other programs may be in the way."""
BYTES = 2**30
_PROGRAM = """
import pathlib, sys
from srcnn.errors import InvalidImageError
from srcnn.pictures.read import read_picture
for path in map(pathlib.Path, sys.argv[1:]):
    try:
        print(len(read_picture(path).frames), "frames", flush=True)
    except InvalidImageError as error:
        print(error, flush=True)
"""


def limit_memory() -> None:
    """For `preexec_fn`."""
    resource.setrlimit(resource.RLIMIT_DATA, (BYTES, BYTES))


def _limit_both() -> None:
    limit_memory()
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))


def read_within_limits(*paths: Path) -> list[str]:
    """What becomes of each file: the number of its frames, or why it is refused; anything else fails."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", _PROGRAM, *map(str, paths)],
        capture_output=True, text=True, timeout=10 * SECONDS, preexec_fn=_limit_both, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, ""), f"after {done.stdout}"
    told = done.stdout.splitlines()
    assert len(told) == len(paths)
    return told
