"""Small and enlarged pictures that lie in files: those of any program are measured as a model's are."""

from collections.abc import Iterable
from pathlib import Path

from srcnn.errors import InvalidImageError
from srcnn.evaluation.planes import truth_planes
from srcnn.evaluation.protocol import Protocol
from srcnn.imaging.color import grey_channel
from srcnn.imaging.depth import Image, Plane
from srcnn.pictures.named import named_pictures, versions_of
from srcnn.printable import some_of


def pair_files(truths: Iterable[str], folder: Path, what: str) -> dict[str, Path]:
    """Find the file that belongs to every picture by its name.

    Args:
        truths: names of the true pictures, such as "baby".
        folder: of files with the same names, or with something behind, such as "baby_x3.png" (`versions_of`).
        what: the files are, for the message: "a result".

    Returns:
        The file of each true picture. Of several, the one with its very name.

    Raises:
        InvalidConfigError: no picture in the folder.
        InvalidImageError: no such folder; pictures without a file, all of them named; or one with several.

    Tests: tests/evaluation/test_results.py.
    """
    files = named_pictures(folder)
    found = versions_of(truths, files)
    without = [truth for truth, versions in found.items() if not versions]
    if without:
        raise InvalidImageError(
            f"expected {what} in {folder} for every picture, of its name or with something behind it such as "
            f"{without[0]}_x3.png, got none for {some_of(without)}; add them, or measure on those that there are"
        )
    for truth, versions in found.items():
        if len(versions) > 1:
            raise InvalidImageError(
                f"expected {what} for {truth} in {folder}, got {some_of(versions)}; keep those of one kind there"
            )
    return {truth: files[version] for truth, (version,) in found.items()}


def result_planes(result: Image, picture: Image, scale: int, protocol: Protocol) -> Plane:
    """Take from a finished picture the planes that are compared.

    Args:
        result: as for `truth_planes`, of the size of the picture cropped to a multiple of the scale; or without the
            protocol's border, as the authors' demo writes it.
        picture: the truth, as for `truth_planes`.
        scale: the enlargement.
        protocol: decides colour and border.

    Returns:
        Planes like those of `enlarge`, or without the border (`put_into_rim`).

    Raises:
        InvalidImageError: another size; grey where colours are measured, or coloured where the truth is grey.

    Tests: tests/evaluation/test_results.py.
    """
    height, width = (side // scale * scale for side in picture.shape[:2])
    border = protocol.border_pixels(scale)
    planes = _planes(result, picture, protocol)
    if planes.shape[:2] not in ((height, width), (height - 2 * border, width - 2 * border)):
        inner = f", or {height - 2 * border} x {width - 2 * border} without the border" if border else ""
        raise InvalidImageError(
            f"expected a result of {height} x {width} pixels, the truth cropped to a multiple of {scale}{inner}, got "
            f"{planes.shape[0]} x {planes.shape[1]}; enlarge the cropped picture's small one, or correct the scale"
        )
    return planes


def put_into_rim(planes: Plane, truth: Plane, rim: int) -> Plane:
    """Put a result that lacks so many pixels on every side into the truth, which stands for what is not measured."""
    if not rim:
        return planes
    height, width = (side + 2 * rim for side in planes.shape[:2])
    whole = truth[:height, :width].copy()
    whole[rim : height - rim, rim : width - rim] = planes
    return whole


def small_planes(small: Image, picture: Image, scale: int, protocol: Protocol) -> Plane:
    """Take from a given small picture the planes that methods enlarge.

    Args:
        small: as for `truth_planes`; its sides are the picture's divided by the scale, without the rest.
        picture: the truth, as for `truth_planes`.
        scale: the enlargement.
        protocol: decides colour.

    Returns:
        Planes like those of `shrink`.

    Raises:
        InvalidImageError: another size; grey where colours are measured, or coloured where the truth is grey.

    Tests: tests/evaluation/test_results.py.
    """
    planes, wanted = _planes(small, picture, protocol), tuple(side // scale for side in picture.shape[:2])
    if planes.shape[:2] != wanted:
        raise InvalidImageError(
            f"expected a small picture of {wanted[0]} x {wanted[1]} pixels, the true one's sides divided by {scale}, "
            f"got {planes.shape[0]} x {planes.shape[1]}; correct the scale, or make it again"
        )
    return planes


def _planes(image: Image, picture: Image, protocol: Protocol) -> Plane:
    """The planes of the truth's kind of an image that belongs to it."""
    if _is_grey(picture):
        image = grey_channel(image) if protocol.grey == "luma" else image
    elif protocol.resized == "rgb" and _is_grey(image):
        raise InvalidImageError(
            f"expected a picture in colour, got a grey one, and {protocol.name} measures what was RGB; choose a "
            "protocol that measures luma, such as authors"
        )
    return truth_planes(image, 1, protocol)


def _is_grey(picture: Image) -> bool:
    return picture.ndim == 2 or picture.shape[2] <= 2
