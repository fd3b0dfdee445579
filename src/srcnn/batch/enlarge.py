"""An array becomes strips of any size: the next larger network, then exactly down; or bicubic. Knows no files."""

from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from threading import Lock

import numpy as np

from srcnn.batch.ahead import ahead
from srcnn.batch.resize import Side, resize_strips
from srcnn.batch.size import Target
from srcnn.imaging import to_float
from srcnn.imaging.depth import Image, check_image
from srcnn.imaging.large import forget
from srcnn.pictures.strips import Strips, strips_of, whole
from srcnn.progress import Progress
from srcnn.runtime.engines import Engine, check_engine
from srcnn.upscaler import Upscaler
from srcnn.zoo.cards import BICUBIC, shipped_cards
from srcnn.zoo.model_file import Model
from srcnn.zoo.shipped import load_model


class Upscalers:
    """A model in all its scales, each loaded when it is first needed, and once. Safe to share between threads.

    Attributes:
        name: of the model.
        scales: the scales it has, ascending; none for bicubic, which reaches every size by itself.
    """

    def __init__(self, model: str | Path, *, engine: Engine = "auto", threads: int = 0, ensemble: bool = False) -> None:
        """Look up a model.

        Args:
            model: a shipped name, the path of a model file, which has one scale, or "bicubic".
            engine: "auto", "onnxruntime" or "openvino".
            threads: that a picture is divided among; 0 takes all cores.
            ensemble: as for `Upscaler`.

        Raises:
            ModelFileError: no such model, or not a model file.
            InvalidConfigError: an unknown engine, or threads out of range.
            MissingExtraError: the engine is not installed.
            BackendError: the engine refuses the network of a file.
        """
        check_engine(engine, threads)
        self.name = str(model)
        self._engine: Engine = engine
        self._threads = threads
        self._ensemble = ensemble
        self._lock = Lock()
        self._models: dict[int, Model] = {}
        self._loaded: dict[tuple[int, int], Upscaler] = {}
        self.scales = tuple(card.scale for card in shipped_cards() if card.name == self.name)
        if not self.scales and self.name != BICUBIC:
            only = load_model(model)
            self.name = only.spec.name
            self.scales = (only.spec.scale,)
            self._models[only.spec.scale] = only
            self._loaded[only.spec.scale, threads] = self._open(only, threads)

    def __getitem__(self, scale: int) -> Upscaler:
        """The upscaler for one of the scales."""
        return self._upscaler(scale, self._threads)

    def single(self, scale: int) -> Upscaler:
        """The same with one thread: a small picture is not worth dividing while others keep the processor busy."""
        return self._upscaler(scale, 1)

    def _upscaler(self, scale: int, threads: int) -> Upscaler:
        with self._lock:
            if scale not in self._models:
                self._models[scale] = load_model(self.name, scale)
            if (scale, threads) not in self._loaded:
                self._loaded[scale, threads] = self._open(self._models[scale], threads)
            return self._loaded[scale, threads]

    def _open(self, model: Model, threads: int) -> Upscaler:
        return Upscaler(model, engine=self._engine, threads=threads, ensemble=self._ensemble)

    def scale_for(self, shape: tuple[int, ...], target: Target) -> int | None:
        """The smallest scale that reaches a size, or the largest there is.

        Args:
            shape: of the picture, height and width first.
            target: the size wanted.

        Returns:
            The scale, or None if the picture is large enough without any, and always for bicubic. A network of
            scale 1, which enlarges nothing but undoes noise or JPEG, is always used.
        """
        if not self.scales:
            return None
        # From whole sides, not from a factor: 2.5 x 3 pixels are rounded to 8, and 3 x 3 reaches them.
        needed = max(-(-wanted // side) for wanted, side in zip(target.resized, shape, strict=False))
        if needed <= 1 < self.scales[0]:
            return None
        return next((scale for scale in self.scales if scale >= needed), self.scales[-1])


def enlarge(
    image: Image,
    target: Target,
    upscaler: Upscaler | None,
    progress: Progress | None = None,
    *,
    inks: bool = False,
    threaded: bool = True,
) -> Strips:
    """Bring a picture to a size, as the strips of the result are asked for.

    Where the upscaler's scale is more or less than what is wanted, its result stays in floating point, is
    reduced by antialiased bicubic, or enlarged by bicubic, on encoded values as it comes, and is rounded once, at the
    end; the input is then held in floating point too. If only the middle
    is wanted, only what it depends on is enlarged, unless the picture has alpha.

    Args:
        image: as `Upscaler` takes it.
        target: the size wanted.
        upscaler: of a scale that comes near it; None for bicubic alone, up or down.
        progress: called with (rows done, rows in all) of the network, perhaps in another thread; without one,
            of the picture.
        inks: the channels are inks, and each is enlarged as a grey picture.
        threaded: a strip is made while the one before is joined and the one before that is used; else one after
            the other, for when other pictures keep the processor busy.

    Returns:
        The result in the same dtype and with the same channels. Where the strips are made, they raise
        InvalidImageError for what is no such picture, and BackendError if the engine fails.

    Raises:
        InvalidImageError: no image array.

    Tests: tests/batch/test_enlarge.py.
    """
    check_image(image)
    scale, reach = (upscaler.scale, upscaler.reach) if upscaler else (1, 0)
    hides = not inks and image.shape[2:] in ((2,), (4,))  # what is fully transparent takes its colours from afar
    height, width = (
        _side(*lengths, scale, None if hides else reach)
        for lengths in zip(image.shape, target.resized, target.kept, strict=False)
    )
    part = _part(image, height, width, scale)

    def resized() -> Iterator[Image]:
        if (height.length, width.length) == target.resized:
            return _middle(_enlarged(part, upscaler, progress, inks=inks, threaded=threaded).parts(), height, width)
        # Rounded once: a network gives back the depth that it gets.
        source = _in_floating_point(part) if upscaler else part
        larger = _enlarged(source, upscaler, progress, inks=inks, threaded=threaded)
        return resize_strips(larger, (height, width), image.dtype, opaque=inks)

    return Strips((*target.kept, *image.shape[2:]), image.dtype, resized)


def _side(length: int, resized: int, kept: int, scale: int, reach: int | None) -> Side:
    """One dimension, with as much of the enlarged picture as the middle takes, or without a reach all of it."""
    side = Side.middle(length * scale, resized, kept)
    if reach is None:
        return replace(side, there=(0, length * scale))
    first, end = side.there[0] // scale - reach, -(-side.there[1] // scale) + reach
    return replace(side, there=(max(0, first) * scale, min(length, end) * scale))


def _part(image: Image, height: Side, width: Side, scale: int) -> Image:
    """What is there of a picture that has been enlarged so."""
    if (height.there, width.there) == ((0, height.length), (0, width.length)):
        return image
    rows, columns = (slice(*(end // scale for end in side.there)) for side in (height, width))
    return image[rows, columns]


def _in_floating_point(image: Image) -> Image:
    """In a file if it is large."""
    return image if image.dtype == np.float32 else whole(strips_of(image).each(to_float))


def _enlarged(
    image: Image,
    upscaler: Upscaler | None,
    progress: Progress | None,
    *,
    inks: bool,
    threaded: bool,
) -> Strips:
    """What the network makes of a picture; without one, the picture itself."""
    scale = upscaler.scale if upscaler else 1
    height, width = (length * scale for length in image.shape[:2])

    if upscaler and upscaler.strip_count(image) == 1:  # beside it threads would have nothing to do
        threaded = False

    def parts() -> Iterator[Image]:
        if upscaler is None:
            return strips_of(image).parts()
        if inks:
            return _each_channel(image, upscaler)
        return _joined(image, upscaler) if threaded else upscaler.strips(image)

    def strips() -> Iterator[Image]:
        done = 0
        for strip in parts():
            forget(image)
            done += len(strip)
            if progress:
                progress(done, height)
            yield strip

    return Strips((height, width, *image.shape[2:]), image.dtype, (lambda: ahead(strips())) if threaded else strips)


def _joined(image: Image, upscaler: Upscaler) -> Iterator[Image]:
    """The strips of an upscaler, each joined while the network makes the next one."""
    with closing(ahead(upscaler.strips_to_join(image))) as joins:
        for join in joins:
            yield join()


def _each_channel(image: Image, upscaler: Upscaler) -> Iterator[Image]:
    """Enlarge every channel as a grey picture of its own, side by side."""
    channels = (upscaler.strips(image[:, :, number]) for number in range(image.shape[2]))
    for strips in zip(*channels, strict=True):
        yield np.stack(strips, axis=2)


def _middle(strips: Iterable[Image], height: Side, width: Side) -> Iterator[Image]:
    """The part that is kept of what is there; strips below it are not made."""
    (top, bottom), (left, right) = ([end - side.there[0] for end in side.kept] for side in (height, width))
    start = 0
    for strip in strips:
        rows = strip[max(0, top - start) : max(0, bottom - start)]
        if len(rows):
            yield rows[:, left:right]
        start += len(strip)
        if start >= bottom:
            return
