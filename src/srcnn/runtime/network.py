"""A network applied to a picture's plane in horizontal strips, equal to the whole picture at once.

An inner strip reads `reach` rows beyond itself on each side, so its edges are never padded. The
definition replicates the border in *every* layer, at the picture's true edges only. Nearly all
pixels do not see that difference: for them the border of the input is replicated once and the
convolutions are valid, in the shape the engine is fastest at. The rim that does see it, as wide as
the layers after the first reach, is computed apart by the graph that pads in every layer.
"""

import sys

import numpy as np
from numpy.typing import NDArray

from srcnn.errors import ModelFileError
from srcnn.runtime.graph import replicated_graph, valid_graph
from srcnn.runtime.rewrite import block_last_layer
from srcnn.runtime.session import Engine, open_session
from srcnn.zoo.model_file import Model

Plane = NDArray[np.float32]
_BLOCK = 4  # of the last layer: 16 output channels, one vector register


class StripNetwork:
    """A network loaded into an engine, for planes of any size.

    Attributes:
        reach: rows that a strip needs of its neighbours.
        columns: of the input that the engine sees at a time: all.
    """

    def __init__(self, model: Model, *, engine: Engine, threads: int) -> None:
        if model.spec.channels != 1:
            raise ModelFileError(
                f"expected a network of one channel, luma, got {model.spec.channels} channels in {model.spec.name}; "
                "use another model"
            )
        self.reach = model.spec.reach
        self.columns = sys.maxsize
        self._rim = self.reach - model.spec.layers[0].reach
        self._inner = open_session(block_last_layer(valid_graph(model), _BLOCK), engine, threads)
        self._exact = open_session(replicated_graph(model), engine, threads)

    def __call__(self, window: Plane, *, top: bool, bottom: bool) -> Plane:
        """Apply the network to a strip.

        Args:
            window: h x W float32, whole rows of the plane: the strip, and `reach` rows more on each
                side that is not an edge of the picture.
            top: whether the first row is the picture's first.
            bottom: whether the last row is the picture's last.

        Returns:
            The strip's rows x W, float32, unclipped.

        Tests: tests/runtime/test_network.py.
        """
        above, below = (0 if top else self.reach), (0 if bottom else self.reach)
        kept = slice(above, window.shape[0] - below)
        margin = self._rim + self.reach
        if min(window.shape) <= 2 * margin:
            return self._run_exact(window)[kept]
        result = self._run_inner(np.pad(window, ((self.reach - above, self.reach - below), (self.reach,) * 2), "edge"))
        if self._rim:
            rim = self._rim
            result[:, :rim] = self._run_exact(window[:, :margin])[kept, :rim]
            result[:, -rim:] = self._run_exact(window[:, -margin:])[kept, -rim:]
            if top:
                result[:rim] = self._run_exact(window[:margin])[:rim]
            if bottom:
                result[-rim:] = self._run_exact(window[-margin:])[-rim:]
        return result

    def _run_inner(self, padded: Plane) -> Plane:
        """Valid convolutions; height and width are filled up to the block and cut again."""
        height, width = (length - 2 * self.reach for length in padded.shape)
        filled = np.pad(padded, ((0, -height % _BLOCK), (0, -width % _BLOCK)), "edge")
        return self._inner(filled[None, None])[0, 0, :height, :width]

    def _run_exact(self, window: Plane) -> Plane:
        return self._exact(np.ascontiguousarray(window)[None, None])[0, 0]
