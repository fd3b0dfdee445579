"""A plane through a session in tiles of columns: maps stay near the cache, and memory is bounded however wide it is.

A tile carries the columns of its neighbours that its own depend on, so the result is that of the whole
plane at once. This module knows nothing of networks.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from srcnn.runtime.session import Session
from srcnn.spec import ModelSpec

Plane = NDArray[np.float32]
Bounds = tuple[int, int]
Each = Callable[..., Iterable[Any]]
_LEAST_COLUMNS = 32  # of a tile; narrower ones repeat too much of their neighbours


def valid_in_tiles(
    session: Session, padded: Plane, bounds: Iterable[Bounds], *, halo: int, scale: int = 1, each: Each = map
) -> Plane:
    """Apply a network that does not pad.

    Args:
        session: from (h + 2 halo) x (w + 2 halo) to scale h x scale w or a little more, which is cut off.
        padded: (h + 2 halo) x (w + 2 halo), with the borders that the network does not make.
        bounds: of the tiles, from `tile_bounds`.
        halo: columns that a tile needs of each neighbour.
        scale: by which the network enlarges.
        each: calls a function for each tile, as `map` does; that of a thread pool, several at a time.

    Returns:
        scale h x scale w.

    Tests: tests/runtime/test_tiles.py.
    """
    height, width = (length - 2 * halo for length in padded.shape)
    result = np.empty((height * scale, width * scale), np.float32)

    def run(bound: Bounds) -> None:
        left, right = bound
        tile = _run(session, padded[:, left : right + 2 * halo])
        result[:, left * scale : right * scale] = tile[: height * scale, : (right - left) * scale]

    for _ in each(run, bounds):
        pass
    return result


def same_in_tiles(session: Session, plane: Plane, *, halo: int, columns: int, scale: int = 1) -> Plane:
    """Apply a network that pads by itself.

    Args:
        session: from h x w to scale h x scale w or a little more, which is cut off.
        plane: h x w.
        halo: columns that a tile needs of each neighbour.
        columns: of a tile, at most.
        scale: by which the network enlarges.

    Returns:
        scale h x scale w.

    Tests: tests/runtime/test_tiles.py.
    """
    height, width = plane.shape
    result = np.empty((height * scale, width * scale), np.float32)
    for left, right in tile_bounds(width, columns):
        first, last = max(0, left - halo), min(width, right + halo)
        tile = _run(session, plane[:, first:last])
        kept = slice((left - first) * scale, (right - first) * scale)
        result[:, left * scale : right * scale] = tile[: height * scale, kept]
    return result


def tile_bounds(width: int, columns: int, *, step: int = 1, threads: int = 1) -> Iterator[Bounds]:
    """First and last column of nearly equal tiles: engines keep code for every width.

    Args:
        width: of the plane.
        columns: of a tile, at most.
        step: tiles begin at multiples of it.
        threads: that work on tiles at the same time; each gets as many, unless they were too narrow then.

    Yields:
        As few as suffice.

    Tests: tests/runtime/test_tiles.py.
    """
    steps = -(-width // step)
    tiles = -(-steps // max(1, columns // step))
    tiles = max(tiles, min(-(-tiles // threads) * threads, width // _LEAST_COLUMNS))
    for tile in range(tiles):
        yield step * (steps * tile // tiles), min(width, step * (steps * (tile + 1) // tiles))


def pixels_within(budget: int, spec: ModelSpec) -> int:
    """Pixels whose widest maps fit into so many bytes."""
    return budget // (4 * max(layer.out_channels for layer in spec.layers))


def _run(session: Session, tile: Plane) -> Plane:
    return session(np.ascontiguousarray(tile)[None, None])[0, 0]
