"""Tell from two numbers which picture, scale and network they belong to. This module knows no engine."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from srcnn.errors import InvalidConfigError, InvalidImageError
from srcnn.evaluation.planes import Method, enlarge, enlarge_bicubic, measure_psnr, shrink, truth_planes
from srcnn.evaluation.protocol import AUTHORS
from srcnn.imaging.depth import Image
from srcnn.pictures.named import named_pictures
from srcnn.pictures.read import read_array
from srcnn.progress import Progress


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureMatch:
    """A picture, scale and method that two numbers may belong to.

    Attributes:
        picture: its name.
        scale: the enlargement.
        method: its name.
        bicubic_psnr: measured, in dB.
        psnr: of the method, measured, in dB.
        distance: the larger difference from the two numbers, in dB.
    """

    picture: str
    scale: int
    method: str
    bicubic_psnr: float
    psnr: float
    distance: float


def identify_picture(
    folder: Path,
    methods: Mapping[tuple[str, int], Method],
    *,
    bicubic_psnr: float,
    psnr: float,
    tolerance: float = 0.005,
    progress: Progress | None = None,
) -> tuple[PictureMatch, ...]:
    """Find the picture, scale and method behind a bicubic PSNR and a method's, by the authors' protocol.

    Methods are slow and bicubic is fast: only pictures whose bicubic fits are given to the methods.

    Args:
        folder: the pictures it may be.
        methods: what it may be, by name and scale.
        bicubic_psnr: dB that bicubic got.
        psnr: dB that the unknown method got.
        tolerance: dB that the bicubic may be off.
        progress: called with (pictures done, pictures in all).

    Returns:
        Every method on every picture whose bicubic fits, nearest first; empty where none fits.

    Raises:
        InvalidConfigError: no picture in the folder, or no method.
        InvalidImageError: a picture or a method that cannot be measured; the message names the picture.

    Tests: tests/evaluation/test_identify.py, tests/zoo/test_authors.py.
    """
    if not methods:
        raise InvalidConfigError("expected networks for the scale, got none; name a folder with some (--weights)")
    pictures = named_pictures(folder)
    matches: list[PictureMatch] = []
    for done, (name, path) in enumerate(pictures.items(), 1):
        picture = read_array(path)
        for scale in sorted({scale for _, scale in methods}):
            candidates = {method: use for (method, its_scale), use in methods.items() if its_scale == scale}
            try:
                measured = _measure(picture, scale, candidates, (bicubic_psnr - tolerance, bicubic_psnr + tolerance))
            except InvalidImageError as error:
                raise InvalidImageError(f"{name}: {error}") from error
            for method, (bicubic, value) in measured.items():
                distance = max(abs(bicubic - bicubic_psnr), abs(value - psnr))
                matches.append(
                    PictureMatch(
                        picture=name, scale=scale, method=method, bicubic_psnr=bicubic, psnr=value, distance=distance
                    )
                )
        if progress is not None:
            progress(done, len(pictures))
    return tuple(sorted(matches, key=lambda match: match.distance))


def _measure(
    picture: Image, scale: int, methods: Mapping[str, Method], wanted: tuple[float, float]
) -> dict[str, tuple[float, float]]:
    """The PSNR of bicubic and of each method, or nothing where bicubic is outside what is wanted."""
    truth = truth_planes(picture, scale, AUTHORS)
    small = shrink(truth, scale, AUTHORS)
    bicubic = measure_psnr(enlarge_bicubic(small, scale, AUTHORS), truth, scale, AUTHORS)
    if not wanted[0] <= bicubic <= wanted[1]:
        return {}
    return {
        name: (bicubic, measure_psnr(enlarge(small, scale, AUTHORS, method), truth, scale, AUTHORS))
        for name, method in methods.items()
    }
