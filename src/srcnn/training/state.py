"""What a training changes step by step: how it starts, and how it goes on from a checkpoint."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from srcnn.errors import CheckpointError
from srcnn.models.reparameterised import Reparameterised, reparameterise
from srcnn.models.srcnn import Srcnn, initialise
from srcnn.models.transplant import start_from
from srcnn.training.checkpoint import Checkpoint, check_same_config, load_checkpoint
from srcnn.training.config import TrainConfig, with_defaults
from srcnn.training.paper import paper_initialise, paper_optimiser
from srcnn.training.ranks import from_first, is_first
from srcnn.zoo.model_file import Model

_MUST_STAY = (
    "scale", "kernel_sizes", "widths", "input_space", "colour", "activation", "deconvolution", "residual",
    "expansion", "branches", "recipe",
)  # fmt: skip
_MAY_DIFFER = frozenset({"device", "threads", "validate_every", "checkpoint_every"})


@dataclass(slots=True)
class State:
    """What a step changes.

    Attributes:
        network: with the weights of the last step.
        parts: of its kernels, where the config has `expansion` or `branches`.
        optimiser: of the parts, or of the network's weights.
        ema: the running mean of the network's weights.
        step: steps done.
        seconds: of training so far, over all runs.
    """

    network: Srcnn
    parts: Reparameterised | None
    optimiser: torch.optim.Optimizer
    ema: dict[str, Tensor]
    step: int
    seconds: float

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

    def load_ema(self, ema: dict[str, Tensor]) -> None:
        """Take over a running mean, of any device."""
        self.ema = {name: weight.to(self.device) for name, weight in ema.items()}

    def checkpoint(self, config: TrainConfig) -> Checkpoint:
        """All of it, for a file."""
        return Checkpoint(
            config=config.to_dict(),
            step=self.step,
            seconds=self.seconds,
            weights=self.trained.state_dict(),
            ema=self.ema,
            optimiser=self.optimiser.state_dict(),
        )


def start(config: TrainConfig, init: Model | None, device: torch.device) -> State:
    """Begin with first weights, the same on every device.

    Args:
        config: of the network and its optimiser.
        init: a model to start from; None draws the weights.
        device: where all of it will be.

    Raises:
        ModelFileError: `init` does not fit into the network.

    Tests: tests/training/test_loop.py.
    """
    spec = config.spec()
    network = Srcnn(spec)
    if init is None:
        draw = paper_initialise if config.recipe == "paper" else initialise
        draw(network, config.seed)
    else:
        start_from(network, init.spec, {name: torch.from_numpy(weight) for name, weight in init.weights.items()})
    network.to(device)
    for parameter in network.parameters():
        parameter.grad = torch.zeros_like(parameter)
    parts = reparameterise(network, expansion=config.expansion, branches=config.branches, seed=config.seed)
    if config.recipe == "paper":
        side, channels = config.patch_size - 2 * spec.reach, len(config.loss_channels) or config.channels
        optimiser = paper_optimiser(network, side**2 * channels)
    else:
        optimiser = torch.optim.Adam((parts or network).parameters(), betas=(0.9, 0.99), fused=True)
    ema = {name: weight.detach().clone() for name, weight in network.state_dict().items()}
    return State(network, parts, optimiser, ema, 0, 0.0)


def resume_from_checkpoint(
    state: State, config: TrainConfig, run_dir: Path, *, accept_changes: bool, notice: Callable[[str], None]
) -> None:
    """Put the last checkpoint's state in place of the first.

    Args:
        state: changed in place.
        config: must be the checkpoint's, but for what does not change the result.
        run_dir: with the checkpoint.
        accept_changes: the config may differ, as long as the network and the recipe are the same.
        notice: called with a sentence on a damaged checkpoint.

    Raises:
        CheckpointError: no checkpoint, or one of another config, network or recipe.

    Tests: tests/training/test_loop.py.
    """
    saved, problem = load_checkpoint(run_dir)
    was, wanted = with_defaults(saved.config), config.to_dict()
    if not accept_changes:
        check_same_config(was, wanted, _MAY_DIFFER)
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
        state.optimiser.load_state_dict(saved.optimiser)
    except (RuntimeError, ValueError) as error:
        raise CheckpointError(
            f"expected the tensors of the network and optimiser in the checkpoint in {run_dir}, got others; "
            "it is another version's: start a new run in another folder"
        ) from error
    state.load_ema(saved.ema)
    state.step, state.seconds = saved.step, saved.seconds


def share(state: State) -> None:
    """Start every process where the first one does. Tests: tests/training/test_ranks.py."""
    weights, optimiser, ema, state.step, state.seconds = from_first(
        [state.trained.state_dict(), state.optimiser.state_dict(), state.ema, state.step, state.seconds]
    )
    if not is_first():
        state.load_weights(weights)
        state.optimiser.load_state_dict(optimiser)
        state.load_ema(ema)
