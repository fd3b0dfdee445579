"""The heart: a picture's array becomes a larger picture's array.

The network enlarges luma; everything else is bicubic. Because YCbCr is linear in RGB and bicubic in
everything, putting the network's luma beside bicubic chroma is the same as enlarging what each channel
has more than the grey of that luma, and adding it to the grey of the network's luma:

    R' = bicubic(R - grey(luma)) + grey(network's luma), grey(Y) = 255/219 (Y - 16/255), and so for G and B.

That is the paper's way and that of a network in "hr". One in "lr" gives the change of luma, and each
channel takes it times its slope on luma in the small picture, `luma_slopes`: a red edge on black changes
in red alone. Luma comes out the same; chroma is nearer to the truth (`benchmarks/chroma.py`).

It is done strip by strip, so that memory beyond input and output is bounded; only where a picture
has fully transparent pixels are their colours first filled in for the whole picture, which takes its
memory once more, or lies in a file if it is large. This module knows nothing of pictures' files.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from srcnn.errors import InvalidConfigError, InvalidImageError
from srcnn.imaging import from_float, imresize, rgb_to_luma_bt601, to_float
from srcnn.imaging.alpha import fill_transparent
from srcnn.imaging.color import LUMA_BT601_SPAN, grey_to_luma_bt601
from srcnn.imaging.depth import Image, Plane, check_image, check_plane, check_range
from srcnn.imaging.large import forget
from srcnn.imaging.slopes import luma_slopes
from srcnn.runtime.enlarging import open_network
from srcnn.runtime.session import Engine
from srcnn.zoo.model_file import Model
from srcnn.zoo.shipped import load_model

_BICUBIC_REACH = 2  # source rows that an enlarged row depends on, on each side
_SLOPES_REACH = 1  # and a slope
_RESULT_BYTES = 32 << 20  # of a strip of the result in floating point


def load(
    name: str | Path,
    scale: int | None = None,
    *,
    engine: Engine = "auto",
    threads: int = 0,
    strip_rows: int | None = None,
) -> "Upscaler":
    """Load a model to enlarge pictures with.

    Args:
        name: a shipped name such as "srcnn-915" (`srcnn models` lists them), or the path of a model file.
        scale: the enlargement; a shipped name needs it, a file knows its own.
        engine: "auto", "onnxruntime" or "openvino"; auto takes the faster one for the network.
        threads: 0 takes all cores.
        strip_rows: output rows computed at a time; None chooses by the picture's width.

    Returns:
        A callable from picture to larger picture.

    Raises:
        ModelFileError: no such model, or not a model file.
        InvalidConfigError: a scale the model does not have, an unknown engine, or numbers out of range.
        BackendError: the engine refuses the network.

    Tests: tests/test_upscaler.py.
    """
    return Upscaler(load_model(name, scale), engine=engine, threads=threads, strip_rows=strip_rows)


class Upscaler:
    """A model, loaded once, that enlarges pictures by its scale.

    Attributes:
        model: spec and weights.
        scale: the enlargement.
    """

    def __init__(
        self, model: Model, *, engine: Engine = "auto", threads: int = 0, strip_rows: int | None = None
    ) -> None:
        """Load a model into an engine.

        Args:
            model: from `srcnn.zoo.shipped.load_model`.
            engine: "auto", "onnxruntime" or "openvino"; auto takes the faster one for the network.
            threads: 0 takes all cores.
            strip_rows: output rows computed at a time; None chooses by the picture's width.

        Raises:
            InvalidConfigError: an unknown engine, threads or strip_rows out of range.
            ModelFileError: a network of several channels.
            BackendError: the engine refuses the network.
        """
        if strip_rows is not None and strip_rows < 1:
            raise InvalidConfigError(f"expected strip_rows of at least 1, got {strip_rows}; give a number of rows")
        self.model = model
        self.scale = model.spec.scale
        self._strip_rows = strip_rows
        self._network = open_network(model, engine=engine, threads=threads)
        self._halo = max(self._network.reach, _BICUBIC_REACH + _SLOPES_REACH)

    def __call__(self, image: Image, progress: Callable[[int, int], None] | None = None) -> Image:
        """Enlarge a picture.

        Args:
            image: grey H x W or H x W x 1, grey+alpha H x W x 2, RGB H x W x 3 or RGBA H x W x 4; uint8,
                uint16, or floating point in [0, 1]; encoded as pictures are (sRGB or any other
                profile's encoding), not linear light; alpha not premultiplied.
            progress: called with (rows done, rows in all) after each strip.

        Returns:
            sH x sW with the same channels and dtype; floating point is clipped to [0, 1].

        Raises:
            InvalidImageError: another shape, dtype or number of channels, or values far outside [0, 1].
            BackendError: the engine failed.

        Tests: tests/test_upscaler.py.
        """
        check_image(image)
        height, width = (length * self.scale for length in image.shape[:2])
        result = np.empty((height, width, *image.shape[2:]), image.dtype)
        done = 0
        for strip in self.strips(image):
            result[done : done + len(strip)] = strip
            done += len(strip)
            if progress:
                progress(done, height)
        return result

    def strips(self, image: Image) -> Iterator[Image]:
        """Enlarge a picture from top to bottom, some rows at a time.

        Args:
            image: as for calling.

        Yields:
            Strips of the result in order, full width.

        Raises:
            InvalidImageError: another shape, dtype or number of channels, or values far outside [0, 1].
            BackendError: the engine failed.
        """
        check_image(image)
        check_range(image)
        channels = image.shape[2] if image.ndim == 3 else 1
        if channels > 4:
            raise InvalidImageError(
                f"expected 1 to 4 channels (grey, grey+alpha, RGB, RGBA), got {channels}; convert the picture first"
            )
        planes = image.reshape(*image.shape[:2], channels)
        if channels in (2, 4):
            planes = fill_transparent(planes)
        for start, stop in self._bounds(image):
            strip = np.empty(((stop - start) * self.scale, image.shape[1] * self.scale, channels), image.dtype)
            for channel, plane in enumerate(self._planes(_window(planes, start, stop, self._halo))):
                strip[:, :, channel] = from_float(plane, image.dtype)
            forget(planes)
            yield strip.reshape(*strip.shape[:2], *image.shape[2:])

    def luma(self, luma: Plane) -> Plane:
        """Enlarge a luma plane: what evaluation measures.

        Args:
            luma: H x W float32, limited-range BT.601 luma / 255, at low resolution.

        Returns:
            sH x sW float32, unclipped and unrounded.

        Raises:
            InvalidImageError: not a plane of floating point, or values far outside [0, 1].
            BackendError: the engine failed.
        """
        check_plane(luma)
        windows = (_window(luma, start, stop, self._halo) for start, stop in self._bounds(luma))
        return np.concatenate([self._better_luma(window) for window in windows])

    def _bounds(self, image: Image) -> Iterator[tuple[int, int]]:
        """First and last source row of every strip."""
        step = max(1, self._strip_rows // self.scale) if self._strip_rows else self._source_rows(image)
        for start in range(0, image.shape[0], step):
            yield start, min(start + step, image.shape[0])

    def _source_rows(self, image: Image) -> int:
        """Source rows in a strip: what suits the network, within the bound of the result, but more than the halo."""
        suiting = self._network.pixels // min(image.shape[1], self._network.columns)
        result_row = 4 * self.scale**2 * image[0].size
        return max(2 * self._network.reach, min(suiting, _RESULT_BYTES // result_row))

    def _planes(self, window: "_Window") -> Iterator[Plane]:
        """Each channel of a strip, enlarged, in floating point: grey or RGB, and alpha if there is one."""
        channels = window.source.shape[2]
        colours = window.source[:, :, : 3 if channels > 2 else 1]
        luma = _luma(colours)
        if self.model.spec.input_space == "hr":
            yield from self._on_grey(window, colours, luma)
        else:
            yield from self._with_change(window, colours, luma)
        if channels % 2 == 0:
            yield self._bicubic(window, window.source[:, :, -1])

    def _on_grey(self, window: "_Window", colours: NDArray[np.float32], luma: Plane) -> Iterator[Plane]:
        """The grey of the network's luma, and the colours' difference from grey by bicubic."""
        better = _luma_to_grey(self._run(window, luma))
        if colours.shape[2] == 1:
            yield better
            return
        grey = _luma_to_grey(luma)
        for channel in range(3):
            plane = self._bicubic(window, colours[:, :, channel] - grey)
            plane += better
            yield plane

    def _with_change(self, window: "_Window", colours: NDArray[np.float32], luma: Plane) -> Iterator[Plane]:
        """The colours by bicubic, and the network's change of luma times each one's slope."""
        change = self._run(window, luma)
        if not self.model.spec.residual:
            change -= self._bicubic(window, luma)
        change /= np.float32(LUMA_BT601_SPAN)
        slopes = luma_slopes(colours) if colours.shape[2] == 3 else None
        for channel in range(colours.shape[2]):
            plane = self._bicubic(window, colours[:, :, channel])
            plane += change if slopes is None else change * self._bicubic(window, slopes[:, :, channel])
            yield plane

    def _better_luma(self, window: "_Window") -> Plane:
        """The luma of a strip whose source is luma."""
        output = self._run(window, window.source)
        adds = self.model.spec.input_space == "lr" and self.model.spec.residual
        return output + self._bicubic(window, window.source) if adds else output

    def _run(self, window: "_Window", luma: Plane) -> Plane:
        """What the network makes of the strip, given the window's luma."""
        reach = self._network.reach
        luma, above, below = window.cut(luma, reach)
        output = self._network(luma, top=above < reach, bottom=below < reach)
        start = above * self.scale if above < reach else 0
        return output[start : start + window.rows * self.scale]

    def _bicubic(self, window: "_Window", plane: Plane) -> Plane:
        """The strip enlarged, given a plane of the window."""
        plane, above, below = window.cut(plane, _BICUBIC_REACH)
        # The outer rows of a cut window have mirrored the cut instead of seeing their neighbours.
        return imresize(plane, self.scale)[above * self.scale : (len(plane) - below) * self.scale]


@dataclass(frozen=True, slots=True)
class _Window:
    """A strip of source rows, and rows beside it.

    Attributes:
        source: h x w or h x w x C, float32.
        above: rows above the strip, fewer than the halo at the picture's edge.
        below: rows below it.
    """

    source: NDArray[np.float32]
    above: int
    below: int

    @property
    def rows(self) -> int:
        """Of the strip alone."""
        return len(self.source) - self.above - self.below

    def cut(self, plane: Plane, reach: int) -> tuple[Plane, int, int]:
        """A plane of the window with so many rows beside the strip at most; the plane, and how many there are."""
        above, below = min(self.above, reach), min(self.below, reach)
        return plane[self.above - above : len(plane) - (self.below - below)], above, below


def _window(image: Image, start: int, stop: int, halo: int) -> _Window:
    """Source rows, with those beside them that the picture has."""
    first, last = max(0, start - halo), min(len(image), stop + halo)
    return _Window(to_float(image[first:last]), start - first, last - stop)


def _luma(colours: NDArray[np.float32]) -> Plane:
    return rgb_to_luma_bt601(colours) if colours.shape[2] == 3 else grey_to_luma_bt601(colours[:, :, 0])


def _luma_to_grey(luma: Plane) -> Plane:
    """Limited-range luma as the grey level that has it."""
    return (luma - np.float32(16 / 255)) * np.float32(1 / LUMA_BT601_SPAN)
