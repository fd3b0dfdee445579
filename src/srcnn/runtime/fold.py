"""The bicubic enlargement folded into the first layer, for networks like 9-1-5: exact, and much less arithmetic.

A network on the enlarged picture computes every pixel's maps from a 9 x 9 window of it; but that window
holds no more than some 6 x 6 pixels of the small picture. Both steps are linear, so one small kernel on
the small picture does for both. It depends on where in its block a pixel lies, which splits the network
into one branch for each of the B^2 places. Kernels of 1 x 1 stay as they are in every branch, whose maps
are also small enough for the cache, and the last layer reads what it needs from all of them:

    first layer, place a of a block:  h[B I + a] = sum over t of w[t] up[B I + a + t - r]
                                                 = sum over u of (sum over t of w[t] K[a + t - r, u]) lr[T I + u]
    last layer, place p of a block:   y[B I + p] = sum over c, v with 0 <= B v + c - p + r < k
                                                   of w[B v + c - p + r] h[B (I + v) + c]

in both dimensions; K is the bicubic kernel's matrix, and a block of B enlarged pixels is T = B / scale
small ones. A last layer whose rows fit beside each other into one vector register computes the B pixels of
each of its rows first, as 1 x n convolutions, and adds up the rows for the B pixels of a column then.

For 9-1-5 that is 5,996 multiply-accumulates per pixel at x3 and 6,400 at x4, counting idle vector lanes,
where the network on the enlarged picture takes 9,280 with its last layer in blocks. At x2 it is 8,192. A network
of colour takes 15,324 at x3 in place of 23,744.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from srcnn.imaging.resize import keys_cubic
from srcnn.runtime.graph import LANES, Conv, Crop, DepthToSpace, Graph, Sum, valid_graph
from srcnn.zoo.model_file import Model


@dataclass(frozen=True, slots=True, kw_only=True)
class Folded:
    """A network that enlarges by itself.

    Attributes:
        graph: from (n + 2 halo) x (m + 2 halo) small pixels to scale n x scale m, for multiples n and m of `step`.
        halo: pixels of the small picture that it needs on each side.
        step: pixels of the small picture in a block.
    """

    graph: Graph
    halo: int
    step: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """One of the B places within a block, in one dimension.

    Attributes:
        bicubic: first layer's kernel x taps: what each enlarged pixel of its window is made of.
        first: the small pixel of the first tap, counted from the block's first.
        low: the first block in which the last layer reads this place, counted from the block it computes.
        uses: B outputs x blocks read x last layer's kernel, 1 where that tap reads this place of that block.
    """

    bicubic: NDArray[np.floating]
    first: int
    low: int
    uses: NDArray[np.float64]


def can_fold(model: Model) -> bool:
    """Whether a network is one that `fold_enlargement` takes: kernels of 1 x 1 between first and last layer."""
    spec = model.spec
    inner = spec.layers[1:-1]
    return (
        spec.input_space == "hr"
        and spec.scale > 1
        and len(spec.layers) > 1
        and all(layer.kernel_size == 1 for layer in inner)
        and spec.layers[-1].activation == "none"
    )


def fold_enlargement(model: Model) -> Folded:
    """Rewrite a network on the enlarged picture as one on the small picture.

    The result is exact for outputs at least `reach` pixels from the picture's edges, where no border
    has been replicated, if the small picture is continued beyond its edges as `imresize` does.

    Args:
        model: one that `can_fold` approves of.

    Returns:
        The graph and what it needs.

    Tests: tests/runtime/test_fold.py.
    """
    assert can_fold(model)
    first, *middle, last = valid_graph(model)
    scale = model.spec.scale
    block = scale * -(-3 // scale)  # 3 or 4 a side: 9 or 16 places
    step = block // scale
    places = [_place(a, scale, block, (first.weight.shape[2], last.weight.shape[2])) for a in range(block)]
    ends = [place.low * step + place.first for place in places]
    # What the last block read needs beyond the last small pixel that is not halo.
    beyond = [
        end + (place.uses.shape[1] - 1) * step + place.bicubic.shape[1] - step
        for end, place in zip(ends, places, strict=True)
    ]
    halo = max(*(-end for end in ends), *beyond)

    def maps(a: int, b: int) -> Graph:
        """All layers but the last, for place (a, b) of every block."""
        crop = Crop(halo + ends[a], halo + ends[b], halo - beyond[a], halo - beyond[b])
        weight = places[a].bicubic.T @ first.weight @ places[b].bicubic
        return (crop, replace(first, weight=weight.astype(np.float32), stride=step), *middle)

    # By rows, all channels' maps would go into every channel's pixels.
    rewrite_last = _last_by_rows if len(last.weight) == 1 and last.weight.shape[2] * block <= LANES else _last_at_once
    return Folded(graph=(rewrite_last(last, places, maps), DepthToSpace(block)), halo=halo, step=step)


def _last_at_once(last: Conv, places: list[_Place], maps: Callable[[int, int], Graph]) -> Sum:
    """Every place's part in all B^2 pixels of a block, of one channel after the other."""
    branches: list[Graph] = []
    for a, row in enumerate(places):
        for b, column in enumerate(places):
            weight = np.einsum("pvi,qwj,ocij->opqcvw", row.uses, column.uses, last.weight)
            weight = weight.reshape(-1, *weight.shape[3:])
            branches.append((*maps(a, b), _part(last, weight, first=not branches)))
    return Sum(tuple(branches))


def _last_by_rows(last: Conv, places: list[_Place], maps: Callable[[int, int], Graph]) -> Sum:
    """Every place's part in the B pixels of each of the kernel's rows; rows are added up for the B of a column."""
    rows: list[Graph] = []
    for a, row in enumerate(places):
        parts: list[Graph] = []
        for b, column in enumerate(places):
            weight = np.einsum("qwj,cij->iqcw", column.uses, last.weight[0])
            weight = weight.reshape(-1, weight.shape[2], 1, weight.shape[3])
            parts.append((*maps(a, b), _part(last, weight, first=False)))
        weight = np.einsum("pvi,qr->pqirv", row.uses, np.eye(len(places)))
        weight = weight.reshape(len(places) ** 2, -1, weight.shape[4], 1)
        rows.append((Sum(tuple(parts)), _part(last, weight, first=not rows)))
    return Sum(tuple(rows))


def _part(last: Conv, weight: NDArray[np.float64], *, first: bool) -> Conv:
    """A convolution to the maps of each output channel; of those that are added up, the first brings the bias."""
    bias = np.repeat(last.bias * np.float32(first), len(weight) // len(last.bias))
    return replace(last, weight=weight.astype(np.float32), bias=bias)


def _place(place: int, scale: int, block: int, kernels: tuple[int, int]) -> _Place:
    """Bicubic and last layer as seen from one place of a block, for the first and last layer's kernel sizes."""
    reach = kernels[0] // 2
    pixels = (place + np.arange(-reach, reach + 1) + 0.5) / scale - 0.5  # of the window, on the small picture
    taps = np.arange(np.floor(pixels[0]) - 1, np.floor(pixels[-1]) + 3)
    bicubic = keys_cubic(pixels[:, None] - taps)
    used = np.flatnonzero(np.abs(bicubic).max(0) > 1e-12)
    bicubic, first = bicubic[:, used[0] : used[-1] + 1], int(taps[used[0]])

    blocks = np.arange(-kernels[1], kernels[1] + 1)
    taps_read = block * blocks + place - np.arange(block)[:, None] + kernels[1] // 2
    uses = (taps_read[:, :, None] == np.arange(kernels[1])).astype(np.float64)
    read = np.flatnonzero(uses.any((0, 2)))
    return _Place(bicubic=bicubic, first=first, low=int(blocks[read[0]]), uses=uses[:, read[0] : read[-1] + 1])
