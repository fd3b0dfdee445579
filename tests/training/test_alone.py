import subprocess
import sys
from pathlib import Path

import pytest

from srcnn.errors import OutputError
from srcnn.training.alone import LOCK_FILE, alone_in

HOLD = """
import sys
from pathlib import Path
from srcnn.training.alone import alone_in
with alone_in(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_folder_is_taken_once_and_again_when_it_is_left(tmp_path: Path) -> None:
    for _ in range(2):
        with alone_in(tmp_path), pytest.raises(OutputError, match=f"got one that does in {tmp_path}; wait for its end"):
            alone_in(tmp_path).__enter__()


def test_a_folder_that_cannot_be_written_into_is_refused(tmp_path: Path) -> None:
    (tmp_path / LOCK_FILE).mkdir()
    with pytest.raises(OutputError, match=f"expected to write into the folder {tmp_path}, got: Is a directory; choose"):
        alone_in(tmp_path).__enter__()


def test_an_error_leaves_it_too(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="mine"), alone_in(tmp_path):
        raise ValueError("mine")
    with alone_in(tmp_path):
        pass


def test_another_process_has_it_until_it_is_killed(tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLD, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"held\n"
        with pytest.raises(OutputError, match="no other training"):
            alone_in(tmp_path).__enter__()
        other.kill()
    with alone_in(tmp_path):
        pass


def test_a_folder_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    with alone_in(tmp_path / "run"):
        assert not (tmp_path / "run").exists()
