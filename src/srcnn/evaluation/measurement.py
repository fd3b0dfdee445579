"""What measuring gives: values of a picture, and of a folder with their mean. Measures nothing itself."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import fmean
from typing import Any

import numpy as np
from numpy.typing import NDArray

from srcnn.evaluation.protocol import Protocol
from srcnn.imaging.metrics import comparable


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


def _counts(images: Sequence[Measurement]) -> NDArray[np.bool_]:
    """Which ones means are over."""
    return comparable([image.psnr for image in images], [image.bicubic_psnr for image in images])


def mean_of(images: Sequence[Measurement]) -> Measurement:
    """The mean over the pictures that count, called "mean"."""
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
