"""A network whose first layer does the bicubic enlargement, applied in strips and tiles of small planes.

The rewritten graph is exact where no border is seen. The rim that sees one, as wide as the network
reaches, is computed by the definition and put over it: bicubic, then the graph that pads in every layer.
"""

from typing import Any

import numpy as np

from srcnn.imaging.depth import Planes
from srcnn.imaging.resize import BICUBIC_REACH, resize_planes
from srcnn.runtime.engines import Engine, available_threads
from srcnn.runtime.fold import Folded
from srcnn.runtime.graph import replicated_graph
from srcnn.runtime.network import TILE_COLUMNS
from srcnn.runtime.rewrite import BLOCK, block_last_layer
from srcnn.runtime.session import open_session
from srcnn.runtime.tiles import in_threads, pixels_within, same_in_tiles, tile_bounds, valid_in_tiles
from srcnn.zoo.model_file import Model

_Edge = tuple[tuple[Any, ...], tuple[Any, ...]]
_FOLDED_TILE_COLUMNS = 160  # of the small plane; `TILE_COLUMNS` are of the enlarged one
_TILE_BYTES = 15 << 17  # of a branch's widest map, which stay in the cache then: 48 rows of 64 maps


class FoldedNetwork:
    """A folded network loaded into an engine, for planes of any size.

    Attributes:
        reach: rows of the small plane that a strip needs of its neighbours.
        columns: of the small plane that the engine sees at a time, but for the halo beside them.
        pixels: of the small plane that a strip as wide as a tile is best of.
    """

    def __init__(self, model: Model, folded: Folded, *, engine: Engine, threads: int) -> None:
        self._folded = folded
        self._scale = model.spec.scale
        self._rim = model.spec.reach
        self.reach = max(folded.halo, -(-self._rim // self._scale) + BICUBIC_REACH)
        self._threads = available_threads(threads)
        self.columns = _FOLDED_TILE_COLUMNS
        self._tile_pixels = pixels_within(_TILE_BYTES, model.spec, self._threads)
        # Two tiles above each other, so that threads wait less for each other; one alone has its first strip sooner.
        self._stacked = min(2, self._threads)
        self.pixels = self._tile_pixels * self._stacked
        self._each = in_threads(self._threads)
        exact = block_last_layer(replicated_graph(model), BLOCK)
        self._inner, self._exact = (open_session(graph, engine, threads=1) for graph in (folded.graph, exact))

    def __call__(self, window: Planes, *, top: bool, bottom: bool) -> Planes:
        """Enlarge a strip.

        Args:
            window: h x w float32, or C x h x w for a network of C channels, whole rows of the small planes: the strip,
                and `reach` rows more on each side that is not an edge of the picture.
            top: whether the first row is the picture's first.
            bottom: whether the last row is the picture's last.

        Returns:
            The strip enlarged: scale x its rows, scale x w, or C of them, float32, unclipped.

        Tests: tests/runtime/test_folded_network.py.
        """
        kept = slice(0 if top else self.reach, window.shape[-2] - (0 if bottom else self.reach))
        result = self._run_inner(window, kept)
        if self._rim:
            rows = slice(kept.start * self._scale, kept.stop * self._scale)
            self._paste_rim(result, window, rows, top=top, bottom=bottom)
        return result

    def _paste_rim(self, result: Planes, window: Planes, rows: slice, *, top: bool, bottom: bool) -> None:
        """Replace the strip's part of the picture's rim; the strip is these rows of the enlarged window."""
        rim = self._rim
        # Twice as much as is kept, since what is cut there pads where it should see neighbours.
        near, far = slice(2 * rim), slice(-2 * rim, None)
        margin = -(-2 * rim // self._scale) + BICUBIC_REACH
        edges: list[_Edge] = [(np.s_[..., :margin], np.s_[..., near]), (np.s_[..., -margin:], np.s_[..., far])]
        if top:
            edges.append((np.s_[..., :margin, :], np.s_[..., near, :]))
        if bottom:
            edges.append((np.s_[..., -margin:, :], np.s_[..., far, :]))

        def by_definition(edge: _Edge) -> Planes:
            small = window[edge[0]]
            height, width = (length * self._scale for length in small.shape[-2:])
            enlarged = resize_planes(small, (height, width), (self._scale, self._scale))[edge[1]]
            return same_in_tiles(self._exact, enlarged, tile_bounds(enlarged.shape[-1], TILE_COLUMNS), halo=rim)

        left, right, *ends = self._each(by_definition, edges)
        result[..., :rim] = left[..., rows, :rim]
        result[..., -rim:] = right[..., rows, -rim:]
        height = min(rim, result.shape[-2])
        if top:
            result[..., :rim, :] = ends[0][..., :height, :]
        if bottom:
            result[..., -rim:, :] = ends[-1][..., -height:, :]

    def _run_inner(self, window: Planes, kept: slice) -> Planes:
        """The kept rows by the folded graph; beyond the picture lies its mirror image, as in `imresize`."""
        halo, step, scale = self._folded.halo, self._folded.step, self._scale
        *channels, rows_there, width = window.shape
        height = kept.stop - kept.start
        first, last = max(0, kept.start - halo), min(rows_there, kept.stop + halo)
        above, below = first - kept.start + halo, kept.stop + halo - last
        fill_rows, fill_columns = -height % step, -width % step
        beside = (above, below + fill_rows), (halo, halo + fill_columns)
        padded = np.pad(window[..., first:last, :], (*((0, 0) for _ in channels), *beside), "symmetric")
        bounds = tile_bounds(padded.shape[-1] - 2 * halo, self.columns, step=step, threads=self._threads)
        most = max(self._tile_pixels // min(width, self.columns), -(-height // self._stacked))
        rows = tile_bounds(padded.shape[-2] - 2 * halo, -(-most // step) * step, step=step)
        result = valid_in_tiles(self._inner, padded, bounds, halo=halo, scale=scale, rows=rows, each=self._each)
        return result[..., : height * scale, : width * scale]
