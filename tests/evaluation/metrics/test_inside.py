import numpy as np
import pytest

from srcnn.errors import InvalidImageError
from srcnn.evaluation.metrics.inside import inside_border


def test_both_pictures_lose_their_border_and_are_contiguous_float64():
    sr, hr = np.arange(42, dtype=np.uint8).reshape(6, 7), np.asfortranarray(np.ones((6, 7), np.float32))
    judged, truth = inside_border(sr, hr, 2)
    np.testing.assert_array_equal(judged, [[16, 17, 18], [23, 24, 25]])
    assert [(image.dtype, image.flags.c_contiguous) for image in (judged, truth)] == [(np.float64, True)] * 2


@pytest.mark.parametrize("shapes", [((6, 7), (7, 6)), ((6, 7, 3), (6, 7, 3)), ((6,), (6,))])
def test_other_than_two_planes_of_one_shape_are_refused(shapes):
    with pytest.raises(InvalidImageError, match=r"one shape H x W, got .*; take the luma of both"):
        inside_border(*map(np.zeros, shapes), 0)
