"""The training loop, all of it: read `train` from top to bottom."""

import json
import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from srcnn.errors import InvalidConfigError, ModelFileError
from srcnn.machine import memory_bytes
from srcnn.models.gradients import accumulate_gradients
from srcnn.models.srcnn import Srcnn
from srcnn.training.alone import alone_in
from srcnn.training.checkpoint import has_checkpoint, save_checkpoint
from srcnn.training.config import NOT_IN_PAPER, TrainConfig
from srcnn.training.data import TrainingData, batches, pooled_batches
from srcnn.training.degradation import Plane
from srcnn.training.device import has_fast_bf16
from srcnn.training.log import LogLine, Stopwatch, append_log, cut_log, read_start
from srcnn.training.paper import paper_batches
from srcnn.training.pools import Pools
from srcnn.training.ranks import add_up, any_rank, is_first, share_of
from srcnn.training.state import State, begin
from srcnn.training.validation import compare, enlarge, measure
from srcnn.zoo.model_file import MODEL_FILE, Model, read_model, save_model

_NOTHING = 0.005  # dB that nobody sees


def train(
    config: TrainConfig,
    data: TrainingData,
    run_dir: Path,
    *,
    init: Model | None = None,
    resume: bool = False,
    accept_changes: bool = False,
    progress: Callable[[int], None] = lambda step: None,
    report: Callable[[LogLine], None] = lambda line: None,
    show: Callable[[LogLine, Sequence[Plane]], None] = lambda line, pictures: None,
    notice: Callable[[str], None] = lambda text: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> Model:
    """Train a network and write its model file, log and checkpoints.

    Args:
        config: what to train and how.
        data: from `load_data`.
        run_dir: an existing folder; receives model.safetensors, log.jsonl and checkpoint.pt.
        init: a model whose weights to start from, of any scale, as large or smaller; None draws them.
        resume: go on from the checkpoint there.
        accept_changes: resume even if the config or the pictures differ from the checkpoint's.
        progress: called with the number of steps done, after each.
        report: called with every line of the log; with an `init` the first is of step 0, before any.
        show: called with every line of the log and what the network makes of the validation pictures.
        notice: called with a sentence that people should see.
        should_stop: asked after every step; True ends the training with a checkpoint.

    Returns:
        The trained network: the running mean of its weights.

    Raises:
        CheckpointError: nothing to resume, a checkpoint of another config or other pictures, or one in the way of
            a new run.
        ModelFileError: `init` does not fit into the network.
        InvalidConfigError: the loss is no number any more; the last good checkpoint stays. Or there is no
            GPU and one is asked for, or a batch exceeds the memory of this machine.
        OutputError: the run folder cannot be written.

    Source: section 3 of the paper for the loss; docs/training.md for what differs.
        Tests: tests/training/test_loop.py.
    """

    def tell(line: LogLine, pictures: Sequence[Plane]) -> None:
        append_log(run_dir, line)
        report(line)
        show(line, pictures)

    _check_memory(config)
    with alone_in(run_dir):
        state = begin(
            config,
            run_dir,
            init=init,
            resume=resume,
            accept_changes=accept_changes,
            pictures=data.pictures,
            notice=notice,
        )
        if is_first():
            cut_log(run_dir, state.step)
        low_precision = config.precision == "bf16" or (config.precision == "auto" and has_fast_bf16(state.device))
        fp32_from = round(config.steps * (1 - config.fp32_share)) if low_precision else 0
        bicubic_psnr = _measure_bicubic(config, data, notice)
        if init and not state.step and data.validation and is_first():
            tell(*_validate(config, data, state, bicubic_psnr))
        _write_finished(config, state, data, run_dir)
        stopwatch, pixels = Stopwatch(state.seconds), 0
        for inputs, labels in stopwatch.count_waiting(_batches(config, data, state.step, notice)):
            dtype = torch.bfloat16 if state.step < fp32_from else torch.float32
            _take_step(state, config, torch.from_numpy(inputs), torch.from_numpy(labels), dtype)
            pixels += labels.size // config.channels_out
            progress(state.step)
            last = any_rank(state.step == config.steps or should_stop())
            due = last or state.step % config.validate_every == 0
            saving = last or state.step % config.checkpoint_every == 0
            if due or saving:
                _check_finite(float(state.loss_sum), state.step, run_dir)
            state.seconds = stopwatch.seconds
            if due and is_first():
                mpx_per_s, busy_share = stopwatch.rates(pixels)
                line, pictures = _validate(config, data, state, bicubic_psnr)
                line = replace(
                    line,
                    mpx_per_s=round(mpx_per_s, 3),
                    loss=float(state.loss_sum) / state.loss_steps,
                    learning_rate=learning_rate(config, state.step - 1),
                    busy_share=round(busy_share, 4),
                )
                tell(line, pictures)
                if state.step == config.steps:
                    _warn(config, line, read_start(run_dir), notice)
                pixels = 0
                stopwatch.next_line()
                state.forget_loss()
            if saving and is_first():
                # A kill between the two only repeats the steps since the last checkpoint.
                save_model(run_dir / MODEL_FILE, _to_model(config, state, data))
                save_checkpoint(run_dir, state.checkpoint(data.pictures))
            if last:
                break
        return _to_model(config, state, data)


def _check_memory(config: TrainConfig) -> None:
    """Refuse batches that would fill the memory, and stop the machine, before the first step."""
    memory, needed = memory_bytes(), 2 * config.batch_bytes  # patches are collected, and then put together
    if memory is not None and needed > memory:
        raise InvalidConfigError(
            f"expected batches that fit into the memory of this machine, {memory / 1e9:.1f} GB, "
            f"got {needed / 1e9:,.1f} GB; lower batch_size or patch_size"
        )


def _write_finished(config: TrainConfig, state: State, data: TrainingData, run_dir: Path) -> None:
    """The model file of a training without a step left: it may be lost, or have another name now.

    Else it stays, whatever else is new in the config: no step was made by that.
    """
    if state.step < config.steps or not is_first():
        return
    path, name = run_dir / MODEL_FILE, None
    with suppress(ModelFileError):  # none, or a damaged one
        name = read_model(path).spec.name
    if name != config.model:
        save_model(path, _to_model(config, state, data))


def _batches(
    config: TrainConfig, data: TrainingData, first_step: int, notice: Callable[[str], None]
) -> Iterator[tuple[Plane, Plane]]:
    """Inputs and labels of every step from a first one on."""
    if isinstance(data.train, Pools):
        return pooled_batches(config, data.train, first_step, notice)
    cut = paper_batches if config.recipe == "paper" else batches
    return cut(config, data.train, first_step)


def _take_step(state: State, config: TrainConfig, inputs: Tensor, labels: Tensor, dtype: torch.dtype) -> None:
    """Gradients, update, running mean; the loss before the step is added to those of the line."""
    for group in state.optimiser.param_groups:
        group["lr"] = learning_rate(config, state.step) * group.get("multiplier", 1.0)
    state.network.zero_grad(set_to_none=False)
    part, truth = share_of(inputs).to(state.device), share_of(labels).to(state.device)
    loss = accumulate_gradients(state.network, part, truth, dtype, config.loss, config.loss_channels)
    loss = add_up(state.network, loss, len(part) / len(inputs))
    if state.parts:
        state.parts.hand_on_gradients()
    state.optimiser.step()
    if state.parts:
        state.parts.collapse()
    state.step += 1
    _update_ema(state.ema, state.network, min(config.ema_decay, state.step / (state.step + 10)))
    state.loss_sum += loss
    state.loss_steps += 1


def _validate(
    config: TrainConfig, data: TrainingData, state: State, bicubic_psnr: NDArray[np.float64]
) -> tuple[LogLine, Sequence[Plane]]:
    """A line of the log, without what only steps have, and what the network makes of the pictures."""
    pictures = enlarge(state.network.spec, state.ema, data.validation)
    quality, bicubic = compare(_measure(config, data, pictures), bicubic_psnr)
    line = LogLine(
        step=state.step,
        seconds=round(state.seconds, 2),
        validation_psnr=quality.of(config.colour),
        bicubic_psnr=bicubic.of(config.colour),
        channel_psnr=quality.channels,
        bicubic_channel_psnr=bicubic.channels,
    )
    return line, pictures


def _warn(config: TrainConfig, last: LogLine, first: float | None, notice: Callable[[str], None]) -> None:
    """Say it if the training was for nothing: worse than what it started from, or than bicubic."""
    learned = config.colour == "chroma" or 0 in (config.loss_channels or (0,))
    if last.validation_psnr is None or last.bicubic_psnr is None or not learned:
        return  # nothing measured, or luma is not what was learned
    for name, psnr in (("the network that it started from", first), ("bicubic", last.bicubic_psnr)):
        if psnr is not None and last.validation_psnr < psnr - _NOTHING and math.isfinite(psnr):
            notice(
                f"the last validation, {last.validation_psnr:.3f} dB, is below that of {name}, {psnr:.3f} dB; "
                f"train again with a lower learning_rate than {config.learning_rate:g}, or with more steps"
            )
            return


def _measure_bicubic(config: TrainConfig, data: TrainingData, notice: Callable[[str], None]) -> NDArray[np.float64]:
    measured = _measure(config, data, [pair.enlarged for pair in data.validation])
    judged = slice(1, 3) if config.colour == "chroma" else slice(1)
    exact = [pair.name for pair, psnr in zip(data.validation, measured, strict=True) if math.inf in psnr[judged]]
    if exact and len(exact) == len(data.validation):
        notice(
            "bicubic gives every validation picture exactly, as it does flat ones, and grey ones where chroma is "
            "learned; from such there is nothing to learn: give others"
        )
    elif exact:
        names = ", ".join(exact)
        notice(f"not in the validation's mean, since bicubic gives them exactly, as it does flat pictures: {names}")
    return measured


def _measure(config: TrainConfig, data: TrainingData, pictures: Sequence[Plane]) -> NDArray[np.float64]:
    """The authors leave out as many pixels as the scale on every side."""
    return measure(pictures, data.validation, colour=config.picture_colour, border=config.scale)


def _check_finite(loss: float, step: int, run_dir: Path) -> None:
    if not math.isfinite(loss):
        again = "go on with --resume --accept-changes, or if that ends so too, start in another folder"
        if not has_checkpoint(run_dir):
            again = "start again, since there is no checkpoint to go on from"
        raise InvalidConfigError(
            f"expected a finite loss, got {loss} before step {step}; "
            f"lower learning_rate or raise warmup_steps, then {again}"
        )


def learning_rate(config: TrainConfig, step: int) -> float:
    """The rate of a step: linear warm-up, then a cosine to zero; fixed in the paper's recipe.

    Args:
        config: learning_rate, warmup_steps, steps.
        step: 0 for the first.

    Returns:
        The rate, above 0 and at most `config.learning_rate`.
    """
    if config.recipe == "paper":
        return config.learning_rate
    warmup = min(config.warmup_steps, config.steps // 2)  # a training that ends at its highest rate has learnt little
    if step < warmup:
        return config.learning_rate * (step + 1) / warmup
    done = (step - warmup) / (config.steps - warmup)
    return config.learning_rate * (1 + math.cos(math.pi * done)) / 2


def _to_model(config: TrainConfig, state: State, data: TrainingData) -> Model:
    """The model file's content: spec with the training's record, and the running mean of the weights as arrays."""
    idle = NOT_IN_PAPER if config.recipe == "paper" else ()
    record = {key: json.dumps(value) for key, value in state.record.items() if key not in idle}
    record |= {
        "data": " ".join(data.pictures.folders),
        "pictures": str(data.pictures.count),
        "validation": ", ".join(pair.name for pair in data.validation),
    }
    if state.init:
        record["init"] = state.init
    return Model(config.spec(record), {name: weight.cpu().numpy() for name, weight in state.ema.items()})


@torch.no_grad()
def _update_ema(ema: dict[str, Tensor], network: Srcnn, decay: float) -> None:
    for name, weight in network.state_dict().items():
        ema[name].lerp_(weight, 1 - decay)
