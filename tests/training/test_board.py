import errno
import io
import os
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from srcnn.errors import MissingExtraError, OutputError
from srcnn.imaging import rgb_to_ycbcr_bt601
from srcnn.training.board import BOARD_FOLDER, open_board
from srcnn.training.config import TrainConfig
from srcnn.training.data import load_data
from srcnn.training.log import LogLine
from srcnn.training.loop import train
from srcnn.training.pairs import Pair

LINE = LogLine(
    step=10,
    seconds=2.5,
    mpx_per_s=3.0,
    loss=0.25,
    learning_rate=1e-3,
    validation_psnr=30.0,
    bicubic_psnr=28.0,
    channel_psnr=None,
    bicubic_channel_psnr=None,
    busy_share=0.75,
)
CONFIG = TrainConfig(
    model="tiny",
    scale=2,
    kernel_sizes=(3, 3),
    widths=(2,),
    steps=40,
    batch_size=2,
    patch_size=12,
    precision="fp32",
    validation_pictures=1,
    validate_every=10,
    checkpoint_every=20,
)


class StoppedError(Exception):
    """What stands for a kill."""


def stop_at(step: int) -> Callable[[int], None]:
    def progress(done: int) -> None:
        if done == step:
            raise StoppedError

    return progress


def events(run_dir: Path):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    return EventAccumulator(str(run_dir / BOARD_FOLDER)).Reload()


def curve(run_dir: Path, name: str) -> list[tuple[int, float]]:
    return [(event.step, event.value) for event in events(run_dir).Scalars(name)]


def grey(level: float, *shape: int) -> np.ndarray:
    return np.full(shape, level, np.float32)


def test_a_sample_whose_name_is_no_utf_8_has_a_name_all_the_same(tmp_path: Path) -> None:
    plane = grey(0.5, 20, 20)
    pair = Pair(os.fsdecode(b"b\xe9r.png"), plane, plane, plane)
    with open_board(tmp_path, [pair], "luma") as board:
        board.add(LINE, [plane])
    assert events(tmp_path).Tags()["images"] == ["samples/1-b?r.png"]


def test_a_line_before_the_first_step_adds_what_it_has(tmp_path: Path) -> None:
    with open_board(tmp_path, [], "luma") as board:
        board.add(replace(LINE, step=0, validation_psnr=29.0, loss=None), [])
        board.add(LINE, [])
    assert curve(tmp_path, "validation_psnr") == [(0, 29.0), (10, 30.0)]
    assert curve(tmp_path, "loss") == [(10, 0.25)]


def test_the_fields_of_a_line_become_curves_of_their_names(tmp_path: Path) -> None:
    with open_board(tmp_path, [], "luma") as board:
        board.add(LINE, [])
        board.add(replace(LINE, step=20, loss=0.125), [])
    names = {"seconds", "mpx_per_s", "loss", "learning_rate", "validation_psnr", "bicubic_psnr", "busy_share"}
    assert set(events(tmp_path).Tags()["scalars"]) == names
    assert curve(tmp_path, "loss") == [(10, 0.25), (20, 0.125)]
    assert curve(tmp_path, "busy_share") == [(10, 0.75), (20, 0.75)]


def test_the_channels_of_colour_have_a_curve_each_and_what_there_is_not_has_none(tmp_path: Path) -> None:
    line = replace(LINE, validation_psnr=None, bicubic_psnr=None, channel_psnr=(30.0, 41.0, 42.0, 29.0))
    with open_board(tmp_path, [], "rgb") as board:
        board.add(line, [])
    assert curve(tmp_path, "channel_psnr/Cr") == [(10, 42.0)]
    assert curve(tmp_path, "channel_psnr/RGB") == [(10, 29.0)]
    assert "validation_psnr" not in events(tmp_path).Tags()["scalars"]


@pytest.mark.parametrize("colour", ["luma", "ycbcr"])
def test_samples_are_strips_of_truth_bicubic_and_network(tmp_path: Path, colour: str) -> None:
    levels = (0.2, 0.4, 0.6)
    shape = (300, 140) if colour == "luma" else (300, 140, 3)
    hr, enlarged, network = (grey(level, *shape) for level in levels)
    hr[:86] = hr[214:] = 1  # outside of the middle
    if colour == "ycbcr":
        hr, enlarged, network = map(rgb_to_ycbcr_bt601, (hr, enlarged, network))
    pairs = [Pair(f"{number}.png", hr, enlarged, hr) for number in range(5)]
    with open_board(tmp_path, pairs, colour) as board:  # type: ignore[arg-type] # one of the colours
        board.add(LINE, [network] * 5)
    accumulator = events(tmp_path)
    assert accumulator.Tags()["images"] == ["samples/1-0.png", "samples/2-1.png", "samples/3-2.png"]
    (sample,) = accumulator.Images("samples/2-1.png")
    assert sample.step == 10
    with Image.open(io.BytesIO(sample.encoded_image_string)) as picture:
        pixels = np.asarray(picture.convert("RGB"))
    assert pixels.shape == (128, 3 * 128, 3)
    for part, level in zip(np.split(pixels, 3, axis=1), levels, strict=True):
        np.testing.assert_array_equal(part, round(level * 255))


def test_a_small_picture_is_shown_whole(tmp_path: Path) -> None:
    plane = grey(0.5, 40, 30)
    with open_board(tmp_path, [Pair("x", plane, plane, plane)], "luma") as board:
        board.add(LINE, [plane])
    (sample,) = events(tmp_path).Images("samples/1-x")
    assert (sample.height, sample.width) == (40, 90)


def test_a_resumed_training_goes_on_with_the_curve(picture_folder: Path, tmp_path: Path) -> None:
    data = load_data(CONFIG, [picture_folder], lambda done, total: None)
    with pytest.raises(StoppedError), open_board(tmp_path, data.validation, "luma") as board:
        train(CONFIG, data, tmp_path, progress=stop_at(35), show=board.add)
    assert [step for step, _ in curve(tmp_path, "loss")] == [10, 20, 30]
    lines: list[LogLine] = []
    with open_board(tmp_path, data.validation, "luma") as board:
        train(CONFIG, data, tmp_path, resume=True, report=lines.append, show=board.add)
    assert [line.step for line in lines] == [30, 40]  # 30 is measured again
    steps, values = zip(*curve(tmp_path, "validation_psnr"), strict=True)
    assert steps == (10, 20, 30, 40)
    assert values[2:] == pytest.approx([line.validation_psnr for line in lines])
    assert [image.step for image in events(tmp_path).Images("samples/1-0.png")] == [10, 20, 30, 40]


def test_nothing_is_written_before_the_first_line(tmp_path: Path) -> None:
    with open_board(tmp_path, [], "luma"):
        pass
    assert list(tmp_path.iterdir()) == []


def test_without_tensorboard_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    with (
        open_board(tmp_path, [], "luma") as board,
        pytest.raises(MissingExtraError, match=r"tensorboard is needed .*\.\[train\]"),
    ):
        board.add(LINE, [])


def test_a_folder_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / BOARD_FOLDER).touch()
    with (
        open_board(tmp_path, [], "luma") as board,
        pytest.raises(OutputError, match=r"expected to write to .*tensorboard, got: .*; free space"),
    ):
        board.add(LINE, [])


def test_a_full_disk_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from torch.utils.tensorboard import SummaryWriter

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with open_board(tmp_path, [], "luma") as board:
        board.add(LINE, [])
        with monkeypatch.context() as patch:
            patch.setattr(SummaryWriter, "flush", full)
            with pytest.raises(OutputError, match="No space left on device; free space"):
                board.add(LINE, [])
