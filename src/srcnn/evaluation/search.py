"""Try protocols on pictures and compare with the numbers somebody got. This module explains nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass, replace
from pathlib import Path
from statistics import fmean
from typing import Literal

from srcnn.errors import InvalidConfigError, InvalidImageError
from srcnn.evaluation.planes import Method, enlarge, enlarge_bicubic, measure_psnr, shrink, truth_planes
from srcnn.evaluation.protocol import Protocol, varied
from srcnn.imaging.depth import Image
from srcnn.imaging.metrics import comparable
from srcnn.pictures.named import named_pictures
from srcnn.pictures.read import read_array
from srcnn.progress import Progress
from srcnn.zoo.cards import BICUBIC

SLACK_DB = 0.002  # what two correct programs differ by: order of sums, ties of rounding
_Border = int | Literal["scale"]
_BORDERS: tuple[_Border, ...] = (0, "scale", 2, 3, 4, 6, 8)


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """A number somebody got.

    Attributes:
        scale: the enlargement.
        psnr: dB.
        picture: the name of the picture it belongs to; None for the mean of the folder.
    """

    scale: int
    psnr: float
    picture: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """A protocol that was tried, and what it gives.

    Attributes:
        protocol: what was tried; where the border or another decision is changed, the name says so.
        method: "bicubic", or the name of the method.
        psnr: dB for each observation, in their order.
        distance: the largest difference from an observation, in dB.
    """

    protocol: Protocol
    method: str
    psnr: tuple[float, ...]
    distance: float


def read_pictures(folder: Path, observations: Sequence[Observation]) -> dict[str, Image]:
    """Read the pictures that some observations are about, by name.

    Raises:
        InvalidConfigError: no observation, no picture in the folder, or a picture that is not there.
        InvalidImageError: a picture that cannot be read.
    """
    if not observations:
        raise InvalidConfigError("expected at least one PSNR to explain, got none; give one in dB")
    paths = named_pictures(folder)
    for observation in observations:
        if observation.picture is not None and observation.picture not in paths:
            raise InvalidConfigError(
                f"expected the name of a picture in {folder}, got {observation.picture!r}; "
                f"the pictures are {', '.join(paths)}"
            )
    wanted = {observation.picture for observation in observations}
    return {name: read_array(path) for name, path in paths.items() if None in wanted or name in wanted}


def try_protocols(
    protocols: Sequence[Protocol],
    pictures: Mapping[str, Image],
    observations: Sequence[Observation],
    *,
    methods: Mapping[str, Method] | None = None,
    progress: Progress | None = None,
) -> list[Match]:
    """Measure every method under every protocol, each also with other borders.

    Args:
        protocols: what to try.
        pictures: by name.
        observations: the numbers to compare with.
        methods: by name; None for the protocol's own bicubic.
        progress: called with (steps done, steps in all).

    Returns:
        The matches by distance; of equal protocols only the one with the shortest name.

    Raises:
        InvalidImageError: a picture is too small, or a method returns what cannot be measured; the
            message names the picture.
    """
    tried: Mapping[str, Method | None] = {BICUBIC: None} if methods is None else methods
    scales = {observation.scale for observation in observations}
    room = min(min(picture.shape[:2]) for picture in pictures.values()) - max(scales)
    # At one scale alone a border of as many pixels as the scale is the border "scale".
    borders: list[_Border] = [border for border in _BORDERS if {border} != scales]
    matches: list[Match] = []
    for done, protocol in enumerate(protocols, 1):
        every = [protocol, *(_with_border(protocol, border) for border in borders if border != protocol.border)]
        fitting = [each for each in every if 2 * each.border_pixels(max(scales)) < room]
        alike = fitting or every[:1]  # which says that the pictures are too small
        for name, method in tried.items():
            values = measure_alike(alike, pictures, observations, method)
            matches += [_match(p, name, v, observations) for p, v in zip(alike, values, strict=True)]
        if progress is not None:
            progress(done, len(protocols))
    return distinct(matches)


def measure_alike(
    protocols: Sequence[Protocol],
    pictures: Mapping[str, Image],
    observations: Sequence[Observation],
    method: Method | None,
) -> list[tuple[float, ...]]:
    """Measure under protocols that differ in nothing but the border, enlarging each picture once.

    Args:
        protocols: alike but for the border.
        pictures: by name.
        observations: say which scales and pictures; their PSNR is not looked at.
        method: None for the protocols' own bicubic.

    Returns:
        For each protocol, the PSNR in dB of each observation.

    Raises:
        InvalidImageError: as in `try_protocols`.
    """
    measured: dict[tuple[int, str], list[tuple[float, float]]] = {}
    for scale in {observation.scale for observation in observations}:
        for name, picture in pictures.items():
            try:
                truth = truth_planes(picture, scale, protocols[0])
                small = shrink(truth, scale, protocols[0])
                bicubic = enlarge_bicubic(small, scale, protocols[0])
                large = bicubic if method is None else enlarge(small, scale, protocols[0], method)
                measured[scale, name] = [
                    (measure_psnr(large, truth, scale, p), measure_psnr(bicubic, truth, scale, p)) for p in protocols
                ]
            except InvalidImageError as error:
                raise InvalidImageError(f"{name}: {error}") from error
    return [
        tuple(
            _mean([measured[o.scale, name][index] for name in ([o.picture] if o.picture else pictures)])
            for o in observations
        )
        for index in range(len(protocols))
    ]


def _mean(psnr: Sequence[tuple[float, float]]) -> float:
    """Of the first method, over the pictures that neither gives exactly, as in `evaluate`."""
    counts = comparable(*zip(*psnr, strict=True))
    return fmean(value for (value, _), counted in zip(psnr, counts, strict=True) if counted)


def _match(protocol: Protocol, method: str, psnr: tuple[float, ...], observations: Sequence[Observation]) -> Match:
    distance = max(abs(value - o.psnr) for value, o in zip(psnr, observations, strict=True))
    return Match(protocol=protocol, method=method, psnr=psnr, distance=distance)


def distinct(matches: Sequence[Match]) -> list[Match]:
    """Matches by distance, and of equal protocols the one with the shortest name, which has the fewest changes."""
    best: dict[object, Match] = {}
    for match in sorted(matches, key=lambda match: len(match.protocol.name)):
        best.setdefault((match.method, astuple(replace(match.protocol, name=""))), match)
    return sorted(best.values(), key=lambda match: match.distance)


def _with_border(protocol: Protocol, border: _Border) -> Protocol:
    return varied(protocol, border=border)
