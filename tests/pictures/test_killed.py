import random
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from srcnn.pictures.find import find_pictures
from srcnn.pictures.read import read_array

# Writes one picture after another to the same file, each of one value, as fast as it can.
WRITER = """
import pathlib, sys
import numpy as np
from srcnn.pictures.picture import Picture
from srcnn.pictures.write import write_picture
path = pathlib.Path(sys.argv[1])
for level in range(1_000_000):
    write_picture(path, Picture(frames=(np.full((400, 300, 3), level % 256, np.uint8),)))
    print(level, flush=True)
"""


def _kill_while_writing(path: Path, delay_s: float) -> None:
    process = subprocess.Popen([sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE)
    assert process.stdout is not None
    with process.stdout:
        process.stdout.readline()
        time.sleep(delay_s)
        process.kill()
    process.wait()


def _check_killed(folder: Path, *, times: int) -> None:
    moments = random.Random(0)
    left_behind = 0
    for index in range(times):
        path = folder / f"out{('.png', '.tif', '.webp', '.ppm', '.bmp')[index % 5]}"
        path.unlink(missing_ok=True)
        _kill_while_writing(path, moments.uniform(0, 0.05))
        image = read_array(path)
        assert image.shape == (400, 300, 3)
        assert np.all(image == image[0, 0, 0])
        assert find_pictures(folder) == [path]
        for other in folder.iterdir():
            left_behind += other != path
            other.unlink()
    # A kill that never falls into the writing would test nothing.
    assert left_behind > 0


def test_a_kill_at_any_moment_leaves_a_whole_file(tmp_path: Path) -> None:
    _check_killed(tmp_path, times=10)


@pytest.mark.slow
def test_a_hundred_kills_leave_a_whole_file_each(tmp_path: Path) -> None:
    _check_killed(tmp_path, times=100)
