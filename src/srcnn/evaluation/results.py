"""Enlarged pictures that lie in files: those of any program are measured as a model's are."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from srcnn.errors import InvalidImageError
from srcnn.evaluation.planes import truth_planes
from srcnn.evaluation.protocol import Protocol
from srcnn.imaging.depth import Image, Plane
from srcnn.pictures.named import versions_of
from srcnn.printable import some_of


def pair_results(truths: Iterable[str], results: dict[str, Path], folder: Path) -> dict[str, Path]:
    """Find the result of every picture by its name.

    Args:
        truths: names of the true pictures, such as "baby".
        results: files by their names, the same or with something behind, such as "baby_x3".
        folder: where the results lie, for the message.

    Returns:
        The file of each true picture. Of several, the one with its very name.

    Raises:
        InvalidImageError: pictures without a result or with several, all of them named.

    Tests: tests/evaluation/test_results.py.
    """
    found = versions_of(truths, results)
    without = [truth for truth, versions in found.items() if not versions]
    if without:
        raise InvalidImageError(
            f"expected a result in {folder} for every picture, of its name or with something behind it such as "
            f"{without[0]}_x3.png, got none for {some_of(without)}; add them, or measure on those that there are"
        )
    for truth, versions in found.items():
        if len(versions) > 1:
            raise InvalidImageError(
                f"expected one result for {truth} in {folder}, got {some_of(versions)}; keep those of one method there"
            )
    return {truth: results[version] for truth, (version,) in found.items()}


def result_planes(result: Image, picture: Image, scale: int, protocol: Protocol) -> Plane:
    """Take from a finished picture the planes that are compared.

    Args:
        result: as for `truth_planes`, of the size of the picture cropped to a multiple of the scale; or without the
            protocol's border, as the authors' demo writes it.
        picture: the truth, as for `truth_planes`.
        scale: the enlargement.
        protocol: decides colour and border.

    Returns:
        Planes like those of `enlarge`. Where the border is missing the truth stands, which is not measured.

    Raises:
        InvalidImageError: another size; grey where colours are measured, or coloured where the truth is grey.

    Tests: tests/evaluation/test_results.py.
    """
    if _is_grey(picture):
        result = _grey(result) if protocol.grey == "luma" else result
    elif protocol.resized == "rgb" and _is_grey(result):
        raise InvalidImageError(
            f"expected a result in colour, got a grey one, and {protocol.name} measures what was RGB; choose a "
            "protocol that measures luma, such as authors"
        )
    truth = truth_planes(picture, scale, protocol)
    height, width = (side // scale * scale for side in truth.shape[:2])
    border = protocol.border_pixels(scale)
    planes = truth_planes(result, 1, protocol)
    if planes.shape[:2] == (height, width):
        return planes
    if planes.shape[:2] != (height - 2 * border, width - 2 * border):
        inner = f", or {height - 2 * border} x {width - 2 * border} without the border" if border else ""
        raise InvalidImageError(
            f"expected a result of {height} x {width} pixels, the truth cropped to a multiple of {scale}{inner}, got "
            f"{planes.shape[0]} x {planes.shape[1]}; enlarge the cropped picture's small one, or correct the scale"
        )
    whole = truth[:height, :width].copy()
    whole[border : height - border, border : width - border] = planes
    return whole


def _is_grey(picture: Image) -> bool:
    return picture.ndim == 2 or picture.shape[2] <= 2


def _grey(result: Image) -> Image:
    """One channel of a result that has three equal ones, as many programs write grey pictures."""
    if _is_grey(result):
        return result
    if not np.array_equal(result[:, :, :1].repeat(2, 2), result[:, :, 1:3]):
        raise InvalidImageError(
            "expected a grey result, as the picture is, got colours; enlarge the grey picture as one channel"
        )
    return result[:, :, 0]
