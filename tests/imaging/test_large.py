import mmap
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from srcnn.imaging import large
from srcnn.imaging.large import blocks, forget, put_together


def stored(image: np.ndarray) -> np.ndarray:
    return put_together(np.array_split(image, 5), image.shape, image.dtype)


def test_a_small_array_lies_in_memory_and_can_be_written() -> None:
    image = np.arange(24, dtype=np.uint16).reshape(4, 6)
    result = stored(image)
    assert result.flags.writeable
    np.testing.assert_array_equal(result, image)


@pytest.fixture
def always_in_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(large, "_IN_MEMORY_BYTES", 0)


@pytest.mark.usefixtures("always_in_file")
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_a_large_array_lies_in_a_file_and_is_the_same(dtype: str) -> None:
    image = np.random.default_rng(0).integers(0, 255, (50, 70, 3)).astype(dtype)
    result = stored(image)
    assert (result.shape, result.dtype, result.flags.writeable) == (image.shape, image.dtype, False)
    np.testing.assert_array_equal(result, image)


@pytest.mark.usefixtures("always_in_file")
def test_the_file_has_no_name_and_goes_with_the_array(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    result = stored(np.zeros((50, 70), np.uint8))
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
    result = stored(image)
    assert int(result.sum()) == int(image.sum())
    before = _resident_file_kib()
    forget(result[5:9].reshape(-1, 64))
    assert before - _resident_file_kib() > 15_000
    np.testing.assert_array_equal(result, image)


def test_arrays_in_memory_have_nothing_to_forget() -> None:
    image = np.ones((4, 4))
    forget(image)
    forget(image[1:].T)
    forget(np.frombuffer(b"abc", np.uint8))
    assert image.sum() == 16


FULL = """
import resource
import numpy as np
from srcnn.errors import OutputError
from srcnn.imaging import large

resource.setrlimit(resource.RLIMIT_FSIZE, ({room}, {room}))
large._IN_MEMORY_BYTES = 0
try:
    large.put_together([np.zeros({block}, np.uint8)] * 20, (20 * {block},), np.dtype(np.uint8))
except OutputError as error:
    print(error)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="other systems end a process that writes beyond its limit")
@pytest.mark.parametrize(("block", "room"), [(100, 1000), (3000, 10_000), (2**20, 10_000), (2**20, 0)])
def test_no_room_in_the_temporary_folder_is_an_output_error(tmp_path: Path, block: int, room: int) -> None:
    program = FULL.format(block=block, room=room)
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=environment)
    assert done.stderr == ""
    assert done.stdout.startswith(f"expected room for {20 * block / 1e6:.0f} MB in the temporary folder")
    assert (f" {tmp_path}, got: File too large; free some" if room else ", got: No usable temporary") in done.stdout


@pytest.mark.usefixtures("always_in_file")
def test_what_fails_while_strips_are_made_is_raised() -> None:
    def parts() -> Iterator[np.ndarray]:
        yield np.zeros((1, 3), np.uint8)
        raise KeyError

    with pytest.raises(KeyError):
        put_together(parts(), (2, 3), np.dtype(np.uint8))


@pytest.mark.parametrize("anonymous", [False, True])
def test_what_was_written_into_a_private_map_is_not_forgotten(tmp_path: Path, anonymous: bool) -> None:
    (tmp_path / "a").write_bytes(bytes(8192))
    with (tmp_path / "a").open("rb") as file:
        private = mmap.mmap(-1, 8192) if anonymous else mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
    image = np.frombuffer(private, np.uint8).reshape(64, 128)
    image[:] = 7
    forget(image[3:])
    assert (image == 7).all()


def test_blocks_are_all_rows_in_order_and_of_an_even_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(large, "_BLOCK_PIXELS", 60)
    forgotten: list[np.ndarray] = []
    monkeypatch.setattr(large, "forget", forgotten.append)
    image = np.arange(37 * 10).reshape(37, 10)
    parts = list(blocks(image))
    np.testing.assert_array_equal(np.concatenate(parts), image)
    assert [len(part) for part in parts] == [6] * 6 + [1]
    assert len(forgotten) == 7
