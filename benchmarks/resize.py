"""Bicubic 640x360 -> 1920x1080: ours against Pillow and torch, one float plane and 8-bit RGB.

python benchmarks/resize.py --threads 1
"""

import numpy as np
import torch
from PIL import Image
from timing import arguments, measure, show

from srcnn.imaging import imresize


def main() -> None:
    """Print the table."""
    options = arguments("bicubic resize", threads=1)
    torch.set_num_threads(options.threads)
    plane = np.random.default_rng(0).random((360, 640), np.float32)
    rgb = np.random.default_rng(0).integers(0, 256, (360, 640, 3), np.uint8)
    tensor, picture, colour = torch.from_numpy(plane)[None, None], Image.fromarray(plane), Image.fromarray(rgb)
    size = (1080, 1920)

    def by_torch() -> torch.Tensor:
        return torch.nn.functional.interpolate(tensor, size=size, mode="bicubic", antialias=True, align_corners=False)

    rows = measure(
        "float32 plane",
        {
            "Pillow": lambda: picture.resize(size[::-1], Image.Resampling.BICUBIC),
            "torch, antialias": by_torch,
            "ours": lambda: imresize(plane, 3),
        },
        options.rounds,
    )
    rows += measure(
        "uint8 RGB",
        {
            "Pillow": lambda: colour.resize(size[::-1], Image.Resampling.BICUBIC),
            "ours (MATLAB's rounding, float64)": lambda: imresize(rgb, 3),
        },
        options.rounds,
    )
    show(rows, as_json=options.json)


if __name__ == "__main__":
    main()
