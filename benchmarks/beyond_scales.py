"""Scales beyond a network's largest, three ways: PSNR of luma.

python benchmarks/beyond_scales.py PICTURES --model fine -s 8

"bicubic" is without a network, "then bicubic" what `srcnn upscale` does, and "then the network" enlarges what the
network has enlarged once more, and reduces what is too much.
"""

import argparse
import json
import statistics
import sys
from pathlib import Path

import numpy as np

from srcnn import load
from srcnn.batch.enlarge import Upscalers
from srcnn.imaging import crop_to_multiple, imresize, psnr, rgb_to_luma_bt601, to_float
from srcnn.imaging.depth import Plane
from srcnn.machine import describe_machine
from srcnn.pictures.find import find_pictures
from srcnn.pictures.read import read_array


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description="scales beyond a network's largest")
    parser.add_argument("pictures", type=Path)
    parser.add_argument("--model", default="fine")
    parser.add_argument("-s", "--scale", type=int, default=8)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    lumas = [_luma(path, options.scale) for path in find_pictures(options.pictures)]
    rows = measure(lumas, options.model, options.scale, options.threads)
    if options.json:
        sys.stdout.write(json.dumps({"machine": describe_machine(), "scale": options.scale, "psnr": rows}) + "\n")
        return
    for way, value in rows.items():
        sys.stdout.write(f"{way:<16} {value:7.3f} dB\n")


def measure(lumas: list[Plane], model: str, scale: int, threads: int) -> dict[str, float]:
    """Mean PSNR in dB of each way."""
    scales = Upscalers(model).scales
    first = load(model, scales[-1], threads=threads)
    second = load(model, next(each for each in scales if each * scales[-1] >= scale), threads=threads)
    found: dict[str, list[float]] = {"bicubic": [], "then bicubic": [], "then the network": []}
    for hr in lumas:
        lr = _clipped(imresize(hr, 1 / scale))
        once = _clipped(first.luma(lr))
        ways = (lr, once, _clipped(second.luma(once)))
        for way, plane in zip(found, ways, strict=True):
            sr = _clipped(imresize(plane, size=hr.shape))
            found[way].append(psnr(sr, hr, data_range=1, border=scale))
    return {way: statistics.mean(values) for way, values in found.items()}


def _luma(path: Path, scale: int) -> Plane:
    image = to_float(crop_to_multiple(read_array(path), scale))
    return rgb_to_luma_bt601(image[:, :, :3]) if image.ndim == 3 and image.shape[2] > 2 else image


def _clipped(plane: Plane) -> Plane:
    return np.clip(plane, 0, 1).astype(np.float32)


if __name__ == "__main__":
    main()
