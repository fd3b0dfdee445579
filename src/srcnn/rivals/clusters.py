"""k-means by scikit-learn, as the rivals use it: over a hundred thousand points, quickly rather than to the end."""

import numpy as np
from numpy.typing import NDArray

from srcnn.errors import InvalidConfigError
from srcnn.rivals.rival import Floats

_ROUNDS = 10  # over all points
_BATCH = 4096


def cluster(points: Floats, count: int, seed: int) -> tuple[Floats, NDArray[np.intp]]:
    """Divide points into clusters.

    Args:
        points: N x P.
        count: of clusters.
        seed: of the first centres and of the order of points.

    Returns:
        The centres, count x P, and the number of each point's cluster.

    Raises:
        InvalidConfigError: fewer points than clusters.

    Tests: tests/rivals/test_clusters.py.
    """
    from sklearn.cluster import MiniBatchKMeans

    if len(points) < count:
        raise InvalidConfigError(
            f"expected at least {count} patches with edges to learn from, got {len(points)}; "
            "use more or larger pictures"
        )
    found = MiniBatchKMeans(
        count,
        init="random",
        n_init=1,  # pyright: ignore[reportArgumentType] (scikit-learn types it by its default, "auto")
        max_iter=_ROUNDS,
        batch_size=_BATCH,
        reassignment_ratio=0,
        random_state=seed,
    ).fit(points)
    return np.asarray(found.cluster_centers_, np.float32), np.asarray(found.labels_, np.intp)
