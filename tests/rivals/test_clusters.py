import numpy as np
import pytest

from srcnn.errors import InvalidConfigError
from srcnn.rivals.clusters import cluster


def test_two_heaps_are_two_clusters() -> None:
    random = np.random.default_rng(0)
    heaps = np.concatenate([random.normal(mean, 0.1, (50, 3)) for mean in (0, 5)]).astype(np.float32)
    centres, labels = cluster(heaps, 2, seed=3)
    assert sorted(np.bincount(labels)) == [50, 50]
    np.testing.assert_allclose(np.sort(centres[:, 0]), [0, 5], atol=0.1)
    assert centres.dtype == np.float32


def test_more_clusters_than_points_are_refused() -> None:
    with pytest.raises(InvalidConfigError, match="expected at least 4 patches with edges to learn from, got 3"):
        cluster(np.zeros((3, 2), np.float32), 4, seed=0)
