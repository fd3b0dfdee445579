"""Whole processes, as someone at a terminal waits for them.

python benchmarks/process.py [--threads 1] [--model srcnn-915]

The reference of each case is what cannot be saved: Python with the libraries that are needed, or the
network alone in a loaded process, on the luma of the same picture. A ratio of 0.75 is 1.33 times as long.
Modules are compiled before, as pip does it when it installs.
"""

import compileall
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
from timing import arguments, measure, show

import srcnn
from srcnn import load
from srcnn.imaging import rgb_to_luma_bt601, to_float
from srcnn.pictures.read import read_array
from srcnn.pictures.write import write_picture

FLOWERS = Path(__file__).parents[1] / "examples" / "flowers_original.webp"


def main() -> None:
    """Print the table."""
    options = arguments("whole processes", threads=1, model="srcnn-915")
    compileall.compile_dir(Path(srcnn.__file__).parent, quiet=1)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        small = photo(folder / "small.png", (256, 256))
        frame = photo(folder / "frame.png", (360, 640))
        upscale = ["-m", "srcnn", "upscale", "-m", options.model, "-s", "3", "--threads", str(options.threads)]
        upscale += ["-o", str(folder / "out.png")]
        rows = measure(
            "srcnn --help",
            {"import numpy": python("-c", "import numpy"), "ours": python("-m", "srcnn", "--help")},
            options.rounds,
        )
        rows += measure(
            "256x256 PNG x3",
            {
                "import numpy, onnxruntime": python("-c", "import numpy, onnxruntime"),
                "ours": python(*upscale, str(small)),
            },
            options.rounds,
        )
        luma = rgb_to_luma_bt601(to_float(read_array(frame)))
        upscaler = load(options.model, 3, threads=options.threads)
        rows += measure(
            "640x360 PNG x3",
            {"the network alone": lambda: upscaler.luma(luma), "ours": python(*upscale, str(frame))},
            options.rounds,
        )
    show(rows, as_json=options.json)


def python(*arguments: str) -> Callable[[], object]:
    """A function that runs Python to its end."""
    command = [sys.executable, *arguments]
    return lambda: subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def photo(path: Path, size: tuple[int, int]) -> Path:
    """Write a photo of this size, mirrored at its edges to be large enough."""
    picture = read_array(FLOWERS)
    height, width = (max(0, length - have) for length, have in zip(size, picture.shape, strict=False))
    filled = np.pad(picture, ((0, height), (0, width), (0, 0)), "symmetric")
    write_picture(path, filled[: size[0], : size[1]])
    return path


if __name__ == "__main__":
    main()
