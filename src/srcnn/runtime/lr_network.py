"""A network on the low-resolution plane, applied in strips and tiles equal to the whole plane at once.

Every layer's border is zeros, as engines do it themselves, so a strip or tile that carries `reach`
pixels of its neighbours on each side is exact once these are cut off again.
"""

import numpy as np
from numpy.typing import NDArray

from srcnn.runtime.graph import zero_padded_graph
from srcnn.runtime.session import Engine, open_session
from srcnn.zoo.model_file import Model

Plane = NDArray[np.float32]
_TILE_COLUMNS = 512  # keeps a strip's maps near the cache, however wide the picture


class LrNetwork:
    """A network loaded into an engine, for planes of any size.

    Attributes:
        reach: rows that a strip needs of its neighbours.
        columns: of the input that the engine sees at a time, but for the reach beside them.
    """

    def __init__(self, model: Model, *, engine: Engine, threads: int) -> None:
        self.reach = model.spec.reach
        self.columns = _TILE_COLUMNS
        self._scale = model.spec.scale
        self._session = open_session(zero_padded_graph(model), engine, threads)

    def __call__(self, window: Plane, *, top: bool, bottom: bool) -> Plane:
        """Apply the network to a strip.

        Args:
            window: h x w float32, whole rows of the small plane: the strip, and `reach` rows more on
                each side that is not an edge of the picture.
            top: whether the first row is the picture's first.
            bottom: whether the last row is the picture's last.

        Returns:
            The strip enlarged, or what to add to its bicubic enlargement if the model is a residual one:
            scale x its rows, scale x w, float32.

        Tests: tests/runtime/test_lr_network.py.
        """
        scale, width = self._scale, window.shape[1]
        above, below = (0 if top else self.reach), (0 if bottom else self.reach)
        rows = slice(above * scale, (window.shape[0] - below) * scale)
        result = np.empty((rows.stop - rows.start, width * scale), np.float32)
        for left in range(0, width, self.columns):
            right = min(left + self.columns, width)
            first, last = max(0, left - self.reach), min(width, right + self.reach)
            tile = self._session(np.ascontiguousarray(window[:, first:last])[None, None])[0, 0]
            result[:, left * scale : right * scale] = tile[rows, (left - first) * scale : (right - first) * scale]
        return result
