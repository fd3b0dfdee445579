"""Partly transparent pictures, enlarged. This module knows no networks and no strips.

Enlarged apart from each other, colours and alpha have their edges at slightly different places, and what lies beside an
edge, the black of a shadow, is drawn into it. So alpha is enlarged as a grey picture, and colours as they are seen on a
ground: the mean colour around them, weighted by alpha. Afterwards they are told from the ground by alpha again. Where
one colour ends in nothing, that leaves one colour, and all of the edge is in alpha.

What counts is alpha as a share of the most that there is around it: where alpha is the same everywhere, be it little,
nothing is laid on anything, and colours are enlarged as those of an opaque picture.

No pixel gets an alpha that is nowhere around it, unless what is around is thin, and blurred by having been made small:
what is opaque or hidden stays so to the last bit. Nor, where alpha has an edge, does one get a colour that is nowhere
around it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from srcnn.imaging.depth import Plane, Planes
from srcnn.imaging.resize import BICUBIC_REACH

VEIL_REACH = 4
"""Pixels on each side that the ground and the most alpha of a pixel depend on."""
_LEAST_ALPHA = np.float32(1 / 1024)
"""As weight of what is hidden, whose colours count where there are no others."""
_NOISE = np.float32(2**-14)
"""What a network adds to a flat plane, squared: it is not to be divided by little alpha."""
_NO_EDGE = np.float32(1e-3)
"""What rounding makes of alpha that is the same everywhere."""


@dataclass(frozen=True, slots=True)
class Veiled:
    """Planes of a partly transparent picture, h x w each, float32.

    Attributes:
        seen: the colours on their ground, as many planes as there are colours.
        alpha: one plane.
        most: one, the most alpha that there is around, smoothly.
        broad: one, alpha without what is thinner than three pixels.
        ground: the mean colour around, weighted by alpha.
        stored: the colours.
    """

    seen: Planes
    alpha: Planes
    most: Planes
    broad: Planes
    ground: Planes
    stored: Planes

    @classmethod
    def of(cls, stored: Planes, alpha: Planes) -> "Veiled":
        """Lay colours on their ground.

        Args:
            stored: C x h x w, in [0, 1].
            alpha: 1 x h x w, in [0, 1].

        Tests: tests/imaging/test_translucency.py.
        """
        most = _mean(_extremes(alpha, np.maximum), VEIL_REACH - BICUBIC_REACH)  # nowhere less than alpha
        broad = _extremes(_extremes(alpha, np.minimum, 1), np.maximum, 1)
        weight: Planes = alpha + _LEAST_ALPHA
        weighted: Planes = stored * weight
        ground = _mean(weighted, VEIL_REACH)
        ground /= _mean(weight, VEIL_REACH)
        seen: Planes = stored - ground
        seen *= _share(alpha, most)
        seen += ground
        return cls(seen, alpha, most, broad, ground, stored)

    @property
    def planes(self) -> Planes:
        """All of them, to be cut into parts: 3 C + 3."""
        return np.concatenate((self.seen, self.alpha, self.most, self.broad, self.ground, self.stored))

    @classmethod
    def from_planes(cls, planes: Planes) -> "Veiled":
        """What `planes` gave."""
        colours = len(planes) // 3 - 1
        return cls(*np.split(planes, np.cumsum((colours, 1, 1, 1, colours))))


def surroundings(planes: Planes) -> tuple[Planes, Planes]:
    """The least and the most that there is around each pixel, as far as bicubic sees.

    Args:
        planes: C x h x w.

    Tests: tests/imaging/test_translucency.py.
    """
    return _extremes(planes, np.minimum), _extremes(planes, np.maximum)


def bounds(small: Veiled) -> Planes:
    """The range that alpha and colours are to stay in.

    Args:
        small: the picture.

    Returns:
        The least of alpha and of each colour, and the most of them: 2 (1 + C) x h x w. Colours have the more room
        beyond what is around them the less of an edge alpha has there, and all of it where it has none, as in an
        opaque picture; and alpha has some above where what is around is thin.

    Tests: tests/imaging/test_translucency.py.
    """
    low, high = surroundings(np.concatenate((small.alpha, small.stored, _share(small.alpha, small.most))))
    around: Planes = high[1:-1] - low[1:-1]
    edge = 4 * (1 - low[-1])  # of alpha: 0 where none is in sight, 1 and more where colours get no room
    room: Planes = np.full_like(around, np.inf)
    np.divide(around * np.clip(1 - edge, 0, 1), 2 * edge, out=room, where=edge > _NO_EDGE)
    broad = _extremes(small.broad, np.maximum)
    most_alpha = np.minimum(high[:1] + (high[:1] - broad) / 2, 1)
    return np.concatenate((low[:1], low[1:-1] - room, most_alpha, high[1:-1] + room))


def unveiled(seen: Sequence[Plane], alpha: Plane, most: Plane, ground: Planes) -> list[Plane]:
    """Tell colours from the ground that they lie on.

    Args:
        seen: C planes H x W, the colours on their ground.
        alpha: H x W, in [0, 1].
        most: H x W, of `Veiled`.
        ground: C x H x W.

    Returns:
        C planes.

    Tests: tests/imaging/test_translucency.py.
    """
    share = _share(alpha, most)
    gain = share / (share * share + _NOISE * (1 - share))
    return [under + gain * (plane - under) for plane, under in zip(seen, ground, strict=True)]


def _share(alpha: Planes, most: Planes) -> Planes:
    """Alpha of the most there is; where there is none, all."""
    return np.clip(np.divide(alpha, most, out=np.ones_like(alpha), where=most > 0), 0, 1)


def _extremes(planes: Planes, choose: Callable[[Planes, Planes], Planes], reach: int = BICUBIC_REACH) -> Planes:
    for axis in (1, 2):
        first, *others = _shifted(planes, axis, reach)
        planes = first
        for other in others:
            planes = choose(planes, other)
    return planes


def _mean(planes: Planes, reach: int) -> Planes:
    """Of a square."""
    for axis in (1, 2):
        first, *others = _shifted(planes, axis, reach)
        total = first.copy()
        for other in others:
            total += other
        total /= np.float32(2 * reach + 1)
        planes = total
    return planes


def _shifted(planes: Planes, axis: int, reach: int) -> list[Planes]:
    """Views of planes with every sample in the place of each of its neighbours, the border replicated."""
    padding = [(reach, reach) if each == axis else (0, 0) for each in range(3)]
    padded, length = np.pad(planes, padding, "edge"), planes.shape[axis]
    moved = np.moveaxis(padded, axis, 0)
    return [np.moveaxis(moved[start : start + length], 0, axis) for start in range(2 * reach + 1)]
