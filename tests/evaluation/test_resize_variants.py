import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image as PillowImage

from srcnn.evaluation.resize_variants import CubicResize, resize_cubic
from srcnn.imaging import imresize

PILLOW = CubicResize(kernel_a=-0.5, antialias=True, border="cut", columns_first=True)
OPENCV = CubicResize(kernel_a=-0.75, antialias=False, border="replicate")
sizes = st.tuples(st.integers(1, 40), st.integers(1, 40))


def pillow(image, target):
    # One dimension a call: from version 13 on, Pillow takes the rows first where the height shrinks most.
    columns = PillowImage.fromarray(image).resize((target[1], image.shape[0]), PillowImage.Resampling.BICUBIC)
    return np.asarray(columns.resize(target[::-1], PillowImage.Resampling.BICUBIC)).astype(int)


@given(sizes, sizes, st.integers(0, 2**32 - 1))
def test_cut_at_the_border_in_uint8_is_pillow_at_any_size(size, target, seed):
    image = np.random.default_rng(seed).integers(0, 256, size, np.uint8)
    # Pillow's weights have 22 bits: a value very near one half may round the other way in each pass.
    assert np.abs(resize_cubic(image, target, PILLOW) - pillow(image, target)).max() <= 2


@pytest.mark.parametrize("target", [(30, 33), (270, 297), (71, 180)])
def test_cut_at_the_border_in_uint8_is_pillow_nearly_everywhere(target):
    image = np.random.default_rng(0).integers(0, 256, (90, 99), np.uint8)
    assert np.mean(resize_cubic(image, target, PILLOW) != pillow(image, target)) < 0.001


@given(sizes, sizes, st.integers(0, 2**32 - 1))
def test_mirrored_with_matlabs_kernel_it_is_imresize(size, target, seed):
    image = np.random.default_rng(seed).random(size)
    kind = CubicResize(kernel_a=-0.5, antialias=True, border="mirror")
    np.testing.assert_allclose(resize_cubic(image, target, kind), imresize(image, size=target), atol=1e-12)


def test_replicated_in_uint8_it_is_matlabs_integer_imresize():
    image = np.random.default_rng(0).integers(0, 256, (33, 27), np.uint8)
    kind = CubicResize(kernel_a=-0.5, antialias=True, border="replicate")
    np.testing.assert_array_equal(resize_cubic(image, (11, 9), kind), imresize(image, 1 / 3))


def test_opencv_takes_every_third_sample_when_shrinking_three_times():
    # At scale 3 the source coordinate 3 i + 1 is whole, where Keys' kernel is 1 at 0 and 0 at 1 and 2.
    image = np.random.default_rng(0).random((12, 9))
    np.testing.assert_allclose(resize_cubic(image, (4, 3), OPENCV), image[1::3, 1::3], atol=1e-12)


def test_opencv_at_one_half_has_the_weights_of_minus_three_quarters():
    # a = -0.75 at distances 1.5 and 0.5: -0.09375 and 0.59375 (OpenCV interpolateCubic).
    step = np.array([[0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0]])
    expected = [0, -0.09375, 1 + 0.09375, 1]
    result = resize_cubic(step, (1, 4), OPENCV)
    np.testing.assert_allclose(result[0], expected, atol=1e-12)


@pytest.mark.parametrize("border", ["mirror", "replicate", "cut"])
def test_a_flat_picture_stays_flat(border):
    kind = CubicResize(kernel_a=-0.75, antialias=True, border=border)
    assert np.all(resize_cubic(np.full((7, 5, 3), 200, np.uint8), (3, 11), kind) == 200)
