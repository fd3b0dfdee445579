"""Partly transparent pictures, as they are seen on black, grey and white: PSNR of RGB.

python benchmarks/transparency.py PICTURES --model fine -s 2

"drawn" are strokes of two colours on nothing, and a card with a soft shadow, drawn six times as large. "cut out" are
the PICTURES, cut to an ellipse; of a "half visible" one alpha rises from left to right. "laid first" is for comparison:
the picture laid on the very ground it is seen on, and then enlarged, without transparency.
"""

import argparse
import json
import statistics
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from srcnn import load
from srcnn.batch.enlarge import enlarge
from srcnn.batch.size import Target
from srcnn.imaging import crop_to_multiple, imresize, psnr, to_float
from srcnn.imaging.depth import Planes
from srcnn.machine import describe_machine
from srcnn.pictures.find import find_pictures
from srcnn.pictures.read import read_array
from srcnn.pictures.strips import whole

SIDE, FINER = 240, 6
GROUNDS = {"black": 0.0, "grey": 0.5, "white": 1.0}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description="partly transparent pictures as they are seen")
    parser.add_argument("pictures", type=Path)
    parser.add_argument("--model", default="fine")
    parser.add_argument("-s", "--scale", type=int, default=2)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    rows = measure(options.pictures, options.model, options.scale, options.threads)
    if options.json:
        sys.stdout.write(json.dumps({"machine": describe_machine(), "scale": options.scale, "psnr": rows}) + "\n")
        return
    sys.stdout.write("| pictures | bicubic | ours | laid first |\n|---|---|---|---|\n")
    for kind, values in rows.items():
        cells = " | ".join(f"{value:.2f}" for value in values.values())
        sys.stdout.write(f"| {kind} | {cells} |\n")


def measure(pictures: Path, model: str, scale: int, threads: int) -> dict[str, dict[str, float]]:
    """Mean PSNR in dB over grounds and pictures, of each way by kind of picture."""
    upscaler = load(model, scale, threads=threads)
    found: dict[str, dict[str, list[float]]] = {}
    for kind, seen in (*_drawn(scale), *_cut_out(pictures, scale)):
        small = _stored(np.clip(imresize(seen, 1 / scale), 0, 1))
        size = seen.shape[:2]
        bicubic = whole(enlarge(small, Target(size, size), None))
        ways = {"bicubic": _seen(bicubic), "ours": _seen(upscaler(small)), "laid first": _seen(small)}
        for ground in GROUNDS.values():
            for way, planes in ways.items():
                laid = _on(planes, ground)
                laid = upscaler(laid) if way == "laid first" else laid
                value = psnr(laid, _on(seen, ground), data_range=1, border=scale)
                found.setdefault(kind, {}).setdefault(way, []).append(value)
    return {kind: {way: statistics.mean(values) for way, values in ways.items()} for kind, ways in found.items()}


def _drawn(scale: int) -> Iterator[tuple[str, Planes]]:
    """Strokes, and a card with its shadow: colours times alpha, and alpha."""
    random = np.random.default_rng(0)
    strokes = Image.new("L", (SIDE * FINER, SIDE * FINER))
    for line in random.integers(0, SIDE * FINER, (40, 4)).tolist():
        ImageDraw.Draw(strokes).line(line, fill=255, width=int(random.integers(6, 20)))
    alpha = np.asarray(strokes, np.float32)[:, :, None] / 255
    stripes = np.arange(SIDE * FINER)[:, None, None] // (20 * FINER) % 2
    colours = np.where(stripes, np.float32([0.1, 0.4, 0.9]), np.float32([0.9, 0.3, 0.1]))
    yield "drawn strokes", _finer(np.concatenate((colours * alpha, alpha), axis=2), scale)
    card, shadow = (Image.new("L", (SIDE * FINER, SIDE * FINER)) for _ in range(2))
    box = [40 * FINER, 40 * FINER, 190 * FINER, 170 * FINER]
    ImageDraw.Draw(card).rounded_rectangle(box, 20 * FINER, fill=255)
    ImageDraw.Draw(shadow).rounded_rectangle([each + 8 * FINER for each in box], 20 * FINER, fill=150)
    blurred = np.asarray(shadow.filter(ImageFilter.GaussianBlur(6 * FINER)), np.float32)[:, :, None] / 255
    alpha = np.asarray(card, np.float32)[:, :, None] / 255
    light = np.float32([0.95, 0.95, 0.9])
    yield (
        "a drawn card with a shadow",
        _finer(np.concatenate((light * alpha, alpha + blurred * (1 - alpha)), axis=2), scale),
    )


def _finer(planes: Planes, scale: int) -> Planes:
    """Drawn large, and made small by means of squares."""
    means = planes.reshape(SIDE, FINER, SIDE, FINER, -1).mean((1, 3))
    return crop_to_multiple(means.astype(np.float32), scale)


def _cut_out(pictures: Path, scale: int) -> Iterator[tuple[str, Planes]]:
    for path in find_pictures(pictures):
        image = to_float(crop_to_multiple(read_array(path), scale))
        if image.ndim == 2:
            image = image[:, :, None].repeat(3, 2)
        height, width = image.shape[:2]
        rows, columns = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j].astype(np.float32)
        inside = np.clip((0.8 - np.hypot(rows, columns)) * min(height, width) / 2, 0, 1)
        for kind, alpha in (("cut out", inside), ("half visible", (columns + 1) / 2)):
            yield kind, np.concatenate((image[:, :, :3] * alpha[:, :, None], alpha[:, :, None]), axis=2)


def _stored(seen: Planes) -> Planes:
    """As files have it: colours not multiplied by alpha."""
    alpha = seen[:, :, 3:]
    return np.concatenate((np.clip(seen[:, :, :3] / np.maximum(alpha, 1e-6), 0, 1), alpha), axis=2, dtype=np.float32)


def _seen(stored: Planes) -> Planes:
    return np.concatenate((stored[:, :, :3] * stored[:, :, 3:], stored[:, :, 3:]), axis=2)


def _on(seen: Planes, ground: float) -> Planes:
    return np.clip(seen[:, :, :3] + np.float32(ground) * (1 - seen[:, :, 3:]), 0, 1)


if __name__ == "__main__":
    main()
