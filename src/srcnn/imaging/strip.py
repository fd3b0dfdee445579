"""A strip of the result from its rows of the picture and what a network made of them. This module knows no networks.

It is joined a few rows at a time, which stay in the cache.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from srcnn.imaging.depth import Image, Plane, Planes, write_float
from srcnn.imaging.joining import Joining, grey_of, luma_of
from srcnn.imaging.resize import BICUBIC_REACH, resize_planes
from srcnn.imaging.translucency import Veiled, bounds, unveiled
from srcnn.imaging.window import Window

STRIP_REACH = BICUBIC_REACH + 1  # rows beside it that a strip needs here: bicubic's, and a slope's
_CACHED_BYTES = 3 << 18  # of a plane of the result, when it is joined
_LEAST_ROWS = 12  # of the source at a time; fewer repeat too much of their neighbours


def veil(window: Window) -> Window:
    """The planes in which a strip is enlarged.

    Args:
        window: the strip, C x h x w, float32 in [0, 1]: grey or RGB, and alpha or none; and `VEIL_REACH` rows more on
            each side than the result needs.

    Returns:
        The same, or of one that is partly transparent those of `Veiled`.
    """
    colours, alpha = _split(window.source)
    if not (alpha < 1).any():  # also where there is none
        return window
    return replace(window, source=Veiled.of(colours, alpha).planes, veiled=True)


def planes_to_enlarge(joining: Joining, window: Window) -> list[Planes]:
    """What a network is to enlarge of a strip.

    Args:
        joining: what a network sees of a picture.
        window: from `veil`, or without that.

    Returns:
        What it sees of the colours, and if alpha is not the same everywhere, of that as a grey picture.
    """
    if not window.veiled:
        return [joining.seen(_split(window.source)[0])]
    small = Veiled.from_planes(window.source)
    planes = [joining.seen(small.seen)]
    return [*planes, joining.seen(small.alpha)] if small.alpha.min() < small.alpha.max() else planes


def join_strip(joining: Joining, window: Window, outputs: Sequence[Planes], scale: int, out: Image) -> None:
    """Enlarge what a strip has beside what its network sees, and put both together.

    Args:
        joining: how a network's output becomes a picture.
        window: the strip, from `veil`, and `STRIP_REACH` rows beside it where there are as many.
        outputs: of the network, for each of `planes_to_enlarge`: the strip's rows, enlarged.
        scale: the enlargement.
        out: scale h x scale w or scale h x scale w x C, any sample depth, to be filled; of a grey strip it may be RGB.

    Tests: tests/test_upscaler.py.
    """
    channels = np.moveaxis(out.reshape(*out.shape[:2], -1), 2, 0)
    make = _translucent if window.veiled else _beside_alpha
    for part, rows in parts_of(window, scale):
        planes = make(joining, part, [output[..., rows, :] for output in outputs], scale)
        given = channels[len(channels) - len(planes) :]
        for plane, channel in zip(planes, given, strict=True):
            write_float(plane, channel[rows])
        channels[: len(channels) - len(planes), rows] = given[0][rows]


def join_grey(joining: Joining, window: Window, output: Planes, scale: int, out: Plane) -> None:
    """Put together the luma of a grey strip.

    Args:
        joining: of a network of colour.
        window: 1 x h x w, grey, and `STRIP_REACH` rows beside the strip where there are as many.
        output: of the network for what `joining` sees of it: the strip's rows, enlarged.
        scale: the enlargement.
        out: scale h x scale w float32, to be filled; unclipped.

    Tests: tests/test_upscaler.py.
    """
    for part, rows in parts_of(window, scale):
        grey = _beside_alpha(joining, part, [output[..., rows, :]], scale)
        out[rows] = luma_of(np.stack(grey))


def parts_of(window: Window, scale: int) -> Iterator[tuple[Window, slice]]:
    """Cut a strip into parts small enough for the cache; yield each with the rows of the result that it becomes.

    Args:
        window: the strip.
        scale: the enlargement.
    """
    step = max(_LEAST_ROWS, _CACHED_BYTES // (4 * scale**2 * window.source.shape[-1]))
    for start in range(0, window.rows, step):
        stop = min(start + step, window.rows)
        yield window.part(start, stop, STRIP_REACH), slice(start * scale, stop * scale)


def enlarge_window(window: Window, scale: int) -> Planes:
    """Enlarge a strip by bicubic.

    Args:
        window: the strip, h x w or C x h x w, and what it needs beside it.
        scale: the enlargement.
    """
    window = window.part(0, window.rows, BICUBIC_REACH)
    *_, height, width = window.source.shape
    enlarged = resize_planes(window.source, (height * scale, width * scale), (scale, scale))
    # The outer rows of a cut window have mirrored the cut instead of seeing their neighbours.
    return _strip_of(enlarged, window, scale)


def _beside_alpha(joining: Joining, window: Window, outputs: Sequence[Planes], scale: int) -> Sequence[Plane]:
    colours, alpha = _split(window.source)
    small = np.concatenate((joining.small(colours), alpha))
    enlarged = list(enlarge_window(replace(window, source=small), scale))
    count = len(small) - len(alpha)
    return (*_joined(joining, enlarged[:count], outputs[0], len(colours)), *enlarged[count:])


def _translucent(joining: Joining, window: Window, outputs: Sequence[Planes], scale: int) -> Sequence[Plane]:
    small = Veiled.from_planes(window.source)
    seen, alpha = joining.small(small.seen), joining.small(small.alpha) if len(outputs) > 1 else small.alpha
    planes = np.concatenate((seen, alpha, small.most, small.ground))
    enlarged = enlarge_window(replace(window, source=planes), scale)
    seen, alpha, most, ground = np.split(enlarged, np.cumsum((len(seen), len(alpha), 1)))
    (large_alpha,) = _joined(joining, list(alpha), outputs[1], 1) if len(outputs) > 1 else alpha
    low, high = np.split(bounds(small)[:, window.above : len(small.alpha[0]) - window.below].repeat(scale, 2), 2)
    large_alpha = _within(large_alpha, low[0], high[0], scale)
    colours = _joined(joining, list(seen), outputs[0], len(small.seen))
    colours = unveiled(colours, large_alpha, most[0], ground)
    return (*(_within(*each, scale) for each in zip(colours, low[1:], high[1:], strict=True)), large_alpha)


def _joined(joining: Joining, enlarged: Sequence[Plane], output: Planes, count: int) -> Sequence[Plane]:
    """As many channels as the picture has colours: a network of colour gives three of a grey one."""
    planes = joining.join(enlarged, output)
    return planes if len(planes) == count else [grey_of(planes)]


def _within(plane: Plane, low: Plane, high: Plane, scale: int) -> Plane:
    """A plane clipped to bounds, in place; there is one row of bounds for every `scale` of its rows."""
    rows = np.ascontiguousarray(plane).reshape(len(low), scale, -1)
    return np.clip(rows, low[:, None], high[:, None], out=rows).reshape(plane.shape)


def _split(source: Planes) -> tuple[Planes, Planes]:
    """Colours, and alpha or nothing."""
    count = 3 if len(source) > 2 else 1
    return source[:count], source[count:]


def _strip_of(enlarged: Planes, window: Window, scale: int) -> Planes:
    """The strip's own rows of an enlarged window."""
    return enlarged[..., window.above * scale : (window.source.shape[-2] - window.below) * scale, :]
