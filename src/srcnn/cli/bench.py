"""`srcnn bench`."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import click

from srcnn.cli.options import FilePath, json_option, names_between_commas, threads_option
from srcnn.cli.progress import progress_bar
from srcnn.cli.say import say, say_json

if TYPE_CHECKING:
    from srcnn.bench.speed import Speed, Speeds


def _size(context: click.Context, option: click.Parameter, value: str) -> tuple[int, int]:
    """Read WIDTHxHEIGHT as (height, width)."""
    width, _, height = value.partition("x")
    if not (width.isdecimal() and height.isdecimal() and int(width) and int(height)):
        raise click.BadParameter(
            f"expected WIDTHxHEIGHT in pixels, got {value!r}; write for example 1920x1080", context, option
        )
    return int(height), int(width)


@click.command("bench")
@click.option("--models", help="Names or files with commas between them; default: every shipped model of the scale.")
@click.option(
    "-s", "--scale", type=click.IntRange(min=1), default=3, show_default=True, help="The enlargement of shipped models."
)
@click.option(
    "--size",
    metavar="WIDTHxHEIGHT",
    callback=_size,
    default="1920x1080",
    show_default=True,
    help="Of the enlarged frame.",
)
@threads_option
@click.option("--rounds", type=click.IntRange(min=1), default=5, show_default=True, help="How often each is timed.")
@click.option("--chart", type=FilePath(), help="Draw PSNR on Set5 against time as this PNG; needs the extra paper.")
@json_option
def bench_command(
    models: str | None,
    scale: int,
    size: tuple[int, int],
    threads: int,
    rounds: int,
    chart: Path | None,
    as_json: bool,
) -> None:
    """Measure how fast the models are on this machine, in every installed engine.

    Each row is one model in one engine: the time of a frame and its ratio to plain ONNX Runtime (the
    network as exported, on the whole picture), and the share of what this machine's cores were measured
    to multiply and add; what counts are the multiplications of the network as published, though the form
    that is computed may have fewer. Memory and first result are those of a process of its own.
    """
    from srcnn.bench.speed import STEPS, Setting, measure_speed
    from srcnn.machine import describe_machine
    from srcnn.zoo.cards import is_shipped, shipped_cards
    from srcnn.zoo.model_file import check_enlarges
    from srcnn.zoo.shipped import load_model

    names = names_between_commas(models) or [card.name for card in shipped_cards() if card.scale == scale]
    if not names:
        raise click.UsageError(f"expected a scale that shipped models have, got {scale}; see srcnn models")
    scales = [scale if is_shipped(name) else None for name in names]
    for name, own in zip(names, scales, strict=True):
        # What is wrong with the last one is said before the first is measured for minutes.
        check_enlarges(load_model(name, own))
    if chart is not None:
        _check_chart(chart, names)
    setting = Setting(size=size, threads=threads, rounds=rounds)
    steps, total = count(1), len(names) * (rounds + STEPS)
    speeds: list[Speeds] = []
    with progress_bar("measuring") as advance:
        for name, own in zip(names, scales, strict=True):
            speeds.append(measure_speed(name, own, setting, lambda: advance(next(steps), total)))
    rows = [row for each in speeds for row in each.rows]
    machine = {
        **describe_machine(),
        "threads": threads or "all",
        "peak_gmacs": round(max(each.peak for each in speeds) / 1e9, 1),
    }
    if as_json:
        say_json({"machine": machine, "rows": [asdict(row) for row in rows]})
    else:
        _show(machine, rows)
    if chart is not None:
        _draw(rows, chart, f"Set5, frame of {size[1]}x{size[0]}, {machine['cpu']}, {machine['threads']} threads")


def _check_chart(target: Path, names: Sequence[str]) -> None:
    """Refuse a chart that cannot be drawn before measuring for minutes."""
    from srcnn.bench.chart import check_chart
    from srcnn.zoo.cards import is_shipped

    if not any(is_shipped(name) for name in names):
        raise click.UsageError(
            f"expected a shipped model for --chart, got {', '.join(names)}; add one, the PSNR of others is not known"
        )
    check_chart(target)


def _show(machine: Mapping[str, object], rows: Sequence["Speed"]) -> None:
    """Print the table."""
    say(
        f"{machine['cpu']}, {machine['threads']} threads of {machine['cores']} cores, "
        f"measured peak {machine['peak_gmacs']} GMAC/s in fp32"
    )
    say("")
    width = max(len(row.case) for row in rows)
    say(f"{'model':<{width}}  engine             precision  ms/frame   Mpx/s    peak   ratio  first s  MiB")
    for row in rows:
        ratio = "-" if row.ratio is None else f"{row.ratio:.2f}x"
        memory = "-" if row.peak_memory_mib is None else f"{row.peak_memory_mib:.0f}"
        say(
            f"{row.case:<{width}}  {row.implementation:<17}  {row.precision:<9}  {row.seconds * 1e3:8.1f}"
            f"  {row.megapixels_per_second:6.1f}  {row.share_of_peak:5.0%}  {ratio:>6}"
            f"  {row.first_result_seconds:7.2f}  {memory:>4}"
        )


def _draw(rows: Sequence["Speed"], target: Path, title: str) -> None:
    """Draw the rows whose quality is known."""
    from srcnn.bench.chart import Point, draw_chart

    points = [
        Point(f"{row.model} x{row.scale}", row.implementation, row.seconds, row.set5_psnr)
        for row in rows
        if row.set5_psnr is not None
    ]
    draw_chart(points, target, title=title)
