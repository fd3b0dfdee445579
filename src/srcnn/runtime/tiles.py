"""Planes through a session in tiles: maps stay near the cache, and memory is bounded however wide it is.

A tile carries what its own pixels depend on of its neighbours, so the result is that of the whole
planes at once. This module knows nothing of networks.
"""

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import product
from typing import Any

import numpy as np

from srcnn.imaging.depth import Planes
from srcnn.runtime.session import Session
from srcnn.spec import ModelSpec

Bounds = tuple[int, int]
Each = Callable[..., Iterable[Any]]
_TILES_BYTES = 128 << 20  # of the widest maps of tiles in work at the same time
_LEAST_COLUMNS = 32  # of a tile; narrower ones repeat too much of their neighbours


def valid_in_tiles(
    session: Session,
    padded: Planes,
    bounds: Iterable[Bounds],
    *,
    halo: int,
    scale: int = 1,
    rows: Iterable[Bounds] | None = None,
    each: Each = map,
) -> Planes:
    """Apply a network that does not pad.

    Args:
        session: from C x (h + 2 halo) x (w + 2 halo) to C x scale h x scale w or a little more, which is cut off.
        padded: C x (h + 2 halo) x (w + 2 halo), or without C for one channel, with the borders that the network does
            not make.
        bounds: columns of the tiles, from `tile_bounds`.
        halo: columns and rows that a tile needs of each neighbour.
        scale: by which the network enlarges.
        rows: of the tiles, from `tile_bounds` too; None takes all.
        each: calls a function for each tile, as `map` does; that of a thread pool, several at a time.

    Returns:
        C x scale h x scale w, or without C as `padded`.

    Tests: tests/runtime/test_tiles.py.
    """
    *channels, height, width = padded.shape
    height, width = height - 2 * halo, width - 2 * halo
    result = np.empty((*channels, height * scale, width * scale), np.float32)

    def run(bounds: tuple[Bounds, Bounds]) -> None:
        (top, bottom), (left, right) = bounds
        tile = _run(session, padded[..., top : bottom + 2 * halo, left : right + 2 * halo])
        place = np.s_[..., top * scale : bottom * scale, left * scale : right * scale]
        result[place] = tile[..., : (bottom - top) * scale, : (right - left) * scale]

    for _ in each(run, product([(0, height)] if rows is None else rows, bounds)):
        pass
    return result


def same_in_tiles(
    session: Session,
    planes: Planes,
    bounds: Iterable[Bounds],
    *,
    halo: int,
    scale: int = 1,
    channels: int | None = None,
    each: Each = map,
) -> Planes:
    """Apply a network that pads by itself.

    Args:
        session: from C x h x w to as many or `channels` x scale h x scale w or a little more, which is cut off.
        planes: C x h x w, or without C for one channel.
        bounds: columns of the tiles, from `tile_bounds`.
        halo: columns that a tile needs of each neighbour.
        scale: by which the network enlarges.
        channels: that it gives, if they are others than it takes.
        each: as for `valid_in_tiles`.

    Returns:
        C or `channels` x scale h x scale w; without C as `planes`.

    Tests: tests/runtime/test_tiles.py.
    """
    *taken, height, width = planes.shape
    given = taken if channels is None else [channels]
    result = np.empty((*given, height * scale, width * scale), np.float32)

    def run(bound: Bounds) -> None:
        left, right = bound
        first, last = max(0, left - halo), min(width, right + halo)
        tile = _run(session, planes[..., first:last])
        kept = slice((left - first) * scale, (right - first) * scale)
        result[..., left * scale : right * scale] = tile[..., : height * scale, kept]

    for _ in each(run, bounds):
        pass
    return result


def tile_bounds(length: int, most: int, *, step: int = 1, threads: int = 1) -> Iterator[Bounds]:
    """First and last column, or row, of nearly equal tiles: engines keep code for every size.

    Args:
        length: columns or rows of the plane.
        most: of a tile.
        step: tiles begin at multiples of it.
        threads: that work on tiles at the same time: the number of tiles is a multiple of it, unless they would be too
            narrow.

    Yields:
        As few as suffice.

    Tests: tests/runtime/test_tiles.py.
    """
    steps = -(-length // step)
    tiles = -(-steps // max(1, most // step))
    tiles = max(tiles, min(-(-tiles // threads) * threads, length // _LEAST_COLUMNS))
    for tile in range(tiles):
        yield step * (steps * tile // tiles), min(length, step * (steps * (tile + 1) // tiles))


@cache
def in_threads(threads: int) -> Each:
    """A `map` that calls its function in a pool of threads, which all networks share.

    Tiles at the same time use threads better than one at a time whose every operation is shared by all threads.

    Args:
        threads: that call; with one it is `map`.

    Tests: tests/runtime/test_tiles.py.
    """
    return map if threads == 1 else _Threads(threads)


def pixels_within(tile_bytes: int, spec: ModelSpec, threads: int) -> int:
    """Pixels of a tile.

    Args:
        tile_bytes: that its widest maps may take.
        spec: of the network.
        threads: with a tile each; where there are many, tiles are smaller.

    Returns:
        How many fit, at least one.

    Tests: tests/runtime/test_tiles.py.
    """
    widest = max(layer.out_channels for layer in spec.layers)
    return max(1, min(tile_bytes, _TILES_BYTES // threads) // (4 * widest))


class _Threads:
    """`map` in some threads; a forked process has none of its parent's, and gets its own."""

    def __init__(self, threads: int) -> None:
        self._threads = threads
        self._pool = self._start()

    def __call__(self, function: Callable[[Any], Any], items: Iterable[Any]) -> Iterator[Any]:
        process, pool = self._pool
        if process != os.getpid():  # of two threads that find this at once, one uses a pool that nobody else does
            self._pool = _, pool = self._start()
        items = list(items)
        try:
            return pool.map(function, items)
        except RuntimeError:  # the main thread has ended: no threads begin any more
            return map(function, items)

    def _start(self) -> tuple[int, ThreadPoolExecutor]:
        return os.getpid(), ThreadPoolExecutor(self._threads, "srcnn-tile")


def _run(session: Session, tile: Planes) -> Planes:
    """With or without C, as the tile."""
    output = session(np.ascontiguousarray(tile).reshape(1, -1, *tile.shape[-2:]))
    return output[0] if tile.ndim == 3 else output[0, 0]
