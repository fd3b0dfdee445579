"""Pictures that a training is only measured on: some of those in its folders, or those of folders of their own."""

import filecmp
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from srcnn.errors import InvalidConfigError, InvalidImageError
from srcnn.training.config import TrainConfig
from srcnn.training.fingerprint import size_of
from srcnn.training.pairs import Pair, Sample, make_pair, read_usable

_SIDE = 1024  # pixels; 64 maps of this are 268 MB


def evenly_spread(count: int, wanted: int) -> list[int]:
    """Which of `count` sorted pictures are kept out: `wanted` at equal distances, the first and the last among them."""
    return np.linspace(0, count - 1, wanted).round().astype(int).tolist()


def validation_pair(path: Path, sample: Sample, config: TrainConfig) -> Pair:
    """The pair of a picture, or of the middle of a very large one: its maps fit the memory in every layer."""
    top, left = (max(0, side - _SIDE) // 2 for side in sample.picture.shape[:2])
    return make_pair(path.name, sample.window(top, left, _SIDE, config.scale), config)


def read_validation(
    config: TrainConfig,
    folders: Sequence[Path],
    paths: Sequence[Path],
    given: dict[Path, Path],
    skipped: dict[Path, str],
) -> dict[Path, Pair]:
    """Read pictures that are for validation alone.

    Args:
        config: as for `make_pair`.
        folders: where they were looked for, for the message.
        paths: the pictures.
        given: their small pictures, if those are given.
        skipped: receives those that cannot be used, and why.

    Raises:
        InvalidConfigError: folders without a usable picture.

    Tests: tests/training/test_held_out.py.
    """
    pairs: dict[Path, Pair] = {}
    for path in paths:
        try:
            pairs[path] = validation_pair(path, read_usable(path, config, given.get(path)), config)
        except InvalidImageError as error:
            skipped[path] = str(error)
    if folders and not pairs:
        below = [reason for path, reason in skipped.items() if any(path.is_relative_to(folder) for folder in folders)]
        why = f" ({len(below)} skipped, the first: {below[0]})" if below else ""
        raise InvalidConfigError(
            f"expected pictures of {config.hr_patch_size} pixels a side or more in {', '.join(map(str, folders))} to "
            f"validate on, got none{why}; name another folder with --validation, or leave it out"
        )
    return pairs


def leave_out_copies(paths: Iterable[Path], kept: Iterable[Path], skipped: dict[Path, str]) -> list[Path]:
    """Learn from no file that is one of the validation, or has the content of one.

    Args:
        paths: to learn from.
        kept: for validation.
        skipped: receives copies, and of what; files of the validation itself need no word.

    Returns:
        The others, in their order.

    Tests: tests/training/test_held_out.py.
    """
    by_size: dict[int, list[Path]] = {}
    themselves: set[Path] = set()
    for path in kept:
        by_size.setdefault(size_of(path), []).append(path)
        themselves.add(path.resolve())
    left: list[Path] = []
    for path in paths:
        if path.resolve() in themselves:
            continue
        original = next((other for other in by_size.get(size_of(path), ()) if _same(path, other)), None)
        if original is None:
            left.append(path)
        else:
            skipped[path] = f"{path}: the same picture as {original}, which is for validation"
    return left


def _same(path: Path, other: Path) -> bool:
    try:
        return filecmp.cmp(path, other, shallow=False)
    except OSError:
        return False
