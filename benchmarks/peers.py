"""The shipped networks in this package and in every peer that is installed: one run, in turn.

python benchmarks/peers.py [--models srcnn-915,srcnn-955] [--threads 1] [--json] [--chart peers.png]
python benchmarks/peers.py --weights WEIGHTS --set5 DATA/test/Set5

Small luma to luma of 1920x1080, bicubic included; the reference of each case is this package. --weights is
a folder with fsrcnn_opencv and espcn_opencv, the networks of OpenCV's dnn_superres; it enlarges RGB, and so
does our reference then. Their PSNR is measured on the pictures of --set5, for the chart.
"""

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path
from statistics import fmean

import numpy as np
from peer_engines import installed_peers
from timing import Row, measure

from srcnn import load
from srcnn.bench.chart import Point, draw_chart
from srcnn.bench.implementations import implementations_of, open_implementation
from srcnn.imaging import crop_to_multiple, from_float, imresize, psnr, rgb_to_luma_bt601, to_float
from srcnn.machine import describe_machine
from srcnn.pictures.find import find_pictures
from srcnn.pictures.read import read_array
from srcnn.zoo.cards import shipped_cards
from srcnn.zoo.shipped import load_model

Picture = np.ndarray
FRAME = (1080, 1920)
OURS = "ours, "


def main() -> None:
    """Print the table, and draw the chart."""
    options = arguments()
    cards = {card.name: card for card in shipped_cards() if card.scale == options.scale}
    names = options.models.split(",") if options.models else list(cards)
    luma = np.random.default_rng(0).random([length // options.scale for length in FRAME], np.float32)
    rows: list[Row] = []
    points: list[Point] = []
    for name in names:
        model = load_model(name, options.scale)
        ours, *others = sorted(implementations_of(model), key=lambda name: name != "onnxruntime")
        functions = {OURS + ours: open_implementation(model, ours, options.threads)}
        functions |= {
            other if " " in other else OURS + other: open_implementation(model, other, options.threads)
            for other in others
        }
        functions |= installed_peers(model, options.threads)
        measured = measure(f"{name} x{options.scale}", on(luma, functions), options.rounds)
        rows += measured
        points += [Point(name, row.implementation, row.seconds, cards[name].set5_psnr) for row in measured]
    if options.weights and find_spec("cv2"):
        superres_rows, superres_points = superres(options, names[0])
        rows += superres_rows
        points += superres_points
    if options.chart:
        draw_chart(points, options.chart, title=f"Set5 x{options.scale}, frame of 1920x1080, {options.threads} threads")
    show(rows, as_json=options.json)


def on(argument: Picture, functions: dict[str, Callable[[Picture], object]]) -> dict[str, Callable[[], object]]:
    """The functions applied to one argument."""
    return {name: lambda function=function: function(argument) for name, function in functions.items()}


def superres(options: argparse.Namespace, reference: str) -> tuple[list[Row], list[Point]]:
    """OpenCV's dnn_superres with its own networks, RGB to RGB."""
    import cv2

    cv2.setNumThreads(options.threads)
    functions: dict[str, Callable[[Picture], Picture]] = {
        f"{OURS}{reference}": load(reference, options.scale, threads=options.threads)
    }
    for file in sorted(options.weights.glob(f"*_opencv/*_x{options.scale}.pb")):
        network = cv2.dnn_superres.DnnSuperResImpl_create()
        network.readModel(str(file))
        network.setModel(file.name.partition("_")[0].partition("-")[0].lower(), options.scale)
        functions[f"dnn_superres, {file.stem}"] = network.upsample
    small = np.random.default_rng(0).integers(0, 256, (*[length // options.scale for length in FRAME], 3), np.uint8)
    rows = measure(f"RGB x{options.scale}", on(small, functions), options.rounds)
    if not options.set5:
        return rows, []
    peers = [row for row in rows if not row.implementation.startswith(OURS)]
    return rows, [
        Point(
            row.implementation.partition(", ")[2],
            "OpenCV dnn_superres (RGB)",
            row.seconds,
            rgb_method_psnr(functions[row.implementation], options.set5, options.scale),
        )
        for row in peers
    ]


def rgb_method_psnr(method: Callable[[Picture], Picture], folder: Path, scale: int) -> float:
    """Mean PSNR of the limited-range BT.601 luma in 8 bits; blue comes first in OpenCV's pictures."""
    values: list[float] = []
    for path in find_pictures(folder):
        hr = crop_to_multiple(read_array(path), scale)
        sr = method(np.ascontiguousarray(imresize(hr, 1 / scale)[:, :, ::-1]))[:, :, ::-1]
        lumas = [from_float(rgb_to_luma_bt601(to_float(picture)), np.uint8) for picture in (sr, hr)]
        values.append(psnr(*lumas, data_range=255, border=scale))
    return fmean(values)


def arguments() -> argparse.Namespace:
    """The options."""
    parser = argparse.ArgumentParser(description="the same networks in other engines")
    parser.add_argument("--models", help="names with commas between them; default: every shipped model")
    parser.add_argument("-s", "--scale", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--weights", type=Path, help="folder with networks of dnn_superres")
    parser.add_argument("--set5", type=Path, help="pictures to measure those networks on")
    parser.add_argument("--chart", type=Path, help="PNG to draw")
    parser.add_argument("--json", action="store_true", help="print JSON")
    return parser.parse_args()


def show(rows: list[Row], *, as_json: bool) -> None:
    """Print the rows, with how many times as long as ours each takes."""
    if as_json:
        sys.stdout.write(json.dumps({"machine": describe_machine(), "rows": [asdict(row) for row in rows]}) + "\n")
        return
    for row in rows:
        times = f"{1 / row.ratio:6.2f} times ours"
        sys.stdout.write(f"{row.case:<18} {row.implementation:<32} {row.seconds * 1e3:9.1f} ms {times}\n")


if __name__ == "__main__":
    main()
