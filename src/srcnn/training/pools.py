"""Pictures that are together too large for the memory: some windows of them for every block of steps.

The pictures come in the order of one shuffle after the other, so that each is used as often as the
others. A window holds about as many pixels as are learned from it, so little is read in vain. What a
pool holds is a pure function of (seed, block), as long as the files stay. This module knows nothing of
patches and steps of networks.
"""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from threading import Event

import numpy as np
from numpy.typing import NDArray

from srcnn.errors import InvalidImageError
from srcnn.training.config import TrainConfig
from srcnn.training.pairs import Pair, make_pair, pair_bytes, read_usable, usable_sizes

_MAX_STEPS = 500  # of a block
_WINDOW_PATCHES = 4  # a side of a window, in patches


@dataclass(frozen=True, slots=True)
class Pool:
    """What a block of steps learns from.

    Attributes:
        pairs: windows of pictures.
        failures: why a file could not be used, by its path.
    """

    pairs: list[Pair]
    failures: dict[Path, str]


@dataclass(frozen=True, slots=True)
class Pools:
    """The pictures below some folders, read again and again.

    Attributes:
        config: patch size, batch size, sizes, degradations, seed, and `memory_mb`, which two pools fit into.
        paths: files to learn from; some may turn out to be unusable.
        given: their small pictures, if those are given.
    """

    config: TrainConfig
    paths: list[Path]
    given: dict[Path, Path]

    def __len__(self) -> int:
        return len(self.paths)

    @property
    def block_steps(self) -> int:
        """Steps between one pool and the next."""
        side = _WINDOW_PATCHES * self.config.hr_patch_size
        window_bytes = pair_bytes(side**2 * self.config.channels, self.config.scale)
        patches = int(self.config.memory_mb * 1e6 / 2 / window_bytes) * _WINDOW_PATCHES**2
        return min(_MAX_STEPS, max(1, patches // self.config.batch_size))

    @property
    def windows(self) -> int:
        """Pictures in a pool."""
        return -(-self.block_steps * self.config.batch_size // _WINDOW_PATCHES**2)

    def load(self, block: int, stop: Event) -> Pool:
        """Read the pool of a block.

        Args:
            block: 0 for the first.
            stop: set by another thread, ends the reading early.

        Returns:
            Windows of as many pictures as there are in a pool, less those that fail; more pictures are
            tried only when all of them fail.

        Tests: tests/training/test_pools.py.
        """
        pairs: list[Pair] = []
        failures: dict[Path, str] = {}
        for count in range(self.windows + 2 * len(self.paths)):
            if stop.is_set() or (count >= self.windows and pairs):
                break
            turn, place = divmod(block * self.windows + count, len(self.paths))
            path = self.paths[_shuffled(len(self.paths), self.config.seed, turn)[place]]
            try:
                pairs.append(self._window(path, block * self.windows + count))
            except InvalidImageError as error:
                failures[path] = str(error)
        return Pool(pairs, failures)

    def _window(self, path: Path, number: int) -> Pair:
        """A random window of a picture, at one of the sizes of which a patch is left."""
        config = self.config
        random = np.random.default_rng([config.seed, 2, number])
        sample = read_usable(path, config, self.given.get(path))
        height, width = sample.picture.shape[:2]
        sizes = usable_sizes(sample.picture, config)
        if not sizes:
            raise InvalidImageError(f"{path}: {height} x {width} is smaller than a patch at any size")
        size = float(random.choice(sizes))
        most = max(config.scale, int(_WINDOW_PATCHES * config.hr_patch_size / size))
        top, left = (int(random.integers(max(0, side - most) + 1)) for side in (height, width))
        return make_pair(path.name, sample.window(top, left, most, config.scale), config, size=size, version=number)


@lru_cache(maxsize=2)
def _shuffled(count: int, seed: int, turn: int) -> NDArray[np.int64]:
    return np.random.default_rng([seed, 1, turn]).permutation(count)
