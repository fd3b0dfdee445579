"""The pictures of the visual part: which, and what methods see of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from srcnn.errors import InvalidImageError
from srcnn.evaluation.planes import shrink, truth_planes
from srcnn.evaluation.protocol import AUTHORS
from srcnn.imaging import crop_to_multiple, from_float, imresize, rgb_to_ycbcr_bt601, to_float
from srcnn.imaging.depth import Image, Plane
from srcnn.pictures.named import named_pictures
from srcnn.pictures.read import read_array
from srcnn.reproduce.cache import bytes_digest, digest
from srcnn.reproduce.sets import PictureSet
from srcnn.reproduce.tables import TIMES

_FAVOURITES = (("Set5", "butterfly"), ("Set14", "ppt3"), ("Set14", "zebra"))  # as in the paper's figures
_MAX_SCENES = 3
_MAX_SIDE = 1024  # a side; of a larger picture the middle is taken


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A picture prepared for comparison.

    Attributes:
        title: set, picture and scale.
        made_of: the hash of its pixels.
        rgb: H x W x 3, or H x W of a grey picture, uint8.
        truth: its luma, H x W.
        small: the luma that methods enlarge.
        scale: the enlargement.
    """

    title: str
    made_of: str
    rgb: NDArray[np.uint8]
    truth: Plane
    small: Plane
    scale: int

    def chroma(self) -> Plane | None:
        """Cb and Cr of the small picture enlarged by bicubic, H x W x 2; None for a grey picture."""
        if self.rgb.ndim == 2:
            return None
        chroma = rgb_to_ycbcr_bt601(to_float(self.rgb))[:, :, 1:]
        return imresize(imresize(chroma, size=self.small.shape), self.scale)


def choose_pictures(sets: Sequence[PictureSet], folder: Path | None) -> tuple[tuple[str, Path], ...]:
    """Choose the pictures to show: those of the paper's figures, else each set's first.

    Args:
        sets: that were measured.
        folder: other pictures to show instead; the first three are taken.

    Returns:
        Names and files.

    Raises:
        InvalidConfigError: no picture in the folder.
        InvalidImageError: no folder there.

    Tests: tests/reproduce/test_subjects.py.
    """
    if folder is not None:
        return tuple(named_pictures(folder).items())[:_MAX_SCENES]
    there = {(pictures.name, name): path for pictures in sets for name, path in pictures.pictures.items()}
    chosen = {place: there[place] for place in _FAVOURITES if place in there}
    chosen = chosen or {(p.name, name): p.pictures[name] for p in sets for name in list(p.pictures)[:1]}
    return tuple((f"{dataset} {name}", path) for (dataset, name), path in chosen.items())[:_MAX_SCENES]


def prepare_subjects(sets: Sequence[PictureSet], folder: Path | None, scale: int) -> tuple[Subject, ...]:
    """Prepare the pictures to show; those of the sets that cannot be, which the tables name, are left out.

    Args:
        sets: that are measured.
        folder: other pictures to show instead.
        scale: the enlargement.

    Returns:
        At most three.

    Raises:
        InvalidConfigError: no picture in the folder.
        InvalidImageError: no folder there, or a picture in it that cannot be used.
    """
    subjects: list[Subject] = []
    for name, path in choose_pictures(sets, folder):
        try:
            subjects.append(prepare(name, path, scale))
        except InvalidImageError:
            if folder is not None:
                raise
    return tuple(subjects)


def prepare(name: str, path: Path, scale: int) -> Subject:
    """Read a picture and make the small one by the authors' protocol.

    Args:
        name: for people.
        path: the file.
        scale: the enlargement.

    Returns:
        The picture, cropped to multiples of the scale; of a very large one the middle.

    Raises:
        InvalidImageError: it cannot be read or is smaller than `scale`.

    Tests: tests/reproduce/test_subjects.py.
    """
    image = middle(read_array(path), _MAX_SIDE)
    if image.ndim == 3:
        image = image[:, :, :3] if image.shape[2] > 2 else image[:, :, 0]
    rgb = crop_to_multiple(from_float(to_float(image), np.uint8), scale)
    truth = truth_planes(rgb, scale, AUTHORS)
    return Subject(
        title=f"{name} {TIMES}{scale}",
        made_of=digest(bytes_digest(rgb.tobytes()), rgb.shape, scale),
        rgb=rgb,
        truth=truth,
        small=shrink(truth, scale, AUTHORS),
        scale=scale,
    )


def middle(image: Image, most: int) -> Image:
    """At most so many pixels a side, from the middle."""
    top, left = (max(0, (length - most) // 2) for length in image.shape[:2])
    return image[top : top + most, left : left + most]
