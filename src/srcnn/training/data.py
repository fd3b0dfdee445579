"""Pictures on disk become pairs of patches: enlarged low resolution in, truth out.

The order is the authors': luma of the whole picture, cropped to a multiple of the scale, shrunk and
enlarged by bicubic without rounding, patches cut afterwards. Every batch is a pure function of
(seed, step), so a resumed training sees exactly the batches it would have seen.

This module knows nothing of networks and losses.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from srcnn.errors import InvalidConfigError, InvalidImageError
from srcnn.imaging import crop_to_multiple, from_float, imresize, rgb_to_luma_bt601, to_float
from srcnn.pictures.find import find_pictures
from srcnn.pictures.read import read_array
from srcnn.training.config import TrainConfig

Plane = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Pair:
    """One picture's luma at one size.

    Attributes:
        name: of the file.
        enlarged: H x W float32, what the network sees: bicubic down and up again.
        hr: H x W float32 in [0, 1], limited-range luma, the truth.
    """

    name: str
    enlarged: Plane
    hr: Plane


@dataclass(frozen=True, slots=True)
class TrainingData:
    """What a training learns from and what it is measured on.

    Attributes:
        train: pairs to cut patches from, each at least `patch_size` on both sides.
        validation: pairs kept out of training, whole.
        skipped: why each unusable file was left out.
    """

    train: list[Pair]
    validation: list[Pair]
    skipped: list[str]


def load_data(config: TrainConfig, folders: Sequence[Path], progress: Callable[[int, int], None]) -> TrainingData:
    """Read every picture in the folders and make its pairs.

    Args:
        config: scale, patch size, sizes of augmentation, number of validation pictures.
        folders: searched recursively; the order of files is by path. A file found twice counts once.
        progress: called with (done, total) files.

    Returns:
        Pairs for training and validation. Files that cannot be used are skipped and named.

    Raises:
        InvalidConfigError: no usable picture, or too few to keep any for validation.

    Tests: tests/training/test_data.py.
    """
    # A folder named twice must not put a picture into training and validation both.
    paths = list({path.resolve(): path for folder in folders for path in find_pictures(folder)}.values())
    lumas: list[tuple[str, NDArray[np.uint8]]] = []
    skipped: list[str] = []
    for done, path in enumerate(paths, 1):
        try:
            luma = _read_luma(path)
        except InvalidImageError as error:
            skipped.append(str(error))
        else:
            if min(luma.shape) < config.patch_size:
                skipped.append(f"{path}: {luma.shape[0]} x {luma.shape[1]} is smaller than a patch")
            else:
                lumas.append((path.name, luma))
        progress(done, len(paths))
    _check_usable(config, folders, lumas, skipped)
    held_out = set(np.linspace(0, len(lumas) - 1, config.validation_pictures).round().astype(int).tolist())
    validation = [_pair(name, luma, config.scale) for i, (name, luma) in enumerate(lumas) if i in held_out]
    train = [
        pair
        for i, (name, luma) in enumerate(lumas)
        if i not in held_out
        for size in config.augment_scales
        if min((pair := _pair(name, _shrink(luma, size), config.scale)).hr.shape) >= config.patch_size
    ]
    if not train:
        raise InvalidConfigError(
            f"expected pictures larger than a patch of {config.patch_size} pixels after cropping to a multiple of "
            f"{config.scale}, got none; lower patch_size or use larger pictures"
        )
    return TrainingData(train, validation, skipped)


def batches(config: TrainConfig, pairs: Sequence[Pair], border: int, first_step: int) -> Iterator[tuple[Plane, Plane]]:
    """Random patches for each step from `first_step` on, cut one step ahead in another thread.

    Args:
        config: steps, batch size, patch size, seed.
        pairs: each at least `patch_size` on both sides.
        border: pixels that the label is smaller on each side: the network's reach.
        first_step: the step to start at, 0 for a new training.

    Yields:
        Inputs N x 1 x P x P and labels N x 1 x (P - 2 border) x (P - 2 border), float32 in [0, 1].

    Tests: tests/training/test_data.py.
    """
    places = np.array(
        [(h - config.patch_size + 1) * (w - config.patch_size + 1) for h, w in (p.hr.shape for p in pairs)]
    )
    shares = places / places.sum()

    def cut(step: int) -> tuple[Plane, Plane]:
        return _cut_batch(config, pairs, shares, border, np.random.default_rng([config.seed, step]))

    with ThreadPoolExecutor(1, thread_name_prefix="patches") as ahead:
        coming = ahead.submit(cut, first_step)
        for step in range(first_step, config.steps):
            batch = coming.result()
            coming = ahead.submit(cut, step + 1)
            yield batch
        coming.cancel()


def _cut_batch(
    config: TrainConfig, pairs: Sequence[Pair], shares: NDArray[np.float64], border: int, random: np.random.Generator
) -> tuple[Plane, Plane]:
    """Cut, flip and turn the patches of one step."""
    size, label_size = config.patch_size, config.patch_size - 2 * border
    inputs = np.empty((config.batch_size, 1, size, size), np.float32)
    labels = np.empty((config.batch_size, 1, label_size, label_size), np.float32)
    for i, chosen in enumerate(random.choice(len(pairs), config.batch_size, p=shares)):
        pair = pairs[chosen]
        top, left = (int(random.integers(length - size + 1)) for length in pair.hr.shape)
        turns, mirror = int(random.integers(4)), bool(random.integers(2))
        for target, plane, margin in ((inputs, pair.enlarged, 0), (labels, pair.hr, border)):
            patch = plane[top + margin : top + size - margin, left + margin : left + size - margin]
            patch = np.rot90(patch, turns)
            target[i, 0] = patch[:, ::-1] if mirror else patch
    return inputs, labels


def _read_luma(path: Path) -> NDArray[np.uint8]:
    """A picture's limited-range luma in 8 bit; a grey picture is its own luma, as in the authors' code."""
    image = read_array(path)
    if image.dtype != np.uint8:
        image = from_float(to_float(image), np.uint8)
    if image.ndim == 3 and image.shape[2] in (2, 4):
        image = image[:, :, :-1]
    if image.ndim == 3:
        return rgb_to_luma_bt601(image) if image.shape[2] == 3 else image[:, :, 0]
    return image


def _shrink(luma: NDArray[np.uint8], size: float) -> NDArray[np.uint8]:
    return luma if size == 1 else imresize(luma, size)


def _pair(name: str, luma: NDArray[np.uint8], scale: int) -> Pair:
    hr = to_float(crop_to_multiple(luma, scale))
    return Pair(name, imresize(imresize(hr, 1 / scale), scale), hr)


def _check_usable(
    config: TrainConfig, folders: Sequence[Path], lumas: Sequence[object], skipped: Sequence[str]
) -> None:
    needed = config.validation_pictures + 1
    if len(lumas) < needed:
        where = ", ".join(map(str, folders))
        why = f" ({len(skipped)} skipped, the first: {skipped[0]})" if skipped else ""
        raise InvalidConfigError(
            f"expected at least {needed} pictures of {config.patch_size} pixels a side or more in {where}, "
            f"one to learn from besides {config.validation_pictures} for validation, got {len(lumas)}{why}; "
            "name other folders with --data, or lower patch_size or validation_pictures"
        )
