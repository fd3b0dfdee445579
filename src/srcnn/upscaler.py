"""The heart: a picture's array becomes a larger picture's array.

The network enlarges luma; everything else is bicubic. Because YCbCr is linear in RGB, putting the
network's luma beside bicubic chroma is the same as enlarging every channel by bicubic and adding
what the network changes in the luma:

    R' = bicubic(R) + 255/219 (network's luma - bicubic(luma)), and so for G, B and grey.

That is the paper's way and that of a network in "hr". One in "lr" gives the change itself, and each
channel takes it times its slope on luma in the small picture, `luma_slopes`: a red edge on black changes
in red alone. Luma comes out the same; chroma is nearer to the truth (`benchmarks/chroma.py`).

It is done strip by strip, so that memory beyond input and output is bounded; only where a picture
has fully transparent pixels are their colours first filled in for the whole picture at once, which
takes at most three times the memory of the input. This module knows nothing of files.
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
from srcnn.imaging.depth import Image, check_image
from srcnn.imaging.slopes import luma_slopes
from srcnn.runtime.lr_network import LrNetwork
from srcnn.runtime.network import StripNetwork
from srcnn.runtime.session import Engine
from srcnn.zoo.model_file import Model
from srcnn.zoo.shipped import load_model

Plane = NDArray[np.float32]
_BICUBIC_REACH = 2  # source rows that an enlarged row depends on, on each side
_SLOPES_REACH = _BICUBIC_REACH + 1  # they look one row further, and are enlarged
_STRIP_BYTES = 32 << 20  # of a strip's widest feature map; larger is no faster, and slower the first time
_RESULT_BYTES = 32 << 20  # of a strip of the result in floating point
_MIN_STRIP_ROWS = 16  # below, the halo costs more than the strip


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
            BackendError: the engine refuses the network.
        """
        if strip_rows is not None and strip_rows < 1:
            raise InvalidConfigError(f"expected strip_rows of at least 1, got {strip_rows}; give a number of rows")
        self.model = model
        self.scale = model.spec.scale
        self._strip_rows = strip_rows
        hr = model.spec.input_space == "hr"
        self._network = (StripNetwork if hr else LrNetwork)(model, engine=engine, threads=threads)
        self._zoom = self.scale if hr else 1  # pixels a side of what the network sees, for one of the picture

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
            InvalidImageError: another shape, dtype or number of channels.
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
            InvalidImageError: another shape, dtype or number of channels.
            BackendError: the engine failed.
        """
        check_image(image)
        channels = image.shape[2] if image.ndim == 3 else 1
        if channels > 4:
            raise InvalidImageError(
                f"expected 1 to 4 channels (grey, grey+alpha, RGB, RGBA), got {channels}; convert the picture first"
            )
        planes = image.reshape(*image.shape[:2], channels)
        if channels in (2, 4):
            planes = fill_transparent(planes)
        for start, stop in self._bounds(image):
            strip = self._enlarge(planes, start, stop)
            yield from_float(strip, image.dtype).reshape(len(strip), -1, *image.shape[2:])

    def luma(self, luma: Plane) -> Plane:
        """Enlarge a luma plane: what evaluation measures.

        Args:
            luma: H x W float32, limited-range BT.601 luma / 255, at low resolution.

        Returns:
            sH x sW float32, unclipped and unrounded.

        Raises:
            InvalidImageError: not a plane of floating point.
            BackendError: the engine failed.
        """
        check_image(luma)
        if luma.ndim != 2 or luma.dtype.kind != "f":
            raise InvalidImageError(
                f"expected a luma plane H x W of floating point, got {luma.shape} {luma.dtype}; "
                "take the luma with srcnn.imaging.rgb_to_luma_bt601(to_float(image))"
            )
        return np.concatenate([self._enlarge_luma(luma, start, stop) for start, stop in self._bounds(luma)])

    def _bounds(self, image: Image) -> Iterator[tuple[int, int]]:
        """First and last source row of every strip."""
        step = max(1, self._strip_rows // self.scale) if self._strip_rows else self._source_rows(image)
        for start in range(0, image.shape[0], step):
            yield start, min(start + step, image.shape[0])

    def _source_rows(self, image: Image) -> int:
        """Source rows in a strip: as many as keep the network's maps and the result within their bounds."""
        widest = max(layer.out_channels for layer in self.model.spec.layers)
        columns = min(image.shape[1] * self._zoom, self._network.columns)
        seen_rows = max(_MIN_STRIP_ROWS, _STRIP_BYTES // (4 * widest * columns))
        result_row = 4 * self.scale**2 * image[0].size
        return max(1, min(seen_rows // self._zoom, max(2 * self._network.reach, _RESULT_BYTES // result_row)))

    def _enlarge(self, planes: Image, start: int, stop: int) -> NDArray[np.float32]:
        """Enlarge source rows of a picture of 1 to 4 channels, in floating point."""
        window = self._window(planes, start, stop)
        rows = _times(window.kept, self.scale)
        result = window.enlarged[rows]
        change = (self._change(window) / LUMA_BT601_SPAN)[:, :, None]
        if planes.shape[2] < 3:
            result[:, :, :1] += change
        elif self.model.spec.input_space == "hr":
            result[:, :, :3] += change
        else:
            result[:, :, :3] += change * imresize(luma_slopes(window.source[:, :, :3]), self.scale)[rows]
        return result

    def _enlarge_luma(self, luma: Plane, start: int, stop: int) -> Plane:
        """Enlarge source rows of a luma plane."""
        window = self._window(luma, start, stop)
        return window.enlarged[_times(window.kept, self.scale)] + self._change(window)

    def _window(self, image: Image, start: int, stop: int) -> "_Window":
        """Source rows with what the network and bicubic need above and below them, and their enlargement."""
        reach = max(-(-self._network.reach // self._zoom), _SLOPES_REACH)
        halo = reach + _BICUBIC_REACH
        first, last = max(0, start - halo), min(len(image), stop + halo)
        top, bottom = first == 0, last == len(image)
        source = to_float(image[first:last])
        enlarged = imresize(source, self.scale)
        # The outer rows of a cut window have mirrored the cut instead of seeing their neighbours.
        above, below = (0 if top else _BICUBIC_REACH), (0 if bottom else _BICUBIC_REACH)
        rows = slice(above, len(source) - below)
        kept = slice(start - first - above, stop - first - above)
        return _Window(source[rows], enlarged[_times(rows, self.scale)], kept, top, bottom)

    def _change(self, window: "_Window") -> Plane:
        """What the network adds to the luma of the kept rows."""
        missing = 0 if window.top else self._network.reach
        if self.model.spec.input_space == "lr":
            output = self._network(_luma(window.source), top=window.top, bottom=window.bottom)
            output = output[_times(slice(window.kept.start - missing, window.kept.stop - missing), self.scale)]
            if self.model.spec.residual:
                return output
            return output - _luma(window.enlarged[_times(window.kept, self.scale)])
        luma, kept = _luma(window.enlarged), _times(window.kept, self.scale)
        better = self._network(luma, top=window.top, bottom=window.bottom)
        return better[kept.start - missing : kept.stop - missing] - luma[kept]


def _luma(planes: NDArray[np.float32]) -> Plane:
    """The luma of a luma plane, or of a picture of 1 to 4 channels."""
    if planes.ndim == 2:
        return planes
    return rgb_to_luma_bt601(planes[:, :, :3]) if planes.shape[2] > 2 else grey_to_luma_bt601(planes[:, :, 0])


def _times(rows: slice, factor: int) -> slice:
    return slice(rows.start * factor, rows.stop * factor)


@dataclass(frozen=True, slots=True)
class _Window:
    """Source rows around a strip.

    Attributes:
        source: h x w or h x w x C, float32.
        enlarged: by bicubic, sh x sw or sh x sw x C, float32.
        kept: the rows of `source` that are the strip.
        top: whether the first row is the picture's first.
        bottom: whether the last row is the picture's last.
    """

    source: NDArray[np.float32]
    enlarged: NDArray[np.float32]
    kept: slice
    top: bool
    bottom: bool
