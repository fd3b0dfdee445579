from collections.abc import Callable
from threading import Barrier, current_thread

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from srcnn.runtime.tiles import in_threads, pixels_within, same_in_tiles, tile_bounds, valid_in_tiles
from srcnn.spec import srcnn

HALO = 2


def blur(batch: np.ndarray) -> np.ndarray:
    """A valid session of the kernel size 5, whose output has a row and a column more than it should."""
    windows = np.lib.stride_tricks.sliding_window_view(batch, (2 * HALO + 1,) * 2, (2, 3))
    weights = np.arange(25, dtype=np.float32).reshape(5, 5)
    return np.pad(np.einsum("nchwij,ij->nchw", windows, weights), ((0, 0), (0, 0), (0, 1), (0, 1)))


def enlarging(batch: np.ndarray) -> np.ndarray:
    """The same enlarged by 3; refuses planes whose sides are odd without the halo."""
    assert all((length - 2 * HALO) % 2 == 0 for length in batch.shape[2:])
    return blur(batch).repeat(3, 2).repeat(3, 3)


def padding(batch: np.ndarray) -> np.ndarray:
    """A session of the same kernel that pads with zeros by itself."""
    assert batch.flags.c_contiguous
    return blur(np.pad(batch, ((0, 0), (0, 0), (HALO, HALO), (HALO, HALO))))


@given(width=st.integers(1, 500), columns=st.integers(1, 600), step=st.integers(1, 4))
def test_tiles_are_as_few_as_suffice_nearly_equal_and_cover_the_width(width: int, columns: int, step: int) -> None:
    bounds = list(tile_bounds(width, columns, step=step))
    assert [left for left, _ in bounds] == [0, *(right for _, right in bounds[:-1])]
    assert bounds[-1][1] == width
    assert all(left % step == 0 for left, _ in bounds)
    most = max(step, columns // step * step)
    assert len(bounds) == -(-width // most)
    widths = [-(-(right - left) // step) for left, right in bounds]
    assert max(widths) * step <= most
    assert max(widths) - min(widths) <= 1


@given(height=st.integers(1, 5), width=st.integers(1, 40), columns=st.integers(1, 45), seed=st.integers(0, 9))
def test_tiles_equal_the_whole_plane_whatever_their_width(height: int, width: int, columns: int, seed: int) -> None:
    plane = np.random.default_rng(seed).integers(1, 9, (height, width)).astype(np.float32)
    padded = np.pad(plane, HALO)
    expected = blur(padded[None, None])[0, 0, :height, :width]
    assert expected.min() > 0
    np.testing.assert_array_equal(valid_in_tiles(blur, padded, tile_bounds(width, columns), halo=HALO), expected)
    np.testing.assert_array_equal(same_in_tiles(padding, plane, tile_bounds(width, columns), halo=HALO), expected)


@given(height=st.integers(1, 9), width=st.integers(1, 20), rows=st.integers(1, 20), columns=st.integers(1, 45))
def test_tiles_of_whole_steps_are_enlarged_into_place(height: int, width: int, rows: int, columns: int) -> None:
    sides = (2 * height + 2 * HALO, 2 * width + 2 * HALO)
    padded = np.random.default_rng(0).integers(1, 9, sides).astype(np.float32)
    expected = enlarging(padded[None, None])[0, 0, : 6 * height, : 6 * width]
    across, down = tile_bounds(2 * width, columns, step=2), tile_bounds(2 * height, rows, step=2)
    result = valid_in_tiles(enlarging, padded, across, halo=HALO, scale=3, rows=down)
    np.testing.assert_array_equal(result, expected)


@given(width=st.integers(1, 3000), columns=st.integers(100, 600), step=st.integers(1, 4), threads=st.integers(1, 16))
def test_each_thread_gets_as_many_tiles_unless_they_are_too_narrow_then(
    width: int, columns: int, step: int, threads: int
) -> None:
    bounds = list(tile_bounds(width, columns, step=step, threads=threads))
    fewest = len(list(tile_bounds(width, columns, step=step)))
    assert fewest <= len(bounds) < fewest + threads
    assert len(bounds) % threads == 0 or len(bounds) == max(fewest, width // 32)
    assert [left for left, _ in bounds] == [0, *(right for _, right in bounds[:-1])]
    assert bounds[-1][1] == width


def test_tiles_are_computed_in_as_many_threads_as_asked_for_and_equal_the_whole_plane() -> None:
    plane = np.random.default_rng(0).integers(1, 9, (4, 200)).astype(np.float32)
    padded = np.pad(plane, HALO)
    expected = blur(padded[None, None])[0, 0, :4, :200]
    together = Barrier(2)

    def at_once(run: Callable[[np.ndarray], np.ndarray]) -> Callable[[np.ndarray], np.ndarray]:
        def session(batch: np.ndarray) -> np.ndarray:
            together.wait(10)
            return run(batch)

        return session

    bounds, each = list(tile_bounds(200, 50)), in_threads(2)
    result = valid_in_tiles(at_once(blur), padded, bounds, halo=HALO, each=each)
    np.testing.assert_array_equal(result, expected)
    result = same_in_tiles(at_once(padding), plane, bounds, halo=HALO, each=each)
    np.testing.assert_array_equal(result, expected)


def test_networks_at_work_together_share_their_threads() -> None:
    # Each with threads of its own, a folder for two networks would run twice as many as asked for.
    used = [thread for _ in range(2) for thread in in_threads(3)(lambda _: current_thread(), range(30))]
    assert len(set(used)) <= 3


def test_one_thread_is_the_callers_own() -> None:
    assert list(in_threads(1)(lambda _: current_thread(), [0])) == [current_thread()]


def test_the_engine_sees_no_more_columns_than_a_tile_and_its_halo() -> None:
    seen: list[int] = []

    def session(batch: np.ndarray) -> np.ndarray:
        seen.append(batch.shape[3])
        return padding(batch)

    same_in_tiles(session, np.zeros((4, 100), np.float32), tile_bounds(100, 30), halo=HALO)
    assert seen == [27, 29, 29, 27]


def test_pixels_are_counted_by_the_widest_map() -> None:
    spec = srcnn(name="x", scale=3, kernel_sizes=(9, 1, 5), widths=(64, 32))
    assert pixels_within(2**20, spec, 1) == 4096


def test_the_tiles_of_many_threads_are_smaller_and_never_empty() -> None:
    spec = srcnn(name="x", scale=3, kernel_sizes=(9, 1, 5), widths=(64, 32))
    assert pixels_within(2**25, spec, 4) == pixels_within(2**25, spec, 1)
    assert pixels_within(2**25, spec, 8) == pixels_within(2**25, spec, 1) // 2
    assert pixels_within(2**25, spec, 10**9) == 1
