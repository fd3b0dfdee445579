"""Partly transparent pictures, enlarged. This module knows no networks and no strips.

What is seen of a picture are its colours times alpha. Enlarged apart from each other, colours and alpha have their
edges at slightly different places, and what lies beside an edge, the black of a shadow, is drawn into it. So both are
enlarged as they are seen: colours multiplied by alpha, and alpha as a grey picture of its own. Dividing one by the
other would make noise of little alpha; there the colours enlarged as they are stored count, in proportion. And no
pixel gets an alpha, nor, unless all around it is opaque, a colour that is nowhere around it: what is opaque or hidden
stays so to the last bit, and what is of one colour at the edge of a transparent part.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from srcnn.imaging.depth import Plane, Planes
from srcnn.imaging.resize import BICUBIC_REACH

_SHARE_OF_STORED = np.float32(1 / 512)
"""That stored colours have in a pixel of no alpha; half a step of 8 bit."""


def is_translucent(alpha: Planes) -> bool:
    """Whether not all of some pixels are opaque.

    Args:
        alpha: float32 in [0, 1], one plane or none.

    Tests: tests/imaging/test_translucency.py.
    """
    return bool((alpha < 1).any())


def surroundings(planes: Planes, scale: int) -> tuple[Planes, Planes]:
    """The least and the most that each enlarged pixel has around it, as far as bicubic sees.

    Args:
        planes: C x h x w.
        scale: the enlargement.

    Returns:
        Two of C x scale h x scale w.

    Tests: tests/imaging/test_translucency.py.
    """
    return _extremes(planes, scale, np.minimum), _extremes(planes, scale, np.maximum)


def unmultiplied(
    seen: Sequence[Plane], alpha: Plane, stored: Planes, surrounding: tuple[Planes, Planes], opaque: NDArray[np.bool_]
) -> list[Plane]:
    """Colours of what is seen, within what is stored around them unless all around is opaque.

    Args:
        seen: C planes H x W, colours times alpha, enlarged; they are lost.
        alpha: enlarged, in [0, 1].
        stored: C x H x W, the colours enlarged as they are stored; they are lost.
        surrounding: `surroundings` of the stored colours.
        opaque: whether all around is.

    Returns:
        C planes, unclipped where all around is opaque.

    Tests: tests/imaging/test_translucency.py.
    """
    share = (1 - alpha) * _SHARE_OF_STORED
    whole = alpha + share
    planes: list[Plane] = []
    for plane, other, low, high in zip(seen, stored, *surrounding, strict=True):
        other *= share
        plane += other
        plane /= whole
        planes.append(np.where(opaque, plane, np.clip(plane, low, high)))
    return planes


def _extremes(planes: Planes, scale: int, choose: Callable[[Planes, Planes], Planes]) -> Planes:
    for axis in (1, 2):
        length = planes.shape[axis]
        padding = [(BICUBIC_REACH, BICUBIC_REACH) if each == axis else (0, 0) for each in range(3)]
        padded = np.pad(planes, padding, "edge")
        for start in range(2 * BICUBIC_REACH + 1):
            planes = choose(planes, padded.take(range(start, start + length), axis))
    return planes.repeat(scale, 1).repeat(scale, 2)
