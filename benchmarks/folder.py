"""A folder of 200 small pictures through `srcnn upscale`, against a loop of single calls in one process.

python benchmarks/folder.py [--threads 2] [--model srcnn-915]

The loop reads, enlarges with all threads and writes, picture after picture, with a model that is loaded
already; `srcnn upscale` loads the model itself, and works on as many pictures at a time as there are threads.
"""

import contextlib
import os
import sys
import tempfile
from functools import partial
from pathlib import Path

import numpy as np
from timing import arguments, measure, show

from srcnn import load
from srcnn.cli import main as srcnn
from srcnn.imaging import from_float, imresize
from srcnn.pictures.read import read_array
from srcnn.pictures.write import write_picture

PICTURES = 200
SIZE = (90, 120)
SCALE = 3


def main() -> None:
    """Print the table."""
    options = arguments("a folder of small pictures", threads=2, model="srcnn-915")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for place in ("in", "loop", "command"):
            (folder / place).mkdir()
        for number in range(PICTURES):
            write_picture(folder / "in" / f"{number:03}.png", picture(number))
        upscaler = load(options.model, SCALE, threads=options.threads)

        def loop() -> None:
            for path in sorted((folder / "in").iterdir()):
                write_picture(folder / "loop" / path.name, upscaler(read_array(path)))

        command = ["upscale", f"{folder}/in", "-o", f"{folder}/command", "-m", options.model, "-s", str(SCALE)]
        command += ["--threads", str(options.threads), "--json"]
        implementations = {
            f"loop of calls, {options.threads} threads": loop,
            "ours, srcnn upscale --jobs 1": partial(quietly, [*command, "--jobs", "1"]),
            "ours, srcnn upscale": partial(quietly, command),
        }
        rows = measure(f"{PICTURES} pictures {SIZE[1]}x{SIZE[0]} x{SCALE}", implementations, options.rounds)
    show(rows, as_json=options.json)
    if not options.json:
        for row in rows:
            sys.stdout.write(f"{row.implementation:<34} {PICTURES / row.seconds:7.1f} pictures a second\n")


def picture(seed: int) -> np.ndarray:
    """Smooth colours and some noise, so that a PNG of it is as large as of a photo."""
    random = np.random.default_rng(seed)
    smooth = imresize(random.random((6, 8, 3)), size=SIZE)
    return from_float(smooth + random.normal(0, 0.02, (*SIZE, 3)), np.uint8)


def quietly(command: list[str]) -> None:
    """Run the command line in this process, without what it prints."""
    with Path(os.devnull).open("w") as nowhere, contextlib.redirect_stdout(nowhere):
        code = srcnn(command)
    if code:
        sys.exit(f"expected srcnn {' '.join(command)} to end well, got exit code {code}")


if __name__ == "__main__":
    main()
