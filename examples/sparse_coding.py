"""Make docs/sparse_coding.png: one patch through sparse coding and through SRCNN's three layers.

python examples/sparse_coding.py FOLDER

The two dictionaries are learned from the pictures in FOLDER, but for the example picture itself, which the
patch is taken from. Prints the numbers of docs/sparse_coding.md. Needs the extra `paper`.
"""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from srcnn.imaging import imresize, rgb_to_luma_bt601
from srcnn.pictures.find import find_pictures
from srcnn.pictures.read import read_array
from srcnn.rivals.one_patch import Trace, as_filters, through_dictionaries, through_layers
from srcnn.rivals.samples import bicubic_pair
from srcnn.rivals.sparse_coding import fit_sparse_coding
from srcnn.zoo.shipped import load_model

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Plane = NDArray[np.float32]

SCALE = 3
ROW, COLUMN = 94, 103  # of the patch's first low-resolution pixel
SHOWN = 6  # strokes
ROOT = Path(__file__).parents[1]


def main(folder: Path) -> None:
    """Learn the dictionaries, take the patch both ways, draw and print."""
    example = read_array(ROOT / "examples" / "flowers_original.webp")[:, :, :3]
    pictures = [read_array(path) for path in find_pictures(folder)]
    lumas = [
        rgb_to_luma_bt601(picture[:, :, :3])
        for picture in pictures
        if picture.ndim == 3 and not np.array_equal(picture[:, :, :3], example)
    ]
    rival = fit_sparse_coding(lumas, SCALE)
    lr, bicubic, hr = bicubic_pair(rgb_to_luma_bt601(example), SCALE)
    sparse = through_dictionaries(rival, lr, ROW, COLUMN)
    # The network's code at the middle of the patch draws 5 x 5 pixels, which see 6 pixels further.
    top, left = SCALE * ROW + 2, SCALE * COLUMN + 2
    weights = load_model("srcnn-915", SCALE).weights
    layers = through_layers(weights, bicubic[top - 6 : top + 11, left - 6 : left + 11])
    ways = (
        Way("sparse coding", sparse, (slice(top - 2, top + 7), slice(left - 2, left + 7))),
        Way("SRCNN 9-1-5", layers, (slice(top, top + 5), slice(left, left + 5))),
    )
    draw(ways, bicubic, hr)
    report(ways, bicubic, hr)
    window = imresize(lr, 2)[2 * ROW - 2 : 2 * ROW + 8, 2 * COLUMN - 2 : 2 * COLUMN + 8]
    filtered = (as_filters(rival.lr_atoms) * window).sum((1, 2))
    same = np.corrcoef(filtered, sparse.responses)[0, 1]
    sys.stdout.write(f"responses of the atoms and of 10 x 10 filters: correlation {same:.7f}\n")


@dataclass(frozen=True)
class Way:
    """A trace, and the rows and columns of the picture that it ends at."""

    name: str
    trace: Trace
    place: tuple[slice, slice]


def draw(ways: tuple[Way, ...], bicubic: Plane, hr: Plane) -> None:
    """Draw a row of panels for each way: bicubic, responses, code, strokes, result, truth."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(13, 5.6), layout="constrained", dpi=100)
    parts = figure.subfigures(len(ways), 1)
    for way, part in zip(ways, parts, strict=True):
        axes = part.subplots(1, 6, width_ratios=(1, 1.6, 1.6, 1.5, 1, 1))
        part.suptitle(way.name, x=0.01, ha="left", weight="bold")
        low, high = float(hr[way.place].min()), float(hr[way.place].max())
        for axis, plane, title in (
            (axes[0], bicubic[way.place], "bicubic"),
            (axes[4], way.trace.patch, "result"),
            (axes[5], hr[way.place], "original"),
        ):
            axis.imshow(plane, cmap="gray", vmin=low, vmax=high)
            axis.set(title=f"{title}\n{plane.shape[0]} x {plane.shape[1]}", xticks=[], yticks=[])
        bars(axes[1], way.trace.responses, "1. responses of filters")
        bars(axes[2], way.trace.code, "2. code")
        strokes(axes[3], way.trace)
    figure.savefig(ROOT / "docs" / "sparse_coding.png")


def bars(axis: "Axes", values: NDArray[np.float32], title: str) -> None:
    """Draw a vector, its entries that are not zero in colour."""
    axis.axhline(0, color="0.8", linewidth=0.8)
    found = np.flatnonzero(values)
    axis.vlines(found, 0, values[found], color="tab:blue", linewidth=0.5 if len(found) > 100 else 1.5)
    axis.set(title=f"{title}\n{np.count_nonzero(values)} of {len(values)} not zero", xlim=(-1, len(values)))


def strokes(axis: "Axes", trace: Trace) -> None:
    """Draw the strongest strokes side by side, each in its own grey scale."""
    strengths = np.linalg.norm(trace.strokes, axis=(1, 2))
    strongest = np.argsort(-strengths)[:SHOWN]
    side = trace.strokes.shape[1]
    sheet = np.full((2 * side + 1, SHOWN // 2 * (side + 1) - 1), np.nan)
    for place, stroke in enumerate(trace.strokes[strongest]):
        top, left = (side + 1) * (place // (SHOWN // 2)), (side + 1) * (place % (SHOWN // 2))
        sheet[top : top + side, left : left + side] = stroke / max(float(np.abs(stroke).max()), 1e-6)
    axis.imshow(sheet, cmap="gray", vmin=-1, vmax=1)
    axis.set(title=f"3. strokes, the {SHOWN} strongest\n{side} x {side} each", xticks=[], yticks=[])


def report(ways: tuple[Way, ...], bicubic: Plane, hr: Plane) -> None:
    """Print what docs/sparse_coding.md says; errors are those of the middle 5 x 5 pixels."""
    sparse, layers = ways
    middle = layers.place
    results = {"bicubic": bicubic[middle], sparse.name: sparse.trace.patch[2:7, 2:7], layers.name: layers.trace.patch}
    for way in ways:
        for step, values in (("responses", way.trace.responses), ("codes", way.trace.code)):
            sys.stdout.write(f"{way.name}: {np.count_nonzero(values)} of {len(values)} {step} are not zero\n")
    code = np.flatnonzero(sparse.trace.code)
    strongest = np.argsort(-np.abs(sparse.trace.responses))[: len(code)]
    common = len(np.intersect1d(code, strongest))
    sys.stdout.write(f"{common} of the {len(code)} codes belong to the {len(code)} strongest responses\n")
    for name, result in results.items():
        error = 255 * float(np.sqrt(np.mean((result - hr[middle]) ** 2)))
        sys.stdout.write(f"{name}: root mean squared error of {error:.1f} levels of 255\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
