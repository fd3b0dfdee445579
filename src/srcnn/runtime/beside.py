"""A network of luma with one of chroma beside it, to be used like one network; each sees what it needs."""

import numpy as np

from srcnn.imaging.depth import Planes
from srcnn.runtime.enlarging import EnlargingNetwork, enlarge_rows


class ChromaBeside:
    """Two networks as one: of luma, Cb and Cr all three are enlarged, of luma that alone.

    Attributes:
        reach: rows of the small plane that a strip needs of its neighbours.
        columns: of the small plane that the engine sees at a time, but for what it needs beside them.
        pixels: of the small plane that the engine is best given at a time.
    """

    def __init__(self, luma: EnlargingNetwork, chroma: EnlargingNetwork, scale: int) -> None:
        self.reach = max(luma.reach, chroma.reach)
        self.columns = luma.columns
        self.pixels = min(luma.pixels, chroma.pixels * luma.columns // chroma.columns)  # rows that suit both
        self._luma, self._chroma = luma, chroma
        self._scale = scale

    def __call__(self, window: Planes, *, top: bool, bottom: bool) -> Planes:
        """Enlarge a strip.

        Args:
            window: h x w float32, luma, or 3 x h x w, luma, Cb and Cr; whole rows of the small planes: the strip, and
                `reach` rows more on each side that is not an edge of the picture.
            top: whether the first row is the picture's first.
            bottom: whether the last row is the picture's last.

        Returns:
            What the networks make of the strip: scale x its rows, scale x w, or 3 of them, float32.

        Tests: tests/runtime/test_beside.py.
        """
        rows = 0 if top else self.reach, window.shape[-2] - (0 if bottom else self.reach)
        if window.ndim == 2:
            return enlarge_rows(self._luma, window, *rows, self._scale)
        luma = enlarge_rows(self._luma, window[0], *rows, self._scale)
        return np.concatenate((luma[None], enlarge_rows(self._chroma, window, *rows, self._scale)))
