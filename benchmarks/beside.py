"""What everything beside the network of luma takes: colours, bicubic, joining; 1920x1080 from small 8-bit RGB.

python benchmarks/beside.py [--threads 1]

The reference of each case is luma that is there already, enlarged; for networks on the small picture that includes
bicubic's enlargement of it. A model with a network of chroma is measured without it too. A call does one thing after
the other; a strip of `srcnn upscale` is joined in another thread while the network makes the next one.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from timing import arguments, measure, show

from srcnn import Upscaler, load
from srcnn.batch.enlarge import enlarge
from srcnn.batch.size import Target
from srcnn.imaging.depth import Image

SCALE = 3
SIZE = (1080, 1920)


def main() -> None:
    """Print the table."""
    options = arguments("time beside the network", threads=1)
    picture = np.random.default_rng(0).integers(0, 256, (SIZE[0] // SCALE, SIZE[1] // SCALE, 3), np.uint8)
    luma = picture[:, :, 1].astype(np.float32) / 255
    rows = []
    for name in ("swift", "fine", "srcnn-915"):
        upscaler = load(name, SCALE, threads=options.threads)
        implementations = {
            "luma alone": lambda upscaler=upscaler: upscaler.luma(luma),
            **without_chroma(upscaler, options.threads, picture),
            "a call": lambda upscaler=upscaler: upscaler(picture),
            "strips of srcnn upscale": lambda upscaler=upscaler: strips(picture, upscaler),
        }
        rows += measure(f"{name} x{SCALE}", implementations, options.rounds)
    show(rows, as_json=options.json)


def without_chroma(upscaler: Upscaler, threads: int, picture: Image) -> dict[str, Callable[[], Image]]:
    """A call without the network of chroma, if there is one."""
    if upscaler.model.chroma is None:
        return {}
    alone = Upscaler(replace(upscaler.model, chroma=None), threads=threads)
    return {"a call without chroma's network": lambda: alone(picture)}


def strips(picture: Image, upscaler: Upscaler) -> None:
    """Make all strips of the result, and keep none."""
    for _ in enlarge(picture, Target(SIZE, SIZE), upscaler).parts():
        pass


if __name__ == "__main__":
    main()
