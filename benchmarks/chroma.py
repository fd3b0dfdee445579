"""Chroma, five ways, beside one network's luma: PSNR of the RGB picture, and time.

python benchmarks/chroma.py PICTURES --model swift -s 3

Bicubic is the paper's way. "slopes" adds the luma's change to each channel times the channel's slope on
luma (`srcnn.imaging.slopes`). "network" enlarges Cb and Cr with the network of the luma. "chroma" is the network of
chroma beside it, if the model has one. "truth" is the chroma of the picture itself: the most that any way could give.
"""

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from srcnn import load
from srcnn.imaging import (
    crop_to_multiple,
    from_float,
    imresize,
    psnr,
    rgb_to_ycbcr_bt601,
    to_float,
    ycbcr_to_rgb_bt601,
)
from srcnn.imaging.color import LUMA_BT601_SPAN
from srcnn.imaging.slopes import luma_slopes
from srcnn.machine import describe_machine
from srcnn.pictures.find import find_pictures
from srcnn.pictures.read import read_array
from srcnn.upscaler import Upscaler

Picture = np.ndarray


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description="chroma beside a network's luma")
    parser.add_argument("pictures", type=Path)
    parser.add_argument("--model", default="swift")
    parser.add_argument("-s", "--scale", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    upscaler = load(options.model, options.scale, threads=options.threads)
    pictures = [read_array(path) for path in find_pictures(options.pictures)]
    rows = measure(upscaler, [picture[:, :, :3] for picture in pictures if picture.ndim == 3])
    if options.json:
        sys.stdout.write(json.dumps({"machine": describe_machine(), "rows": rows}) + "\n")
        return
    for row in rows:
        sys.stdout.write(
            f"{row['implementation']:<10} {row['rgb_psnr']:7.3f} dB {row['gain']:+.3f}, worst {row['worst']:+.3f} "
            f"{row['seconds'] * 1e3:8.1f} ms a picture\n"
        )


def measure(upscaler: Upscaler, pictures: list[Picture]) -> list[dict[str, object]]:
    """Enlarge every picture by every way."""
    scale = upscaler.scale
    values: dict[str, list[float]] = {}
    seconds: dict[str, float] = {}
    for picture in pictures:
        hr = crop_to_multiple(picture, scale)
        lr = to_float(from_float(imresize(to_float(hr), 1 / scale), np.uint8))
        for name, way in ways(upscaler, lr, hr).items():
            started = time.perf_counter()
            sr = from_float(way(), np.uint8)
            seconds[name] = seconds.get(name, 0) + time.perf_counter() - started
            values.setdefault(name, []).append(psnr(sr, hr, data_range=255, border=scale))
    gains = {name: np.subtract(each, values["bicubic"]) for name, each in values.items()}
    case = f"{upscaler.model.spec.name} x{scale}, {len(pictures)} pictures"
    return [
        {
            "case": case,
            "implementation": name,
            "seconds": seconds[name] / len(pictures),
            "ratio": seconds["bicubic"] / seconds[name],
            "rgb_psnr": statistics.fmean(values[name]),
            "gain": float(gains[name].mean()),
            "worst": float(gains[name].min()),
        }
        for name in values
    ]


def ways(upscaler: Upscaler, lr: Picture, hr: Picture) -> dict[str, Callable[[], Picture]]:
    """The ways by name, each a function to RGB."""
    scale = upscaler.scale

    def luma_and_bicubic() -> tuple[Picture, Picture]:
        small = rgb_to_ycbcr_bt601(lr)
        return upscaler.luma(np.ascontiguousarray(small[:, :, 0])), imresize(small, scale)

    def bicubic() -> Picture:
        luma, enlarged = luma_and_bicubic()
        return ycbcr_to_rgb_bt601(np.dstack([luma, enlarged[:, :, 1:]]))

    def slopes() -> Picture:
        luma, enlarged = luma_and_bicubic()
        change = (luma - enlarged[:, :, 0]) / np.float32(LUMA_BT601_SPAN)
        slopes = np.moveaxis(luma_slopes(np.moveaxis(lr, 2, 0)), 0, 2)
        return imresize(lr, scale) + change[:, :, None] * imresize(slopes, scale)

    def network() -> Picture:
        small = rgb_to_ycbcr_bt601(lr)
        planes = [upscaler.luma(np.ascontiguousarray(small[:, :, channel])) for channel in range(3)]
        return ycbcr_to_rgb_bt601(np.dstack(planes))

    def truth() -> Picture:
        luma, _ = luma_and_bicubic()
        return ycbcr_to_rgb_bt601(np.dstack([luma, rgb_to_ycbcr_bt601(to_float(hr))[:, :, 1:]]))

    beside = {"chroma": lambda: upscaler(lr)} if upscaler.model.chroma else {}
    return {"bicubic": bicubic, "slopes": slopes, "network": network, **beside, "truth": truth}


if __name__ == "__main__":
    main()
