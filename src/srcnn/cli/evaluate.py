"""`srcnn evaluate`."""

import math
from pathlib import Path
from typing import TYPE_CHECKING

import click

from srcnn.cli.methods import load_method
from srcnn.cli.options import (
    DEFAULT_SCALE,
    FilePath,
    choose_scale,
    engine_option,
    ensemble_option,
    json_option,
    names_between_commas,
    scale_option,
    threads_option,
)
from srcnn.cli.progress import progress_bar
from srcnn.cli.say import say, say_json
from srcnn.runtime.engines import Engine
from srcnn.zoo.cards import BICUBIC, is_shipped

if TYPE_CHECKING:
    from srcnn.evaluation.measurement import Evaluation, Measurement
    from srcnn.evaluation.metrics.paper import Metric

_PROTOCOLS = (
    "How to measure: authors, old-matlab, no-border, border-6, lr-8bit, float-luma, basicsr, pillow-like, pillow, "
    "full-range, opencv-full-range, opencv-limited-range, sharp-enlargement, rgb or keras-pillow; or one of them "
    "changed, such as 'authors with border=6, lr_rounded=True'."
)


@click.command("evaluate")
@click.argument("model")
@click.argument("folder", type=FilePath())
@scale_option
@click.option("--protocol", "protocol_name", default="authors", show_default=True, metavar="NAME", help=_PROTOCOLS)
@engine_option
@threads_option
@ensemble_option
@click.option(
    "--metrics",
    "metric_names",
    metavar="NAMES",
    help="More of the paper's metrics, with commas between them: ifc, nqm, wpsnr and ms_ssim; or all. ifc "
    "needs the extra paper.",
)
@click.option(
    "--small",
    type=FilePath(),
    help="The small pictures, by the names of FOLDER's, in place of shrunk ones; with -s 1 those to be mended.",
)
@click.option(
    "--save",
    type=FilePath(file_okay=False),
    help="Keep what is measured in this new folder: luma as grey PNGs, or RGB where the protocol shrinks RGB.",
)
@json_option
def evaluate_command(
    model: str,
    folder: Path,
    scale: int | None,
    protocol_name: str,
    engine: Engine,
    threads: int,
    ensemble: bool,
    metric_names: str | None,
    small: Path | None,
    save: Path | None,
    as_json: bool,
) -> None:
    """Measure MODEL on the pictures of FOLDER: PSNR and SSIM, beside bicubic and the published value.

    MODEL is a shipped name, a model file, "bicubic", or a folder of pictures that any program has enlarged,
    with the same names, or with more behind them, such as baby_x3.png. The pictures are the truth; they are shrunk
    and enlarged again as the protocol says, also before a network that sees the enlarged picture. If any
    cannot be read, these are named and nothing else is printed: the mean of the others is not that of the set.
    """
    from srcnn.evaluation.evaluate import evaluate, evaluate_results
    from srcnn.evaluation.protocol import protocol_named
    from srcnn.evaluation.published import method_of
    from srcnn.zoo.shipped import load_model

    protocol = protocol_named(protocol_name)
    metrics = _chosen_metrics(metric_names)
    finished = _is_folder_of_results(model)
    if finished and scale is None:
        raise click.UsageError(f"expected -s with the folder of results {model}, got none; give their scale")
    if finished and save is not None:
        raise click.UsageError(f"expected a model for --save, got the folder {model}; leave the option out")
    if (finished or model == BICUBIC) and ensemble:
        raise click.UsageError(f"expected a network for --ensemble, got {model}; leave the option out")
    method, printed_as = None, BICUBIC if model == BICUBIC else None
    if finished or model == BICUBIC:
        scale = DEFAULT_SCALE if scale is None else scale
    else:
        loaded = load_model(model, choose_scale(model, scale))
        method, scale = load_method(loaded, engine=engine, threads=threads, ensemble=ensemble), loaded.spec.scale
        printed_as = method_of(loaded.spec)
        model += ", ensemble" if ensemble else ""
    with progress_bar("measuring") as advance:
        if finished:
            evaluation = evaluate_results(
                Path(model), folder, scale, protocol, metrics=metrics, small=small, progress=advance
            )
        else:
            evaluation = evaluate(
                method, folder, scale, protocol, metrics=metrics, small=small, save=save, progress=advance
            )
    if as_json:
        say_json(evaluation.to_dict(model))
    else:
        _show(evaluation, model, None if small else printed_as, folder, metrics)
    if evaluation.see_through:
        names = ", ".join(evaluation.see_through)
        say(f"note: measured without their transparency: {names}", err=True)


def _is_folder_of_results(model: str) -> bool:
    """Whether it is no model: what is shipped comes before a folder of its name, and a training's is no such folder."""
    from srcnn.zoo.model_file import MODEL_FILE

    if model == BICUBIC or is_shipped(model):
        return False
    try:
        return Path(model).is_dir() and not Path(model, MODEL_FILE).exists()
    except OSError:  # may not be looked into, or a name too long: whoever reads it says so
        return False


def _chosen_metrics(names: str | None) -> "list[Metric]":
    """Those that are named, in the order of the paper. PSNR and SSIM are measured anyway."""
    from srcnn.evaluation.metrics.paper import METRICS

    known = [metric.name for metric in METRICS]
    wanted = names_between_commas(names) or []
    unknown = [name for name in wanted if name not in (*known, "all")]
    if unknown:
        raise click.UsageError(f"expected some of {', '.join(known)}, or all, got {unknown[0]!r}; correct --metrics")
    return [metric for metric in METRICS if metric.name in wanted or "all" in wanted]


def _show(evaluation: "Evaluation", model: str, printed_as: str | None, folder: Path, metrics: "list[Metric]") -> None:
    from srcnn.evaluation.published import find_published, recognise_dataset

    say(f"{model} x{evaluation.scale}, {folder!s}, protocol {evaluation.protocol.name}")
    metrics = [metric for metric in metrics if metric.name not in ("psnr", "ssim")]  # which have their columns
    heads = "".join(f" {f'{metric.label} {metric.unit}'.strip():>8} {'bicubic':>8}" for metric in metrics)
    say(f"{'picture':<20} {'PSNR dB':>8} {'SSIM':>7} {'bicubic dB':>11} {'SSIM':>7} {'gain dB':>8}{heads}")
    for row in (*evaluation.images, evaluation.mean):
        say(_line(row) + "".join(_columns(row, metric) for metric in metrics))
    if evaluation.left_out:
        names = ", ".join(evaluation.left_out)
        say(f"not in the mean, since a PSNR is infinite (as bicubic's of flat pictures): {names}")
    # Published numbers hold for one protocol; beside another they would mislead.
    comparable = evaluation.protocol.name in ("authors", "old-matlab")
    dataset = recognise_dataset(folder.name, [image.name for image in evaluation.images])
    published = find_published(printed_as, dataset, evaluation.scale, "psnr") if comparable and printed_as else None
    if published:
        whose = "by the authors' weights" if published.measured else "published"
        difference = evaluation.mean.psnr - published.value
        say(f"{whose}: {published.value:.2f} dB on {dataset}, ours {difference:+.3f} dB")


def _line(row: "Measurement") -> str:
    gain = f"{row.psnr - row.bicubic_psnr:+.3f}" if max(row.psnr, row.bicubic_psnr) < math.inf else "-"
    bicubic = f"{row.bicubic_psnr:>11.3f} {row.bicubic_ssim:>7.4f}"
    return f"{row.name:<20} {row.psnr:>8.3f} {row.ssim:>7.4f} {bicubic} {gain:>8}"


def _columns(row: "Measurement", metric: "Metric") -> str:
    values = (row.more[metric.name], row.more[f"bicubic_{metric.name}"])
    return "".join(f" {'-' if value is None else f'{value:.{metric.digits}f}':>8}" for value in values)
