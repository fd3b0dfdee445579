"""A network on the enlarged picture, from small planes: bicubic first, then the network, strip by strip."""

from srcnn.imaging.depth import Planes
from srcnn.imaging.resize import BICUBIC_REACH, resize_planes
from srcnn.runtime.engines import Engine, available_threads
from srcnn.runtime.network import TILE_COLUMNS, StripNetwork
from srcnn.runtime.tiles import pixels_within
from srcnn.zoo.model_file import Model

_TILE_BYTES = 16 << 20  # of the widest map; larger is no faster


class HrNetwork:
    """A network loaded into an engine, for planes of any size.

    Attributes:
        reach: rows of the small plane that a strip needs of its neighbours.
        columns: of the small plane that the engine sees at a time, but for what it needs beside them.
        pixels: of the small plane that the engine is best given at a time.
    """

    def __init__(self, model: Model, *, engine: Engine, threads: int) -> None:
        self._scale = model.spec.scale
        self._network = StripNetwork(model, engine=engine, threads=threads)
        self.reach = -(-self._network.reach // self._scale) + BICUBIC_REACH
        self.columns = TILE_COLUMNS // self._scale
        self.pixels = pixels_within(_TILE_BYTES, model.spec, available_threads(threads)) // self._scale**2

    def __call__(self, window: Planes, *, top: bool, bottom: bool) -> Planes:
        """Enlarge a strip by bicubic, and apply the network.

        Args:
            window: h x w float32, or C x h x w for a network of C channels, whole rows of the small planes: the strip,
                and `reach` rows more on each side that is not an edge of the picture.
            top: whether the first row is the picture's first.
            bottom: whether the last row is the picture's last.

        Returns:
            The strip enlarged: scale x its rows, scale x w, or C of them, float32, unclipped.

        Tests: tests/runtime/test_hr_network.py.
        """
        height, width = (length * self._scale for length in window.shape[-2:])
        enlarged = resize_planes(window, (height, width), (self._scale, self._scale))
        # The outer rows of a cut window have mirrored the cut instead of seeing their neighbours.
        surplus = self.reach * self._scale - self._network.reach
        rows = slice(0 if top else surplus, height - (0 if bottom else surplus))
        return self._network(enlarged[..., rows, :], top=top, bottom=bottom)
