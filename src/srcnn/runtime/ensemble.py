"""The mean of a network over a picture's eight mirrored and transposed copies; a strip of it is that of the whole.

A network learns what a picture and its mirror image have in common, but not exactly: each copy's result errs a little
differently, and their mean errs less.
"""

from itertools import product

import numpy as np

from srcnn.imaging.depth import Planes
from srcnn.runtime.enlarging import EnlargingNetwork, enlarge_rows
from srcnn.runtime.tiles import tile_bounds


class SelfEnsemble:
    """A network applied eight times, and to be used like one (Timofte, Rothe, Van Gool: CVPR 2016, section 3.4).

    Attributes:
        reach: rows that a strip needs of its neighbours.
        columns: of the plane that the engine sees at a time, but for what it needs beside them.
        pixels: of the plane that the engine is best given at a time.
    """

    def __init__(self, network: EnlargingNetwork, scale: int) -> None:
        self.reach, self.columns, self.pixels = network.reach, network.columns, network.pixels
        self._network = network
        self._scale = scale

    def __call__(self, window: Planes, *, top: bool, bottom: bool) -> Planes:
        """Enlarge a strip.

        Args:
            window: h x w float32, or C x h x w for a network of C channels, whole rows of the planes: the strip, and
                `reach` rows more on each side that is not an edge of the picture.
            top: whether the first row is the picture's first.
            bottom: whether the last row is the picture's last.

        Returns:
            The mean of what the network makes of the strip: scale x its rows, scale x w, or C of them, float32.

        Tests: tests/runtime/test_ensemble.py.
        """
        beside = self.reach * ((not top) + (not bottom))
        *channels, height, width = window.shape
        total = np.zeros((*channels, (height - beside) * self._scale, width * self._scale), np.float32)
        for down, right in product((1, -1), repeat=2):
            first_is_edge, last_is_edge = (top, bottom)[::down]
            copy, place = window[..., ::down, ::right], total[..., ::down, ::right]
            place += self._network(copy, top=first_is_edge, bottom=last_is_edge)
            self._add_transposed(copy, place, 0 if first_is_edge else self.reach)
        total /= 8
        return total

    def _add_transposed(self, window: Planes, place: Planes, above: int) -> None:
        """Columns become rows, some at a time; where the strip was cut, what its neighbours need goes to waste."""
        scale = self._scale
        rows = slice(above * scale, above * scale + place.shape[-2])
        for left, right in tile_bounds(window.shape[-1], self.columns):
            columns = enlarge_rows(self._network, window.swapaxes(-1, -2), left, right, scale)
            place[..., left * scale : right * scale] += columns[..., rows].swapaxes(-1, -2)
