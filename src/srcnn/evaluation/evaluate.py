"""Measure a method on a folder of pictures, beside bicubic. This module knows no engine and no network."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
from numpy.typing import NDArray

from srcnn.errors import InvalidConfigError, InvalidImageError
from srcnn.evaluation.planes import (
    Method,
    enlarge,
    enlarge_bicubic,
    measure_psnr,
    measure_ssim,
    shrink,
    truth_planes,
)
from srcnn.evaluation.protocol import Protocol
from srcnn.imaging.alpha import is_see_through
from srcnn.imaging.depth import Image
from srcnn.imaging.metrics import comparable
from srcnn.pictures.find import find_pictures
from srcnn.pictures.read import read_array


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """One picture, or the mean over pictures. PSNR in dB, infinite for equal pictures.

    Attributes:
        name: the picture's path in its folder without its ending, or "mean".
        psnr: of the method.
        ssim: of the method.
        bicubic_psnr: of the protocol's bicubic.
        bicubic_ssim: of the protocol's bicubic.
    """

    name: str
    psnr: float
    ssim: float
    bicubic_psnr: float
    bicubic_ssim: float

    def to_dict(self) -> dict[str, Any]:
        """The values of the evaluation's JSON; a PSNR that is infinite becomes None."""
        return {"psnr": _finite(self.psnr), "ssim": self.ssim, "bicubic_psnr": _finite(self.bicubic_psnr)}


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
    folder: Path,
    scale: int,
    protocol: Protocol,
    *,
    progress: Callable[[int, int], None] | None = None,
) -> Evaluation:
    """Measure a method on every picture of a folder.

    Args:
        method: enlarges luma, float32 H x W in [0, 1] to float32 sH x sW, or `OnEnlarged` betters what the
            protocol has enlarged; None measures the protocol's own bicubic.
        folder: pictures, also in folders below.
        scale: the enlargement, at least 2.
        protocol: how to measure.
        progress: called after each picture with (pictures done, pictures in all).

    Returns:
        PSNR and SSIM of the method and of bicubic, for each picture and in the mean; means are over the same
        pictures, `Evaluation.left_out` not among them unless there are no others.

    Raises:
        InvalidConfigError: no picture in the folder, or the scale is below 2.
        InvalidImageError: pictures that cannot be read, all of them named, since the mean of the others
            is not that of the folder; a picture that is too small, or a method that returns another shape
            or values that are not finite; the message names the picture.

    Source: demo_SR.m and compute_psnr.m of the SRCNN authors' package. Tests: tests/evaluation/test_evaluate.py.
    """
    if scale < 2:
        raise InvalidConfigError(
            f"expected a scale of at least 2, got {scale}; choose 2, 3 or 4, and for a network that enlarges nothing "
            "see docs/training.md, degradations"
        )
    pictures = named_pictures(folder)
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
            images.append(measure(method, picture, scale, protocol, name=name))
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


def measure(method: Method | None, picture: Image, scale: int, protocol: Protocol, *, name: str) -> Measurement:
    """Measure a method on one picture.

    Args:
        method: as in `evaluate`.
        picture: as for `truth_planes`.
        scale: the enlargement.
        protocol: how to measure.
        name: of the picture, for the result.

    Returns:
        PSNR and SSIM of the method and of bicubic.

    Raises:
        InvalidImageError: the picture is too small, or the method returns what cannot be measured.
    """
    truth = truth_planes(picture, scale, protocol)
    small = shrink(truth, scale, protocol)
    bicubic = enlarge_bicubic(small, scale, protocol)
    large = bicubic if method is None else enlarge(small, scale, protocol, method)
    return Measurement(
        name=name,
        psnr=measure_psnr(large, truth, scale, protocol),
        ssim=measure_ssim(large, truth, scale, protocol),
        bicubic_psnr=measure_psnr(bicubic, truth, scale, protocol),
        bicubic_ssim=measure_ssim(bicubic, truth, scale, protocol),
    )


def named_pictures(folder: Path) -> dict[str, Path]:
    """The pictures of a folder by name: the path in the folder without its ending, in order.

    Raises:
        InvalidConfigError: no picture there.
        InvalidImageError: no folder there.
    """
    paths = find_pictures(folder, follow_links=True)
    if not paths:
        raise InvalidConfigError(
            f"expected pictures in {folder}, got none; give a folder with PNG, BMP or other pictures"
        )
    names = [path.relative_to(folder).with_suffix("").as_posix() for path in paths]
    if len(set(names)) < len(names):  # such as a.png beside a.bmp
        names = [path.relative_to(folder).as_posix() for path in paths]
    return dict(sorted(zip(names, paths, strict=True)))


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
    )


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
