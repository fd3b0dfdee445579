import gc
import io
import threading
import weakref
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import pyvips
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from srcnn.pictures.codecs.libvips_rows import _TiffOfRows, image_of_rows, tiff_header
from srcnn.pictures.strips import Strips, strips_of

DTYPES = ("uint8", "uint16", "float32")


def noise(shape: tuple[int, ...], dtype: str, seed: int = 0) -> np.ndarray:
    values = np.random.default_rng(seed).random(shape)
    return (values * 200).astype(dtype) if dtype != "float32" else values.astype(np.float32)


@given(st.data())
def test_libvips_sees_the_very_samples_however_they_are_cut(data: st.DataObject) -> None:
    height, width = data.draw(st.integers(1, 60)), data.draw(st.integers(1, 9))
    channels = data.draw(st.sampled_from([(), (1,), (2,), (3,), (4,)]))
    image = noise((height, width, *channels), data.draw(st.sampled_from(DTYPES)))
    cuts = sorted(data.draw(st.sets(st.integers(1, height), max_size=5)) - {height})
    frame = Strips(image.shape, image.dtype, lambda: iter(np.split(image, cuts)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("srcnn.pictures.codecs.libvips_rows._READ_BYTES", data.draw(st.integers(1, 500)))
        with image_of_rows([frame]) as rows:
            seen = rows.numpy()
    assert seen.dtype == image.dtype
    np.testing.assert_array_equal(seen.reshape(image.shape), image)


def test_frames_come_below_each_other() -> None:
    frames = [noise((5, 7, 3), "uint16", seed) for seed in range(3)]
    with image_of_rows([strips_of(frame) for frame in frames]) as rows:
        np.testing.assert_array_equal(rows.numpy(), np.concatenate(frames))


@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
def test_an_independent_reader_agrees_on_the_header(tmp_path: Path, dtype: str) -> None:
    # 300 KB of rows, so that there are several places and sizes of strips.
    image = noise((1000, 150), dtype) if dtype == "uint16" else noise((1000, 100, 3), dtype)
    file = io.BytesIO(tiff_header(image.shape, image.dtype) + image.tobytes())
    with Image.open(file) as read:
        assert len(read.tag_v2[273]) == len(read.tag_v2[279]) > 1  # pyright: ignore[reportAttributeAccessIssue]
        np.testing.assert_array_equal(np.asarray(read), image)


def test_rows_are_made_while_they_are_written_and_not_before() -> None:
    made: list[int] = []

    def parts() -> Iterator[np.ndarray]:
        for row in range(64):
            made.append(row)
            yield np.full((64, 1024, 3), row, np.uint8)

    with image_of_rows([Strips((4096, 1024, 3), np.dtype(np.uint8), parts)]) as rows:
        region = pyvips.Region.new(rows)
        assert made == []
        region.fetch(0, 0, 1024, 64)
        assert 1 <= len(made) <= 8
        region.fetch(0, 512, 1024, 64)
        assert 8 < len(made) <= 20


class _Strange(BaseException):
    pass


@pytest.mark.parametrize("error", [KeyError, MemoryError, KeyboardInterrupt, _Strange])
def test_what_fails_while_rows_are_made_is_raised_as_it_is(
    tmp_path: Path, error: type[BaseException], capfd: pytest.CaptureFixture[str]
) -> None:
    def parts() -> Iterator[np.ndarray]:
        yield np.zeros((3, 50, 3), np.uint8)
        raise error

    frame = Strips((500, 50, 3), np.dtype(np.uint8), parts)
    with pytest.raises(error), image_of_rows([frame]) as rows:
        rows.pngsave(str(tmp_path / "a.png"))
    assert capfd.readouterr() == ("", "")


def test_too_few_rows_are_an_error_of_libvips(tmp_path: Path) -> None:
    frame = Strips((500, 50, 3), np.dtype(np.uint8), lambda: iter([np.zeros((3, 50, 3), np.uint8)]))
    with pytest.raises(pyvips.Error, match="Read error"), image_of_rows([frame]) as rows:
        rows.pngsave(str(tmp_path / "a.png"))


@pytest.mark.parametrize("error", [None, KeyError("for another reason")])
def test_leaving_early_ends_the_making_of_strips(error: Exception | None) -> None:
    closed = threading.Event()

    def parts() -> Iterator[np.ndarray]:
        try:
            while True:
                yield np.zeros((3, 50, 3), np.uint8)
        finally:
            closed.set()

    frame = Strips((100_000, 50, 3), np.dtype(np.uint8), parts)
    caught = None
    try:
        with image_of_rows([frame]) as rows:
            pyvips.Region.new(rows).fetch(0, 0, 50, 10)
            assert not closed.is_set()
            if error:
                raise error
    except KeyError as raised:
        caught = raised  # and with it all that was in work
    assert caught is error
    assert closed.is_set()


@pytest.mark.parametrize("place", [0, 7])
def test_rows_are_never_given_for_others(place: int) -> None:
    image = noise((5, 7), "uint8")
    file = _TiffOfRows([strips_of(image)])
    header = tiff_header(image.shape, image.dtype)
    assert file.read(10_000) == header
    assert file.read(9) == image.tobytes()[:9]
    assert file.seek(0, 0) == 0
    assert file.read(10_000) == header  # that is given as often as it is asked for
    file.seek(len(header) + place, 0)
    assert file.read(9) is None
    assert isinstance(file.failure, AssertionError)


def test_nothing_is_kept_afterwards(tmp_path: Path) -> None:
    kept: list[weakref.ref[np.ndarray]] = []
    for number in range(20):
        image = noise((40, 30, 3), "uint8")
        kept.append(weakref.ref(image))
        with image_of_rows([strips_of(image)]) as rows:
            rows.copy(xres=number).pngsave(str(tmp_path / "a.png"))
        del image, rows
    gc.collect()
    assert [ref() for ref in kept] == [None] * 20
