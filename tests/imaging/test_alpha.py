import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from srcnn.imaging import alpha as alpha_module
from srcnn.imaging import large
from srcnn.imaging.alpha import fill_transparent, is_see_through, is_seen_as_grey
from srcnn.imaging.large import forget, put_together


def picture(shape: tuple[int, int, int], seed: int, dtype: str = "uint8") -> np.ndarray:
    """Noise with about a third of the pixels fully transparent, at least one of them visible."""
    random = np.random.default_rng(seed)
    peak = np.iinfo(dtype).max if dtype.startswith("u") else 1.0
    image = (random.random(shape) * peak).astype(dtype)
    image[:, :, -1] = np.where(random.random(shape[:2]) < 0.35, 0, np.maximum(image[:, :, -1], peak / 255))
    image[0, 0, -1] = peak
    return image


@settings(deadline=None, max_examples=60)
@given(
    shape=st.tuples(st.integers(1, 20), st.integers(1, 20), st.sampled_from([2, 4])),
    seed=st.integers(0, 999),
    dtype=st.sampled_from(["uint8", "uint16", "float32"]),
)
def test_only_the_colours_of_hidden_pixels_change(shape: tuple[int, int, int], seed: int, dtype: str) -> None:
    image = picture(shape, seed, dtype)
    before = image.copy()
    result = fill_transparent(image)
    hidden = image[:, :, -1] == 0
    assert (result.dtype, result.shape) == (image.dtype, image.shape)
    np.testing.assert_array_equal(result[:, :, -1], image[:, :, -1])
    np.testing.assert_array_equal(result[~hidden], image[~hidden])
    np.testing.assert_array_equal(image, before)


@settings(deadline=None, max_examples=40)
@given(shape=st.tuples(st.integers(1, 20), st.integers(1, 20), st.sampled_from([2, 4])), seed=st.integers(0, 999))
def test_what_is_stored_under_alpha_0_does_not_matter(shape: tuple[int, int, int], seed: int) -> None:
    image = picture(shape, seed)
    other = image.copy()
    other[other[:, :, -1] == 0, :-1] ^= 0xFF
    np.testing.assert_array_equal(fill_transparent(image), fill_transparent(other))


@settings(deadline=None, max_examples=40)
@given(shape=st.tuples(st.integers(1, 33), st.integers(1, 33)), seed=st.integers(0, 999))
def test_the_one_visible_colour_fills_everything(shape: tuple[int, int], seed: int) -> None:
    image = np.zeros((*shape, 4), np.uint8)
    row, column = (int(np.random.default_rng(seed).integers(side)) for side in shape)
    image[row, column] = (200, 100, 50, 1)
    assert (fill_transparent(image)[:, :, :3] == (200, 100, 50)).all()


def test_a_hidden_pixel_takes_the_mean_of_the_visible_ones_in_its_square() -> None:
    image = np.array([[[10, 255], [20, 255]], [[60, 255], [0, 0]]], np.uint8)
    assert fill_transparent(image)[1, 1].tolist() == [30, 0]


def test_a_hidden_pixel_takes_its_colour_from_nearby_not_from_afar() -> None:
    image = np.zeros((16, 16, 2), np.uint8)
    image[:, :4] = (255, 255)
    image[:, 12:] = (0, 255)
    image[:, 8:, 0] = 0
    filled = fill_transparent(image)[:, :, 0]
    assert (filled[:, 4] > 200).all()
    assert (filled[:, 11] < 55).all()


@pytest.mark.parametrize("alpha", [0, 255])
def test_a_picture_wholly_hidden_or_wholly_visible_is_returned_as_it_is(alpha: int) -> None:
    image = np.random.default_rng(0).integers(0, 256, (5, 6, 4), np.uint8)
    image[:, :, 3] = alpha
    assert fill_transparent(image) is image


def test_a_colour_under_alpha_0_that_is_no_number_never_spreads() -> None:
    image = picture((9, 14, 4), 0, "float32")
    expected = fill_transparent(image)
    image[image[:, :, -1] == 0, :-1] = np.nan
    np.testing.assert_array_equal(fill_transparent(image), expected)


@pytest.mark.parametrize("dtype", ["uint8", "float32"])
def test_blocks_leave_no_trace(monkeypatch: pytest.MonkeyPatch, dtype: str) -> None:
    image = picture((37, 20, 4), 1, dtype)
    whole = fill_transparent(image)
    monkeypatch.setattr(large, "_BLOCK_PIXELS", 80)
    np.testing.assert_array_equal(fill_transparent(image), whole)


def test_the_memory_is_at_most_three_times_the_picture() -> None:
    image = picture((1500, 2000, 4), 2)
    tracemalloc.start()
    fill_transparent(image)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 4 * image.nbytes


def _resident_file_kib() -> int:
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.split("RssFile:")[1].split()[0])


@pytest.mark.skipif(not Path("/proc/self/status").is_file(), reason="only Linux tells what is resident")
@pytest.mark.parametrize("hidden", [True, False])
def test_of_a_picture_in_a_file_only_blocks_are_held(monkeypatch: pytest.MonkeyPatch, hidden: bool) -> None:
    image = picture((2000, 2000, 4), 3)
    if not hidden:
        image[:, :, 3] |= 1
    expected = fill_transparent(image)
    monkeypatch.setattr(large, "_IN_MEMORY_BYTES", 2**16)
    monkeypatch.setattr(large, "_BLOCK_PIXELS", 2**14)
    stored = put_together([image], image.shape, image.dtype)
    forgotten: list[tuple[int, ...]] = []
    for module in (alpha_module, large):
        monkeypatch.setattr(module, "forget", lambda array: forgotten.append(array.shape) or forget(array))
    before = _resident_file_kib()
    tracemalloc.start()
    result = fill_transparent(stored)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    # The picture has 15,600 KiB.
    assert peak < 4_000_000
    assert _resident_file_kib() - before < 3000
    assert (result is stored) == (not hidden)
    blocks = 250  # of 8 rows
    assert forgotten.count(image.shape) == (3 * blocks if hidden else blocks)
    # The averages of 2 x 2 pixels are gone through in 63 blocks to look and to average, in 63 for a new array, and
    # used for the 250 blocks of the picture.
    assert forgotten.count((1000, 1000, 4)) == (3 * 63 + blocks if hidden else 0)
    np.testing.assert_array_equal(result, expected)


def test_nearly_transparent_pixels_keep_their_colour() -> None:
    image = np.array([[[7, 1], [9, 0], [200, 255]]], np.uint8)
    assert fill_transparent(image)[0, 0].tolist() == [7, 1]


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
@pytest.mark.parametrize("channels", [2, 4])
def test_a_picture_is_see_through_where_one_pixel_is_not_opaque(dtype: type, channels: int):
    opaque = np.iinfo(dtype).max if np.dtype(dtype).kind == "u" else 1
    image = np.zeros((3, 4, channels), dtype)
    image[:, :, -1] = opaque
    assert not is_see_through(image)
    image[2, 1, -1] = opaque * 0.99
    assert is_see_through(image)


@pytest.mark.parametrize("shape", [(3, 4), (3, 4, 1), (3, 4, 3)])
def test_a_picture_without_alpha_is_never_see_through(shape: tuple[int, ...]):
    assert not is_see_through(np.zeros(shape, np.uint8))


def test_a_picture_is_seen_as_grey_by_what_is_visible_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(large, "_BLOCK_PIXELS", 16)
    rgb = np.repeat(np.arange(64, dtype=np.uint8).reshape(8, 8, 1), 3, 2)
    visible, hidden = (np.full((8, 8, 1), alpha, np.uint8) for alpha in (9, 0))
    assert is_seen_as_grey(rgb)
    assert is_seen_as_grey(np.concatenate((rgb, visible), 2))
    assert not is_seen_as_grey(np.concatenate((rgb, hidden), 2))
    for channel in range(3):
        rgb[5, 3] = 40
        rgb[5, 3, channel] += 1
        alpha = visible.copy()
        assert not is_seen_as_grey(rgb)
        assert not is_seen_as_grey(np.concatenate((rgb, alpha), 2))
        alpha[5, 3] = 0
        assert is_seen_as_grey(np.concatenate((rgb, alpha), 2))
