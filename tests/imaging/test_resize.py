import math
from fractions import Fraction
from math import ceil, floor
from operator import mul
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from srcnn.errors import InvalidConfigError, InvalidImageError
from srcnn.imaging import crop_to_multiple, imresize, to_float
from srcnn.imaging.resize import resize_planes

SCALES = st.sampled_from([1 / 4, 1 / 3, 1 / 2, 0.7, 1.0, 1.3, 2, 3, 4])
SIDES = st.integers(1, 70)


def read(path: Path) -> np.ndarray:
    with Image.open(path) as file:
        return np.asarray(file)


def cubic(x: float) -> float:
    """Keys' kernel with a = -0.5: (4) of doi:10.1109/TASSP.1981.1163711."""
    x = abs(x)
    if x <= 1:
        return 1.5 * x**3 - 2.5 * x**2 + 1
    return -0.5 * x**3 + 2.5 * x**2 - 4 * x + 2 if x < 2 else 0.0


def resize_line(line: np.ndarray, scale: float, n_out: int, border: str) -> np.ndarray:
    """One dimension in MATLAB's one-based formula, sample by sample, independent of the code under test."""
    shrink = min(scale, 1)
    n_in = len(line)
    result = []
    for x in range(1, n_out + 1):
        u = x / scale + 0.5 * (1 - 1 / scale)
        low, high = math.floor(u - 2 / shrink) - 1, math.ceil(u + 2 / shrink) + 1
        total = weights = 0.0
        for i in range(low, high + 1):
            weight = cubic(shrink * (u - i))
            j = i - 1
            if border == "mirror":
                j %= 2 * n_in
                j = j if j < n_in else 2 * n_in - 1 - j
            total += weight * float(line[min(max(j, 0), n_in - 1)])
            weights += weight
        result.append(total / weights)
    return np.array(result)


# The files were made by MATLAB's imresize from 8-bit crops: see the README of the data, 15 + 42 + 30.
@pytest.mark.parametrize(("dataset", "count"), [("Set5", 5), ("Set14", 14), ("BSD100", 10)])
@pytest.mark.parametrize("scale", [2, 3, 4])
def test_uint8_equals_every_file_made_by_matlab_bit_for_bit(
    shared_data: Path, dataset: str, count: int, scale: int
) -> None:
    files = sorted((shared_data / "matlab_lr" / dataset / f"x{scale}").glob("*.png"))
    assert len(files) == count
    for file in files:
        (source,) = (shared_data / "test" / dataset).glob(f"{file.stem}.*")
        expected, hr = read(file), read(source)
        lr = imresize(crop_to_multiple(hr, scale), 1 / scale)
        if lr.ndim < expected.ndim:  # bridge: one channel in the truth, three equal ones in MATLAB's file
            lr = np.stack([lr] * 3, 2)
        np.testing.assert_array_equal(lr, expected, err_msg=file.stem)


@settings(deadline=None, max_examples=40)
@given(n_in=st.integers(1, 30), scale=SCALES, seed=st.integers(0, 99))
def test_float_equals_the_formula_written_out_with_a_mirrored_border(n_in: int, scale: float, seed: int) -> None:
    line = np.random.default_rng(seed).random(n_in)
    n_out = math.ceil(round(n_in * scale, 6))
    expected = resize_line(line, scale, n_out, "mirror")
    np.testing.assert_allclose(imresize(np.tile(line, (3, 1)), scale)[0], expected, atol=1e-12)
    np.testing.assert_allclose(imresize(np.tile(line[:, None], (1, 3)), scale)[:, 0], expected, atol=1e-12)


@settings(deadline=None, max_examples=40)
@given(
    shape=st.tuples(st.integers(1, 14), st.integers(1, 14)),
    scale=SCALES,
    dtype=st.sampled_from(["uint8", "uint16"]),
    seed=st.integers(0, 99),
)
def test_integers_are_rounded_half_up_and_clipped_after_each_pass_rows_first(
    shape: tuple[int, int], scale: float, dtype: str, seed: int
) -> None:
    peak = np.iinfo(dtype).max
    # Only black and white: the overshoot of the first pass must be clipped before the second.
    image = np.random.default_rng(seed).choice([0, peak], shape).astype(dtype)
    size = [math.ceil(round(n * scale, 6)) for n in shape]
    rounded = np.apply_along_axis(resize_line, 0, image, scale, size[0], "replicate")
    # The margin keeps exact halves, which differ in the last bit between two orders of summation, on their side.
    rounded = np.floor(np.clip(rounded, 0, peak) + 0.5 + 1e-9)
    rounded = np.apply_along_axis(resize_line, 1, rounded, scale, size[1], "replicate")
    lower, upper = (np.floor(np.clip(rounded, 0, peak) + 0.5 + margin) for margin in (-1e-7, 1e-7))
    result = imresize(image, scale)
    assert result.dtype == dtype
    assert ((result == lower) | (result == upper)).all()


@settings(deadline=None, max_examples=60)
@given(
    shape=st.tuples(SIDES, SIDES), scale=SCALES, value=st.integers(0, 255), dtype=st.sampled_from(["uint8", "float32"])
)
def test_a_constant_picture_stays_constant(shape: tuple[int, int], scale: float, value: int, dtype: str) -> None:
    image = np.full(shape, value, dtype)
    np.testing.assert_allclose(imresize(image, scale), value, rtol=1e-6)


# Keys 1981: with a = -0.5 polynomials up to the second degree are reproduced. Shrinking by a whole
# number has symmetric weights, so it keeps straight lines.
@settings(deadline=None, max_examples=40)
@given(n=st.integers(24, 80), scale=st.sampled_from([1 / 4, 1 / 3, 1 / 2, 1.0, 1.3, 2, 3, 4]))
def test_a_ramp_stays_a_ramp_inside(n: int, scale: float) -> None:
    result = imresize(np.tile(np.arange(n) / n, (n, 1)), scale)
    centres = ((np.arange(result.shape[1]) + 0.5) / scale - 0.5) / n
    rim = math.ceil(3 * max(1, scale))
    np.testing.assert_allclose(result[0, rim:-rim], centres[rim:-rim], atol=1e-12)


@settings(deadline=None, max_examples=20)
@given(scale=st.floats(1, 5))
def test_enlarging_reproduces_a_parabola_inside(scale: float) -> None:
    result = imresize(np.tile((np.arange(40) / 40) ** 2, (2, 1)), scale)
    centres = ((np.arange(result.shape[1]) + 0.5) / scale - 0.5) / 40
    rim = math.ceil(3 * scale)
    np.testing.assert_allclose(result[0, rim:-rim], centres[rim:-rim] ** 2, atol=1e-9)


@settings(deadline=None, max_examples=60)
@given(shape=st.tuples(SIDES, SIDES), scale=SCALES)
def test_the_size_is_rounded_up(shape: tuple[int, int], scale: float) -> None:
    expected = tuple(math.ceil(round(side * scale, 6)) for side in shape)
    assert imresize(np.zeros(shape, np.uint8), scale).shape == expected


@pytest.mark.parametrize("factor", [2, 3, 4, 6, 7])
def test_shrinking_a_multiple_gives_the_whole_quotient(factor: int) -> None:
    for n in range(1, 200):
        assert imresize(np.zeros((n * factor, 1), np.float32), 1 / factor).shape == (n, 1)


def test_the_last_bits_of_a_product_add_no_row() -> None:
    assert 1.1 * 110 > 121  # in double precision, by 1e-14
    assert imresize(np.zeros((110, 1), np.float32), 1.1).shape == (121, 2)


@settings(deadline=None, max_examples=40)
@given(shape=st.tuples(SIDES, SIDES), scale=SCALES, seed=st.integers(0, 99))
def test_transposing_commutes_with_resizing_in_floating_point(shape: tuple[int, int], scale: float, seed: int) -> None:
    image = np.random.default_rng(seed).random(shape)
    np.testing.assert_allclose(imresize(image.T, scale), imresize(image, scale).T, atol=1e-12)


@settings(deadline=None, max_examples=40)
@given(shape=st.tuples(st.integers(30, 60), st.integers(30, 60)), scale=SCALES, seed=st.integers(0, 99))
def test_integer_and_float_agree_within_rounding_away_from_the_border(
    shape: tuple[int, int], scale: float, seed: int
) -> None:
    # Values whose overshoot stays inside 0..255, so that no pass clips.
    image = np.random.default_rng(seed).integers(64, 192, shape, np.uint8)
    rim = math.ceil(3 * max(scale, 1))
    integer = imresize(image, scale).astype(np.float64)[rim:-rim, rim:-rim]
    # Half a level of the first pass times the kernel's absolute sum, at most 1.25 when enlarging
    # (and less than 1.5 when shrinking), and half a level of the second.
    np.testing.assert_allclose(integer, imresize(image.astype(np.float64), scale)[rim:-rim, rim:-rim], atol=1.25)


def test_single_precision_is_single_precision_of_double() -> None:
    image = np.random.default_rng(0).random((37, 53))
    for scale in (1 / 3, 2, 3):
        result = imresize(image.astype(np.float32), scale)
        assert result.dtype == np.float32
        np.testing.assert_allclose(result, imresize(image, scale), atol=2e-6)


def test_floating_point_is_neither_clipped_nor_rounded() -> None:
    step = np.repeat(np.float32([[0, 0, 0, 0, 1, 1, 1, 1]]), 8, 0)
    result = imresize(step, 4)
    assert result.min() < -0.05
    assert result.max() > 1.05


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32", "float64"])
def test_channels_are_resized_each_by_itself(channels: int, dtype: str) -> None:
    image = (np.random.default_rng(0).random((20, 17, channels)) * 200).astype(dtype)
    result = imresize(image, 3)
    assert (result.shape, result.dtype) == ((60, 51, channels), np.dtype(dtype))
    for channel in range(channels):
        np.testing.assert_array_equal(result[:, :, channel], imresize(image[:, :, channel].copy(), 3))


def test_the_input_is_left_as_it_was_even_if_read_only() -> None:
    image = np.random.default_rng(0).random((9, 9))
    before = image.copy()
    image.setflags(write=False)
    imresize(image, 2)
    np.testing.assert_array_equal(image, before)


@pytest.mark.parametrize("scale", [0.4, 1.5, 3])
def test_planes_at_once_are_each_resized_by_itself(scale: float) -> None:
    planes = np.random.default_rng(0).random((2, 3, 17, 100))
    expected = np.array([[imresize(plane, scale) for plane in stack] for stack in planes])
    result = resize_planes(planes, expected.shape[-2:], (scale, scale))
    np.testing.assert_allclose(result, expected, atol=1e-12)


def test_no_planes_are_none() -> None:
    assert resize_planes(np.empty((0, 4, 5), np.float32), (8, 10), (2, 2)).shape == (0, 8, 10)


def test_a_size_may_stretch_the_sides_differently() -> None:
    image = np.random.default_rng(0).random((10, 12))
    rows = np.apply_along_axis(resize_line, 0, image, 2, 20, "mirror")
    expected = np.apply_along_axis(resize_line, 1, rows, 0.5, 6, "mirror")
    result = imresize(image, size=(20, 6))
    assert result.shape == (20, 6)
    np.testing.assert_allclose(result, expected, atol=1e-12)


def test_the_dimension_with_the_smaller_scale_is_resized_first() -> None:
    image = np.random.default_rng(0).choice([0, 255], (24, 24)).astype(np.uint8)
    columns_first = imresize(imresize(image, size=(24, 8)), size=(48, 8))
    rows_first = imresize(imresize(image, size=(48, 24)), size=(48, 8))
    assert (columns_first != rows_first).any()
    np.testing.assert_array_equal(imresize(image, size=(48, 8)), columns_first)


def test_without_antialias_shrinking_interpolates_four_samples() -> None:
    # Scale 1/2 samples midway between two pixels: Keys' weights there are -1/16, 9/16, 9/16, -1/16.
    line = np.random.default_rng(0).random(16)
    result = imresize(np.tile(line, (2, 1)), size=(2, 8), antialias=False)[0]
    expected = -line[1] / 16 + 9 * line[2] / 16 + 9 * line[3] / 16 - line[4] / 16
    assert result[1] == pytest.approx(expected, abs=1e-12)
    assert imresize(np.tile(line, (2, 1)), size=(2, 8))[0][1] != pytest.approx(expected, abs=1e-4)


def test_strips_with_their_neighbours_equal_the_whole_picture() -> None:
    image = to_float(np.random.default_rng(0).integers(0, 256, (50, 31), np.uint8))
    whole = imresize(image, 3)
    for start, stop in ((0, 10), (10, 33), (33, 50)):
        low, high = max(0, start - 2), min(50, stop + 2)  # an enlarged row depends on two rows on each side
        strip = imresize(image[low:high], 3)[(start - low) * 3 : (stop - low) * 3]
        np.testing.assert_allclose(strip, whole[start * 3 : stop * 3], atol=1e-6)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "expected either scale or size, got scale=None, size=None"),
        ({"scale": 2.0, "size": (4, 4)}, "expected either scale or size"),
        ({"scale": 0.0}, "expected a scale above 0, got 0.0"),
        ({"scale": -1.0}, "expected a scale above 0, got -1.0"),
        ({"scale": math.inf}, "expected a scale above 0, got inf"),
        ({"scale": math.nan}, "expected a scale above 0, got nan"),
        ({"scale": "2"}, "expected a scale above 0, got '2'"),
        ({"scale": (2, 3)}, r"expected a scale above 0, got \(2, 3\)"),
        ({"size": (0, 4)}, r"expected a size of \(height, width\), at least 1 x 1, got \(0, 4\)"),
        ({"size": (4.5, 4)}, r"expected a size of \(height, width\), .* got \(4.5, 4\)"),
        ({"size": (4,)}, r"expected a size of \(height, width\), .* got \(4,\)"),
        ({"size": 4}, r"expected a size of \(height, width\), .* got 4"),
    ],
)
def test_impossible_sizes_are_refused(arguments: dict[str, object], message: str) -> None:
    with pytest.raises(InvalidConfigError, match=message):
        imresize(np.zeros((4, 4)), **arguments)


@pytest.mark.parametrize("image", [np.zeros((4, 4), np.int32), np.zeros(4), np.zeros((0, 4)), np.zeros((1, 2, 3, 4))])
def test_what_is_no_image_is_refused(image: np.ndarray) -> None:
    with pytest.raises(InvalidImageError, match=r"^expected an image of .*, got .*; "):
        imresize(image, 2)


def test_no_product_is_so_large_that_blas_shares_it_among_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []
    matmul = np.matmul

    def counted(a: np.ndarray, b: np.ndarray, out: np.ndarray) -> np.ndarray:
        sizes.append(a.shape[0] * a.shape[1] * b.shape[1])
        return matmul(a, b, out=out)

    monkeypatch.setattr(np, "matmul", counted)
    imresize(np.zeros((360, 640), np.float32), 3)
    imresize(np.zeros((360, 640), np.float32), 1 / 3)
    assert 0 < max(sizes) <= 65536 * 4  # OpenBLAS: SMP_THRESHOLD_MIN x GEMM_MULTITHREAD_THRESHOLD


def test_a_picture_is_the_same_whatever_the_size_of_the_products(monkeypatch: pytest.MonkeyPatch) -> None:
    image = np.random.default_rng(0).random((70, 130)).astype(np.float32)
    expected = imresize(image, 3)
    monkeypatch.setattr("srcnn.imaging.resize._PRODUCTS", 5000)
    np.testing.assert_allclose(imresize(image, 3), expected, atol=1e-6)


def _keys(distance: Fraction) -> Fraction:
    """Source: Keys 1981, equation 15."""
    x = abs(distance)
    if x <= 1:
        return Fraction(3, 2) * x**3 - Fraction(5, 2) * x**2 + 1
    return -Fraction(1, 2) * x**3 + Fraction(5, 2) * x**2 - 4 * x + 2 if x <= 2 else Fraction(0)


def _resized_exactly(rows: list[list[Fraction]], scale: Fraction) -> list[list[Fraction]]:
    """Rows between which rows are put, in fractions, rounded and clipped to 8 bit."""
    shrink = min(scale, Fraction(1))
    result = []
    for number in range(ceil(len(rows) * scale)):
        centre = Fraction(2 * number + 1, 2) / scale - Fraction(1, 2)
        places = range(floor(centre - 2 / shrink) - 1, ceil(centre + 2 / shrink) + 2)
        weights = [_keys((centre - place) * shrink) for place in places]
        near = [rows[min(max(place, 0), len(rows) - 1)] for place in places]
        sums = [sum(map(mul, weights, column)) / sum(weights) for column in zip(*near, strict=True)]
        result.append([Fraction(min(255, max(0, floor(each + Fraction(1, 2))))) for each in sums])
    return result


@pytest.mark.parametrize(
    "scale", [Fraction(3, 2), Fraction(5, 2), Fraction(2, 3), Fraction(1, 3), Fraction(4), Fraction(10)]
)
def test_integers_are_those_of_exact_fractions_halves_up_on_every_processor(scale: Fraction) -> None:
    image = np.random.default_rng(5).integers(0, 256, (20, 16), np.uint8)
    rows = [[Fraction(int(value)) for value in row] for row in image]
    for _ in range(2):  # rows first, then columns
        rows = list(map(list, zip(*_resized_exactly(rows, scale), strict=True)))
    np.testing.assert_array_equal(imresize(image, float(scale)), np.array(rows, float))
