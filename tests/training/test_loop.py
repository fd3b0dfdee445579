import errno
import json
import math
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
import torch
from meta_device import OnlyMeta
from tiny_models import random_model, run_by_definition
from torch.nn import functional

from srcnn.errors import CheckpointError, InvalidConfigError, ModelFileError, OutputError
from srcnn.imaging import psnr
from srcnn.models.srcnn import Srcnn, initialise
from srcnn.training import log as log_module
from srcnn.training import loop
from srcnn.training import state as state_module
from srcnn.training.alone import LOCK_FILE
from srcnn.training.checkpoint import load_checkpoint, save_checkpoint
from srcnn.training.config import TrainConfig
from srcnn.training.data import Pair, TrainingData, batches, load_data
from srcnn.training.log import LOG_FILE, LogLine
from srcnn.training.loop import learning_rate, train
from srcnn.training.muon import Muon
from srcnn.training.state import begin, start
from srcnn.zoo.model_file import MODEL_FILE, Model, read_model

CONFIG = TrainConfig(
    model="tiny",
    scale=2,
    kernel_sizes=(5, 1, 3),
    widths=(6, 4),
    steps=40,
    batch_size=4,
    patch_size=20,
    learning_rate=2e-3,
    warmup_steps=5,
    precision="fp32",
    ema_decay=0.9,
    validation_pictures=1,
    validate_every=10,
    checkpoint_every=10,
)
PAPER = replace(CONFIG, recipe="paper", ema_decay=0.0, warmup_steps=100)


class StoppedError(Exception):
    """What stands for a kill."""


@pytest.fixture(scope="module")
def data(picture_folder: Path) -> TrainingData:
    return load_data(CONFIG, [picture_folder], lambda done, total: None)


def stop_at(step: int) -> Callable[[int], None]:
    def progress(done: int) -> None:
        if done == step:
            raise StoppedError

    return progress


def run(
    config: TrainConfig,
    data: TrainingData,
    run_dir: Path,
    *,
    resume: bool = False,
    init: Model | None = None,
    progress: Callable[[int], None] = lambda step: None,
) -> tuple[Model, list[LogLine], list[str]]:
    """Train; returns the model, the lines of the log and the notices."""
    run_dir.mkdir(exist_ok=True)
    lines: list[LogLine] = []
    notices: list[str] = []
    model = train(
        config,
        data,
        run_dir,
        resume=resume,
        init=init,
        progress=progress,
        report=lines.append,
        notice=notices.append,
    )
    return model, lines, notices


@pytest.fixture(scope="module")
def finished(data: TrainingData, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an uninterrupted run of `CONFIG`."""
    folder = tmp_path_factory.mktemp("finished")
    run(CONFIG, data, folder)
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    """Every file of a folder."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def weights(run_dir: Path) -> bytes:
    return (run_dir / MODEL_FILE).read_bytes()


def log(run_dir: Path) -> list[dict[str, float]]:
    return [json.loads(line) for line in (run_dir / LOG_FILE).read_text().splitlines()]


def test_pictures_that_validation_cannot_count_are_named(data: TrainingData, tmp_path: Path) -> None:
    flat = np.full((20, 20), 0.5, np.float32)
    pair = Pair("flat.png", flat[::2, ::2], flat, flat)
    _, lines, notices = run(CONFIG, replace(data, validation=[*data.validation, pair]), tmp_path)
    assert len(notices) == 1
    assert notices[0].endswith("as it does flat pictures: flat.png")
    _, without, _ = run(CONFIG, data, tmp_path / "without")
    assert [line.validation_psnr for line in lines] == [line.validation_psnr for line in without]


def test_where_bicubic_gives_all_validation_pictures_that_is_said(data: TrainingData, tmp_path: Path) -> None:
    flat = np.full((24, 24), 0.5, np.float32)
    pair = Pair("flat.png", flat[::2, ::2], flat, flat)
    _, _, notices = run(CONFIG, replace(data, validation=[pair, pair]), tmp_path)
    assert notices[0].startswith("bicubic gives every validation picture exactly")
    assert not any("not in the validation's mean" in notice for notice in notices)


def test_of_a_model_with_chroma_only_luma_is_trained_and_it_is_said(data: TrainingData, tmp_path: Path) -> None:
    init = random_model(CONFIG.kernel_sizes, CONFIG.widths, scale=CONFIG.scale)
    chroma = random_model((3,), (), scale=CONFIG.scale, colour="chroma", input_space="lr")
    model, _, notices = run(CONFIG, data, tmp_path, init=replace(init, chroma=chroma))
    assert model.chroma is None
    assert notices[0] == (
        "the network of chroma beside tiny will not be in the result; srcnn join puts it beside that afterwards"
    )


def test_the_loss_falls_on_a_single_patch(data: TrainingData, tmp_path: Path) -> None:
    pair = data.train[0]
    patch = Pair("patch", pair.lr[5:15, 5:15], pair.enlarged[10:30, 10:30], pair.hr[10:30, 10:30])
    config = replace(CONFIG, steps=100, learning_rate=5e-3, checkpoint_every=100)
    _, lines, _ = run(config, replace_pairs(data, [patch]), tmp_path)
    losses = [line.loss for line in lines]
    assert losses[-1] < 0.85 * losses[0]


def test_validation_rises_above_bicubic(data: TrainingData, tmp_path: Path) -> None:
    config = replace(CONFIG, steps=150, learning_rate=5e-3, validate_every=50, checkpoint_every=150)
    _, lines, _ = run(config, data, tmp_path)
    gains = [line.validation_psnr - line.bicubic_psnr for line in lines]
    assert gains[-1] > 0.2
    assert gains == sorted(gains)


def test_the_run_folder_holds_model_log_and_checkpoints(data: TrainingData, finished: Path) -> None:
    names = [MODEL_FILE, LOG_FILE, LOCK_FILE, "checkpoint.pt", "checkpoint.previous.pt"]
    assert sorted(path.name for path in finished.iterdir()) == sorted(names)
    model = read_model(finished / MODEL_FILE)
    assert (model.spec.name, model.spec.scale) == ("tiny", 2)
    record = dict(model.spec.training)
    assert (record.pop("data"), record.pop("pictures")) == (data.pictures.folders[0], "6")
    assert record.pop("validation") == data.validation[0].name
    assert {key: json.loads(value) for key, value in record.items()} == CONFIG.to_dict()


def test_the_papers_record_is_without_what_its_recipe_has_no_use_for(data: TrainingData, tmp_path: Path) -> None:
    model, _, _ = run(replace(PAPER, steps=2), data, tmp_path)
    assert not {"optimiser", "warmup_steps", "fp32_share", "sampling", "memory_mb"} & set(model.spec.training)
    assert json.loads(model.spec.training["recipe"]) == "paper"
    run(replace(PAPER, steps=2), data, tmp_path, resume=True)  # the checkpoint has them all


def test_the_log_has_a_line_for_every_validation_and_the_last_step(data: TrainingData, tmp_path: Path) -> None:
    _, lines, _ = run(replace(CONFIG, steps=25), data, tmp_path)
    assert [line["step"] for line in log(tmp_path)] == [10, 20, 25]
    assert [line.step for line in lines] == [10, 20, 25]
    assert [line["learning_rate"] for line in log(tmp_path)] == [line.learning_rate for line in lines]
    assert all(line["seconds"] > 0 and line["mpx_per_s"] > 0 for line in log(tmp_path))
    assert log(tmp_path)[0].keys() == LogLine.__dataclass_fields__.keys()


@pytest.mark.parametrize("name", ["muon", "adam"])
def test_the_step_is_the_optimisers_on_the_mean_squared_error_and_the_model_its_running_mean(
    data: TrainingData, tmp_path: Path, name: Literal["muon", "adam"]
) -> None:
    config = replace(CONFIG, steps=6, validate_every=2, checkpoint_every=6, optimiser=name)
    model, lines, _ = run(config, data, tmp_path)
    network = Srcnn(config.spec())
    initialise(network, config.seed)
    parameters = list(network.parameters())
    optimiser = torch.optim.Adam(parameters, betas=(0.9, 0.99)) if name == "adam" else Muon(parameters)
    mean = {name: weight.clone() for name, weight in network.state_dict().items()}
    losses: list[float] = []
    for step, (inputs, labels) in enumerate(batches(config, data.train, 0)):
        optimiser.param_groups[0]["lr"] = learning_rate(config, step)
        loss = functional.mse_loss(network(torch.from_numpy(inputs)), torch.from_numpy(labels))
        losses.append(loss.item())
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        decay = min(0.9, (step + 1) / (step + 11))
        for name, weight in network.state_dict().items():
            mean[name] = decay * mean[name] + (1 - decay) * weight
    for name, weight in model.weights.items():
        np.testing.assert_allclose(weight, mean[name].numpy(), atol=2e-6)
    assert [line.loss for line in lines] == pytest.approx(np.reshape(losses, (3, 2)).mean(1), rel=1e-5)


def test_validation_is_the_authors_protocol_on_the_models_weights(data: TrainingData, finished: Path) -> None:
    (pair,) = data.validation
    model = read_model(finished / MODEL_FILE)

    def measure(plane: np.ndarray) -> float:
        rounded = [np.floor(np.clip(p, 0, 1) * 255 + 0.5) for p in (plane, pair.hr)]
        return psnr(*rounded, data_range=255, border=2)

    last = log(finished)[-1]
    assert last["validation_psnr"] == pytest.approx(measure(run_by_definition(model, pair.enlarged)), abs=0.01)
    assert last["bicubic_psnr"] == pytest.approx(measure(pair.enlarged), abs=1e-6)


def test_the_same_seed_gives_the_same_file_and_another_seed_another(
    data: TrainingData, finished: Path, tmp_path: Path
) -> None:
    run(CONFIG, data, tmp_path / "again")
    run(replace(CONFIG, seed=1), data, tmp_path / "other")
    assert weights(tmp_path / "again") == weights(finished)
    first, other = (
        read_model(folder / MODEL_FILE).weights["conv1.weight"] for folder in (finished, tmp_path / "other")
    )
    assert (first != other).any()


# Before and after a checkpoint, between checkpoints and validations, and at the very end.
@pytest.mark.parametrize("step", [11, 20, 21, 37, 40])
def test_a_stopped_and_resumed_run_equals_an_uninterrupted_one_bit_for_bit(
    data: TrainingData, finished: Path, tmp_path: Path, step: int
) -> None:
    with pytest.raises(StoppedError):
        run(CONFIG, data, tmp_path, progress=stop_at(step))
    _, lines, notices = run(CONFIG, data, tmp_path, resume=True)
    assert weights(tmp_path) == weights(finished)
    assert notices == []
    assert [line["step"] for line in log(tmp_path)] == [10, 20, 30, 40]
    varying = {"seconds", "mpx_per_s", "busy_share"}
    for ours, theirs in zip(log(tmp_path), log(finished), strict=True):
        assert {k: v for k, v in ours.items() if k not in varying} == {
            k: v for k, v in theirs.items() if k not in varying
        }
    assert lines[-1].step == 40


def test_a_run_may_be_stopped_again_and_again_even_between_log_and_checkpoint(
    data: TrainingData, finished: Path, tmp_path: Path
) -> None:
    config = replace(CONFIG, validate_every=4, checkpoint_every=3)
    for count, step in enumerate((7, 8, 17, 29)):
        with pytest.raises(StoppedError):
            run(config, data, tmp_path, resume=count > 0, progress=stop_at(step))
    run(config, data, tmp_path, resume=True)
    run(config, data, tmp_path / "whole")
    assert [line["loss"] for line in log(tmp_path)] == [line["loss"] for line in log(tmp_path / "whole")]
    ours, theirs = (read_model(folder / MODEL_FILE).weights for folder in (tmp_path, finished))
    for name, weight in theirs.items():
        np.testing.assert_array_equal(ours[name], weight)
    assert [line["step"] for line in log(tmp_path)] == list(range(4, 41, 4))
    assert [line["seconds"] for line in log(tmp_path)] == sorted(line["seconds"] for line in log(tmp_path))


def test_a_folder_in_which_a_training_runs_is_refused(data: TrainingData, tmp_path: Path) -> None:
    refused: list[str] = []

    def again(step: int) -> None:
        for resume in (False, True):
            with pytest.raises(OutputError) as refusal:
                train(CONFIG, data, tmp_path, resume=resume)
            refused.append(str(refusal.value))

    with pytest.raises(StoppedError):
        run(CONFIG, data, tmp_path, progress=lambda step: again(step) if step in (5, 15) else stop_at(20)(step))
    assert len(refused) == 4
    assert all("expected a folder that no other training writes into" in text for text in refused)
    run(CONFIG, data, tmp_path, resume=True)


def test_a_model_named_only_on_resuming_is_not_used_and_told(
    data: TrainingData, finished: Path, tmp_path: Path
) -> None:
    with pytest.raises(StoppedError):
        run(CONFIG, data, tmp_path, progress=stop_at(25))
    _, _, notices = run(CONFIG, data, tmp_path, resume=True, init=read_model(finished / MODEL_FILE))
    assert weights(tmp_path) == weights(finished)
    assert notices == [
        "tiny:2 is not used: the training goes on from its checkpoint, which started from drawn weights; "
        "to start from another model name another folder"
    ]
    # Nor need it fit into the network.
    run(CONFIG, data, tmp_path, resume=True, init=random_model((3, 3), (4,)))


def test_resuming_a_finished_run_changes_nothing(data: TrainingData, finished: Path) -> None:
    before = contents(finished)
    model, lines, _ = run(CONFIG, data, finished, resume=True)
    assert lines == []
    np.testing.assert_array_equal(
        model.weights["conv1.weight"], read_model(finished / MODEL_FILE).weights["conv1.weight"]
    )
    assert contents(finished) == before


def test_resuming_a_finished_run_writes_a_model_file_that_is_lost(
    data: TrainingData, finished: Path, tmp_path: Path
) -> None:
    shutil.copytree(finished, tmp_path / "run")
    (tmp_path / "run" / MODEL_FILE).unlink()
    run(CONFIG, data, tmp_path / "run", resume=True)
    assert contents(tmp_path / "run") == contents(finished)


def test_a_finished_run_may_be_renamed(data: TrainingData, finished: Path, tmp_path: Path) -> None:
    shutil.copytree(finished, tmp_path / "run")
    train(replace(CONFIG, model="other"), data, tmp_path / "run", resume=True, accept_changes=True)
    assert read_model(tmp_path / "run" / MODEL_FILE).spec.name == "other"


def test_a_run_of_more_steps_than_are_asked_for_gets_its_lost_model_file_again(
    data: TrainingData, finished: Path, tmp_path: Path
) -> None:
    shutil.copytree(finished, tmp_path / "run")
    (tmp_path / "run" / MODEL_FILE).unlink()
    train(replace(CONFIG, steps=10), data, tmp_path / "run", resume=True, accept_changes=True)
    assert read_model(tmp_path / "run" / MODEL_FILE).spec.name == CONFIG.model


def test_a_finished_run_keeps_what_is_said_of_its_training(data: TrainingData, finished: Path, tmp_path: Path) -> None:
    shutil.copytree(finished, tmp_path / "run")
    train(replace(CONFIG, learning_rate=1e-5), data, tmp_path / "run", resume=True, accept_changes=True)
    assert contents(tmp_path / "run") == contents(finished)


def test_fewer_steps_than_were_done_are_not_recorded(data: TrainingData, finished: Path, tmp_path: Path) -> None:
    shutil.copytree(finished, tmp_path / "run")
    train(replace(CONFIG, steps=30), data, tmp_path / "run", resume=True, accept_changes=True)
    assert contents(tmp_path / "run") == contents(finished)


def test_a_run_killed_while_its_model_is_written_gets_it_on_resuming(
    data: TrainingData, finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[Path] = []
    save = loop.save_model

    def save_or_die(path: Path, model: Model) -> None:
        calls.append(path)
        if len(calls) == 4:  # the last one, of step 40
            raise StoppedError
        save(path, model)

    with monkeypatch.context() as patch:
        patch.setattr(loop, "save_model", save_or_die)
        with pytest.raises(StoppedError):
            run(CONFIG, data, tmp_path)
    run(CONFIG, data, tmp_path, resume=True)
    assert weights(tmp_path) == weights(finished)


@pytest.mark.parametrize("line", ['{"step": 30, "seco', "5", "{}", '{"step": []}'])
def test_a_line_of_the_log_cut_short_by_a_kill_does_not_hinder_resuming(
    data: TrainingData, finished: Path, tmp_path: Path, line: str
) -> None:
    with pytest.raises(StoppedError):
        run(CONFIG, data, tmp_path, progress=stop_at(25))
    with (tmp_path / LOG_FILE).open("a") as file:
        file.write(line)
    run(CONFIG, data, tmp_path, resume=True)
    assert [line["step"] for line in log(tmp_path)] == [10, 20, 30, 40]


def test_a_truncated_checkpoint_costs_one_interval_and_is_told(
    data: TrainingData, finished: Path, tmp_path: Path
) -> None:
    with pytest.raises(StoppedError):
        run(CONFIG, data, tmp_path, progress=stop_at(35))
    file = tmp_path / "checkpoint.pt"
    file.write_bytes(file.read_bytes()[:1000])
    steps: list[int] = []
    _, _, notices = run(CONFIG, data, tmp_path, resume=True, progress=steps.append)
    assert steps[0] == 21  # the checkpoint of step 30 is lost, the one of step 20 is not
    assert notices == ["checkpoint.pt is damaged; continuing from checkpoint.previous.pt"]
    assert weights(tmp_path) == weights(finished)


def test_a_changed_config_is_refused_with_the_differences(data: TrainingData, finished: Path) -> None:
    changed = replace(CONFIG, learning_rate=1e-3, widths=(7, 4))
    before = contents(finished)
    with pytest.raises(CheckpointError) as caught:
        run(changed, data, finished, resume=True)
    message = str(caught.value)
    assert "widths was [6, 4] and is [7, 4], learning_rate was 0.002 and is 0.001" in message
    assert contents(finished) == before


def test_another_content_of_the_kernels_file_is_refused_and_another_folder_is_not(
    data: TrainingData, tmp_path: Path
) -> None:
    for name, text in (("one/kernel.txt", "1 2 1"), ("moved/kernel.txt", "1 2 1"), ("other/kernel.txt", "1 3 1")):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text(text)
    one, moved, other = (
        replace(CONFIG, steps=5, blur_kernel=str(tmp_path / name / "kernel.txt")) for name in ("one", "moved", "other")
    )
    model, _, _ = run(one, data, tmp_path / "run")
    digest = "7fc05c9cbc63ebdb6ad44a10958716a3df8d92bda664c5aca1883d5c300dac9b"  # of sha256sum
    assert json.loads(model.spec.training["blur_kernel"]) == "kernel.txt"
    assert json.loads(model.spec.training["blur_kernel_sha256"]) == digest
    run(moved, data, tmp_path / "run", resume=True)
    with pytest.raises(CheckpointError, match=f"got differences: blur_kernel_sha256 was '{digest}' and is "):
        run(other, data, tmp_path / "run", resume=True)
    train(other, data, tmp_path / "run", resume=True, accept_changes=True)


def test_a_kernel_that_is_not_there_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    config = replace(CONFIG, blur_kernel=str(tmp_path / "none.txt"))
    with pytest.raises(InvalidConfigError, match=r"^expected a blur kernel at .*none\.txt, got: No such file"):
        begin(config, tmp_path, init=None, resume=False, accept_changes=False)


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="this system has no file without an end")
def test_a_kernel_without_an_end_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfigError, match=r"^expected a blur kernel at /dev/zero, got: a device"):
        begin(replace(CONFIG, blur_kernel="/dev/zero"), tmp_path, init=None, resume=False, accept_changes=False)


@pytest.mark.parametrize(
    "change",
    [
        {"ema": {}},
        {"ema": {name: torch.zeros(2) for name in ("conv1.weight", "conv1.bias")}},
        {"ema": "nan"},
        {"weights": {}},
        {"optimiser": {}},
        {"optimiser": {"state": {}, "param_groups": []}},
    ],
    ids=str,
)
def test_a_checkpoint_with_other_tensors_is_refused(finished: Path, tmp_path: Path, change: dict[str, Any]) -> None:
    saved, _ = load_checkpoint(finished)
    if change["ema" if "ema" in change else next(iter(change))] == "nan":
        change = {"ema": {name: weight * math.nan for name, weight in saved.ema.items()}}
    save_checkpoint(tmp_path, replace(saved, **change))
    with pytest.raises(CheckpointError, match="expected the tensors of the network and optimiser in the checkpoint"):
        begin(CONFIG, tmp_path, init=None, resume=True, accept_changes=False)


def test_what_does_not_change_the_result_may_change_on_resuming(
    data: TrainingData, finished: Path, tmp_path: Path
) -> None:
    with pytest.raises(StoppedError):
        run(CONFIG, data, tmp_path, progress=stop_at(25))
    run(replace(CONFIG, validate_every=7, checkpoint_every=5, threads=1, device="cpu"), data, tmp_path, resume=True)
    np.testing.assert_array_equal(
        read_model(tmp_path / MODEL_FILE).weights["conv3.weight"],
        read_model(finished / MODEL_FILE).weights["conv3.weight"],
    )


def test_accepted_changes_take_effect_from_the_checkpoint_on(
    data: TrainingData, finished: Path, tmp_path: Path
) -> None:
    with pytest.raises(StoppedError):
        run(CONFIG, data, tmp_path, progress=stop_at(25))
    changed = replace(CONFIG, learning_rate=1e-4)
    model = train(changed, data, tmp_path, resume=True, accept_changes=True)
    assert [line["learning_rate"] for line in log(tmp_path)] == pytest.approx(
        [learning_rate(c, step) for c, step in ((CONFIG, 9), (CONFIG, 19), (changed, 29), (changed, 39))]
    )
    assert (model.weights["conv1.weight"] != read_model(finished / MODEL_FILE).weights["conv1.weight"]).any()
    assert json.loads(model.spec.training["learning_rate"]) == 1e-4


@pytest.mark.parametrize(
    ("changes", "was"),
    [
        ({"widths": (7, 4)}, "widths = [6, 4]"),
        ({"widths": (7, 5, 4), "kernel_sizes": (5, 1, 3, 3)}, "kernel_sizes = [5, 1, 3], widths = [6, 4]"),
        ({"activation": "tanh"}, "activation = 'relu'"),
        ({"input_space": "lr", "residual": False}, "input_space = 'hr', residual = True"),
        ({"input_space": "lr"}, "input_space = 'hr'"),
        ({"scale": 3}, "scale = 2"),
        ({"expansion": 4}, "expansion = 0"),
        ({"branches": True, "optimiser": "adam"}, "branches = False, optimiser = 'muon'"),
        ({"recipe": "paper", "ema_decay": 0.0, "warmup_steps": 100}, "recipe = 'fast'"),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else "",
)
def test_another_network_or_recipe_cannot_be_accepted(
    data: TrainingData, finished: Path, changes: dict[str, Any], was: str
) -> None:
    before = contents(finished)
    with pytest.raises(CheckpointError) as caught:
        train(replace(CONFIG, **changes), data, finished, resume=True, accept_changes=True)
    assert str(caught.value).startswith(
        f"expected a checkpoint of the network and recipe that the config describes, got one of {was}; restore "
    )
    assert contents(finished) == before


def test_another_colour_cannot_be_accepted(data: TrainingData, tmp_path: Path, picture_folder: Path) -> None:
    config = replace(CONFIG, colour="ycbcr", steps=1)
    data = load_data(config, [picture_folder], lambda done, total: None)
    train(config, data, tmp_path)
    with pytest.raises(CheckpointError, match="got one of colour = 'ycbcr'; "):
        train(replace(config, colour="rgb"), data, tmp_path, resume=True, accept_changes=True)


def test_a_run_may_be_renamed_if_the_change_is_accepted(data: TrainingData, tmp_path: Path) -> None:
    config = replace(CONFIG, steps=1)
    train(config, data, tmp_path)
    model = train(replace(config, model="other", steps=2), data, tmp_path, resume=True, accept_changes=True)
    assert model.spec.name == "other"


@pytest.mark.parametrize("part", ["weights", "optimiser"])
def test_a_checkpoint_whose_tensors_are_not_those_of_its_config_is_refused(
    data: TrainingData, tmp_path: Path, part: str
) -> None:
    config = replace(CONFIG, steps=1)
    train(config, data, tmp_path)
    saved = load_checkpoint(tmp_path)[0]
    wrong = {"weights": {"conv1.weight": torch.zeros(1)}, "optimiser": {"state": {}, "param_groups": []}}
    save_checkpoint(tmp_path, replace(saved, **{part: wrong[part]}))
    with pytest.raises(CheckpointError, match=r"^expected the tensors of .* got others; ") as caught:
        train(config, data, tmp_path, resume=True)
    assert "\n" not in str(caught.value)


def test_a_training_starts_from_the_weights_of_a_model(data: TrainingData, finished: Path, tmp_path: Path) -> None:
    given = read_model(finished / MODEL_FILE)
    before = {name: weight.copy() for name, weight in given.weights.items()}
    config = replace(CONFIG, steps=1, learning_rate=1e-9, warmup_steps=0)
    model = train(config, data, tmp_path, init=given)
    for name, weight in before.items():
        np.testing.assert_allclose(model.weights[name], weight, atol=1e-7)
        np.testing.assert_array_equal(given.weights[name], weight)


def test_the_network_to_start_from_is_validated_before_the_first_step(
    data: TrainingData, finished: Path, tmp_path: Path
) -> None:
    config = replace(CONFIG, steps=20, learning_rate=1e-4)
    given = read_model(finished / MODEL_FILE)
    _, lines, notices = run(config, data, tmp_path, init=given)
    assert [line["step"] for line in log(tmp_path)] == [line.step for line in lines] == [0, 10, 20]
    assert notices == []
    first, last = log(tmp_path)[0], log(finished)[-1]
    same = ("validation_psnr", "bicubic_psnr", "channel_psnr", "bicubic_channel_psnr")
    assert [first[key] for key in same] == [last[key] for key in same]
    assert [first[key] for key in ("loss", "learning_rate", "mpx_per_s", "busy_share")] == [None] * 4
    assert first["seconds"] == 0
    assert read_model(tmp_path / MODEL_FILE).spec.training["init"] == "tiny:2"


def test_fine_tuning_that_makes_it_worse_says_so_also_after_resuming(
    data: TrainingData, finished: Path, tmp_path: Path
) -> None:
    config = replace(CONFIG, steps=12, learning_rate=0.5)
    given = read_model(finished / MODEL_FILE)
    with pytest.raises(StoppedError):
        run(config, data, tmp_path, init=given, progress=stop_at(11))
    _, lines, notices = run(config, data, tmp_path, resume=True, init=given)
    first, last = log(tmp_path)[0], log(tmp_path)[-1]
    assert [line["step"] for line in log(tmp_path)] == [0, 10, 12]
    assert last["validation_psnr"] < last["bicubic_psnr"]  # which is not said too
    assert notices == [
        f"the last validation, {last['validation_psnr']:.3f} dB, is below that of the network that it started from, "
        f"{first['validation_psnr']:.3f} dB; train again with a lower learning_rate than 0.5, or with more steps"
    ]
    assert [line.step for line in lines] == [12]
    assert read_model(tmp_path / MODEL_FILE).spec.training["init"] == "tiny:2"  # of the checkpoint


def test_a_training_that_ends_below_bicubic_says_so_once(data: TrainingData, tmp_path: Path) -> None:
    _, _, notices = run(replace(CONFIG, learning_rate=1.0), data, tmp_path)
    last = log(tmp_path)[-1]
    assert notices == [
        f"the last validation, {last['validation_psnr']:.3f} dB, is below that of bicubic, "
        f"{last['bicubic_psnr']:.3f} dB; train again with a lower learning_rate than 1, or with more steps"
    ]
    stopped: list[str] = []
    (tmp_path / "stopped").mkdir()
    stop = {"should_stop": lambda: True, "notice": stopped.append}
    train(replace(CONFIG, learning_rate=1.0, warmup_steps=0), data, tmp_path / "stopped", **stop)
    assert stopped == []  # it is not over


def test_luma_is_not_judged_where_only_chroma_is_learned(picture_folder: Path, tmp_path: Path) -> None:
    config = replace(CONFIG, colour="ycbcr", loss_channels=(1, 2), learning_rate=1.0)
    _, lines, notices = run(config, load_data(config, [picture_folder], lambda done, total: None), tmp_path)
    assert lines[-1].validation_psnr < lines[-1].bicubic_psnr - 1
    assert notices == []


def test_other_pictures_are_refused_unless_accepted(data: TrainingData, picture_folder: Path, tmp_path: Path) -> None:
    run_dir = tmp_path / "run"
    with pytest.raises(StoppedError):
        run(CONFIG, data, run_dir, progress=stop_at(25))
    fewer = tmp_path / "fewer"
    shutil.copytree(picture_folder, fewer)
    (fewer / "3.png").unlink()
    before = contents(run_dir)
    other = load_data(CONFIG, [fewer], lambda done, total: None)
    with pytest.raises(CheckpointError, match=r"^expected the pictures of the checkpoint, 6 in .*, got others, 5 in f"):
        run(CONFIG, other, run_dir, resume=True)
    assert contents(run_dir) == before
    model = train(CONFIG, other, run_dir, resume=True, accept_changes=True)
    assert (model.spec.training["data"], model.spec.training["pictures"]) == ("fewer", "5")
    run(CONFIG, other, run_dir, resume=True)  # which are now those of the checkpoint
    with pytest.raises(CheckpointError, match="accept the others with --accept-changes"):
        run(CONFIG, data, run_dir, resume=True)


def test_pictures_that_have_moved_are_the_same(
    data: TrainingData, finished: Path, picture_folder: Path, tmp_path: Path
) -> None:
    with pytest.raises(StoppedError):
        run(CONFIG, data, tmp_path / "run", progress=stop_at(25))
    shutil.copytree(picture_folder, tmp_path / "moved")
    run(CONFIG, load_data(CONFIG, [tmp_path / "moved"], lambda done, total: None), tmp_path / "run", resume=True)
    ours, theirs = (read_model(folder / MODEL_FILE).weights for folder in (tmp_path / "run", finished))
    np.testing.assert_array_equal(ours["conv1.weight"], theirs["conv1.weight"])


def test_a_checkpoint_that_does_not_name_its_pictures_goes_on_and_names_them_from_then_on(
    data: TrainingData, finished: Path, tmp_path: Path
) -> None:
    with pytest.raises(StoppedError):
        run(CONFIG, data, tmp_path, progress=stop_at(25))
    save_checkpoint(tmp_path, replace(load_checkpoint(tmp_path)[0], pictures=None))
    model, _, _ = run(CONFIG, data, tmp_path, resume=True, init=read_model(finished / MODEL_FILE))
    for name, weight in read_model(finished / MODEL_FILE).weights.items():
        np.testing.assert_array_equal(model.weights[name], weight)
    assert load_checkpoint(tmp_path)[0].pictures == data.pictures
    assert model.spec.training["init"] == "tiny:2"  # as the command line said once more


def test_what_cannot_begin_is_refused_without_pictures_and_folder(finished: Path, tmp_path: Path) -> None:
    def check(run_dir: Path, config: TrainConfig = CONFIG, init: Model | None = None, *, resume: bool = False) -> None:
        begin(config, run_dir, init=init, resume=resume, accept_changes=False)

    with pytest.raises(CheckpointError, match="go on with --resume"):
        check(finished)
    with pytest.raises(CheckpointError, match="learning_rate was"):
        check(finished, replace(CONFIG, learning_rate=1e-3), resume=True)
    with pytest.raises(CheckpointError, match="got none there"):
        check(tmp_path / "none", resume=True)
    with pytest.raises(ModelFileError, match="widths"):
        check(tmp_path / "none", init=random_model((5, 1, 3), (7, 4)))
    before = contents(finished)
    check(finished, resume=True)
    check(tmp_path / "none", init=read_model(finished / MODEL_FILE))
    assert contents(finished) == before
    assert not (tmp_path / "none").exists()


def test_a_model_of_another_scale_may_be_started_from_but_not_one_of_other_layers(
    data: TrainingData, tmp_path: Path
) -> None:
    config = replace(CONFIG, steps=1)
    other = tmp_path / "other"
    other.mkdir()
    assert train(config, data, tmp_path, init=random_model((5, 1, 3), (6, 4), scale=3)).spec.scale == 2
    with pytest.raises(
        ModelFileError,
        match=r"widths \[6, 4\] in hr.* got tiny with kernels 5-1-3 and widths \[7, 4\] in hr, of luma, with relu; ",
    ):
        train(config, data, other, init=random_model((5, 1, 3), (7, 4)))


@pytest.mark.parametrize("colour", ["ycbcr", "rgb"])
def test_a_network_of_colour_learns_and_its_log_lists_every_channel(
    picture_folder: Path, tmp_path: Path, colour: Literal["ycbcr", "rgb"]
) -> None:
    config = replace(CONFIG, colour=colour, steps=150, learning_rate=5e-3, validate_every=50, checkpoint_every=150)
    model, lines, _ = run(config, load_data(config, [picture_folder], lambda done, total: None), tmp_path)
    assert (model.spec.colour, model.spec.channels) == (colour, 3)
    (first, *_, last) = log(tmp_path)
    assert len(first["channel_psnr"]) == len(first["bicubic_channel_psnr"]) == 4
    assert last["validation_psnr"] == last["channel_psnr"][0]
    assert last["bicubic_psnr"] == last["bicubic_channel_psnr"][0]
    assert last["channel_psnr"][0] > last["bicubic_channel_psnr"][0] + 0.1
    assert last["channel_psnr"][3] > last["bicubic_channel_psnr"][3] + 0.1
    assert lines[-1].loss < lines[0].loss


CHROMA = replace(
    CONFIG, colour="chroma", input_space="lr", kernel_sizes=(5, 3, 3), widths=(8, 8), steps=150, validate_every=50
)


def test_a_network_of_chroma_learns_and_is_judged_by_it(picture_folder: Path, tmp_path: Path) -> None:
    data = load_data(CHROMA, [picture_folder], lambda done, total: None)
    model, lines, notices = run(CHROMA, data, tmp_path)
    assert (model.spec.colour, model.spec.channels_out) == ("chroma", 2)
    last = lines[-1]
    assert last.channel_psnr is not None
    assert last.bicubic_channel_psnr is not None
    assert last.channel_psnr[0] == last.bicubic_channel_psnr[0]
    assert last.validation_psnr == pytest.approx(sum(last.channel_psnr[1:3]) / 2)
    assert last.bicubic_psnr == pytest.approx(sum(last.bicubic_channel_psnr[1:3]) / 2)
    assert last.validation_psnr > last.bicubic_psnr + 0.1
    assert not notices


def test_a_network_of_chroma_worse_than_bicubic_is_told_of(picture_folder: Path, tmp_path: Path) -> None:
    config = replace(CHROMA, steps=10, learning_rate=1.0)
    _, _, notices = run(config, load_data(config, [picture_folder], lambda done, total: None), tmp_path)
    assert any("is below that of bicubic" in notice for notice in notices)


def test_pictures_without_chroma_are_named_by_a_training_of_it(picture_folder: Path, tmp_path: Path) -> None:
    data = load_data(replace(CHROMA, steps=1), [picture_folder], lambda done, total: None)
    (coloured,) = data.validation
    planes = [plane.copy() for plane in (coloured.lr, coloured.enlarged, coloured.hr)]
    for plane in planes:
        plane[:, :, 1:] = np.float32(128 / 255)
    grey = Pair("grey.png", *planes)
    _, _, notices = run(replace(CHROMA, steps=1), replace(data, validation=[coloured, grey]), tmp_path)
    assert any("not in the validation's mean" in notice and notice.endswith(": grey.png") for notice in notices)


def test_a_network_of_chroma_begins_as_the_one_beside_a_network_of_luma(picture_folder: Path, tmp_path: Path) -> None:
    data = load_data(replace(CHROMA, steps=1), [picture_folder], lambda done, total: None)
    first, *_ = run(replace(CHROMA, steps=40), data, tmp_path / "first")
    luma = random_model(scale=CHROMA.scale)
    began, *_ = run(
        replace(CHROMA, steps=1, learning_rate=1e-9),
        data,
        tmp_path / "second",
        init=Model(luma.spec, luma.weights, first),
    )
    for name, weight in first.weights.items():
        np.testing.assert_allclose(began.weights[name], weight, atol=1e-6)
    with pytest.raises(ModelFileError, match="of chroma"):
        run(replace(CHROMA, steps=1), data, tmp_path / "third", init=luma)


def test_bicubic_is_as_good_in_every_colour(picture_folder: Path, data: TrainingData, tmp_path: Path) -> None:
    lines = {}
    for colour in ("luma", "ycbcr", "rgb"):
        config = replace(CONFIG, colour=colour, steps=1)
        parts = load_data(config, [picture_folder], lambda done, total: None)
        lines[colour] = run(config, parts, tmp_path / colour)[1][0]
    assert lines["luma"].channel_psnr is lines["luma"].bicubic_channel_psnr is None
    assert lines["ycbcr"].bicubic_channel_psnr == pytest.approx(lines["rgb"].bicubic_channel_psnr, abs=0.05)
    assert lines["luma"].bicubic_psnr == pytest.approx(lines["ycbcr"].bicubic_psnr, abs=0.05)


@pytest.mark.parametrize("recipe", [CONFIG, PAPER], ids=["fast", "paper"])
def test_only_the_channels_that_count_are_learned(picture_folder: Path, tmp_path: Path, recipe: TrainConfig) -> None:
    config = replace(recipe, colour="ycbcr", loss_channels=(0,), steps=5, learning_rate=1e-2)
    data = load_data(config, [picture_folder], lambda done, total: None)
    before = start(config, None, torch.device("cpu")).ema
    model = train(config, data, tmp_path)
    for name in ("conv3.weight", "conv3.bias"):
        np.testing.assert_array_equal(model.weights[name][1:], before[name][1:])
        assert (model.weights[name][0] != before[name][0].numpy()).any()
    rest = replace(config, loss_channels=(1, 2), steps=1)
    (tmp_path / "rest").mkdir()
    second = train(rest, data, tmp_path / "rest", init=model)
    np.testing.assert_array_equal(second.weights["conv3.weight"][0], model.weights["conv3.weight"][0])
    assert (second.weights["conv3.weight"][1:] != model.weights["conv3.weight"][1:]).any()


def test_the_papers_rate_is_for_the_samples_of_a_label_that_count() -> None:
    for channels, samples in (((), 3 * 14**2), ((1, 2), 2 * 14**2)):
        config = replace(PAPER, colour="rgb", loss_channels=channels)
        fast, slow = start(config, None, torch.device("cpu")).optimiser.param_groups
        assert fast["multiplier"] == samples / 2
        assert slow["multiplier"] == pytest.approx(samples / 20)


def test_an_accepted_change_of_the_papers_patch_changes_its_rate(data: TrainingData, tmp_path: Path) -> None:
    config = replace(PAPER, steps=1)
    train(config, data, tmp_path)
    changed = replace(config, patch_size=24, steps=2)
    state = begin(changed, tmp_path, init=None, resume=True, accept_changes=True)
    fast, slow = state.optimiser.param_groups
    assert (fast["multiplier"], slow["multiplier"]) == (18**2 / 2, pytest.approx(18**2 / 20))
    assert len(state.optimiser.state) == 6  # momenta of the checkpoint


def test_a_training_asked_to_stop_ends_with_a_log_line_and_a_checkpoint_to_go_on_from(
    data: TrainingData, finished: Path, tmp_path: Path
) -> None:
    steps: list[int] = []
    train(CONFIG, data, tmp_path, progress=steps.append, should_stop=lambda: len(steps) == 17)
    assert steps == list(range(1, 18))
    assert [line["step"] for line in log(tmp_path)] == [10, 17]
    run(CONFIG, data, tmp_path, resume=True)
    assert weights(tmp_path) == weights(finished)


def test_a_new_training_does_not_write_over_an_earlier_one(data: TrainingData, tmp_path: Path) -> None:
    config = replace(CONFIG, steps=1)
    train(config, data, tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(CheckpointError, match="go on with --resume, or choose another folder with -o"):
        train(config, data, tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_run_killed_between_the_renames_of_its_checkpoint_is_neither_lost_nor_written_over(
    data: TrainingData, finished: Path, tmp_path: Path
) -> None:
    with pytest.raises(StoppedError):
        run(CONFIG, data, tmp_path, progress=stop_at(35))
    (tmp_path / "checkpoint.pt").rename(tmp_path / "checkpoint.next.pt")
    before = contents(tmp_path)
    with pytest.raises(CheckpointError, match="go on with --resume, or choose another folder with -o"):
        train(CONFIG, data, tmp_path)
    assert contents(tmp_path) == before
    steps: list[int] = []
    run(CONFIG, data, tmp_path, resume=True, progress=steps.append)
    assert steps[0] == 31
    assert weights(tmp_path) == weights(finished)


def test_there_is_nothing_to_resume_in_an_empty_folder(data: TrainingData, tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="got none there; start without --resume"):
        run(CONFIG, data, tmp_path, resume=True)
    assert [path.name for path in tmp_path.iterdir()] == [LOCK_FILE]


@pytest.mark.parametrize("validate_every", [10, 40])
def test_a_loss_that_is_no_number_stops_and_the_last_good_checkpoint_stays(
    data: TrainingData, tmp_path: Path, validate_every: int
) -> None:
    config = replace(CONFIG, validate_every=validate_every)
    with pytest.raises(StoppedError):
        run(config, data, tmp_path, progress=stop_at(15))
    good = (tmp_path / "checkpoint.pt").read_bytes()
    model = weights(tmp_path)
    pairs = [replace(pair, hr=np.full_like(pair.hr, np.nan)) for pair in data.train]
    with pytest.raises(InvalidConfigError, match=r"^expected a finite loss, got nan before step 20; ") as caught:
        run(config, replace_pairs(data, pairs), tmp_path, resume=True)
    assert str(caught.value).endswith(
        "then go on with --resume --accept-changes, or if that ends so too, start in another folder"
    )
    assert (tmp_path / "checkpoint.pt").read_bytes() == good
    assert weights(tmp_path) == model


def replace_pairs(data: TrainingData, pairs: list[Pair]) -> TrainingData:
    return replace(data, train=pairs)


def test_a_training_that_blows_up_stops_with_advice(data: TrainingData, tmp_path: Path) -> None:
    config = replace(CONFIG, learning_rate=1e30, warmup_steps=0)
    with pytest.raises(InvalidConfigError, match=r"expected a finite loss, got .*; lower learning_rate") as caught:
        run(config, data, tmp_path)
    assert str(caught.value).endswith("then start again, since there is no checkpoint to go on from")
    assert not (tmp_path / MODEL_FILE).exists()


def test_a_folder_that_cannot_be_written_is_an_output_error(data: TrainingData, tmp_path: Path) -> None:
    (tmp_path / LOG_FILE).mkdir()
    with pytest.raises(OutputError, match=r"^expected to write a file at .*log\.jsonl, got a folder"):
        run(CONFIG, data, tmp_path)


def test_bf16_trains_nearly_the_same_network_and_ends_in_single_precision(
    data: TrainingData, finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dtypes: list[torch.dtype] = []
    accumulate = loop.accumulate_gradients

    def record(*arguments):
        dtypes.append(arguments[3])
        return accumulate(*arguments)

    monkeypatch.setattr(loop, "accumulate_gradients", record)
    _, lines, _ = run(replace(CONFIG, precision="bf16", fp32_share=0.25), data, tmp_path)
    assert dtypes == [torch.bfloat16] * 30 + [torch.float32] * 10
    assert lines[-1].loss == pytest.approx(log(finished)[-1]["loss"], rel=0.1)
    assert lines[-1].validation_psnr == pytest.approx(log(finished)[-1]["validation_psnr"], abs=0.2)


@pytest.mark.parametrize("config", [replace(CONFIG, expansion=4), PAPER], ids=["fast", "paper"])
def test_on_another_device_everything_is_there(
    data: TrainingData, config: TrainConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A fused Adam is for real devices only.
    monkeypatch.setattr(torch.optim, "Adam", lambda parameters, **_: torch.optim.SGD(parameters, momentum=0.9))
    state = start(config, None, torch.device("meta"))
    inputs, labels = (torch.from_numpy(part) for part in next(batches(config, data.train, 0)))
    with OnlyMeta():
        for _ in range(2):
            loop._take_step(state, config, inputs, labels, torch.float32)
    momenta = [
        value
        for moments in state.optimiser.state.values()
        for value in moments.values()
        if torch.is_tensor(value) and value.ndim
    ]
    assert len(momenta) >= 6
    assert {part.device.type for part in (*momenta, *state.ema.values())} == {"meta"}


def test_another_device_starts_with_the_same_weights_and_takes_its_running_mean_along() -> None:
    config = replace(CONFIG, expansion=4)
    cpu = start(config, None, torch.device("cpu"))
    meta = start(config, None, torch.device("meta"))
    assert cpu.trained.state_dict().keys() == meta.trained.state_dict().keys()
    meta.load_ema(cpu.ema)
    assert {weight.device.type for weight in meta.ema.values()} == {"meta"}


@pytest.mark.parametrize("fast", [True, False])
def test_auto_takes_bf16_only_where_the_cpu_multiplies_it(
    data: TrainingData, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fast: bool
) -> None:
    dtypes: set[torch.dtype] = set()
    accumulate = loop.accumulate_gradients

    def record(*arguments):
        dtypes.add(arguments[3])
        return accumulate(*arguments)

    monkeypatch.setattr(loop, "accumulate_gradients", record)
    monkeypatch.setattr(loop, "has_fast_bf16", lambda device: fast)
    run(replace(CONFIG, steps=4, precision="auto", fp32_share=0), data, tmp_path)
    assert dtypes == {torch.bfloat16 if fast else torch.float32}


def test_the_rate_rises_linearly_then_falls_along_a_cosine_to_nearly_zero() -> None:
    config = replace(CONFIG, steps=105, warmup_steps=5, learning_rate=1.0)
    rates = [learning_rate(config, step) for step in range(105)]
    assert rates[:5] == pytest.approx([0.2, 0.4, 0.6, 0.8, 1.0])
    assert rates[5] == 1.0
    assert rates[5 + 50] == pytest.approx(0.5)
    assert rates[5 + 25] == pytest.approx((1 + math.cos(math.pi / 4)) / 2)
    assert 0 < rates[-1] < 0.001


def test_a_short_training_rises_no_longer_than_it_falls() -> None:
    config = replace(CONFIG, steps=10, warmup_steps=100, learning_rate=1.0)
    rates = [learning_rate(config, step) for step in range(10)]
    assert rates[:6] == pytest.approx([0.2, 0.4, 0.6, 0.8, 1.0, 1.0])
    assert rates[5:] == sorted(rates[5:], reverse=True)
    assert 0 < rates[-1] < 0.1
    assert learning_rate(replace(config, steps=1), 0) == 1.0


@pytest.mark.slow
def test_a_killed_process_resumes_to_the_same_file(picture_folder: Path, tmp_path: Path) -> None:
    settings = {**CONFIG.to_dict(), "threads": 1, "steps": 400, "checkpoint_every": 5, "validate_every": 100}
    toml = "".join(f"{key} = {json.dumps(value)}\n" for key, value in settings.items())
    (tmp_path / "tiny.toml").write_text(toml)

    def start(run_dir: Path, *options: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "srcnn", "train", str(tmp_path / "tiny.toml"), "--data", str(picture_folder)]
        return subprocess.Popen([*command, "-o", str(run_dir), *options], stdout=subprocess.DEVNULL)

    assert start(tmp_path / "whole").wait() == 0
    killed = tmp_path / "killed"
    for options in ((), ("--resume",)):
        process = start(killed, *options)
        seen = (killed / "checkpoint.pt").read_bytes() if (killed / "checkpoint.pt").exists() else b""
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if (killed / "checkpoint.pt").exists() and (killed / "checkpoint.pt").read_bytes() != seen:
                break
            time.sleep(0.01)
        time.sleep(0.05)
        process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
    assert start(killed, "--resume").wait() == 0
    assert weights(killed) == weights(tmp_path / "whole")


def test_the_time_spent_waiting_for_data_is_told(
    data: TrainingData, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cut = loop.batches

    def slowly(*arguments):
        for batch in cut(*arguments):
            time.sleep(0.02)
            yield batch

    _, lines, _ = run(replace(CONFIG, steps=10), data, tmp_path / "quick")
    monkeypatch.setattr(loop, "batches", slowly)
    _, slow, _ = run(replace(CONFIG, steps=10), data, tmp_path / "slow")
    assert 0 < slow[0].busy_share < lines[0].busy_share <= 1
    assert slow[0].busy_share < 1 - 10 * 0.02 / slow[0].seconds + 0.01


@pytest.mark.parametrize("colour", ["luma", "rgb"])
def test_speed_is_in_pixels_since_the_last_line(
    picture_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, colour: Literal["luma", "rgb"]
) -> None:
    config = replace(CONFIG, colour=colour, steps=30)
    now = [0.0]

    def progress(step: int) -> None:
        now[0] += 0.001 * (1 + step // 21)  # the last ten steps take twice as long

    data = load_data(config, [picture_folder], lambda done, total: None)
    monkeypatch.setattr(time, "perf_counter", lambda: now[0])
    _, lines, _ = run(config, data, tmp_path, progress=progress)
    pixels = 4 * 14 * 14  # of the labels of a step
    assert [line.mpx_per_s for line in lines] == pytest.approx([pixels / 1e3, pixels / 1e3, pixels / 2e3], abs=1e-3)
    assert [line.seconds for line in lines] == pytest.approx([0.01, 0.02, 0.04])


def test_a_full_disk_loses_nothing(data: TrainingData, finished: Path, tmp_path: Path) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(StoppedError):
        run(CONFIG, data, tmp_path, progress=stop_at(25))
    before = contents(tmp_path)
    for place, name in ((os, "fsync"), (os, "replace"), (log_module.json, "dumps")):
        with pytest.MonkeyPatch.context() as patch:
            # After the log has been cut back for resuming: the disk fills up in the middle.
            fill = stop_at_and(21, lambda place=place, name=name, patch=patch: patch.setattr(place, name, full))
            with pytest.raises(OutputError, match="No space left on device"):
                run(CONFIG, data, tmp_path, resume=True, progress=fill)
        assert {name: contents(tmp_path)[name] for name in before if name != LOG_FILE} == {
            name: content for name, content in before.items() if name != LOG_FILE
        }
    run(CONFIG, data, tmp_path, resume=True)
    assert weights(tmp_path) == weights(finished)
    assert [line["step"] for line in log(tmp_path)] == [10, 20, 30, 40]


def stop_at_and(step: int, act: Callable[[], None]) -> Callable[[int], None]:
    return lambda done: act() if done == step else None


def test_a_batch_beyond_the_memory_of_the_machine_is_refused_before_the_first_step(
    data: TrainingData, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = TrainConfig(model="m", scale=2, widths=(4, 4), steps=2, batch_size=10, patch_size=20, threads=1)
    monkeypatch.setattr("os.sysconf", {"SC_PAGE_SIZE": 1, "SC_PHYS_PAGES": 63_999}.__getitem__, raising=False)
    with pytest.raises(InvalidConfigError, match=r"memory of this machine, 0\.0 GB, got 0\.0 GB; lower batch_size"):
        train(config, data, tmp_path)
    assert not list(tmp_path.glob("*.*"))
    monkeypatch.setattr("os.sysconf", {"SC_PAGE_SIZE": 1, "SC_PHYS_PAGES": 64_000}.__getitem__, raising=False)
    train(config, data, tmp_path)
    assert (tmp_path / MODEL_FILE).exists()


@pytest.mark.parametrize("change", [{"widths": (20_000, 4)}, {"expansion": 50_000, "optimiser": "adam"}])
def test_a_network_beyond_the_memory_of_the_machine_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: dict[str, Any]
) -> None:
    monkeypatch.setattr(state_module, "memory_bytes", lambda: 10**7)
    begin(CONFIG, tmp_path, init=None, resume=False, accept_changes=False)
    with pytest.raises(InvalidConfigError, match=r"a network that fits into the memory .* lower widths or expansion"):
        begin(replace(CONFIG, **change), tmp_path, init=None, resume=False, accept_changes=False)
