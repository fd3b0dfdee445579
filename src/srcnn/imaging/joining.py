"""What a network sees of a picture, and how its output becomes one. This module knows no networks and no strips.

Most networks enlarge luma; everything else is bicubic. Because YCbCr is linear in RGB and bicubic in
everything, putting the network's luma beside bicubic chroma is the same as enlarging what each channel
has more than the grey of that luma, and adding it to the grey of the network's luma:

    R' = bicubic(R - grey(luma)) + grey(network's luma), grey(Y) = 255/219 (Y - 16/255), and so for G and B.

That is the paper's way and that of a network in "hr". One in "lr" gives the change of luma, and each
channel takes it times its slope on luma in the small picture, `luma_slopes`: a red edge on black changes
mostly in red. Luma comes out the same; chroma is on average as near to the truth or nearer
(`benchmarks/chroma.py`).

What is added to green follows from what is added to red, to blue and to luma.

Where a network of chroma is beside one of luma, its change of Cr is added to red's difference from grey and that of Cb
to blue's, each in its unit, and the slopes have nothing left to do.

Networks of colour see and give all channels, and a grey picture as one of three equal ones.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from srcnn.imaging.color import (
    BLUE_OF_CB_BT601,
    FULL_RANGE_LUMA_BT601,
    LUMA_BT601_SPAN,
    RED_OF_CR_BT601,
    grey_to_luma_bt601,
    luma_bt601_to_grey,
    rgb_to_luma_bt601,
    rgb_to_ycbcr_bt601,
    ycbcr_to_rgb_bt601,
)
from srcnn.imaging.depth import Plane, Planes
from srcnn.imaging.slopes import luma_slopes
from srcnn.spec import Colour, ModelSpec


class Joining(Protocol):
    """How a picture enters a network, and its output becomes one."""

    def seen(self, colours: Planes) -> Planes:
        """What the network is to enlarge.

        Args:
            colours: 3 x h x w RGB or 1 x h x w grey, float32 in [0, 1].

        Returns:
            Limited-range luma of 255, h x w; or 3 x h x w, for a network of colour or one of chroma beside.
        """
        ...

    def small(self, colours: Planes) -> Planes:
        """What bicubic is to enlarge.

        Args:
            colours: 3 x h x w RGB or 1 x h x w grey, float32 in [0, 1].

        Returns:
            Planes h x w, float32, maybe none.
        """
        ...

    def join(self, enlarged: Sequence[Plane], output: Planes) -> Sequence[Plane]:
        """Put both together.

        Args:
            enlarged: what `small` gave, by bicubic; overwritten.
            output: of the network for what it has `seen`, as large.

        Returns:
            R, G and B, unclipped; or grey, if the picture is grey and the network is not one of colour.
        """
        ...


class OnGrey:
    """Colours on the grey of the network's luma: for networks in "hr". Tests: tests/imaging/test_joining.py."""

    def seen(self, colours: Planes) -> Planes:
        """The luma."""
        return luma_of(colours)

    def small(self, colours: Planes) -> Planes:
        """Red and blue as their difference from grey, or nothing of a grey picture."""
        return _beside_grey(colours, luma_of(colours))

    def join(self, enlarged: Sequence[Plane], output: Plane) -> Sequence[Plane]:
        """The grey of the luma, and the differences."""
        grey = luma_bt601_to_grey(output)
        if not enlarged:
            return [grey]
        red, blue = enlarged
        planes = red, _green(red, blue), blue
        for plane in planes:
            plane += grey
        return planes


@dataclass(frozen=True, slots=True)
class WithChange:
    """Colours by bicubic with the network's change of luma: for networks in "lr". Tests: tests/imaging/test_joining.py.

    Attributes:
        residual: the network's output is the change; else it is the luma.
    """

    residual: bool

    def seen(self, colours: Planes) -> Planes:
        """The luma."""
        return luma_of(colours)

    def small(self, colours: Planes) -> Planes:
        """The colours, the slopes of red and blue, and the luma if bicubic's must be taken from the network's."""
        slopes = luma_slopes(colours)[::2] if len(colours) == 3 else colours[:0]
        return np.concatenate((colours, slopes) if self.residual else (colours, slopes, luma_of(colours)[None]))

    def join(self, enlarged: Sequence[Plane], output: Plane) -> Sequence[Plane]:
        """The colours, and the change times the slopes."""
        if not self.residual:
            *enlarged, luma = enlarged
            output = output - luma
        change = output * np.float32(1 / LUMA_BT601_SPAN)
        if len(enlarged) == 1:
            planes, changes = enlarged, [change]
        else:
            *planes, red, blue = enlarged
            red *= change
            blue *= change
            green = _green(red, blue)
            change *= np.float32(1 / FULL_RANGE_LUMA_BT601[1])
            green += change
            changes = red, green, blue
        for plane, more in zip(planes, changes, strict=True):
            plane += more
        return planes


@dataclass(frozen=True, slots=True)
class WithChroma:
    """Colours on the grey of the network's luma, with the change of another one's chroma.

    Tests: tests/imaging/test_joining.py.

    Attributes:
        residual: the luma is to be added to the bicubic enlargement, as the chroma is.
    """

    residual: bool

    def seen(self, colours: Planes) -> Planes:
        """All three channels, or the luma of a grey picture."""
        return luma_of(colours) if len(colours) == 1 else _converted(rgb_to_ycbcr_bt601, colours)

    def small(self, colours: Planes) -> Planes:
        """Red and blue as their difference from grey, or nothing of a grey picture; and the luma, if it is needed."""
        luma = luma_of(colours)
        differences = _beside_grey(colours, luma)
        return np.concatenate((differences, luma[None])) if self.residual else differences

    def join(self, enlarged: Sequence[Plane], output: Planes) -> Sequence[Plane]:
        """The grey of the luma, and the differences with their changes."""
        luma, *chroma = output if output.ndim == 3 else (output,)
        if self.residual:
            *enlarged, bicubic = enlarged
            luma = luma + bicubic
        if chroma:
            cb, cr = chroma
            red, blue = enlarged
            red += cr * np.float32(RED_OF_CR_BT601)
            blue += cb * np.float32(BLUE_OF_CB_BT601)
        return OnGrey().join(enlarged, luma)


@dataclass(frozen=True, slots=True)
class AllChannels:
    """Colours by the network: for networks of colour. Tests: tests/imaging/test_joining.py.

    Attributes:
        colour: of the network, "ycbcr" or "rgb".
        residual: the network's output is to be added to the bicubic enlargement.
    """

    colour: Colour
    residual: bool

    def seen(self, colours: Planes) -> Planes:
        """All three channels."""
        rgb = np.repeat(colours, 3, 0) if len(colours) == 1 else colours
        return rgb if self.colour == "rgb" else _converted(rgb_to_ycbcr_bt601, rgb)

    def small(self, colours: Planes) -> Planes:
        """What the output is added to, or nothing."""
        return self.seen(colours) if self.residual else colours[:0]

    def join(self, enlarged: Sequence[Plane], output: Planes) -> Sequence[Plane]:
        """The sum, in RGB."""
        planes = output + np.stack(enlarged) if enlarged else output
        return list(planes if self.colour == "rgb" else _converted(ycbcr_to_rgb_bt601, planes))


def joining_of(spec: ModelSpec, *, chroma: bool = False) -> Joining:
    """How a picture enters a network, and its output becomes one.

    Args:
        spec: of the network.
        chroma: whether one of chroma is beside it.

    Tests: tests/test_upscaler.py.
    """
    if spec.colour != "luma":
        return AllChannels(spec.colour, spec.adds_to_bicubic)
    if chroma:
        return WithChroma(spec.adds_to_bicubic)
    return OnGrey() if spec.input_space == "hr" else WithChange(spec.residual)


def grey_of(colours: Sequence[Plane]) -> Plane:
    """The grey level that has the luma of R, G and B."""
    red, green, blue = FULL_RANGE_LUMA_BT601.astype(np.float32)
    return red * colours[0] + green * colours[1] + blue * colours[2]


def luma_of(colours: Planes) -> Plane:
    """Limited-range luma.

    Args:
        colours: 3 x h x w RGB or 1 x h x w grey, float32 in [0, 1].

    Returns:
        h x w float32, of 255.
    """
    return rgb_to_luma_bt601(np.moveaxis(colours, 0, 2)) if len(colours) == 3 else grey_to_luma_bt601(colours[0])


def _beside_grey(colours: Planes, luma: Plane) -> Planes:
    """Red and blue as their difference from the grey of the luma, or nothing of a grey picture."""
    return colours[:0] if len(colours) == 1 else colours[::2] - luma_bt601_to_grey(luma)


def _converted(convert: Callable[[Planes], Planes], planes: Planes) -> Planes:
    """Planes by a function of H x W x 3."""
    return np.moveaxis(convert(np.moveaxis(planes, 0, 2)), 2, 0)


def _green(red: Plane, blue: Plane) -> Plane:
    """What a change of colours is in green if it changes no luma."""
    of_red, of_green, of_blue = FULL_RANGE_LUMA_BT601.astype(np.float32)
    green = red * (-of_red / of_green)
    green -= blue * (of_blue / of_green)
    return green
