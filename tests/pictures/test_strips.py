from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from srcnn.imaging import large
from srcnn.pictures import strips
from srcnn.pictures.strips import Strips, strips_of, whole


@given(
    arrays(
        st.sampled_from([np.uint8, np.uint16, np.float32]),
        st.one_of(
            st.tuples(st.integers(1, 40), st.integers(1, 9)),
            st.tuples(st.integers(1, 40), st.integers(1, 9), st.integers(1, 4)),
        ),
        fill=st.nothing(),
    ),
    st.integers(1, 300),
)
def test_an_array_comes_in_strips_of_bounded_size_and_together_they_are_the_array(image: np.ndarray, size: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(strips, "_BLOCK_BYTES", size)
        frame = strips_of(image)
        parts = list(frame.parts())
    assert (frame.shape, frame.dtype, frame.nbytes) == (image.shape, image.dtype, image.nbytes)
    assert all(part.nbytes <= size or len(part) == 1 for part in parts)
    np.testing.assert_array_equal(np.concatenate(parts), image)
    np.testing.assert_array_equal(whole(frame), image)


def test_an_array_is_whole_as_it_is_and_strips_stay_strips() -> None:
    image = np.zeros((3, 4), np.uint8)
    assert whole(image) is image
    frame = strips_of(image)
    assert strips_of(frame) is frame


def test_views_become_contiguous_copies() -> None:
    image = np.arange(24, dtype=np.uint8).reshape(4, 6)
    turned = whole(strips_of(image.T[::-1]))
    assert turned.flags.c_contiguous
    np.testing.assert_array_equal(turned, image.T[::-1])


def test_strips_are_changed_as_they_come() -> None:
    image = np.arange(24, dtype=np.uint8).reshape(4, 3, 2)
    made: list[int] = []

    def parts() -> Iterator[np.ndarray]:
        for row in range(4):
            made.append(row)
            yield image[row : row + 1]

    grey = Strips(image.shape, image.dtype, parts).each(lambda strip: strip[..., 0].astype(np.uint16) * 257)
    assert (grey.shape, grey.dtype, made) == ((4, 3), np.uint16, [])
    np.testing.assert_array_equal(next(grey.parts()), image[:1, :, 0].astype(np.uint16) * 257)
    assert made == [0]
    np.testing.assert_array_equal(whole(grey), image[..., 0].astype(np.uint16) * 257)


def _resident_file_kib() -> int:
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.split("RssFile:")[1].split()[0])


@pytest.mark.skipif(not Path("/proc/self/status").is_file(), reason="only Linux tells what is resident")
def test_going_through_the_strips_of_an_array_in_a_file_forgets_what_lies_behind(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(large, "_IN_MEMORY_BYTES", 0)
    image = whole(strips_of(np.random.default_rng(0).integers(1, 255, (4096, 4096), np.uint8)))
    before = _resident_file_kib()
    most = 0
    for strip in strips_of(image).parts():
        assert strip.max() > 0
        most = max(most, _resident_file_kib())
    assert most - before < 3000
