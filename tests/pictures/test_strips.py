import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from srcnn.errors import OutputError
from srcnn.pictures import strips
from srcnn.pictures.strips import Strips, forget, strips_of, whole


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


@pytest.fixture
def always_in_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(strips, "_IN_MEMORY_BYTES", 0)


@pytest.mark.usefixtures("always_in_file")
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_a_large_array_lies_in_a_file_and_is_the_same(dtype: str) -> None:
    image = np.random.default_rng(0).integers(0, 255, (50, 70, 3)).astype(dtype)
    result = whole(strips_of(image))
    assert (result.shape, result.dtype, result.flags.writeable) == (image.shape, image.dtype, False)
    np.testing.assert_array_equal(result, image)


@pytest.mark.usefixtures("always_in_file")
def test_the_file_has_no_name_and_goes_with_the_array(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    result = whole(strips_of(np.zeros((50, 70), np.uint8)))
    assert list(tmp_path.iterdir()) == []
    open_files = len(os.listdir("/proc/self/fd")) if Path("/proc/self/fd").is_dir() else None  # noqa: PTH208 (its own descriptor)
    del result
    if open_files is not None:
        assert len(os.listdir("/proc/self/fd")) == open_files - 1  # noqa: PTH208


def _resident_file_kib() -> int:
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.split("RssFile:")[1].split()[0])


@pytest.mark.usefixtures("always_in_file")
@pytest.mark.skipif(not Path("/proc/self/status").is_file(), reason="only Linux tells what is resident")
def test_what_is_forgotten_is_not_resident_and_read_again_when_needed() -> None:
    image = np.random.default_rng(0).integers(0, 255, (4096, 4096), np.uint8)
    result = whole(strips_of(image))
    assert int(result.sum()) == int(image.sum())
    before = _resident_file_kib()
    forget(result[5:9].reshape(-1, 64))
    assert before - _resident_file_kib() > 15_000
    np.testing.assert_array_equal(result, image)
    # Going through strips forgets what lies behind.
    forget(result)
    before = _resident_file_kib()
    most = 0
    for strip in strips_of(result).parts():
        assert strip.max() > 0
        most = max(most, _resident_file_kib())
    assert most - before < 3000


def test_arrays_in_memory_have_nothing_to_forget() -> None:
    image = np.ones((4, 4))
    forget(image)
    forget(image[1:].T)
    forget(np.frombuffer(b"abc", np.uint8))
    assert image.sum() == 16


@pytest.mark.usefixtures("always_in_file")
def test_no_room_in_the_temporary_folder_is_an_output_error(monkeypatch: pytest.MonkeyPatch) -> None:
    class Full:
        def __enter__(self) -> "Full":
            return self

        def __exit__(self, *_: object) -> None:
            pass

        def write(self, _: object) -> None:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(strips, "TemporaryFile", lambda **_: Full())
    with pytest.raises(OutputError, match=r"expected room for 0 MB in the temporary folder .*, got: No space left"):
        whole(strips_of(np.zeros((4, 4), np.uint8)))


@pytest.mark.usefixtures("always_in_file")
def test_what_fails_while_strips_are_made_is_raised() -> None:
    def parts() -> Iterator[np.ndarray]:
        yield np.zeros((1, 3), np.uint8)
        raise KeyError

    with pytest.raises(KeyError):
        whole(Strips((2, 3), np.dtype(np.uint8), parts))
