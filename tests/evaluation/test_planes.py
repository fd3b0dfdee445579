from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from srcnn.errors import InvalidConfigError, InvalidImageError
from srcnn.evaluation.planes import (
    OfPictures,
    OnEnlarged,
    enlarge,
    enlarge_bicubic,
    measure_psnr,
    measure_ssim,
    shrink,
    truth_planes,
)
from srcnn.evaluation.protocol import AUTHORS, PROTOCOLS
from srcnn.imaging import from_float, imresize, rgb_to_luma_bt601, to_float

BASICSR = PROTOCOLS["basicsr"]


def picture(height=24, width=30, channels=3, dtype=np.uint8):
    rng = np.random.default_rng(height * 100 + width)
    coarse = rng.integers(0, 256, (height // 6 + 1, width // 6 + 1, channels), np.uint8)
    smooth = imresize(coarse, size=(height, width))
    smooth = smooth[:, :, 0] if channels == 1 else smooth
    return smooth.astype(dtype) * (257 if dtype == np.uint16 else 1)


def bicubic_by(scale):
    return lambda luma: imresize(luma, scale)


def test_the_authors_truth_is_rounded_limited_range_luma():
    image = picture()
    truth = truth_planes(image, 3, AUTHORS)
    np.testing.assert_allclose(truth * 255, rgb_to_luma_bt601(image), atol=1e-4)


def test_white_is_235_in_limited_and_255_in_full_range():
    white = np.full((6, 6, 3), 255, np.uint8)
    assert truth_planes(white, 2, AUTHORS)[0, 0] * 255 == pytest.approx(235)
    assert truth_planes(white, 2, PROTOCOLS["full-range"])[0, 0] * 255 == pytest.approx(255)


def test_pillows_luma_drops_the_fraction():
    # 0.299 x 3 = 0.897, which rounds to 1; Pillow 13 gives 0.
    red = np.full((6, 6, 3), (3, 0, 0), np.uint8)
    assert truth_planes(red, 2, PROTOCOLS["keras-pillow"])[0, 0] == 0
    assert truth_planes(red, 2, PROTOCOLS["full-range"])[0, 0] * 255 == pytest.approx(1)


def test_a_grey_picture_is_its_own_luma_or_becomes_rgb():
    grey = picture(channels=1)
    np.testing.assert_allclose(truth_planes(grey, 3, AUTHORS) * 255, grey, atol=1e-4)
    assert truth_planes(grey, 3, BASICSR).shape == (24, 30, 3)


@pytest.mark.parametrize("channels", [2, 4])
def test_alpha_is_dropped(channels):
    image = picture(channels=channels)
    opaque = image[:, :, 0] if channels == 2 else image[:, :, :3]
    np.testing.assert_array_equal(truth_planes(image, 2, AUTHORS), truth_planes(opaque, 2, AUTHORS))


def test_sixteen_bits_become_eight():
    np.testing.assert_array_equal(
        truth_planes(picture(dtype=np.uint16), 2, AUTHORS), truth_planes(picture(), 2, AUTHORS)
    )


def test_five_channels_are_refused():
    with pytest.raises(InvalidImageError, match="got 5"):
        truth_planes(np.zeros((6, 6, 5), np.uint8), 2, AUTHORS)


@given(st.sampled_from(sorted(PROTOCOLS)), st.integers(20, 40), st.integers(20, 40), st.sampled_from([2, 3, 4]))
def test_every_protocol_measures_pictures_of_any_size(name, height, width, scale):
    protocol = PROTOCOLS[name]
    for channels in (1, 3):
        truth = truth_planes(picture(height, width, channels), scale, protocol)
        small = shrink(truth, scale, protocol)
        assert small.shape[:2] == (height // scale, width // scale)
        large = enlarge_bicubic(small, scale, protocol)
        assert large.shape[:2] == (height // scale * scale, width // scale * scale)
        assert large.dtype == np.float32
        assert 5 < measure_psnr(large, truth, scale, protocol) < 80


@pytest.mark.parametrize("name", ["authors", "float-luma", "basicsr", "rgb", "full-range"])
@pytest.mark.parametrize("channels", [1, 3])
def test_bicubic_as_a_method_is_the_baseline(name, channels):
    protocol = PROTOCOLS[name]
    truth = truth_planes(picture(60, 66, channels), 3, protocol)
    small = shrink(truth, 3, protocol)
    baseline = measure_psnr(enlarge_bicubic(small, 3, protocol), truth, 3, protocol)
    method = measure_psnr(enlarge(small, 3, protocol, bicubic_by(3)), truth, 3, protocol)
    assert method == pytest.approx(baseline, abs=0.01)


def test_a_method_sees_limited_range_luma_where_rgb_is_shrunk():
    white = truth_planes(np.full((12, 12, 3), 255, np.uint8), 2, BASICSR)
    seen = []
    enlarge(shrink(white, 2, BASICSR), 2, BASICSR, lambda luma: seen.append(luma) or imresize(luma, 2))
    assert seen[0].dtype == np.float32
    assert seen[0].shape == (6, 6)
    np.testing.assert_allclose(seen[0] * 255, 235, atol=1e-3)


@pytest.mark.parametrize("name", PROTOCOLS)
@pytest.mark.parametrize("channels", [1, 3])
def test_a_network_on_the_enlarged_picture_that_changes_nothing_is_the_protocols_bicubic(name, channels):
    protocol = PROTOCOLS[name]
    small = shrink(truth_planes(picture(60, 66, channels), 3, protocol), 3, protocol)
    off = np.abs(enlarge(small, 3, protocol, OnEnlarged(lambda luma: luma)) - enlarge_bicubic(small, 3, protocol))
    # Through luma and back, a value halfway between two levels may be rounded to the other.
    assert off.max() < (1.001 / 255 if protocol.output_rounded else 1e-5)
    assert np.mean(off > 1e-5) < 0.01


@pytest.mark.parametrize(("name", "whole"), [("authors", False), ("lr-8bit", False), ("keras-pillow", True)])
def test_a_network_on_the_enlarged_picture_sees_8_bits_only_where_the_resize_works_in_them(name, whole):
    small = shrink(truth_planes(picture(), 3, PROTOCOLS[name]), 3, PROTOCOLS[name])
    seen = []
    enlarge(small, 3, PROTOCOLS[name], OnEnlarged(lambda luma: seen.append(luma * 255) or luma))
    assert (np.abs(seen[0] - np.round(seen[0])).max() < 1e-4) == whole


def test_a_network_on_the_enlarged_picture_keeps_its_size():
    small = shrink(truth_planes(picture(), 3, AUTHORS), 3, AUTHORS)
    with pytest.raises(InvalidImageError, match="expected the method to return 24 x 30 values for 24 x 30 at x1"):
        enlarge(small, 3, AUTHORS, OnEnlarged(lambda luma: luma[1:]))


def test_the_small_picture_is_rounded_only_where_the_protocol_says_so():
    truth = truth_planes(picture(), 3, AUTHORS)
    whole = shrink(truth, 3, PROTOCOLS["lr-8bit"]) * 255
    np.testing.assert_allclose(whole, np.round(whole), atol=1e-4)
    assert np.abs(shrink(truth, 3, AUTHORS) * 255 - whole).max() > 0.1


def test_cropping_after_shrinking_stretches_the_picture():
    image = picture(25, 31)
    after = replace(AUTHORS, crop="after")
    whole = truth_planes(image, 3, after)
    assert whole.shape == (25, 31)
    assert shrink(whole, 3, after).shape == (8, 10)
    before = truth_planes(image, 3, AUTHORS)
    psnr = [
        measure_psnr(enlarge_bicubic(shrink(t, 3, p), 3, p), t, 3, p) for t, p in ((before, AUTHORS), (whole, after))
    ]
    assert psnr[0] > psnr[1]


def test_a_constant_error_of_one_level_is_48_dot_13_db():
    # 20 log10(255 / 1) = 48.1308 dB.
    truth = np.full((20, 20), 100 / 255, np.float32)
    assert measure_psnr(truth + np.float32(1 / 255), truth, 3, AUTHORS) == pytest.approx(48.1308, abs=1e-3)


def test_the_border_is_left_out():
    truth = np.full((20, 20), 100 / 255, np.float32)
    wrong = truth.copy()
    wrong[2, :] = 0
    assert measure_psnr(wrong, truth, 3, AUTHORS) == np.inf
    assert measure_psnr(wrong, truth, 2, AUTHORS) < 30


def test_ssim_of_rgb_is_the_mean_of_three():
    truth = truth_planes(picture(40, 40), 2, PROTOCOLS["rgb"])
    large = truth.copy()
    large[:, :, 1] = enlarge_bicubic(shrink(truth, 2, PROTOCOLS["rgb"]), 2, PROTOCOLS["rgb"])[:, :, 1]
    value = measure_ssim(large, truth, 2, PROTOCOLS["rgb"])
    alone = measure_ssim(large[:, :, 1], truth[:, :, 1], 2, PROTOCOLS["rgb"])
    assert value == pytest.approx((2 + alone) / 3)


@pytest.mark.parametrize(
    ("method", "message"),
    [
        (lambda luma: luma, "return 24 x 30 values for 8 x 10 at x3, got shape \\(8, 10\\)"),
        (lambda luma: np.full((24, 30), np.nan, np.float32), "got NaN or infinity in 720 of 720 pixels"),
        (lambda luma: imresize(luma, 3)[:, :, None], "got shape"),
    ],
)
def test_what_cannot_be_measured_is_refused(method, message):
    small = shrink(truth_planes(picture(), 3, AUTHORS), 3, AUTHORS)
    with pytest.raises(InvalidImageError, match=message):
        enlarge(small, 3, AUTHORS, method)


@pytest.mark.parametrize(
    ("values", "got"),
    [
        (lambda large: large * 255, "float32 from "),
        (lambda large: large * 0.1 * 255 * np.eye(16, 18, dtype=np.float32) * 4, "float32 from "),  # a dark one
        (lambda large: np.ones((16, 18), np.uint8), "uint8 from 1 to 1"),
        (lambda large: (large * 255).astype(np.uint8), "uint8 from "),
        (lambda large: (large * 255).astype(np.int64), "int64 from "),
    ],
)
def test_luma_in_0_to_255_is_refused(values, got):
    small = np.full((8, 9), 0.4, np.float32)
    with pytest.raises(InvalidImageError, match=rf"expected values in \[0, 1\] from .*, got {got}.*divide by 255"):
        enlarge(small, 2, AUTHORS, lambda lr: values(imresize(lr, 2)))


def test_luma_that_overshoots_is_measured():
    small = np.full((8, 9), 0.4, np.float32)
    assert enlarge(small, 2, PROTOCOLS["float-luma"], lambda lr: imresize(lr, 2) + np.float32(9)).max() > 9


RGB_PROTOCOLS = [name for name, protocol in PROTOCOLS.items() if protocol.resized == "rgb"]


@pytest.mark.parametrize("name", RGB_PROTOCOLS)
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("on_enlarged", [False, True])
def test_a_method_of_pictures_sees_all_channels(name, channels, on_enlarged):
    protocol, seen = replace(PROTOCOLS[name], grey="luma"), []
    small = shrink(truth_planes(picture(60, 66, channels), 3, protocol), 3, protocol)
    method = OfPictures(lambda image: seen.append(image.shape) or (image if on_enlarged else imresize(image, 3)))
    large = enlarge(small, 3, protocol, OnEnlarged(method) if on_enlarged else method)
    sides = (60, 66) if on_enlarged else (20, 22)
    assert seen == [(*sides, 3) if channels == 3 else sides]
    expected = (
        enlarge_bicubic(small, 3, protocol) if on_enlarged else to_float(from_float(imresize(small, 3), np.uint8))
    )
    np.testing.assert_array_equal(large, expected)


@pytest.mark.parametrize("method", [OfPictures(lambda image: image), OnEnlarged(OfPictures(lambda image: image))])
def test_a_method_of_pictures_alone_is_refused_where_luma_is_shrunk(method):
    with pytest.raises(
        InvalidConfigError,
        match="expected a protocol that shrinks RGB for a method of pictures alone, got authors; take rgb to "
        "measure RGB, or 'authors with resized=rgb'",
    ):
        enlarge(np.full((8, 9), 0.4, np.float32), 2, AUTHORS, method)


def test_where_luma_is_shrunk_a_method_of_pictures_is_its_function_of_luma():
    small = np.full((8, 9), 0.4, np.float32)
    method = OfPictures(lambda image: imresize(image, 2), lambda luma: imresize(luma, 2) + np.float32(0.2))
    np.testing.assert_allclose(enlarge(small, 2, AUTHORS, method), 0.6, atol=0.5 / 255)
    rgb = np.full((8, 9, 3), 0.4, np.float32)
    np.testing.assert_allclose(enlarge(rgb, 2, PROTOCOLS["rgb"], method), 0.4, atol=0.5 / 255)


def test_the_function_of_luma_of_a_method_of_pictures_may_be_one_on_what_the_protocol_enlarges():
    small = shrink(truth_planes(picture(60, 66, 3), 3, AUTHORS), 3, AUTHORS)
    method = OfPictures(lambda image: image, OnEnlarged(lambda luma: luma))
    protocol = replace(AUTHORS, kernel_a_up=-0.75)
    np.testing.assert_array_equal(enlarge(small, 3, protocol, method), enlarge_bicubic(small, 3, protocol))


def test_a_method_of_pictures_keeps_the_channels():
    small = np.full((8, 9, 3), 0.4, np.float32)
    with pytest.raises(InvalidImageError, match=r"return 16 x 18 x 3 values for 8 x 9 x 3 at x2, got shape \(16, 18\)"):
        enlarge(small, 2, PROTOCOLS["rgb"], OfPictures(lambda image: imresize(image[:, :, 0], 2)))


def test_a_whole_upscaler_is_refused_since_its_pictures_are_no_luma():
    class Upscaler:
        def luma(self, plane):
            raise AssertionError

        def __call__(self, image):
            return imresize(image, 2)

    for method in (Upscaler(), OnEnlarged(Upscaler())):
        with pytest.raises(InvalidConfigError, match="expected a function of luma, got an Upscaler; give its method"):
            enlarge(np.full((8, 9), 0.4, np.float32), 2, AUTHORS, method)
