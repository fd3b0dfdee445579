"""A network of luma with one of chroma beside it, to be used like one network; each sees what it needs."""

import numpy as np

from srcnn.imaging.color import CHROMA_BT601_GREY
from srcnn.imaging.depth import Plane, Planes
from srcnn.imaging.translucency import surroundings
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
        chroma = enlarge_rows(self._chroma, window, *rows, self._scale)
        _keep_within(chroma, most_around(window[1:])[slice(*rows)])
        return np.concatenate((luma[None], chroma))


def most_around(chroma: Planes) -> Plane:
    """How far from grey the most colourful pixel around each pixel is.

    Args:
        chroma: 2 x h x w, Cb and Cr in [0, 1].

    Returns:
        h x w: the most that a change of Cb or Cr is to be there.

    Tests: tests/runtime/test_beside.py.
    """
    distance = np.abs(chroma - np.float32(CHROMA_BT601_GREY)).max(0, keepdims=True)
    return surroundings(distance)[1][0]


def _keep_within(changes: Planes, most: Plane) -> None:
    """Clip the changes, in place, to what is given for each pixel of the small plane."""
    rows = changes.reshape(len(changes), len(most), -1, changes.shape[-1])
    bound = most.repeat(changes.shape[-1] // most.shape[-1], 1)[:, None]
    np.minimum(rows, bound, out=rows)  # both together take half the time of np.clip
    np.maximum(rows, -bound, out=rows)
