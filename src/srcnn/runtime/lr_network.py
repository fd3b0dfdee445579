"""A network on low-resolution planes, applied in strips and tiles equal to the whole planes at once.

Every layer's border is zeros, as engines do it themselves, so a strip or tile that carries `reach`
pixels of its neighbours on each side is exact once these are cut off again.
"""

from srcnn.imaging.depth import Planes
from srcnn.runtime.engines import Engine, available_threads
from srcnn.runtime.graph import zero_padded_graph
from srcnn.runtime.session import open_session
from srcnn.runtime.tiles import in_threads, pixels_within, same_in_tiles, tile_bounds
from srcnn.zoo.model_file import Model

_TILE_COLUMNS = 640
_TILE_BYTES = 32 << 20  # of the widest map; larger is no faster, and slower the first time


class LrNetwork:
    """A network loaded into an engine, for planes of any size.

    Attributes:
        reach: rows that a strip needs of its neighbours.
        columns: that the engine sees at a time, but for the reach beside them.
        pixels: of the plane that the engine is best given at a time.
    """

    def __init__(self, model: Model, *, engine: Engine, threads: int) -> None:
        self._scale = model.spec.scale
        self._channels = model.spec.channels_out if model.spec.colour == "chroma" else None
        self._threads = available_threads(threads)
        self.reach = model.spec.reach
        self.columns = _TILE_COLUMNS
        self.pixels = pixels_within(_TILE_BYTES, model.spec, self._threads)
        self._each = in_threads(self._threads)
        self._session = open_session(zero_padded_graph(model), engine, threads=1)

    def __call__(self, window: Planes, *, top: bool, bottom: bool) -> Planes:
        """Apply the network to a strip.

        Args:
            window: h x w float32, or C x h x w for a network of C channels, whole rows of the small planes: the strip,
                and `reach` rows more on each side that is not an edge of the picture.
            top: whether the first row is the picture's first.
            bottom: whether the last row is the picture's last.

        Returns:
            The strip enlarged, or what to add to its bicubic enlargement if the model is a residual one:
            scale x its rows, scale x w, or C of them, or the two of a network of chroma; float32.

        Tests: tests/runtime/test_lr_network.py.
        """
        above, below = (0 if top else self.reach), (0 if bottom else self.reach)
        bounds = tile_bounds(window.shape[-1], self.columns, threads=self._threads)
        result = same_in_tiles(
            self._session,
            window,
            bounds,
            halo=self.reach,
            scale=self._scale,
            channels=self._channels,
            each=self._each,
        )
        return result[..., above * self._scale : (window.shape[-2] - below) * self._scale, :]
