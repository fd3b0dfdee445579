import tracemalloc
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from srcnn.batch.resize import Side, resize_strips
from srcnn.imaging import from_float, imresize, to_float
from srcnn.pictures.strips import Strips, strips_of

UINT8 = np.dtype(np.uint8)


def noise(shape: tuple[int, ...], dtype: str = "float32") -> np.ndarray:
    return from_float(np.random.default_rng(0).random(shape, np.float32), dtype)


def in_strips(image: np.ndarray, *cuts: int) -> Strips:
    """The picture in strips that end at these rows."""
    parts = [part for part in np.split(image, cuts) if len(part)]
    return Strips(image.shape, image.dtype, lambda: iter(parts))


def whole(frame: Strips, size: tuple[int, int], dtype: np.dtype, *, opaque: bool = False) -> np.ndarray:
    return np.concatenate(list(resize_strips(frame, sides(frame, size), dtype, opaque=opaque)))


def sides(frame: Strips, size: tuple[int, int]) -> tuple[Side, Side]:
    return Side.whole(frame.shape[0], size[0]), Side.whole(frame.shape[1], size[1])


@given(st.data())
def test_it_is_imresize_in_whatever_strips_the_picture_comes(data: st.DataObject) -> None:
    height, width = data.draw(st.integers(1, 200)), data.draw(st.integers(1, 20))
    size = data.draw(st.integers(1, 3 * height)), data.draw(st.integers(1, 3 * width))
    cuts = data.draw(st.lists(st.integers(0, height), max_size=5).map(sorted))
    image = noise((height, width, *data.draw(st.sampled_from([(), (1,), (3,)]))))
    result = whole(in_strips(image, *cuts), size, image.dtype)
    np.testing.assert_allclose(result, np.clip(imresize(image, size=size), 0, 1), atol=2e-6)
    np.testing.assert_array_equal(result, whole(in_strips(image), size, image.dtype))


@given(st.data())
def test_a_middle_is_that_of_the_whole_and_made_of_what_is_said_to_be_needed(data: st.DataObject) -> None:
    lengths = data.draw(st.integers(1, 120)), data.draw(st.integers(1, 20))
    size = tuple(data.draw(st.integers(1, 3 * length)) for length in lengths)
    kept = tuple(data.draw(st.integers(1, length)) for length in size)
    more = data.draw(st.integers(0, 5))
    image = noise((*lengths, 3))
    middle = [Side.middle(*each) for each in zip(lengths, size, kept, strict=True)]
    rows, columns = (
        replace(side, there=(max(0, side.there[0] - more), min(side.length, side.there[1] + more))) for side in middle
    )
    part = in_strips(image[slice(*rows.there), slice(*columns.there)], 7)
    result = np.concatenate(list(resize_strips(part, (rows, columns), image.dtype, opaque=False)))
    expected = np.clip(imresize(image, size=size), 0, 1)[slice(*rows.kept), slice(*columns.kept)]
    np.testing.assert_allclose(result, expected, atol=2e-6)


@pytest.mark.parametrize(("dtype", "share"), [("uint8", 1e-3), ("uint16", 0.03)])
def test_integers_are_rounded_once_at_the_end(dtype: str, share: float) -> None:
    image = noise((150, 70, 3), dtype)
    expected = from_float(imresize(to_float(image), size=(101, 33)), dtype)
    result = whole(in_strips(image, 7, 90), (101, 33), image.dtype)
    assert result.dtype == image.dtype
    # Next to a half the last bits of floating point decide.
    assert np.abs(result.astype(int) - expected).max() <= 1
    assert (result != expected).mean() < share


def test_inks_are_no_alpha() -> None:
    image = noise((90, 20, 4))
    result = whole(in_strips(image), (61, 13), image.dtype, opaque=True)
    np.testing.assert_allclose(result, np.clip(imresize(image, size=(61, 13)), 0, 1), atol=2e-6)


@pytest.mark.parametrize("channels", [2, 4])
def test_what_lies_under_transparency_has_no_weight(channels: int) -> None:
    image = noise((150, 20, channels))
    image[:80, :, -1] = 0
    other = image.copy()
    other[:80, :, :-1] = 1
    results = [whole(in_strips(each, 70), (99, 13), UINT8) for each in (image, other)]
    np.testing.assert_array_equal(*results)


def test_what_is_hidden_in_the_result_has_the_colour_of_what_is_visible() -> None:
    image = np.zeros((150, 20, 4), np.uint8)
    image[140:] = (200, 10, 30, 255)
    result = whole(in_strips(image), (100, 13), UINT8)
    assert (result[:90, :, 3] == 0).all()
    np.testing.assert_allclose(result[:, :, :3].astype(int), np.broadcast_to((200, 10, 30), (100, 13, 3)), atol=1)


def test_only_the_rows_under_the_kernel_are_held() -> None:
    """However tall the picture, and however much it is resized."""
    width, strip = 200, np.full((50, 200, 3), 0.5, np.float32)

    def peak(strips: int, size: tuple[int, int]) -> int:
        def parts() -> Iterator[np.ndarray]:
            return (strip.copy() for _ in range(strips))

        frame = Strips((50 * strips, width, 3), strip.dtype, parts)
        for _ in resize_strips(frame, sides(frame, size), UINT8, opaque=False):
            pass  # what is made once for a size stays
        tracemalloc.start()
        for _ in resize_strips(frame, sides(frame, size), UINT8, opaque=False):
            pass
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    assert peak(40, (1500, 150)) < 1.2 * peak(4, (150, 150))
    assert peak(40, (100, 10)) < 1.2 * peak(4, (150, 150))
    assert peak(40, (4000, 400)) < 1.2 * peak(4, (400, 400))


def test_arrays_are_reduced_in_strips_too() -> None:
    image = noise((300, 20), "uint8")
    expected = from_float(imresize(to_float(image), size=(200, 20)), UINT8)
    np.testing.assert_allclose(whole(strips_of(image), (200, 20), UINT8).astype(int), expected, atol=1)
