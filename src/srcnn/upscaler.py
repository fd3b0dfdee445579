"""The heart: a picture's array becomes a larger picture's array.

The network enlarges luma, or all channels, one beside it maybe chroma, bicubic the rest, and `imaging/joining.py` puts
all together. It is done strip by strip, so that memory beyond input and output is bounded; only where a picture has
fully transparent pixels are their colours first filled in for the whole picture, which takes its memory once more, or
lies in a file if it is large. This module knows nothing of pictures' files.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from numbers import Integral
from pathlib import Path

import numpy as np

from srcnn.errors import InvalidConfigError, InvalidImageError
from srcnn.imaging.alpha import fill_transparent, is_seen_as_grey
from srcnn.imaging.color import luma_bt601_to_grey
from srcnn.imaging.depth import Image, Plane, Planes, check_image, check_plane, check_range
from srcnn.imaging.joining import joining_of
from srcnn.imaging.large import blocks, forget
from srcnn.imaging.strip import STRIP_REACH, enlarge_window, join_grey, join_strip, parts_of, planes_to_enlarge, veil
from srcnn.imaging.translucency import VEIL_REACH
from srcnn.imaging.window import Window, window_of
from srcnn.progress import Progress
from srcnn.runtime.beside import ChromaBeside
from srcnn.runtime.engines import Engine
from srcnn.runtime.enlarging import enlarge_rows, open_network
from srcnn.runtime.ensemble import SelfEnsemble
from srcnn.zoo.model_file import Model, check_enlarges
from srcnn.zoo.shipped import load_model

_RESULT_BYTES = 32 << 20  # of a strip of the result in floating point


def load(
    name: str | Path,
    scale: int | None = None,
    *,
    engine: Engine = "auto",
    threads: int = 0,
    strip_rows: int | None = None,
    ensemble: bool = False,
) -> "Upscaler":
    """Load a model to enlarge pictures with.

    Args:
        name: a shipped name such as "srcnn-915" (`srcnn models` lists them), or the path of a model file.
        scale: the enlargement; a shipped name needs it, a file knows its own.
        engine: "auto", "onnxruntime" or "openvino"; auto takes the faster one for the network.
        threads: 0 takes all cores.
        strip_rows: output rows computed at a time; None chooses by the picture's width.
        ensemble: the mean over the picture mirrored and transposed eight ways: better, in eight to ten times the time.

    Returns:
        A callable from picture to larger picture.

    Raises:
        ModelFileError: no such model, or not a model file.
        InvalidConfigError: a scale the model does not have, an unknown engine, or numbers out of range.
        BackendError: the engine refuses the network.

    Tests: tests/test_upscaler.py.
    """
    model = load_model(name, scale)
    return Upscaler(model, engine=engine, threads=threads, strip_rows=strip_rows, ensemble=ensemble)


class Upscaler:
    """A model, loaded once, that enlarges pictures by its scale.

    Threads may share one, it can be pickled, and it works in processes that are forked after it was used. With OpenVINO
    no other thread may be loading a network at the fork, and they must end by `os._exit`, as `multiprocessing`'s do.

    Attributes:
        model: spec and weights.
        scale: the enlargement.
        reach: pixels of the picture on each side that one of the result depends on.
    """

    def __init__(
        self,
        model: Model,
        *,
        engine: Engine = "auto",
        threads: int = 0,
        strip_rows: int | None = None,
        ensemble: bool = False,
    ) -> None:
        """Load a model into an engine.

        Args:
            model: from `srcnn.zoo.shipped.load_model`.
            engine: "auto", "onnxruntime" or "openvino"; auto takes the faster one for the network.
            threads: 0 takes all cores.
            strip_rows: output rows computed at a time; None chooses by the picture's width.
            ensemble: the mean over the picture mirrored and transposed eight ways: better, in eight to ten
                times the time.

        Raises:
            ModelFileError: a network of chroma alone.
            InvalidConfigError: an unknown engine, threads or strip_rows out of range.
            BackendError: the engine refuses the network.
        """
        if strip_rows is not None and (not isinstance(strip_rows, Integral) or strip_rows < 1):
            raise InvalidConfigError(f"expected strip_rows of at least 1, got {strip_rows}; give a number of rows")
        self.model = model
        self.scale = model.spec.scale
        self._engine: Engine = engine
        self._threads = threads
        self._strip_rows = strip_rows
        self._ensemble = ensemble
        check_enlarges(model)
        network = open_network(model, engine=engine, threads=threads)
        if model.chroma:
            network = ChromaBeside(network, open_network(model.chroma, engine=engine, threads=threads), self.scale)
        self._network = SelfEnsemble(network, self.scale) if ensemble else network
        self._joining = joining_of(model.spec, chroma=model.chroma is not None)
        self.reach = max(self._network.reach, STRIP_REACH)

    def __repr__(self) -> str:
        return f"<Upscaler {self.model.spec.name} x{self.scale}>"

    def __reduce__(self) -> tuple[Callable[[Model], "Upscaler"], tuple[Model]]:
        """Pickled as what it was made of: another process opens an engine of its own."""
        make = partial(
            Upscaler,
            engine=self._engine,
            threads=self._threads,
            strip_rows=self._strip_rows,
            ensemble=self._ensemble,
        )
        return make, (self.model,)

    def __call__(self, image: Image, progress: Progress | None = None) -> Image:
        """Enlarge a picture.

        Args:
            image: grey H x W or H x W x 1, grey+alpha H x W x 2, RGB H x W x 3 or RGBA H x W x 4; uint8,
                uint16, or floating point in [0, 1]; encoded as pictures are (sRGB or any other
                profile's encoding), not linear light; alpha not premultiplied.
            progress: called with (rows done, rows in all) after each strip; what it raises ends the call. More often
                with fewer `strip_rows`.

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
        for rows, join in self._joins(image):
            join(result[done : done + rows])
            done += rows
            if progress:
                progress(done, height)
        return result

    def strips(self, image: Image) -> Iterator[Image]:
        """Enlarge a picture from top to bottom, some rows at a time.

        Args:
            image: as for calling.

        Returns:
            Strips of the result in order, full width, made as they are asked for.

        Raises:
            InvalidImageError: another shape, dtype or number of channels, or values far outside [0, 1].
            BackendError: the engine failed.
        """
        return (join() for join in self.strips_to_join(image))

    def strips_to_join(self, image: Image) -> Iterator[Callable[[], Image]]:
        """Run the network on a picture from top to bottom, and return the rest of the work as functions.

        Args:
            image: as for calling.

        Returns:
            For each of `strips`, a function that makes it of what the network gave. They may be called in any thread
            and any order.

        Raises:
            InvalidImageError: another shape, dtype or number of channels, or values far outside [0, 1].
            BackendError: the engine failed.

        Tests: tests/test_upscaler.py.
        """

        def make(rows: int, join: Callable[[Image], None]) -> Image:
            strip = np.empty((rows, image.shape[1] * self.scale, *image.shape[2:]), image.dtype)
            join(strip)
            return strip

        return (partial(make, rows, join) for rows, join in self._joins(image))

    def strip_count(self, image: Image) -> int:
        """How many strips a picture is enlarged in.

        Args:
            image: as for calling.

        Raises:
            InvalidImageError: not an image array.

        Tests: tests/test_upscaler.py.
        """
        check_image(image)
        return sum(1 for _ in self._bounds(self._without_colours(image)))

    def luma(self, luma: Plane) -> Plane:
        """Enlarge a luma plane: what evaluation measures. To a network of colour it is that of a grey picture.

        Args:
            luma: H x W float32, limited-range BT.601 luma / 255, at low resolution.

        Returns:
            sH x sW float32, unclipped and unrounded.

        Raises:
            InvalidImageError: not a plane of floating point, or values far outside [0, 1].
            BackendError: the engine failed.
        """
        check_plane(luma)
        height, width = (length * self.scale for length in luma.shape)
        result = np.empty((height, width), np.float32)
        for start, stop in self._bounds(luma):
            window, strip = window_of(luma, start, stop, self.reach), result[start * self.scale : stop * self.scale]
            if self.model.spec.colour != "luma":
                window = replace(window, source=luma_bt601_to_grey(window.source)[None])
                output = self._run(window, self._joining.seen(window.source))
                join_grey(self._joining, window, output, self.scale, strip)
                continue
            strip[:] = self._run(window, window.source)
            for part, rows in parts_of(window, self.scale) if self.model.spec.adds_to_bicubic else ():
                strip[rows] += enlarge_window(part, self.scale)
        return result

    def _joins(self, image: Image) -> Iterator[tuple[int, Callable[[Image], None]]]:
        """The rows of each strip of the result, and what fills it, when the network has done its part, alpha too."""
        check_image(image)
        windows = self._windows(self._without_colours(image))

        def run(window: Window) -> Callable[[Image], None]:
            outputs = [self._run(window, planes) for planes in planes_to_enlarge(self._joining, window)]
            return partial(join_strip, self._joining, window, outputs, self.scale)

        return ((window.rows * self.scale, run(window)) for window in windows)

    def _without_colours(self, image: Image) -> Image:
        """The last channels of RGB or RGBA that are grey wherever anything is seen: a network of luma needs no more.

        All three would differ by rounding, and a network of chroma would tint them.
        """
        if self.model.spec.colour != "luma" or image.shape[2:] not in ((3,), (4,)) or not is_seen_as_grey(image):
            return image
        return image[:, :, 2:]

    def _windows(self, image: Image) -> Iterator[Window]:
        """The picture's planes in strips; refuses what is no picture now, not when the first is asked for."""
        source = image if image.ndim == 3 else image[:, :, None]
        if source.shape[2] > 4:
            raise InvalidImageError(
                f"expected 1 to 4 channels (grey, grey+alpha, RGB, RGBA), got {source.shape[2]}; "
                "convert the picture first"
            )
        has_alpha = source.shape[2] in (2, 4)
        if has_alpha:
            source = fill_transparent(source)
        for block in blocks(source) if source.dtype.kind == "f" else ():
            check_range(block)  # now: what is hidden may have been no number
        veils = has_alpha and self.scale > 1  # noise and JPEG, which networks of scale 1 undo, are not in alpha

        def windows() -> Iterator[Window]:
            for start, stop in self._bounds(image):
                window = window_of(np.moveaxis(source, 2, 0), start, stop, self.reach + VEIL_REACH * veils)
                yield veil(window) if veils else window
                forget(source)

        return windows()

    def _bounds(self, image: Image) -> Iterator[tuple[int, int]]:
        """First and last source row of every strip."""
        step = max(1, self._strip_rows // self.scale) if self._strip_rows else self._source_rows(image)
        for start in range(0, image.shape[0], step):
            yield start, min(start + step, image.shape[0])

    def _source_rows(self, image: Image) -> int:
        """Source rows in a strip: what suits the network, within the bound of the result, but more than the halo."""
        suiting = self._network.pixels // min(image.shape[1], self._network.columns)
        channels = image[0].size // image.shape[1]
        outputs = 2 if channels in (2, 4) else 1
        more = 2 * (channels > 2) if self.model.chroma else outputs * (self.model.spec.channels - 1)
        result_row = 4 * self.scale**2 * image.shape[1] * (channels + more)
        rows = max(1, 2 * self._network.reach, min(suiting, _RESULT_BYTES // result_row))
        return -(-len(image) // -(-len(image) // rows))  # as many strips, and nearly equal

    def _run(self, window: Window, planes: Planes) -> Planes:
        """What the network makes of the strip, given what it sees of the window."""
        return enlarge_rows(self._network, planes, window.above, window.above + window.rows, self.scale)
