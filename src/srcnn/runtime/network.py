"""A network applied to a picture's planes in horizontal strips, equal to the whole picture at once.

An inner strip reads `reach` rows beyond itself on each side, so its edges are never padded. The
definition replicates the border in *every* layer, at the picture's true edges only. Nearly all
pixels do not see that difference: for them the border of the input is replicated once and the
convolutions are valid, in the shape the engine is fastest at. The rim that does see it, as wide as
the layers after the first reach, is computed apart by the graph that pads in every layer.
"""

import numpy as np

from srcnn.errors import ModelFileError
from srcnn.imaging.depth import Planes
from srcnn.runtime.engines import Engine, available_threads
from srcnn.runtime.graph import replicated_graph, valid_graph
from srcnn.runtime.rewrite import BLOCK, block_last_layer
from srcnn.runtime.session import open_session
from srcnn.runtime.tiles import in_threads, same_in_tiles, tile_bounds, valid_in_tiles
from srcnn.zoo.model_file import Model

TILE_COLUMNS = 512  # a tile of them may be as high as the strip; narrower ones repeat more of their neighbours


class StripNetwork:
    """A network on the enlarged picture loaded into an engine, for planes of any size.

    Attributes:
        reach: rows that a strip needs of its neighbours.
    """

    def __init__(self, model: Model, *, engine: Engine, threads: int) -> None:
        """Load a network.

        Args:
            model: in "hr".
            engine: as for `open_session`.
            threads: that compute tiles at the same time; 0 takes all cores.

        Raises:
            ModelFileError: a network in "lr".
            InvalidConfigError: an unknown engine, or fewer than 0 threads.
            MissingExtraError: the engine is not installed.
            BackendError: the engine refuses the network.
        """
        if model.spec.input_space != "hr":
            raise ModelFileError(
                f"expected a network that sees the enlarged picture, got one of the small one in {model.spec.name}; "
                "use another model, or srcnn.load"
            )
        self.reach = model.spec.reach
        self._rim = self.reach - model.spec.layers[0].reach
        self._threads = available_threads(threads)
        self._each = in_threads(self._threads)
        self._inner, self._exact = (
            open_session(block_last_layer(graph, BLOCK), engine, threads=1)
            for graph in (valid_graph(model), replicated_graph(model))
        )

    def __call__(self, window: Planes, *, top: bool, bottom: bool) -> Planes:
        """Apply the network to a strip.

        Args:
            window: h x W float32, or C x h x W for a network of C channels, whole rows of the planes: the strip, and
                `reach` rows more on each side that is not an edge of the picture.
            top: whether the first row is the picture's first.
            bottom: whether the last row is the picture's last.

        Returns:
            The strip's rows x W, or C of them, float32, unclipped.

        Tests: tests/runtime/test_network.py.
        """
        reach, rim = self.reach, self._rim
        above, below = (0 if top else reach), (0 if bottom else reach)
        *channels, height, width = window.shape
        kept = slice(above, height - below)
        margin = rim + reach
        if min(height, width) <= 2 * margin:
            return self.by_definition(window)[..., kept, :]
        beside = (reach - above, reach - below), (reach, reach)
        padded = np.pad(window, (*((0, 0) for _ in channels), *beside), "edge")
        bounds = tile_bounds(width, TILE_COLUMNS, threads=self._threads)
        result = valid_in_tiles(self._inner, padded, bounds, halo=reach, each=self._each)
        if rim:
            ends = [window[..., :margin, :]] * top + [window[..., -margin:, :]] * bottom
            left, right, *ends = self._each(self.by_definition, [window[..., :margin], window[..., -margin:], *ends])
            result[..., :rim] = left[..., kept, :rim]
            result[..., -rim:] = right[..., kept, -rim:]
            if top:
                result[..., :rim, :] = ends[0][..., :rim, :]
            if bottom:
                result[..., -rim:, :] = ends[-1][..., -rim:, :]
        return result

    def by_definition(self, planes: Planes) -> Planes:
        """Apply the network to planes whose edges are the picture's; what is `reach` away from others is exact too."""
        return same_in_tiles(self._exact, planes, tile_bounds(planes.shape[-1], TILE_COLUMNS), halo=self.reach)
