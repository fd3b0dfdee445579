"""Measure a method on a folder of pictures, beside bicubic. This module knows no engine and no network."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
from numpy.typing import NDArray

from srcnn.atomic import make_folder
from srcnn.errors import InvalidConfigError, InvalidImageError, OutputError
from srcnn.evaluation.metrics.paper import Metric
from srcnn.evaluation.planes import (
    Method,
    compared,
    enlarge,
    enlarge_bicubic,
    measure_psnr,
    measure_ssim,
    shrink,
    truth_planes,
)
from srcnn.evaluation.protocol import Protocol
from srcnn.evaluation.results import pair_results, result_planes
from srcnn.imaging import from_float
from srcnn.imaging.alpha import is_see_through
from srcnn.imaging.depth import Image, Plane
from srcnn.imaging.metrics import comparable
from srcnn.pictures.named import named_pictures
from srcnn.pictures.read import read_array
from srcnn.pictures.write import write_picture


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """One picture, or the mean over pictures. PSNR in dB, infinite for equal pictures.

    Attributes:
        name: the picture's path in its folder without its ending, or "mean".
        psnr: of the method.
        ssim: of the method.
        bicubic_psnr: of the protocol's bicubic.
        bicubic_ssim: of the protocol's bicubic.
        more: of every further metric "NAME" of the method and "bicubic_NAME"; None where it has no value.
    """

    name: str
    psnr: float
    ssim: float
    bicubic_psnr: float
    bicubic_ssim: float
    more: dict[str, float | None] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """The values of the evaluation's JSON; one that is infinite becomes None."""
        values = {"psnr": self.psnr, "ssim": self.ssim, "bicubic_psnr": self.bicubic_psnr, **self.more}
        return {name: value if value is None or math.isfinite(value) else None for name, value in values.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """What a method reaches on a folder of pictures.

    Attributes:
        scale: the enlargement.
        protocol: how it was measured.
        images: one measurement a picture, in the order of names.
        mean: the plain mean over the pictures that count.
        see_through: pictures that have transparent pixels, by name; their colours alone were measured.
    """

    scale: int
    protocol: Protocol
    images: tuple[Measurement, ...]
    mean: Measurement
    see_through: tuple[str, ...] = ()

    @property
    def left_out(self) -> tuple[str, ...]:
        """Pictures that the method or bicubic gives exactly: beside them no mean would be a number."""
        counts = _counts(self.images)
        return tuple(image.name for image, counted in zip(self.images, counts, strict=True) if not counted)

    def to_dict(self, model: str) -> dict[str, Any]:
        """The JSON of `srcnn evaluate`, with the name of the model that was measured.

        Where there is a mean, pictures with a PSNR of None do not count in it.
        """
        return {
            "model": model,
            "scale": self.scale,
            "protocol": self.protocol.to_dict(),
            "images": [{"name": image.name, **image.to_dict()} for image in self.images],
            "mean": self.mean.to_dict(),
        }


def evaluate(
    method: Method | None,
    folder: str | Path,
    scale: int,
    protocol: Protocol,
    *,
    metrics: Sequence[Metric] = (),
    save: str | Path | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Evaluation:
    """Measure a method on every picture of a folder.

    Args:
        method: enlarges luma, float32 H x W in [0, 1] to float32 sH x sW, or `OnEnlarged` betters what the
            protocol has enlarged; None measures the protocol's own bicubic.
        folder: pictures, also in folders below.
        scale: the enlargement, at least 2.
        protocol: how to measure.
        metrics: further ones, of luma alone.
        save: a folder for what is measured, rounded to 8 bits, a PNG a picture: luma in grey, or RGB if the protocol
            shrinks RGB; None keeps nothing. `evaluate_results` measures the same again unless the protocol does not
            round.
        progress: called after each picture with (pictures done, pictures in all).

    Returns:
        PSNR and SSIM of the method and of bicubic, for each picture and in the mean; means are over the same
        pictures, `Evaluation.left_out` not among them unless there are no others.

    Raises:
        InvalidConfigError: no picture in the folder, the scale is below 2, or further metrics of RGB.
        InvalidImageError: pictures that cannot be read, all of them named, since the mean of the others
            is not that of the folder; a picture that is too small, or a method that returns another shape
            or values that are not finite; the message names the picture.
        OutputError: `save` lies among the pictures or holds them, or cannot be written to.

    Source: demo_SR.m and compute_psnr.m of the SRCNN authors' package. Tests: tests/evaluation/test_evaluate.py.
    """
    folder, save = Path(folder), None if save is None else Path(save)
    pictures = named_pictures(folder)
    if save is not None:
        _check_apart(save, folder, pictures)

    def enlarged(name: str, _picture: Image, small: Plane, bicubic: Plane) -> Plane:
        large = bicubic if method is None else enlarge(small, scale, protocol, method)
        if save is not None:
            file = save / f"{name}.png"
            make_folder(file.parent, "choose another folder")
            write_picture(file, from_float(large, np.uint8))
        return large

    return _measure_all(enlarged, pictures, folder, scale, protocol, metrics, progress)


def evaluate_results(
    results: str | Path,
    folder: str | Path,
    scale: int,
    protocol: Protocol,
    *,
    metrics: Sequence[Metric] = (),
    progress: Callable[[int, int], None] | None = None,
) -> Evaluation:
    """Measure pictures that another program has enlarged.

    Args:
        results: the enlarged pictures, each with the name of its true one, or with more behind it (`pair_results`).
        folder: as in `evaluate`.
        scale: as in `evaluate`.
        protocol: as in `evaluate`; of results only their luma or RGB is taken, and the border left out.
        metrics: as in `evaluate`.
        progress: as in `evaluate`.

    Returns:
        As `evaluate`.

    Raises:
        InvalidConfigError: as in `evaluate`, or no picture in the folder of results.
        InvalidImageError: as in `evaluate`; a picture without a result, or a result of another size.

    Tests: tests/evaluation/test_evaluate.py.
    """
    folder, results = Path(folder), Path(results)
    pictures = named_pictures(folder)
    paths = pair_results(pictures, named_pictures(results), results)

    def finished(name: str, picture: Image, _small: Plane, _bicubic: Plane) -> Plane:
        return result_planes(read_array(paths[name]), picture, scale, protocol)

    return _measure_all(finished, pictures, folder, scale, protocol, metrics, progress)


def _measure_all(
    enlarged: Callable[[str, Image, Plane, Plane], Plane],
    pictures: dict[str, Path],
    folder: Path,
    scale: int,
    protocol: Protocol,
    metrics: Sequence[Metric],
    progress: Callable[[int, int], None] | None,
) -> Evaluation:
    """Measure what a function gives for a picture's name, the picture, its small one and bicubic's enlargement."""
    if scale < 2:
        raise InvalidConfigError(
            f"expected a scale of at least 2, got {scale}; choose 2, 3 or 4, and for a network that enlarges nothing "
            "see docs/training.md, degradations"
        )
    if metrics and protocol.measured == "rgb":
        raise InvalidConfigError(
            f"expected a protocol that measures luma for {', '.join(metric.name for metric in metrics)}, got "
            f"{protocol.name}; choose another, such as authors"
        )
    images: list[Measurement] = []
    see_through: list[str] = []
    unreadable: dict[str, InvalidImageError] = {}
    for done, (name, path) in enumerate(pictures.items(), 1):
        try:
            picture = read_array(path)
        except InvalidImageError as error:
            unreadable[name] = error
            continue
        if unreadable:  # there will be no mean; the rest is only looked at, to name all that is wrong at once
            continue
        try:
            truth = truth_planes(picture, scale, protocol)
            small = shrink(truth, scale, protocol)
            bicubic = enlarge_bicubic(small, scale, protocol)
            large = enlarged(name, picture, small, bicubic)
            images.append(_measurement(name, large, bicubic, truth, scale, protocol, metrics))
        except InvalidImageError as error:
            raise InvalidImageError(f"{name}: {error}") from error
        if is_see_through(picture):
            see_through.append(name)
        if progress is not None:
            progress(done, len(pictures))
    if unreadable:
        raise _refused(unreadable, folder)
    return Evaluation(
        scale=scale, protocol=protocol, images=tuple(images), mean=_mean(images), see_through=tuple(see_through)
    )


def _measurement(
    name: str,
    large: Plane,
    bicubic: Plane,
    truth: Plane,
    scale: int,
    protocol: Protocol,
    metrics: Sequence[Metric],
) -> Measurement:
    more: dict[str, float | None] = {}
    for metric in metrics:
        for prefix, sr in (("", large), ("bicubic_", bicubic)):
            more[prefix + metric.name] = metric.value(*compared(sr, truth, protocol), protocol.border_pixels(scale))
    return Measurement(
        name=name,
        psnr=measure_psnr(large, truth, scale, protocol),
        ssim=measure_ssim(large, truth, scale, protocol),
        bicubic_psnr=measure_psnr(bicubic, truth, scale, protocol),
        bicubic_ssim=measure_ssim(bicubic, truth, scale, protocol),
        more=more,
    )


def _check_apart(save: Path, folder: Path, pictures: dict[str, Path]) -> None:
    """Results must neither replace a truth nor be taken for one."""
    place = save.resolve()
    if place.is_relative_to(folder.resolve()) or any(
        path.resolve().is_relative_to(place) for path in pictures.values()
    ):
        raise OutputError(
            f"expected a folder for the results apart from the pictures of {folder}, got {save}; choose another"
        )


def _refused(unreadable: dict[str, InvalidImageError], folder: Path) -> InvalidImageError:
    """One error for all of them."""
    if len(unreadable) == 1:
        ((name, error),) = unreadable.items()
        return InvalidImageError(f"{name}: {error}")
    return InvalidImageError(
        f"expected pictures that can all be read in {folder}, got {len(unreadable)} that cannot: "
        f"{', '.join(unreadable)} (the first: {next(iter(unreadable.values()))}); mend them or take them away"
    )


def _counts(images: Sequence[Measurement]) -> NDArray[np.bool_]:
    """Which ones means are over."""
    return comparable([image.psnr for image in images], [image.bicubic_psnr for image in images])


def _mean(images: Sequence[Measurement]) -> Measurement:
    images = [image for image, counted in zip(images, _counts(images), strict=True) if counted]
    return Measurement(
        name="mean",
        psnr=fmean(image.psnr for image in images),
        ssim=fmean(image.ssim for image in images),
        bicubic_psnr=fmean(image.bicubic_psnr for image in images),
        bicubic_ssim=fmean(image.bicubic_ssim for image in images),
        more={name: _mean_of_all([image.more[name] for image in images]) for name in images[0].more},
    )


def _mean_of_all(values: Sequence[float | None]) -> float | None:
    """None if a picture has no value: the mean of the others is not that of the set."""
    numbers = [value for value in values if value is not None]
    return fmean(numbers) if len(numbers) == len(values) else None
