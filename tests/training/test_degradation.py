import io
import sys
from pathlib import Path

import numpy as np
import pytest
import scipy.ndimage
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from srcnn.errors import InvalidConfigError, MissingExtraError
from srcnn.imaging import from_float, imresize
from srcnn.training.config import TrainConfig
from srcnn.training.degradation import (
    add_noise,
    compress_jpeg,
    convolve,
    degrade,
    gaussian_kernel,
    read_kernel,
    shrink,
)

KINDS = ("bicubic", "bilinear", "box", "nearest", "spline")


def config(**values: object) -> TrainConfig:
    return TrainConfig(**({"model": "tiny", "scale": 1, "steps": 1} | values))  # type: ignore[arg-type] # any field


def noise(*shape: int, seed: int = 0) -> np.ndarray:
    """Luma between black and white of the limited range."""
    return np.random.default_rng(seed).uniform(16 / 255, 235 / 255, shape).astype(np.float32)


def random(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


@pytest.mark.parametrize("downscale", KINDS)
def test_the_channels_of_a_colour_picture_are_degraded_each_for_itself(downscale: str) -> None:
    settings = config(scale=3, colour="rgb", downscale=downscale, blur_sigma=(1.0, 1.0))
    picture = noise(12, 18, 3)
    result = degrade(picture, settings, random())
    assert (result.shape, result.dtype) == ((4, 6, 3), np.float32)
    for channel in range(3):
        alone = degrade(picture[:, :, channel], settings, random())
        np.testing.assert_allclose(result[:, :, channel], alone, atol=1e-6)


def test_the_noise_of_every_channel_is_another() -> None:
    noisy = degrade(np.zeros((90, 90, 3), np.float32), config(colour="rgb", noise_sigma=(10, 10)), random())
    assert noisy.std() * 255 == pytest.approx(10, rel=0.05)
    assert np.abs(np.corrcoef(noisy.reshape(-1, 3).T) - np.eye(3)).max() < 0.1


class TestBlur:
    def test_a_gaussian_is_that_of_scipy(self) -> None:
        luma, kernel = noise(30, 23), gaussian_kernel(1.3)
        expected = scipy.ndimage.gaussian_filter(luma.astype(np.float64), 1.3, mode="reflect", radius=4)
        np.testing.assert_allclose(convolve(convolve(luma, kernel), kernel.T), expected, atol=1e-6)

    def test_a_gaussian_of_no_width_changes_nothing(self) -> None:
        np.testing.assert_array_equal(gaussian_kernel(0.0), [[1.0]])

    def test_a_point_becomes_the_kernel(self) -> None:
        point, kernel = np.zeros((9, 9), np.float32), np.arange(15.0).reshape(3, 5)
        point[4, 4] = 1
        np.testing.assert_array_equal(convolve(point, kernel)[3:6, 2:7], kernel)

    @settings(deadline=None, max_examples=30)
    @given(st.integers(3, 20), st.integers(3, 20), st.sampled_from([1, 3, 5]), st.sampled_from([1, 3, 5]))
    def test_any_kernel_is_that_of_scipy(self, height: int, width: int, rows: int, columns: int) -> None:
        luma, kernel = noise(height, width), noise(rows, columns, seed=1).astype(np.float64)
        expected = scipy.ndimage.convolve(luma.astype(np.float64), kernel, mode="reflect")
        np.testing.assert_allclose(convolve(luma, kernel), expected, rtol=1e-5)

    def test_a_file_is_a_matrix_divided_by_its_sum(self, tmp_path: Path) -> None:
        (tmp_path / "kernel.txt").write_text("# motion\n1 2 1\n\n0 4 0  # middle\n1 2 1\n")
        np.testing.assert_allclose(
            read_kernel(tmp_path / "kernel.txt"), np.array([[1, 2, 1], [0, 4, 0], [1, 2, 1]]) / 12
        )

    @pytest.mark.parametrize(
        ("text", "word"),
        [
            ("1 2", "got 1 x 2 with"),
            ("1\n2", "got 2 x 1"),
            ("1 2 3\n4 5\n6 7 8", "inhomogeneous"),
            ("1 x 1", "'x'"),
            ("", "got 0 with"),
            ("0 0 0", "with the sum 0"),
            ("1 nan 1", "with the sum nan"),
        ],
    )
    def test_a_file_that_is_no_kernel_is_refused(self, tmp_path: Path, text: str, word: str) -> None:
        (tmp_path / "kernel.txt").write_text(text)
        with pytest.raises(InvalidConfigError, match=r"^expected a matrix .*kernel\.txt, got") as caught:
            read_kernel(tmp_path / "kernel.txt")
        assert word in str(caught.value)

    def test_a_kernel_that_is_not_there_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(InvalidConfigError, match=r"none\.txt, got: No such file"):
            read_kernel(tmp_path / "none.txt")


class TestShrink:
    @pytest.mark.parametrize("kind", KINDS)
    @pytest.mark.parametrize("scale", [2, 3, 4])
    def test_the_size_is_divided_and_an_even_grey_stays(self, kind, scale: int) -> None:
        small = shrink(np.full((5 * scale, 7 * scale), 0.25, np.float32), scale, kind)
        assert (small.shape, small.dtype) == ((5, 7), np.float32)
        np.testing.assert_allclose(small, 0.25, atol=1e-6)

    @pytest.mark.parametrize("kind", KINDS)
    def test_a_slope_stays_where_it_is(self, kind) -> None:
        # The middle of pixels 3 i, 3 i + 1 and 3 i + 2 is 3 i + 1. A zoom without antialiasing puts the
        # first and last samples on each other instead: 30 pixels become 10, 29 / 9 apart.
        slope = np.repeat(np.arange(30, dtype=np.float32)[None], 30, 0)
        expected = np.arange(10) * 29 / 9 if kind == "spline" else np.arange(10) * 3 + 1
        np.testing.assert_allclose(shrink(slope, 3, kind)[5, 3:-3], expected[3:-3], atol=1e-4)

    @pytest.mark.parametrize(("kind", "filter"), [("bilinear", "BILINEAR"), ("box", "BOX"), ("nearest", "NEAREST")])
    @pytest.mark.parametrize("scale", [2, 3, 4])
    def test_inside_it_is_pillows(self, kind, filter: str, scale: int) -> None:  # at the border Pillow cuts the kernel
        luma = noise(8 * scale, 9 * scale)
        theirs = np.asarray(Image.fromarray(luma).resize((9, 8), Image.Resampling[filter]))
        np.testing.assert_allclose(shrink(luma, scale, kind)[1:-1, 1:-1], theirs[1:-1, 1:-1], atol=1e-6)

    def test_bicubic_is_matlabs_and_spline_scipys_without_prefilter(self) -> None:
        luma = noise(24, 30)
        np.testing.assert_array_equal(shrink(luma, 3, "bicubic"), imresize(luma, 1 / 3))
        expected = scipy.ndimage.zoom(luma, 1 / 3, prefilter=False)
        np.testing.assert_allclose(shrink(luma, 3, "spline"), expected, atol=1e-6)

    def test_without_scipy_the_extra_is_named(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "scipy.ndimage", None)  # importing it raises
        with pytest.raises(MissingExtraError, match=r"scipy is needed .*\.\[paper\]"):
            shrink(noise(4, 4), 2, "spline")


class TestNoise:
    def test_its_deviation_is_in_grey_levels_of_255(self) -> None:
        difference = add_noise(np.full((300, 300), 0.5, np.float32), 25, random()) - 0.5
        assert difference.dtype == np.float32
        assert difference.std() * 255 == pytest.approx(25, rel=0.02)
        assert difference.mean() * 255 == pytest.approx(0, abs=0.3)


class TestJpeg:
    def test_it_is_the_jpeg_of_full_range_luma(self) -> None:
        luma = noise(37, 41)
        levels = np.floor((luma.astype(np.float64) * 255 - 16) / 219 * 255 + 0.5).astype(np.uint8)
        file = io.BytesIO()
        Image.fromarray(levels).save(file, "JPEG", quality=20)
        opened = np.asarray(Image.open(file)).astype(np.float64)
        np.testing.assert_allclose(compress_jpeg(luma, 20), (opened / 255 * 219 + 16) / 255, atol=1e-6)

    def test_black_and_white_stay_and_a_higher_quality_is_nearer(self) -> None:
        luma = np.repeat(np.array([[16, 235]], np.float32) / 255, 8, 0).repeat(8, 1)
        np.testing.assert_allclose(compress_jpeg(luma, 95), luma, atol=1e-6)
        textured = noise(64, 64)
        errors = [float(np.square(compress_jpeg(textured, q) - textured).mean()) for q in (10, 30, 90)]
        assert errors[0] > errors[1] > errors[2]

    @pytest.mark.parametrize(("halved", "subsampling"), [(True, 2), (False, 0)])
    def test_in_colour_it_is_the_jpeg_of_rgb_with_chroma_halved_or_not(self, halved: bool, subsampling: int) -> None:
        rgb = noise(37, 41, 3)
        file = io.BytesIO()
        Image.fromarray(from_float(rgb, np.uint8)).save(file, "JPEG", quality=20, subsampling=subsampling)
        opened = np.asarray(Image.open(file)).astype(np.float32) / 255
        np.testing.assert_allclose(compress_jpeg(rgb, 20, halved=halved), opened, atol=1e-7)


class TestDegrade:
    def test_three_of_four_jpegs_in_colour_have_their_chroma_halved(self) -> None:
        picture, given = noise(16, 16, 3), config(scale=1, colour="rgb", jpeg_quality=(50, 50))
        halved, whole = (compress_jpeg(picture, 50, halved=half).tobytes() for half in (True, False))
        seen = [degrade(picture, given, random(seed)).tobytes() for seed in range(200)]
        assert set(seen) == {halved, whole}
        assert seen.count(halved) == pytest.approx(150, abs=25)

    def test_without_keys_it_is_matlabs_bicubic(self) -> None:
        luma = noise(24, 30)
        np.testing.assert_array_equal(degrade(luma, config(scale=3), random()), imresize(luma, 1 / 3))

    def test_at_scale_1_nothing_is_resized(self) -> None:
        luma = noise(10, 13)
        small = degrade(luma, config(downscale="nearest", noise_sigma=(1e-4, 1e-4)), random())
        np.testing.assert_allclose(small, luma, atol=1e-5)

    def test_the_steps_follow_each_other_in_order(self, tmp_path: Path) -> None:
        (tmp_path / "kernel.txt").write_text("1 2 4")
        luma, generator = noise(24, 24), random()
        given = config(
            scale=2,
            blur_sigma=(1.2, 1.2),
            blur_kernel=str(tmp_path / "kernel.txt"),
            downscale="box",
            noise_sigma=(9, 9),
            jpeg_quality=(35, 35),
        )
        kernel = gaussian_kernel(generator.uniform(1.2, 1.2))
        expected = convolve(convolve(convolve(luma, kernel), kernel.T), read_kernel(tmp_path / "kernel.txt"))
        expected = add_noise(shrink(expected, 2, "box"), generator.uniform(9, 9), generator)
        np.testing.assert_array_equal(degrade(luma, given, random()), compress_jpeg(expected, 35))

    def test_a_jpeg_of_luma_draws_its_quality_and_nothing_else(self) -> None:
        drawn, expected = random(), random()
        degrade(noise(16, 16), config(jpeg_quality=(10, 90)), drawn)
        expected.integers(10, 91)
        assert drawn.random() == expected.random()

    def test_a_mixed_down_scaling_is_each_of_three_as_it_falls(self) -> None:
        luma, given = noise(24, 24), config(scale=2, downscale="mixed")
        seen = {degrade(luma, given, random(seed)).tobytes() for seed in range(50)}
        assert seen == {shrink(luma, 2, kind).tobytes() for kind in ("bicubic", "bilinear", "box")}

    @pytest.mark.parametrize("scale", [1, 2])
    def test_the_clean_share_is_made_smaller_by_bicubic_alone(self, scale: int) -> None:
        luma = noise(24, 24)
        given = config(scale=scale, downscale="box", noise_sigma=(5, 5), jpeg_quality=(40, 40), clean_share=0.3)
        clean = luma if scale == 1 else imresize(luma, 1 / scale)
        share = np.mean([np.array_equal(degrade(luma, given, random(seed)), clean) for seed in range(400)])
        assert share == pytest.approx(0.3, abs=0.06)

    def test_strengths_reach_the_whole_range_and_no_further(self) -> None:
        luma = np.full((32, 32), 0.5, np.float32)
        sigmas = [(degrade(luma, config(noise_sigma=(5, 20)), random(seed)) - 0.5).std() * 255 for seed in range(200)]
        assert 4.5 < min(sigmas) < 6
        assert 19 < max(sigmas) < 22
        textured = noise(32, 32)
        by_quality = {compress_jpeg(textured, quality).tobytes() for quality in (10, 11, 12)}
        seen = {degrade(textured, config(jpeg_quality=(10, 12)), random(seed)).tobytes() for seed in range(50)}
        assert seen == by_quality


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"blur_sigma": (2.0, 1.0)}, r"expected blur_sigma to be \[low, high\] from 0 to 50, or \[\] for none, got"),
        ({"blur_sigma": (1.0,)}, "expected blur_sigma to be"),
        ({"noise_sigma": (-1, 5)}, r"expected noise_sigma to be \[low, high\] from 0 to 255"),
        ({"jpeg_quality": (0, 5)}, r"expected jpeg_quality to be \[low, high\] from 1 to 100"),
        ({"jpeg_quality": (10.5, 20)}, "expected jpeg_quality to be a list of whole numbers"),
        ({"downscale": "lanczos"}, "expected downscale to be one of 'bicubic', 'bilinear'"),
        ({"clean_share": 1.1}, "expected clean_share to be from 0 to 1"),
        ({"degradations_per_picture": 0}, "expected degradations_per_picture to be above 0"),
        ({"blur_kernel": 3}, "expected blur_kernel to be a text, got 3"),
    ],
)
def test_an_impossible_degradation_is_refused(values: dict[str, object], message: str) -> None:
    with pytest.raises(InvalidConfigError, match=f"^{message}"):
        config(**values)
