"""What a training changes step by step: how it starts, and how it goes on from a checkpoint."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from srcnn.errors import CheckpointError, InvalidConfigError
from srcnn.machine import memory_bytes
from srcnn.models.reparameterised import Reparameterised, reparameterise
from srcnn.models.srcnn import Srcnn, initialise
from srcnn.models.transplant import start_from
from srcnn.spec import ModelSpec
from srcnn.training.checkpoint import Checkpoint, check_same_config, has_checkpoint, load_checkpoint
from srcnn.training.config import TrainConfig
from srcnn.training.config_file import to_record, with_defaults
from srcnn.training.device import choose_device
from srcnn.training.fingerprint import Fingerprint, check_same_pictures
from srcnn.training.muon import Muon
from srcnn.training.paper import paper_initialise, paper_optimiser
from srcnn.training.ranks import from_first, is_first
from srcnn.zoo.model_file import Model

_MUST_STAY = (
    "scale", "kernel_sizes", "widths", "input_space", "colour", "activation", "deconvolution", "residual",
    "expansion", "branches", "recipe", "optimiser",
)  # fmt: skip
_BYTES_OF_A_WEIGHT = 20  # itself, its gradient, momentum and mean, and a copy of it for a checkpoint
_MAY_DIFFER = frozenset({"device", "threads", "validate_every", "checkpoint_every"})


@dataclass(slots=True, kw_only=True)
class State:
    """What a step changes.

    Attributes:
        network: with the weights of the last step.
        parts: of its kernels, where the config has `expansion` or `branches`.
        optimiser: of the parts, or of the network's weights.
        ema: the running mean of the network's weights.
        step: steps done.
        seconds: of training so far, over all runs.
        init: the model that it started from, NAME:SCALE, if any.
        record: the config, as files hold it.
        loss_sum: of the steps since the last line of the log.
        loss_steps: how many these are.
    """

    network: Srcnn
    parts: Reparameterised | None
    optimiser: torch.optim.Optimizer
    ema: dict[str, Tensor]
    step: int = 0
    seconds: float = 0.0
    init: str | None
    record: dict[str, Any]
    loss_sum: Tensor
    loss_steps: int = 0

    @property
    def trained(self) -> nn.Module:
        """What the optimiser changes and a checkpoint holds."""
        return self.parts or self.network

    @property
    def device(self) -> torch.device:
        """Where all of it is."""
        return next(self.network.parameters()).device

    def load_weights(self, weights: dict[str, Tensor]) -> None:
        """Take over what `trained` was."""
        self.trained.load_state_dict(weights)
        if self.parts:
            self.parts.collapse()

    def load_optimiser(self, saved: dict[str, Any]) -> None:
        """Take over its moments; its groups stay as they are, since a rate's multiplier comes from the config."""
        before = [{**group} for group in self.optimiser.param_groups]
        self.optimiser.load_state_dict(saved)
        for group, own in zip(self.optimiser.param_groups, before, strict=True):
            group.update(own)

    def load_ema(self, ema: dict[str, Tensor]) -> None:
        """Take over a running mean, of any device.

        Raises:
            ValueError: it is of another network, or no number.
        """
        shapes = [{name: weight.shape for name, weight in mean.items()} for mean in (self.ema, ema)]
        if shapes[0] != shapes[1] or not all(weight.isfinite().all() for weight in ema.values()):
            raise ValueError("the running mean")
        self.ema = {name: weight.to(self.device, torch.float32) for name, weight in ema.items()}

    def forget_loss(self) -> None:
        """Begin the sum of the next line."""
        self.loss_sum, self.loss_steps = torch.zeros_like(self.loss_sum), 0

    def checkpoint(self, pictures: Fingerprint) -> Checkpoint:
        """All of it, for a file."""
        return Checkpoint(
            config=self.record,
            step=self.step,
            seconds=self.seconds,
            weights=self.trained.state_dict(),
            ema=self.ema,
            optimiser=self.optimiser.state_dict(),
            pictures=pictures,
            init=self.init,
            loss_sum=float(self.loss_sum),
            loss_steps=self.loss_steps,
        )


def begin(
    config: TrainConfig,
    run_dir: Path,
    *,
    init: Model | None,
    resume: bool,
    accept_changes: bool,
    pictures: Fingerprint | None = None,
    notice: Callable[[str], None] = lambda text: None,
) -> State:
    """Start, or go on from a checkpoint, the same in every process.

    Args:
        config: of the network and its optimiser; a checkpoint's must be the same.
        run_dir: where a checkpoint is, or none may be.
        init: a model to start from; None draws the weights. Not used on resuming.
        resume: go on from the checkpoint.
        accept_changes: config and pictures may differ, as long as the network and the recipe are the same.
        pictures: a checkpoint's must be the same; None leaves that open, to learn of all other errors
            before the pictures are read.
        notice: called with a sentence on a damaged checkpoint, or on an `init` that is not used, or not all of it.

    Raises:
        CheckpointError: nothing to resume, or a checkpoint of another training, or one in the way of a new one.
        ModelFileError: `init` does not fit into the network.
        InvalidConfigError: there is no GPU and one is asked for; or the blur kernel's file cannot be read.

    Tests: tests/training/test_loop.py.
    """
    if not resume and has_checkpoint(run_dir):
        raise CheckpointError(
            f"expected a folder without a training in it, got the checkpoint of an earlier one in {run_dir}; "
            "go on with --resume, or choose another folder with -o"
        )
    state = start(config, None if resume else init, choose_device(config.device))
    state.init = _name(init)
    if init and init.chroma and config.colour == "luma" and not resume and is_first():
        notice(
            f"the network of chroma beside {init.spec.name} will not be in the result; "
            "srcnn join puts it beside that afterwards"
        )
    if resume and is_first():
        _resume(state, run_dir, pictures, accept_changes=accept_changes, notice=notice)
    share(state)
    return state


def start(config: TrainConfig, init: Model | None, device: torch.device) -> State:
    """Begin with first weights, the same on every device.

    Args:
        config: of the network and its optimiser.
        init: a model to start from, for a network of chroma from what is beside its luma; None draws all weights.
        device: where all of it will be.

    Raises:
        ModelFileError: `init` does not fit into the network.
        InvalidConfigError: the blur kernel's file cannot be read, or the weights fill the memory.

    Tests: tests/training/test_loop.py.
    """
    spec = config.spec()
    _check_weights(config, spec)
    network = Srcnn(spec)
    draw = paper_initialise if config.recipe == "paper" else initialise
    draw(network, config.seed)
    if init:
        origin = init.chroma if config.colour == "chroma" and init.chroma else init
        start_from(network, origin.spec, {name: torch.from_numpy(weight) for name, weight in origin.weights.items()})
    network.to(device)
    for parameter in network.parameters():
        parameter.grad = torch.zeros_like(parameter)
    parts = reparameterise(network, expansion=config.expansion, branches=config.branches, seed=config.seed)
    if config.recipe == "paper":
        side, channels = config.patch_size - 2 * spec.reach, len(config.loss_channels) or config.channels
        optimiser = paper_optimiser(network, side**2 * channels)
    else:
        parameters = (parts or network).parameters()
        adam = config.optimiser == "adam"
        optimiser = torch.optim.Adam(parameters, betas=(0.9, 0.99), fused=True) if adam else Muon(parameters)
    ema = {name: weight.detach().clone() for name, weight in network.state_dict().items()}
    return State(
        network=network,
        parts=parts,
        optimiser=optimiser,
        ema=ema,
        init=_name(init),
        record=to_record(config),
        loss_sum=torch.zeros((), device=device),
    )


def _check_weights(config: TrainConfig, spec: ModelSpec) -> None:
    """Refuse a network that would fill the memory."""
    expanded = config.expansion * sum(
        layer.in_channels * layer.kernel_size**2 + layer.out_channels for layer in spec.layers
    )
    memory, needed = memory_bytes(), _BYTES_OF_A_WEIGHT * (spec.weight_count + expanded)
    if memory is not None and needed > memory:
        raise InvalidConfigError(
            f"expected a network that fits into the memory of this machine, {memory / 1e9:.1f} GB, "
            f"got one that takes {needed / 1e9:,.1f} GB; lower widths or expansion"
        )


def _name(init: Model | None) -> str | None:
    return f"{init.spec.name}:{init.spec.scale}" if init else None


def _resume(
    state: State,
    run_dir: Path,
    pictures: Fingerprint | None,
    *,
    accept_changes: bool,
    notice: Callable[[str], None],
) -> None:
    """Put the last checkpoint's state in place of the first."""
    saved, problem = load_checkpoint(run_dir)
    was, wanted = with_defaults(saved.config), state.record
    if not accept_changes:
        check_same_config(was, wanted, _MAY_DIFFER)
        if pictures:
            check_same_pictures(saved.pictures, pictures)
    changed = ", ".join(f"{key} = {was[key]!r}" for key in _MUST_STAY if was[key] != wanted[key])
    if changed:
        raise CheckpointError(
            f"expected a checkpoint of the network and recipe that the config describes, got one of {changed}; "
            "restore these values, or start a new run in another folder"
        )
    if problem:
        notice(problem)
    try:
        state.load_weights(saved.weights)
        state.load_optimiser(saved.optimiser)
        state.load_ema(saved.ema)
    except (RuntimeError, ValueError, TypeError, KeyError, IndexError, AttributeError) as error:
        raise CheckpointError(
            f"expected the tensors of the network and optimiser in the checkpoint in {run_dir}, got others; "
            "it is another version's: start a new run in another folder"
        ) from error
    state.step, state.seconds = saved.step, saved.seconds
    state.loss_sum += saved.loss_sum
    state.loss_steps = saved.loss_steps
    if saved.pictures:  # one of an earlier version does not say
        if state.init not in (None, saved.init):
            notice(
                f"{state.init} is not used: the training goes on from its checkpoint, which started from "
                f"{saved.init or 'drawn weights'}; to start from another model name another folder"
            )
        state.init = saved.init


def share(state: State) -> None:
    """Start every process where the first one does. Tests: tests/training/test_ranks.py."""
    weights, optimiser, ema, state.step, state.seconds = from_first(
        [state.trained.state_dict(), state.optimiser.state_dict(), state.ema, state.step, state.seconds]
    )
    if not is_first():
        state.load_weights(weights)
        state.load_optimiser(optimiser)
        state.load_ema(ema)
