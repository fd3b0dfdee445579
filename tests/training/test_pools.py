import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from itertools import islice
from pathlib import Path
from threading import Event
from typing import Literal

import numpy as np
import pytest
from PIL import Image

from srcnn.errors import InvalidConfigError
from srcnn.training.config import TrainConfig
from srcnn.training.data import TrainingData, load_data, pooled_batches
from srcnn.training.loop import train
from srcnn.training.pools import Pools
from srcnn.zoo.model_file import MODEL_FILE

CONFIG = TrainConfig(
    model="tiny",
    scale=2,
    kernel_sizes=(3, 3),
    widths=(2,),
    steps=700,
    batch_size=4,
    patch_size=20,
    precision="fp32",
    augment_scales=(1.0, 0.8),
    memory_mb=1,
    validation_pictures=2,
    validate_every=100,
    checkpoint_every=100,
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """40 pictures, of 3.4 million bytes as pairs; some are grey, one has 16 bits."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number in range(40):
        shape = (80, 81 + number) if number % 2 else (81 + number, 80, 3)
        pixels = np.random.default_rng(number).integers(0, 256, shape, np.uint8)
        if number == 7:
            pixels = pixels.astype(np.uint16) * 257
        Image.fromarray(pixels).save(folder / f"{number:02}.png", compress_level=0)
    return folder


def load(config: TrainConfig, folder: Path) -> TrainingData:
    return load_data(config, [folder], lambda done, total: None)


def pools(config: TrainConfig, folder: Path) -> Pools:
    train = load(config, folder).train
    assert isinstance(train, Pools)
    return train


def pool_bytes(source: Pools) -> int:
    planes = (each for pair in source.load(0, Event()).pairs for each in (pair.lr, pair.enlarged, pair.hr))
    return sum({id(plane): plane.nbytes for plane in list(planes)}.values())  # at scale 1 two are one


@pytest.mark.parametrize("scale", [1, 2, 3])
@pytest.mark.parametrize("space", ["hr", "lr"])
@pytest.mark.parametrize("batch_size", [1, 5, 20])
def test_two_pools_of_any_network_fit_the_bound(
    folder: Path, scale: int, space: Literal["hr", "lr"], batch_size: int
) -> None:
    changes = {"scale": scale, "input_space": space, "batch_size": batch_size, "patch_size": 20 // scale}
    source = pools(replace(CONFIG, **changes, jpeg_quality=(40, 40)), folder)
    assert pool_bytes(source) <= 1e6 / 2


def test_what_fits_the_bound_is_held_and_what_does_not_is_pooled(folder: Path) -> None:
    assert isinstance(load(replace(CONFIG, memory_mb=6), folder).train, list)
    data = load(CONFIG, folder)
    assert isinstance(data.train, Pools)
    assert [pair.name for pair in data.validation] == ["00.png", "39.png"]
    assert sorted(path.name for path in data.train.paths) == [f"{n:02}.png" for n in range(1, 39)]
    assert data.pictures == load(replace(CONFIG, memory_mb=6), folder).pictures
    assert data.pictures.count == 40


def test_the_pictures_themselves_count_to_what_is_held(tmp_path: Path) -> None:
    for number in range(4):  # 108,000 pixels: 0.972 million bytes as pairs, 1.08 with the pictures they are made of
        pixels = np.random.default_rng(number).integers(0, 256, (150, 180), np.uint8)
        Image.fromarray(pixels).save(tmp_path / f"{number}.png")
    config = replace(CONFIG, augment_scales=(1.0,), validation_pictures=1)
    assert isinstance(load(config, tmp_path).train, Pools)
    (tmp_path / "3.png").unlink()
    assert isinstance(load(config, tmp_path).train, list)


def test_windows_are_four_patches_a_side_in_lr_too(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (200, 220), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "a.png")
    config = replace(CONFIG, input_space="lr", augment_scales=(1.0,))
    (pair, *_) = Pools(config, [tmp_path / "a.png"], {}).load(0, Event()).pairs
    assert (pair.lr.shape, pair.hr.shape) == ((80, 80), (160, 160))


def test_two_pools_fit_the_bound_and_a_block_draws_as_many_pixels_as_a_pool_may_hold(folder: Path) -> None:
    source = pools(CONFIG, folder)
    pairs = source.load(0, Event()).pairs
    assert len(pairs) == source.windows == 8  # 0.5 million bytes / (9 x 80 x 80)
    assert source.block_steps == 32  # of 4 patches, 16 of each picture
    assert pool_bytes(source) <= 1e6 / 2
    assert all(min(pair.hr.shape) >= 20 and max(pair.hr.shape) <= 80 for pair in pairs)


def test_a_block_is_at_most_500_steps_however_large_the_bound() -> None:
    assert Pools(replace(CONFIG, memory_mb=10**6), [], {}).block_steps == 500


def test_every_picture_is_used_before_any_is_used_again(folder: Path) -> None:
    source = pools(CONFIG, folder)
    names = [pair.name for block in range(5) for pair in source.load(block, Event()).pairs]
    assert sorted(names[:38]) == sorted(path.name for path in source.paths)
    assert names[:38] != sorted(names[:38])
    assert len(set(names[38:])) == 2


def test_each_turn_through_the_pictures_is_another_shuffle(folder: Path) -> None:
    source = pools(CONFIG, folder)
    names = [pair.name for block in range(10) for pair in source.load(block, Event()).pairs]
    first, second = names[:38], names[38:76]
    assert sorted(first) == sorted(second) == sorted(path.name for path in source.paths)
    assert first != second


def test_every_size_of_a_picture_is_drawn(folder: Path) -> None:
    source = pools(CONFIG, folder)
    sides = [min(pair.hr.shape) for block in range(4) for pair in source.load(block, Event()).pairs]
    assert set(sides) == {80, 64}  # of pictures of 80 pixels, whole or at 0.8
    assert 10 < sides.count(64) < 30


def test_a_pool_depends_on_the_seed_and_the_block_alone(folder: Path) -> None:
    def planes(block: int, **values: object) -> list[bytes]:
        source = pools(replace(CONFIG, noise_sigma=(1, 9), **values), folder)
        return [pair.enlarged.tobytes() for pair in source.load(block, Event()).pairs]

    assert planes(3) == planes(3)
    assert not set(planes(3)) & set(planes(4))
    assert not set(planes(3)) & set(planes(3, seed=1))


def test_a_pool_of_colour_has_three_channels_and_fits_the_same_bound(folder: Path) -> None:
    colour = pools(replace(CONFIG, colour="ycbcr"), folder)
    assert (colour.windows, colour.block_steps) == (2, 8)
    assert pool_bytes(colour) <= 1e6 / 2
    assert {pair.hr.shape[2:] for pair in colour.load(0, Event()).pairs} == {(3,)}
    inputs, labels = next(pooled_batches(colour.config, colour, 0, print))
    assert (inputs.shape[1], labels.shape[1]) == (3, 3)


def test_batches_start_anywhere_alike(folder: Path) -> None:
    source = pools(CONFIG, folder)
    whole = list(islice(pooled_batches(CONFIG, source, 0, print), 100))
    for first in (38, 39, 50):
        for ours, theirs in zip(pooled_batches(CONFIG, source, first, print), whole[first:], strict=False):
            np.testing.assert_array_equal(ours[0], theirs[0])
            np.testing.assert_array_equal(ours[1], theirs[1])
    assert len(list(pooled_batches(CONFIG, source, 650, print))) == 50


def test_a_pictures_failure_is_counted_and_named_once_and_not_fatal(folder: Path) -> None:
    config = replace(CONFIG, steps=300)  # more than twice through the pictures
    source = pools(config, folder)
    source.paths[3].write_bytes(b"no picture any more")
    source.paths[5].unlink()
    notices: list[str] = []
    assert len(list(pooled_batches(config, source, 0, notices.append))) == config.steps
    assert sorted(text.split(":")[0] for text in notices) == ["left out, 1 so far", "left out, 2 so far"]
    assert sum(source.paths[3].name in text for text in notices) == 1
    assert sum(source.paths[5].name in text for text in notices) == 1


def empty(folder: Path) -> Callable[[int], None]:
    def progress(step: int) -> None:
        if step == 110:
            for path in folder.iterdir():
                path.unlink()

    return progress


def test_a_folder_emptied_while_training_ends_it_with_the_last_checkpoint(folder: Path, tmp_path: Path) -> None:
    data = load(CONFIG, folder)
    with pytest.raises(InvalidConfigError, match=r"got none that can be read any more, 38 failed, the first: .*png"):
        train(CONFIG, data, tmp_path, progress=empty(folder), notice=lambda text: None)
    assert (tmp_path / "checkpoint.pt").exists()


def test_a_stopped_and_resumed_run_equals_an_uninterrupted_one_bit_for_bit(folder: Path, tmp_path: Path) -> None:
    config = replace(CONFIG, steps=150, checkpoint_every=50)
    data = load(config, folder)
    for name in ("whole", "stopped"):
        (tmp_path / name).mkdir()
    train(config, data, tmp_path / "whole")
    steps: list[int] = []
    train(config, data, tmp_path / "stopped", progress=steps.append, should_stop=lambda: len(steps) == 90)
    train(config, load(config, folder), tmp_path / "stopped", resume=True)
    whole, stopped = ((tmp_path / name / MODEL_FILE).read_bytes() for name in ("whole", "stopped"))
    assert stopped == whole


def test_too_few_usable_pictures_are_refused(folder: Path) -> None:
    for path in sorted(folder.iterdir())[10:]:
        path.write_bytes(b"no picture")
    with pytest.raises(InvalidConfigError, match=r"expected at least 11 pictures .* got 10 \(30 skipped, the first: "):
        load(replace(CONFIG, validation_pictures=10, memory_mb=2), folder)


PEAK = """
import json, re, sys
from pathlib import Path
import numpy as np, torch, pyvips, PIL.Image
from srcnn.training.config import TrainConfig
from srcnn.training.data import load_data
from srcnn.training.loop import train
torch.set_num_threads(1)
def peak(): return int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) / 1000
values, folder, run_dir = json.loads(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3])
config = TrainConfig(**{k: tuple(v) if isinstance(v, list) else v for k, v in values.items()})
before = peak()
train(config, load_data(config, [folder], lambda done, total: None), run_dir)
print(peak() - before)
"""


@pytest.mark.slow
@pytest.mark.skipif(
    not Path("/proc/self/status").exists(), reason="reads a process's own peak memory from Linux's /proc"
)
def test_thousands_of_pictures_fit_a_small_bound(tmp_path: Path) -> None:
    for number in range(3000):  # 100 x 100: 240 million bytes as pairs
        path = tmp_path / "pictures" / str(number % 50) / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.random.default_rng(number).integers(0, 256, (100, 100), np.uint8)).save(path)

    def peak(memory_mb: int) -> float:
        config = replace(CONFIG, steps=400, augment_scales=(1.0,), memory_mb=memory_mb)
        run_dir = tmp_path / str(memory_mb)
        run_dir.mkdir()
        arguments = [json.dumps(config.to_dict()), str(tmp_path / "pictures"), str(run_dir)]
        output = subprocess.run([sys.executable, "-c", PEAK, *arguments], check=True, capture_output=True)
        return float(output.stdout)

    bounded, whole = peak(20), peak(8000)
    # The pairs are 240 MB. VmHWM is the process's own; ru_maxrss would begin at the peak of its parent.
    assert whole > 240
    assert bounded < whole - 150
