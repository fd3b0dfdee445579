import numpy as np
import pytest

from srcnn.errors import InvalidConfigError
from srcnn.evaluation.pasted_patches import black_frame, pasted_patches, rounded_enlargement, uses_of_a_network
from srcnn.imaging import imresize

ENLARGED = imresize(np.random.default_rng(0).random((12, 15)).astype(np.float32), size=(120, 141)).clip(0, 1)


def blur(plane):
    """A network that reaches one pixel, with its border replicated."""
    padded = np.pad(plane, 1, "edge")
    height, width = plane.shape
    return sum(padded[y : y + height, x : x + width] for y in range(3) for x in range(3)) / np.float32(9)


def test_a_rounded_enlargement_has_whole_levels_and_is_clipped():
    seen = rounded_enlargement(lambda enlarged: enlarged).network(ENLARGED * 1.2 - 0.1) * 255
    np.testing.assert_allclose(seen, np.round(seen), atol=1e-4)
    assert (seen.min(), seen.max()) == (0, 255)
    np.testing.assert_allclose(seen, (ENLARGED * 1.2 - 0.1).clip(0, 1) * 255, atol=0.5001)


def test_a_black_frame_is_right_inside_and_black_outside():
    framed, right = black_frame(blur).network(ENLARGED), blur(ENLARGED)
    np.testing.assert_array_equal(framed[6:-6, 6:-6], right[6:-6, 6:-6])
    framed[6:-6, 6:-6] = 0
    assert not framed.any()


def test_patches_every_21_pixels_are_the_picture_shifted_by_6():
    # (120 - 33) // 21 + 1 = 5 rows of 21 = 105; (141 - 33) // 21 + 1 = 6 columns = 126.
    pasted, right = pasted_patches(blur, stride=21, reach=1).network(ENLARGED), blur(ENLARGED)
    np.testing.assert_allclose(pasted[:105, :126], right[6:111, 6:132], atol=1e-6)
    assert not pasted[105:].any()
    assert not pasted[:, 126:].any()


@pytest.mark.parametrize(("stride", "rows"), [(21, 231), (14, 256), (33, 147)])
def test_a_picture_of_256_pixels_becomes_as_large_as_reproductions_report(stride, rows):
    # tegg89/SRCNN-Tensorflow issues 20 and 29: 256 pixels become 231 at stride 21, and 336 (cut here) at 14.
    pasted = pasted_patches(np.ones_like, stride=stride, reach=1).network(np.zeros((256, 256), np.float32))
    assert pasted.shape == (256, 256)
    assert np.count_nonzero(pasted.any(1)) == rows


def test_each_patch_with_its_own_border_is_right_inside_only():
    pasted, right = pasted_patches(blur, stride=33, reach=1, kept=33).network(ENLARGED), blur(ENLARGED)
    np.testing.assert_allclose(pasted[1:32, 1:32], right[1:32, 1:32], atol=1e-6)
    assert np.abs(pasted[32, :33] - right[32, :33]).max() > 1e-3


@pytest.mark.parametrize("stride", [14, 21, 33])
@pytest.mark.parametrize("reach", [1, 6])
def test_middles_that_see_no_edge_are_those_of_the_whole_picture(stride, reach):
    seen = []

    def network(plane):
        seen.append(plane.shape)
        return blur(plane)

    at_once = pasted_patches(network, stride=stride, reach=reach).network(ENLARGED)
    assert seen == [ENLARGED.shape]
    one_by_one = pasted_patches(network, stride=stride, reach=7).network(ENLARGED)
    assert set(seen[1:]) == {(33, 33)}
    np.testing.assert_allclose(at_once, one_by_one, atol=1e-6)


def test_a_picture_smaller_than_a_patch_becomes_black():
    assert not pasted_patches(blur, stride=21, reach=1).network(np.ones((32, 80), np.float32)).any()


def test_every_use_returns_the_whole_size_and_the_right_one_is_first():
    uses = uses_of_a_network(blur)
    assert next(iter(uses)) == "the network on the whole picture"
    assert {method.network(ENLARGED).shape for method in uses.values()} == {(120, 141)}
    assert {method.network(ENLARGED).dtype for method in uses.values()} == {np.dtype(np.float32)}


def test_impossible_patches_are_refused():
    with pytest.raises(InvalidConfigError, match="got stride 0"):
        pasted_patches(blur, stride=0, reach=1)
    with pytest.raises(InvalidConfigError, match="34 pixels"):
        pasted_patches(blur, stride=21, reach=1, kept=34)
    with pytest.raises(InvalidConfigError, match="got 0"):
        black_frame(blur, rim=0)


@pytest.mark.parametrize("reach", [0, 17, 30])
def test_a_network_of_no_reach_or_more_than_a_patch_has_one_use_alone(reach):
    assert list(uses_of_a_network(blur, reach=reach)) == ["the network on the whole picture"]
