"""`srcnn upscale`."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from srcnn.cli.options import choose_scale, engine_option, json_option, scale_option, threads_option
from srcnn.cli.progress import progress_bar
from srcnn.runtime.session import Engine
from srcnn.zoo.shipped import DEFAULT_MODEL

if TYPE_CHECKING:
    from srcnn.batch import Result


@click.command("upscale")
@click.argument("inputs", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("-o", "--output", help="A file, a folder, or a pattern with {stem}, {scale} and {ext}.")
@scale_option
@click.option("-m", "--model", default=DEFAULT_MODEL, show_default=True, help="A shipped model or a model file.")
@engine_option
@threads_option
@click.option("--recursive", is_flag=True, help="Also take the folders below a folder.")
@click.option("--png-level", type=click.IntRange(0, 9), default=3, show_default=True, help="PNG compression.")
@click.option("--quality", type=click.IntRange(1, 100), default=95, show_default=True, help="Of JPEG, WebP and AVIF.")
@click.option("--strip-metadata", is_flag=True, help="Leave out EXIF, XMP and IPTC.")
@json_option
def upscale_command(
    inputs: tuple[Path, ...],
    output: str | None,
    scale: int | None,
    model: str,
    engine: Engine,
    threads: int,
    recursive: bool,
    png_level: int,
    quality: int,
    strip_metadata: bool,
    as_json: bool,
) -> int:
    """Enlarge pictures: files, or whole folders.

    Without -o the result of photo.jpg is photo_x2.jpg beside it, and the results of a folder lie in
    a folder of their own beside it.
    """
    from srcnn.batch import plan_jobs, upscale_file
    from srcnn.pictures.write import WriteOptions
    from srcnn.upscaler import load

    upscaler = load(model, choose_scale(model, scale), engine=engine, threads=threads)
    jobs = plan_jobs(inputs, output, upscaler.scale, recursive=recursive)
    if not jobs:
        raise click.UsageError(
            "expected at least one picture, got folders without any; check the paths or use --recursive"
        )
    options = WriteOptions(png_level=png_level, quality=quality, strip_metadata=strip_metadata)
    results: list[Result] = []
    with progress_bar("enlarging") as advance:
        for done, job in enumerate(jobs):
            result = upscale_file(job, upscaler, options, lambda share, done=done: advance(done + share, len(jobs)))
            advance(done + 1, len(jobs))
            results.append(result)
            if as_json:
                click.echo(json.dumps(_row(result)))
    if not as_json:
        for result in results:
            _show(result)
    return 1 if any(result.error for result in results) else 0


def _row(result: "Result") -> dict[str, object]:
    return {
        "input": str(result.job.source),
        "output": None if result.error else str(result.job.target),
        "status": "error" if result.error else "ok",
        "error": result.error,
        "width": result.width,
        "height": result.height,
        "seconds": round(result.seconds, 3),
    }


def _show(result: "Result") -> None:
    if result.error:
        click.echo(f"error: {result.error}", err=True)
        return
    size = f"{result.width} x {result.height}"
    click.echo(f"{result.job.source} -> {result.job.target} ({size}, {result.seconds:.2f} s)")
    for note in result.notes:
        click.echo(f"  note: {note}", err=True)
