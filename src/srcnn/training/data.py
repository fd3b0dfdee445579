"""Pictures on disk become pairs of patches: enlarged low resolution in, truth out.

Every batch is a pure function of (seed, step), so a resumed training sees exactly the batches it would
have seen. This module knows nothing of networks and losses.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from threading import Event

import numpy as np
from numpy.typing import NDArray

from srcnn.errors import InvalidConfigError, InvalidImageError
from srcnn.progress import Progress, no_progress
from srcnn.training.config import TrainConfig
from srcnn.training.degradation import Plane
from srcnn.training.fingerprint import Fingerprint, fingerprint_of
from srcnn.training.found import find_given, find_undrawn
from srcnn.training.held_out import evenly_spread, leave_out_copies, read_validation, validation_pair
from srcnn.training.pairs import Pair, Sample, make_pair, picture_bytes, read_usable, usable_sizes
from srcnn.training.pools import Pool, Pools


@dataclass(frozen=True, slots=True)
class TrainingData:
    """What a training learns from and what it is measured on.

    Attributes:
        train: pairs to cut patches from, each large enough for a patch; or the source of
            them, where all together are more than `memory_mb`.
        validation: pairs that are measured and not learned from; of a very large picture the middle.
        skipped: why each unusable file was left out.
        pictures: which ones these are; of those for pools, unusable ones too.
    """

    train: list[Pair] | Pools
    validation: list[Pair]
    skipped: list[str]
    pictures: Fingerprint


def load_data(
    config: TrainConfig,
    folders: Sequence[str | Path],
    progress: Progress = no_progress,
    *,
    validation: Sequence[str | Path] = (),
    small: Sequence[str | Path] = (),
) -> TrainingData:
    """Read every picture in the folders and make its pairs.

    Args:
        config: scale, patch size, sizes of augmentation, number of validation pictures.
        folders: searched recursively, links followed; the order of files is by path. A file found twice counts
            once.
        progress: called with (done, total) files.
        validation: folders of pictures to measure on; none keeps some of the others out. Files in them, and
            files of the same content, are not learned from.
        small: folders of the small pictures of all these, for a config with `downscale` "given" (`find_given`).

    Returns:
        Pairs for training and validation. Files that cannot be used are skipped and named, and so are the plots of
        trainings and copies of validation pictures.

    Raises:
        InvalidConfigError: no usable picture, or too few to keep any for validation.

    Tests: tests/training/test_data.py, tests/training/test_held_out.py.
    """
    folders, validation, small = ([Path(folder) for folder in part] for part in (folders, validation, small))
    skipped: dict[Path, str] = {}
    found, measured = (find_undrawn(part, skipped) for part in (folders, validation))
    given = find_given(config, (*folders, *validation), (*found, *measured), small, skipped)
    if small:
        found, measured = ([path for path in part if path in given] for part in (found, measured))
    apart = read_validation(config, validation, measured, given, skipped)
    paths = leave_out_copies(found, apart, skipped)
    wanted = 0 if validation else config.validation_pictures
    samples: dict[Path, Sample] = {}
    room = config.memory_mb * 1e6
    for done, path in enumerate(paths, 1):
        try:
            sample = read_usable(path, config, given.get(path))
        except InvalidImageError as error:
            skipped[path] = str(error)
        else:
            samples[path] = sample
            room -= sample.picture.size + picture_bytes(sample.picture.size, config)
            if room < 0 and config.recipe != "paper":
                samples.clear()
                progress(len(paths), len(paths))
                fingerprint = fingerprint_of(paths, folders, apart, validation, given, small)
                return _too_much(config, folders, paths, apart, given, wanted, skipped, fingerprint)
        progress(done, len(paths))
    _check_usable(config, folders, len(samples), wanted, skipped)
    fingerprint = fingerprint_of(samples, folders, apart, validation, given, small)
    chosen = [list(samples)[index] for index in evenly_spread(len(samples), wanted)]
    apart |= {path: validation_pair(path, samples[path], config) for path in chosen}
    left = leave_out_copies(samples, apart, skipped)
    _check_usable(config, folders, len(left), 0, skipped)
    train = [
        make_pair(path.name, samples[path], config, size=size, version=version)
        for path in left
        for size in usable_sizes(samples[path].picture, config)
        for version in range(config.degradations_per_picture)
    ]
    if not train:
        raise InvalidConfigError(
            f"expected pictures larger than a patch of {config.hr_patch_size} pixels after cropping to a multiple of "
            f"{config.scale}, got none; lower patch_size or use larger pictures"
        )
    return TrainingData(train, list(apart.values()), list(skipped.values()), fingerprint)


def _too_much(
    config: TrainConfig,
    folders: Sequence[Path],
    paths: Sequence[Path],
    apart: dict[Path, Pair],
    given: dict[Path, Path],
    wanted: int,
    skipped: dict[Path, str],
    fingerprint: Fingerprint,
) -> TrainingData:
    """Keep pictures out for validation and leave the others to pools; most of them have not been read yet."""
    for start in evenly_spread(len(paths), wanted):
        for path in (*paths[start:], *paths[:start]):
            if path in apart or path in skipped:
                continue
            try:
                apart[path] = validation_pair(path, read_usable(path, config, given.get(path)), config)
            except InvalidImageError as error:
                skipped[path] = str(error)
            else:
                break
    rest = leave_out_copies([path for path in paths if path not in skipped], apart, skipped)
    _check_usable(config, folders, len(rest) + len(apart), wanted, skipped)
    return TrainingData(Pools(config, rest, given), list(apart.values()), list(skipped.values()), fingerprint)


def batches(
    config: TrainConfig, pairs: Sequence[Pair], first_step: int, *, end: int | None = None
) -> Iterator[tuple[Plane, Plane]]:
    """Random patches for each step from `first_step` on, cut one step ahead in another thread.

    Args:
        config: steps, batch size, patch size, seed.
        pairs: each large enough for a patch.
        first_step: the step to start at, 0 for a new training.
        end: the step to end before; None takes all.

    Yields:
        Inputs N x C x P x P and labels, float32: in "hr" the true N x C x (P - 2 reach) x (P - 2 reach), in
        "lr" its difference from bicubic as scale^2 maps a channel, N x C scale^2 x P x P.

    Tests: tests/training/test_data.py.
    """
    sides = np.array([_seen(config, pair).shape[:2] for pair in pairs]) - config.patch_size + 1
    places = sides.prod(1) if config.sampling == "pixels" else np.ones(len(pairs))
    shares = places / places.sum()

    def cut(step: int) -> tuple[Plane, Plane]:
        return _cut_batch(config, pairs, shares, np.random.default_rng([config.seed, step]))

    with ThreadPoolExecutor(1, thread_name_prefix="patches") as ahead:
        coming = ahead.submit(cut, first_step)
        for step in range(first_step, config.steps if end is None else end):
            batch = coming.result()
            coming = ahead.submit(cut, step + 1)
            yield batch
        coming.cancel()


def pooled_batches(
    config: TrainConfig, pools: Pools, first_step: int, notice: Callable[[str], None]
) -> Iterator[tuple[Plane, Plane]]:
    """Random patches of one pool after the other; the next is read while one is learned from.

    Args:
        config: as for `batches`.
        pools: where pictures come from.
        first_step: the step to start at.
        notice: called once for every file that cannot be used, with their number so far.

    Yields:
        As `batches`; a pure function of (seed, step) as long as the files stay.

    Raises:
        InvalidConfigError: no picture can be read any more.

    Tests: tests/training/test_pools.py.
    """
    left_out: set[Path] = set()
    stop = Event()
    with ThreadPoolExecutor(1, thread_name_prefix="pictures") as ahead:
        try:
            blocks = range(first_step // pools.block_steps, -(-config.steps // pools.block_steps))
            coming = ahead.submit(pools.load, blocks.start, stop)
            for block in blocks:
                pool = coming.result()
                for path, reason in pool.failures.items():
                    if path not in left_out:
                        left_out.add(path)
                        notice(f"left out, {len(left_out)} so far: {reason}")
                _check_pool(pool)
                if block + 1 < blocks.stop:
                    coming = ahead.submit(pools.load, block + 1, stop)
                first = max(first_step, block * pools.block_steps)
                end = min(config.steps, (block + 1) * pools.block_steps)
                yield from batches(config, pool.pairs, first, end=end)
        finally:
            stop.set()


def _check_pool(pool: Pool) -> None:
    if not pool.pairs:
        raise InvalidConfigError(
            f"expected pictures to learn from, got none that can be read any more, {len(pool.failures)} failed, the "
            f"first: {next(iter(pool.failures.values()))}; bring them back, then go on with --resume"
        )


def _cut_batch(
    config: TrainConfig, pairs: Sequence[Pair], shares: NDArray[np.float64], random: np.random.Generator
) -> tuple[Plane, Plane]:
    """Cut, flip and turn the patches of one step."""
    size, border = config.patch_size, config.label_border
    ratio = config.hr_patch_size // size  # pixels of the truth for one of the input
    lacking = config.input_space == "lr" and config.residual
    inputs: list[Plane] = []
    labels: list[Plane] = []
    for chosen in random.choice(len(pairs), config.batch_size, p=shares):
        pair = pairs[chosen]
        seen = _seen(config, pair)
        top, left = (int(random.integers(length - size + 1)) for length in seen.shape[:2])
        turns, mirror = int(random.integers(4)), bool(random.integers(2))
        inputs.append(_turn(seen[top : top + size, left : left + size], turns, mirror))
        # The truth as far as valid convolutions reach, or what bicubic lacks of it.
        window = tuple(slice(ratio * start + border, ratio * (start + size) - border) for start in (top, left))
        label = pair.hr[window] - pair.enlarged[window] if lacking else pair.hr[window]
        label = label[..., 1:] if config.colour == "chroma" else label
        labels.append(_turn(label, turns, mirror))
    return to_maps(np.stack(inputs)), space_to_depth(to_maps(np.stack(labels)), ratio)


def _seen(config: TrainConfig, pair: Pair) -> Plane:
    return pair.enlarged if config.input_space == "hr" else pair.lr


def _turn(patch: Plane, turns: int, mirror: bool) -> Plane:
    patch = np.rot90(patch, turns)
    return patch[:, ::-1] if mirror else patch


def to_maps(patches: Plane) -> Plane:
    """What torch takes of N x H x W or N x H x W x C: N x 1 x H x W or N x C x H x W."""
    return patches[:, None] if patches.ndim == 3 else np.ascontiguousarray(patches.transpose(0, 3, 1, 2))


def space_to_depth(maps: Plane, block: int) -> Plane:
    """Split maps into those that depth-to-space puts together.

    Args:
        maps: N x C x block H x block W.
        block: pixels a side.

    Returns:
        N x C block^2 x H x W; map block^2 c + block a + b holds the pixels at offset (a, b) of every block of c.

    Tests: tests/training/test_data.py.
    """
    count, channels, height, width = maps.shape
    blocks = maps.reshape(count, channels, height // block, block, width // block, block)
    return blocks.transpose(0, 1, 3, 5, 2, 4).reshape(count, -1, height // block, width // block)


def _check_usable(
    config: TrainConfig, folders: Sequence[Path], usable: int, kept_out: int, skipped: dict[Path, str]
) -> None:
    if usable <= kept_out:
        where = ", ".join(map(str, folders))
        why = f" ({len(skipped)} skipped, the first: {next(iter(skipped.values()))})" if skipped else ""
        pictures = f"{kept_out + 1} pictures" if kept_out else "1 picture"
        besides = f"one to learn from besides {kept_out or 'those'} for validation"
        also = " or validation_pictures" if kept_out else ""
        raise InvalidConfigError(
            f"expected at least {pictures} of {config.hr_patch_size} pixels a side or more in {where}, {besides}, "
            f"got {usable}{why}; name other folders with --data, or lower patch_size{also}"
        )
