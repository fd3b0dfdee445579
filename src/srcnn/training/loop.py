"""The training loop, all of it: read `train` from top to bottom."""

import json
import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from srcnn.atomic import write_atomically
from srcnn.errors import CheckpointError, InvalidConfigError, OutputError
from srcnn.imaging import from_float, psnr
from srcnn.models.expanded import Expanded
from srcnn.models.gradients import accumulate_gradients
from srcnn.models.srcnn import Srcnn, initialise
from srcnn.models.transplant import start_from
from srcnn.training.checkpoint import CURRENT, Checkpoint, check_same_config, load_checkpoint, save_checkpoint
from srcnn.training.config import TrainConfig, with_defaults
from srcnn.training.data import TrainingData, batches, pooled_batches
from srcnn.training.degradation import Plane
from srcnn.training.pairs import Pair
from srcnn.training.paper import paper_batches, paper_initialise, paper_optimiser
from srcnn.training.pools import Pools
from srcnn.training.ranks import add_up, any_rank, from_first, is_first, share_of
from srcnn.zoo.model_file import Model, save_model

MODEL_FILE = "model.safetensors"
LOG_FILE = "log.jsonl"
_MAY_DIFFER = frozenset({"threads", "validate_every", "checkpoint_every"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """What a line of the log holds.

    Attributes:
        step: optimiser steps done.
        seconds: of training so far, over all runs.
        mpx_per_s: label pixels per second since the last line, in millions.
        loss: mean squared error per pixel since the last line, samples in [0, 1].
        learning_rate: of the last step.
        validation_psnr: mean over the validation pictures, dB on limited-range luma; None without any.
        bicubic_psnr: the same for bicubic.
        busy_share: of the time since the last line, what was not spent waiting for data, 0 to 1.
    """

    step: int
    seconds: float
    mpx_per_s: float
    loss: float
    learning_rate: float
    validation_psnr: float | None
    bicubic_psnr: float | None
    busy_share: float


@dataclass(slots=True)
class _State:
    """What a step changes."""

    network: Srcnn
    expanded: Expanded | None
    optimiser: torch.optim.Optimizer
    ema: dict[str, Tensor]
    step: int
    seconds: float

    @property
    def trained(self) -> nn.Module:
        """What the optimiser changes and a checkpoint holds."""
        return self.expanded or self.network

    def load_weights(self, weights: dict[str, Tensor]) -> None:
        self.trained.load_state_dict(weights)
        if self.expanded:
            self.expanded.collapse()


def train(
    config: TrainConfig,
    data: TrainingData,
    run_dir: Path,
    *,
    init: Model | None = None,
    resume: bool = False,
    accept_changes: bool = False,
    progress: Callable[[int], None] = lambda step: None,
    report: Callable[[Progress], None] = lambda line: None,
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
        accept_changes: resume even if the config differs from the checkpoint's.
        progress: called with the number of steps done, after each.
        report: called with every line of the log.
        notice: called with a sentence that people should see.
        should_stop: asked after every step; True ends the training with a checkpoint.

    Returns:
        The trained network: the running mean of its weights.

    Raises:
        CheckpointError: nothing to resume, a checkpoint of another config, or one in the way of a new run.
        ModelFileError: `init` does not fit into the network.
        InvalidConfigError: the loss is no number any more; the last good checkpoint stays.
        OutputError: the run folder cannot be written.

    Source: section 3 of the paper for the loss; docs/training.md for what differs.
        Tests: tests/training/test_loop.py.
    """
    if not resume and (run_dir / CURRENT).exists():
        raise CheckpointError(
            f"expected a folder without a training in it, got the checkpoint of an earlier one in {run_dir}; "
            "go on with --resume, or choose another folder with -o"
        )
    state = _start(config, init)
    if resume and is_first():
        _resume(state, config, run_dir, accept_changes=accept_changes, notice=notice)
    _share_state(state)
    low_precision = config.precision == "bf16" or (config.precision == "auto" and has_fast_bf16())
    fp32_from = round(config.steps * (1 - config.fp32_share)) if low_precision else 0
    bicubic_psnr = _mean_psnr([(pair.enlarged, pair.hr) for pair in data.validation], config.scale)
    loss_sum, steps_in_sum = torch.zeros(()), 0
    seconds_before, started = state.seconds, time.perf_counter()
    last_report = asked = started
    waited = 0.0
    if is_first():
        _cut_log(run_dir, state.step)
    for inputs, labels in _batches(config, data, state.step, notice):
        waited += time.perf_counter() - asked
        dtype = torch.bfloat16 if state.step < fp32_from else torch.float32
        loss_sum += _take_step(state, config, torch.from_numpy(inputs), torch.from_numpy(labels), dtype)
        steps_in_sum += 1
        progress(state.step)
        now = time.perf_counter()
        state.seconds = seconds_before + now - started
        last = any_rank(state.step == config.steps or should_stop())
        due = state.step % config.validate_every == 0
        saving = state.step % config.checkpoint_every == 0
        if due or saving or last:
            _check_finite(float(loss_sum), state.step)
        if (due or last) and is_first():
            line = Progress(
                step=state.step,
                seconds=round(state.seconds, 2),
                mpx_per_s=round(steps_in_sum * labels.size / (now - last_report) / 1e6, 3),
                loss=float(loss_sum) / steps_in_sum,
                learning_rate=learning_rate(config, state.step - 1),
                validation_psnr=_validate(config, state.ema, data.validation),
                bicubic_psnr=bicubic_psnr,
                busy_share=round(1 - waited / (now - last_report), 4),
            )
            _append_log(run_dir, line)
            report(line)
            loss_sum, steps_in_sum, waited, last_report = torch.zeros(()), 0, 0.0, time.perf_counter()
        if (saving or last) and is_first():
            _save(state, config, run_dir)
        if last:
            break
        asked = time.perf_counter()
    return to_model(config, state.ema)


def _start(config: TrainConfig, init: Model | None) -> _State:
    """A network with its first weights, and its optimiser."""
    spec = config.spec()
    network = Srcnn(spec)
    if init is None:
        draw = paper_initialise if config.recipe == "paper" else initialise
        draw(network, config.seed)
    else:
        start_from(network, init.spec, {name: torch.from_numpy(weight) for name, weight in init.weights.items()})
    for parameter in network.parameters():
        parameter.grad = torch.zeros_like(parameter)
    expanded = Expanded(network, config.expansion, config.seed) if config.expansion else None
    if config.recipe == "paper":
        optimiser = paper_optimiser(network, (config.patch_size - 2 * spec.reach) ** 2)
    else:
        optimiser = torch.optim.Adam((expanded or network).parameters(), betas=(0.9, 0.99), fused=True)
    ema = {name: weight.detach().clone() for name, weight in network.state_dict().items()}
    return _State(network, expanded, optimiser, ema, 0, 0.0)


def _resume(
    state: _State, config: TrainConfig, run_dir: Path, *, accept_changes: bool, notice: Callable[[str], None]
) -> None:
    """Put the last checkpoint's state in place of the first."""
    saved, problem = load_checkpoint(run_dir)
    if not accept_changes:
        check_same_config(with_defaults(saved.config), config.to_dict(), _MAY_DIFFER)
    if problem:
        notice(problem)
    try:
        state.load_weights(saved.weights)
    except RuntimeError as error:
        raise CheckpointError(
            f"expected a checkpoint of kernels {config.kernel_sizes} and widths {config.widths}, got one of "
            f"{saved.config.get('kernel_sizes')} and {saved.config.get('widths')}; "
            "restore these values, or start a new run in another folder"
        ) from error
    state.optimiser.load_state_dict(saved.optimiser)
    state.ema, state.step, state.seconds = saved.ema, saved.step, saved.seconds


def _share_state(state: _State) -> None:
    """Start every process where the first one does."""
    weights, optimiser, state.ema, state.step, state.seconds = from_first(
        [state.trained.state_dict(), state.optimiser.state_dict(), state.ema, state.step, state.seconds]
    )
    if not is_first():
        state.load_weights(weights)
        state.optimiser.load_state_dict(optimiser)


def _batches(
    config: TrainConfig, data: TrainingData, first_step: int, notice: Callable[[str], None]
) -> Iterator[tuple[Plane, Plane]]:
    """Inputs and labels of every step from a first one on."""
    if isinstance(data.train, Pools):
        return pooled_batches(config, data.train, first_step, notice)
    cut = paper_batches if config.recipe == "paper" else batches
    return cut(config, data.train, first_step)


def _take_step(state: _State, config: TrainConfig, inputs: Tensor, labels: Tensor, dtype: torch.dtype) -> Tensor:
    """Gradients, update, running mean; returns the loss before the step."""
    for group in state.optimiser.param_groups:
        group["lr"] = learning_rate(config, state.step) * group.get("multiplier", 1.0)
    state.network.zero_grad(set_to_none=False)
    part = share_of(inputs)
    loss = accumulate_gradients(state.network, part, share_of(labels), dtype, config.loss)
    loss = add_up(state.network, loss, len(part) / len(inputs))
    if state.expanded:
        state.expanded.hand_on_gradients()
    state.optimiser.step()
    if state.expanded:
        state.expanded.collapse()
    state.step += 1
    _update_ema(state.ema, state.network, min(config.ema_decay, state.step / (state.step + 10)))
    return loss


def _check_finite(loss: float, step: int) -> None:
    if not math.isfinite(loss):
        raise InvalidConfigError(
            f"expected a finite loss, got {loss} before step {step}; "
            "lower learning_rate or raise warmup_steps, then go on with --resume --accept-changes"
        )


def _save(state: _State, config: TrainConfig, run_dir: Path) -> None:
    """Write the model file, then the checkpoint: a kill between them only repeats the steps since the last one."""
    checkpoint = Checkpoint(
        config=config.to_dict(),
        step=state.step,
        seconds=state.seconds,
        weights=state.trained.state_dict(),
        ema=state.ema,
        optimiser=state.optimiser.state_dict(),
    )
    save_model(run_dir / MODEL_FILE, to_model(config, state.ema))
    save_checkpoint(run_dir, checkpoint)


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
    if step < config.warmup_steps:
        return config.learning_rate * (step + 1) / config.warmup_steps
    done = (step - config.warmup_steps) / max(1, config.steps - config.warmup_steps)
    return config.learning_rate * (1 + math.cos(math.pi * done)) / 2


def has_fast_bf16() -> bool:
    """Whether this CPU multiplies bf16 matrices in hardware (AMX); elsewhere bf16 is slower than fp32."""
    return bool(torch.cpu.get_capabilities().get("amx_bf16", False))


def to_model(config: TrainConfig, weights: dict[str, Tensor]) -> Model:
    """The model file's content: spec with the training's record, and weights as arrays."""
    record = {key: json.dumps(value) for key, value in config.to_dict().items()}
    spec = config.spec(record)
    return Model(spec, {name: weight.numpy() for name, weight in weights.items()})


@torch.no_grad()
def _update_ema(ema: dict[str, Tensor], network: Srcnn, decay: float) -> None:
    for name, weight in network.state_dict().items():
        ema[name].lerp_(weight, 1 - decay)


@torch.no_grad()
def _validate(config: TrainConfig, weights: dict[str, Tensor], pairs: Sequence[Pair]) -> float | None:
    """Mean PSNR of a set of weights over whole pictures, by the authors' protocol."""
    network = Srcnn(config.spec())
    network.load_state_dict(weights)
    outputs = [_apply(network, pair) for pair in pairs]
    return _mean_psnr([(output, pair.hr) for output, pair in zip(outputs, pairs, strict=True)], config.scale)


def _apply(network: Srcnn, pair: Pair) -> Plane:
    """A picture's better luma."""
    if network.spec.input_space == "hr":
        return network.same(torch.from_numpy(pair.enlarged)[None, None])[0, 0].numpy()
    change = functional.pixel_shuffle(network.same(torch.from_numpy(pair.lr)[None, None]), network.spec.scale)
    return pair.enlarged + change[0, 0].numpy()


def _mean_psnr(pictures: Sequence[tuple[np.ndarray, np.ndarray]], border: int) -> float | None:
    if not pictures:
        return None
    values = [
        psnr(from_float(sr, np.uint8), from_float(hr, np.uint8), data_range=255, border=border) for sr, hr in pictures
    ]
    return float(np.mean(values))


def _cut_log(run_dir: Path, first_step: int) -> None:
    """Cut the log back to the step a training resumes from."""
    path = run_dir / LOG_FILE
    lines = path.read_text(errors="replace").splitlines() if first_step and path.is_file() else []
    write_atomically(path, "".join(line + "\n" for line in lines if _step_of(line) <= first_step).encode())


def _append_log(run_dir: Path, line: Progress) -> None:
    path = run_dir / LOG_FILE
    try:
        with path.open("a") as file:
            file.write(json.dumps(asdict(line)) + "\n")
    except OSError as error:
        raise OutputError(
            f"expected to add a line to {path}, got: {error.strerror or error}; free space or check permissions, "
            "then go on with --resume"
        ) from error


def _step_of(line: str) -> float:
    """The step of a line of the log; infinite for one that a kill has cut short."""
    try:
        return json.loads(line)["step"]
    except ValueError:
        return math.inf
