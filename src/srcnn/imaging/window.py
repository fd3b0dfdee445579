"""Rows of a picture with some beside them, which strips and parts of strips are made from. Knows no networks."""

from dataclasses import dataclass, replace

import numpy as np

from srcnn.imaging.depth import Image, Planes, to_float


@dataclass(frozen=True, slots=True)
class Window:
    """A strip of source rows, and rows beside it.

    Attributes:
        source: h x w or C x h x w, float32.
        above: rows above the strip, fewer than the halo at the picture's edge.
        below: rows below it.
        veiled: the planes are those of `Veiled`, not colours and alpha.
    """

    source: Planes
    above: int
    below: int
    veiled: bool = False

    @property
    def rows(self) -> int:
        """Of the strip alone."""
        return self.source.shape[-2] - self.above - self.below

    def part(self, start: int, stop: int, halo: int) -> "Window":
        """These rows of the strip, with so many beside them at most."""
        first = max(0, self.above + start - halo)
        last = min(self.source.shape[-2], self.above + stop + halo)
        source = self.source[..., first:last, :]
        return replace(self, source=source, above=self.above + start - first, below=last - self.above - stop)


def window_of(planes: Image, start: int, stop: int, halo: int) -> Window:
    """Rows of a picture, with those beside them that there are.

    Args:
        planes: h x w or C x h x w, of any depth; floating point is taken as it is.
        start: the first of the rows.
        stop: the end of them.
        halo: rows wanted on each side.

    Returns:
        The rows in floating point, contiguous.

    Tests: tests/test_upscaler.py.
    """
    strip = Window(planes, 0, 0).part(start, stop, halo)
    return replace(strip, source=np.ascontiguousarray(to_float(strip.source)))
