"""`srcnn train`."""

import importlib
import importlib.util
import os
import signal
import sys
import threading
from collections.abc import Generator
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from srcnn.cli.listeners import Listeners
from srcnn.cli.options import FilePath
from srcnn.cli.progress import progress_bar
from srcnn.errors import InvalidConfigError, MissingExtraError
from srcnn.printable import some_of

if TYPE_CHECKING:
    from srcnn.training.config import TrainConfig
    from srcnn.training.data import TrainingData
    from srcnn.training.log import LogLine
    from srcnn.zoo.model_file import Model

_NAMED = 10  # pictures for validation, in the line that counts them


@click.command("train")
@click.argument("config_file", metavar="CONFIG.toml", type=FilePath())
@click.argument("folders", metavar="[DIR]...", nargs=-1, type=FilePath())
@click.option("--data", multiple=True, type=FilePath(), help="The same as DIR: folders of pictures.")
@click.option(
    "--validation",
    multiple=True,
    type=FilePath(),
    help="Folder of pictures to measure on; default: some of DIR, which are not learned from.",
)
@click.option(
    "--small",
    multiple=True,
    type=FilePath(),
    help='Folder of the small pictures of all these, by their names, for downscale = "given".',
)
@click.option("-o", "--output", type=FilePath(), help="Folder of the run; default: runs/CONFIG.")
@click.option("--resume", is_flag=True, help="Go on from the last checkpoint.")
@click.option("--accept-changes", is_flag=True, help="Resume although config or pictures changed.")
@click.option("--init", metavar="MODEL", help="Start from a shipped model (NAME or NAME:SCALE) or a model file.")
@click.option("--tensorboard", is_flag=True, help="Write curves and samples for TensorBoard too.")
@click.option("--set", "settings", multiple=True, metavar="KEY=VALUE", help="Replace a value of the config.")
def train_command(
    config_file: Path,
    folders: tuple[Path, ...],
    data: tuple[Path, ...],
    validation: tuple[Path, ...],
    small: tuple[Path, ...],
    output: Path | None,
    resume: bool,
    accept_changes: bool,
    init: str | None,
    tensorboard: bool,
    settings: tuple[str, ...],
) -> int:
    """Train a network on the pictures of every DIR, also of folders in it.

    The run folder receives model.safetensors (use it with -m), log.jsonl, and the checkpoint that
    --resume goes on from; with --tensorboard also a folder to name as tensorboard --logdir.
    docs/training.md describes every key of CONFIG.toml.
    """
    from srcnn.atomic import check_folder, make_folder
    from srcnn.training.config_file import read_config

    if not (data or folders):
        raise click.UsageError(
            "expected at least one folder of pictures, got none; name it after the config: CONFIG.toml DIR"
        )
    config = read_config(config_file, dict(_split(setting) for setting in settings))
    run_dir = output or Path("runs") / config_file.stem
    extra = ("tensorboard",) if tensorboard else ()
    for needed in ("torch", "matplotlib", *extra):  # said now, not after the training
        if importlib.util.find_spec(needed) is None:
            raise MissingExtraError(needed, "train")
    _import_torch(config.threads)
    from srcnn.training.alone import alone_in
    from srcnn.training.state import begin

    with _first_process_speaks(config):
        listeners = Listeners()
        start = _initial_model(init, config.scale) if init else None
        with alone_in(run_dir):  # errors come before reading
            begin(config, run_dir, init=start, resume=resume, accept_changes=accept_changes)
            check_folder(run_dir, "choose another with -o")
        pictures = _load(config, (*data, *folders), validation, small, listeners)
        make_folder(run_dir, "choose another with -o")
        _train(
            config,
            pictures,
            run_dir,
            listeners,
            init=start,
            resume=resume,
            accept_changes=accept_changes,
            tensorboard=tensorboard,
        )
    return 1 if listeners.failure else 0


def _import_torch(threads: int) -> None:
    """It takes a second, in which it may lose a Ctrl-C."""
    with _catch_interrupt() as interrupted:
        import torch

        importlib.import_module("srcnn.training.loop")  # what imports the rest of torch
    if interrupted.is_set():
        raise click.Abort
    if threads:
        torch.set_num_threads(threads)


@contextmanager
def _first_process_speaks(config: "TrainConfig") -> Generator[None]:
    """Join the processes that torchrun started; all but the first print nothing but errors that end them."""
    from srcnn.training.device import choose_device
    from srcnn.training.ranks import join_ranks

    with join_ranks(choose_device(config.device)) as rank, ExitStack() as stack:
        if rank:
            silence = stack.enter_context(Path(os.devnull).open("w"))
            stack.enter_context(redirect_stdout(silence))
            stack.enter_context(redirect_stderr(silence))
        yield


def _split(setting: str) -> tuple[str, str]:
    key, equals, value = setting.partition("=")
    if not equals:
        raise InvalidConfigError(f"expected KEY=VALUE after --set, got {setting!r}; write for example --set steps=1000")
    return key.strip(), value.strip()


def _initial_model(name: str, scale: int) -> "Model":
    """The model to start from; of a shipped one, the scale of the config unless another is named."""
    from srcnn.zoo.cards import is_shipped
    from srcnn.zoo.shipped import load_model

    model, colon, other = name.rpartition(":")
    if colon and other.isdecimal():
        return load_model(model, int(other))
    return load_model(name, scale if is_shipped(name) else None)


def _load(
    config: "TrainConfig",
    folders: tuple[Path, ...],
    validation: tuple[Path, ...],
    small: tuple[Path, ...],
    listeners: Listeners,
) -> "TrainingData":
    """Read the pictures, with a progress bar."""
    from srcnn.training.data import load_data

    with progress_bar("reading pictures") as advance:
        data = load_data(config, folders, advance, validation=validation, small=small)
    names = [pair.name for pair in data.validation]
    which = f": {some_of(names, most=_NAMED)}" if names else ""
    listeners.tell(f"{len(data.train)} pictures and sizes to learn from, {len(names)} pictures for validation{which}")
    for folder, test_set in _test_sets(folders, validation):
        listeners.tell(
            f"note: {folder} is the test set {test_set}; a network that learns from it cannot be judged by it",
            err=True,
        )
    learned_from = data.pictures.count - len(names)
    if learned_from < len(names) and not validation:
        listeners.tell(
            f"note: more pictures are kept out for validation than learned from, {len(names)} of "
            f"{data.pictures.count}; lower validation_pictures",
            err=True,
        )
    for reason in data.skipped:
        listeners.tell(f"left out: {reason}", err=True)
    return data


def _test_sets(folders: tuple[Path, ...], validation: tuple[Path, ...]) -> list[tuple[Path, str]]:
    """The standard test sets among the folders and those in them, but for what is validated on."""
    from srcnn.evaluation.published import recognise_dataset
    from srcnn.pictures.find import find_pictures

    names: dict[Path, list[str]] = {}
    apart = [folder.resolve() for folder in validation]
    for path in (path for folder in folders for path in find_pictures(folder, follow_links=True)):
        if not any(path.resolve().is_relative_to(folder) for folder in apart):
            names.setdefault(path.parent, []).append(path.name)
    sets = ((folder, recognise_dataset(folder.name, pictures)) for folder, pictures in names.items())
    return [(folder, test_set) for folder, test_set in sets if test_set]


def _train(
    config: "TrainConfig",
    data: "TrainingData",
    run_dir: Path,
    listeners: Listeners,
    *,
    init: "Model | None",
    resume: bool,
    accept_changes: bool,
    tensorboard: bool,
) -> None:
    """Train, with a progress bar and a line for every validation; Ctrl-C ends it with a checkpoint."""
    from srcnn.training.board import open_board
    from srcnn.training.log import LOG_FILE
    from srcnn.training.loop import train
    from srcnn.training.plots import CURVES_FILE, FILTERS_FILE, plot_curves, plot_filters
    from srcnn.training.ranks import is_first
    from srcnn.zoo.model_file import MODEL_FILE

    done = [0]
    with (
        progress_bar("training") as advance,
        open_board(run_dir, data.validation, config.picture_colour) as board,
        _catch_interrupt() as interrupted,
    ):

        def report(line: "LogLine") -> None:
            done.append(line.step)
            if sys.stdout.isatty():
                with suppress(OSError):  # the terminal may go at this moment
                    click.echo("\r", nl=False)  # the progress bar is written over
            listeners.tell(_told(line))

        model = train(
            config,
            data,
            run_dir,
            init=init,
            resume=resume,
            accept_changes=accept_changes,
            progress=lambda step: advance(step, config.steps),
            report=report,
            show=board.add if tensorboard else lambda line, pictures: None,
            notice=lambda text: listeners.tell(text, err=True),
            should_stop=interrupted.is_set,
        )
    if interrupted.is_set() and done[-1] < config.steps:
        listeners.tell(f"stopped with a checkpoint in {run_dir}; go on with --resume", err=True)
        raise click.Abort
    if not is_first():
        return
    if len(done) == 1:
        listeners.tell(
            f"nothing left to train, {run_dir} has {config.steps:,} steps or more; "
            "for more use --set steps=N --accept-changes",
            err=True,
        )
    if not plot_curves(run_dir / LOG_FILE, run_dir / CURVES_FILE, config.colour):
        listeners.tell(f"{run_dir / LOG_FILE} is lost: there are no curves to draw", err=True)
    plot_filters(model, run_dir / FILTERS_FILE)
    for name in (MODEL_FILE, LOG_FILE, CURVES_FILE, FILTERS_FILE):
        if (run_dir / name).exists():
            listeners.tell(str(run_dir / name))


def _told(line: "LogLine") -> str:
    """A line of the log for people."""
    validation = ""
    if line.validation_psnr is not None:
        validation = f"validation {line.validation_psnr:.3f} dB (bicubic {line.bicubic_psnr:.3f}), "
    if line.channel_psnr:
        validation += f"Y/Cb/Cr/RGB {'/'.join(f'{value:.2f}' for value in line.channel_psnr)}, "
    if line.loss is None:
        return f"step {line.step}: {validation}the network to start from"
    speed = f"{line.mpx_per_s:.2f} Mpx/s, {line.seconds:.0f} s, busy {line.busy_share:.1%}"
    return f"step {line.step}: {validation}loss {line.loss:.3e}, {speed}"


@contextmanager
def _catch_interrupt() -> Generator[threading.Event]:
    """Turn the first Ctrl-C into an event, so that a step is never cut in half; the second one stops at once."""
    event = threading.Event()
    before = signal.getsignal(signal.SIGINT)

    def catch(_signal: int, _frame: object) -> None:
        event.set()
        signal.signal(signal.SIGINT, before)

    signal.signal(signal.SIGINT, catch)
    try:
        yield event
    finally:
        signal.signal(signal.SIGINT, before)
