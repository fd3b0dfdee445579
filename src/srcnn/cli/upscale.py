"""`srcnn upscale`."""

import json
import sys
from collections import Counter
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from srcnn.cli.listeners import Listeners
from srcnn.cli.options import DEFAULT_SCALE, FilePath, engine_option, ensemble_option, json_option, threads_option
from srcnn.cli.progress import progress_bar
from srcnn.cli.streams import Streams, standard_streams, write_to_standard_output
from srcnn.cli.upscale_options import (
    MAX_JOBS,
    allow_formats_option,
    exists_option,
    jobs_option,
    keep_orientation_option,
    max_pixels_option,
    places_options,
    size_options,
    writing_options,
)
from srcnn.runtime.engines import Engine, available_threads
from srcnn.zoo.cards import DEFAULT_MODEL, LOSSY_MODEL

if TYPE_CHECKING:
    from srcnn.batch.output import Exists
    from srcnn.batch.plan import Places
    from srcnn.batch.size import Size
    from srcnn.batch.upscale import Result
    from srcnn.pictures.write import WriteOptions


@click.command("upscale")
@click.argument("inputs", nargs=-1, required=True, type=FilePath())
@places_options
@size_options
@click.option(
    "-m",
    "--model",
    help=f"A shipped model, a model file, or bicubic for none and any size; default {DEFAULT_MODEL}, or {LOSSY_MODEL} "
    "for lossy formats such as JPEG.",
)
@engine_option
@threads_option
@ensemble_option
@jobs_option
@exists_option
@max_pixels_option
@allow_formats_option
@keep_orientation_option
@writing_options
@json_option
def upscale_command(
    inputs: tuple[Path, ...],
    places: "Places",
    size: "Size",
    model: str | None,
    engine: Engine,
    threads: int,
    ensemble: bool,
    jobs: int | None,
    exists: "Exists",
    max_pixels: int,
    allowed: frozenset[str],
    keep_orientation: bool,
    writing: "WriteOptions",
    as_json: bool,
) -> int:
    """Enlarge pictures: files, folders, patterns such as '*.png', or - for standard input.

    Without -o the result of photo.jpg is photo_x2.jpg beside it, and the results of a folder lie in
    a folder of their own beside it. A name that begins with a dash comes after --, or as ./-photo.jpg.
    """
    from srcnn.batch.enlarge import Upscalers
    from srcnn.batch.plan import plan_jobs
    from srcnn.batch.run import upscale_files
    from srcnn.batch.upscale import Settings

    if as_json and places.output == "-":
        raise click.UsageError("expected -o - or --json, got both; standard output cannot hold both")
    if places.in_place and exists != "overwrite":
        raise click.UsageError(f"expected --in-place or --exists {exists}, got both; leave one of them out")
    upscalers = Upscalers(model or DEFAULT_MODEL, engine=engine, threads=threads, ensemble=ensemble)
    lossy = None if model else Upscalers(LOSSY_MODEL, engine=engine, threads=threads, ensemble=ensemble)
    size = size if size.given else replace(size, scale=(upscalers.scales or (DEFAULT_SCALE,))[0])
    with standard_streams(inputs, replace(places, renames=exists == "rename")) as streams:
        plan = plan_jobs(streams.inputs, size, streams.places)
        if not plan:
            raise click.UsageError(
                "expected at least one picture, got folders without any; check the paths, or use --recursive "
                "for folders in them, or --follow-links for symbolic links that lead out of them"
            )
        settings = Settings(
            size=size,
            exists=exists,
            max_pixels=max_pixels,
            allowed=allowed,
            keep_orientation=keep_orientation,
            writing=writing,
        )
        report = _Report(streams, as_json=as_json)
        with (
            progress_bar("enlarging") as advance,
            closing(
                upscale_files(
                    plan,
                    upscalers,
                    settings,
                    lossy=lossy,
                    workers=jobs or min(MAX_JOBS, available_threads(threads)),
                    progress=lambda done: advance(done, len(plan)),
                )
            ) as results,
        ):
            for result in results:
                report.show(result)
        report.show_summary()
    return 1 if report.failed or report.untold else 0


def _handed_on(result: "Result", output: Path) -> "Result":
    """Give the file to standard output; a failure of that is one of the picture."""
    try:
        write_to_standard_output(output)
    except BrokenPipeError:  # whoever reads it has enough
        raise
    except OSError as error:
        sentence = f"expected standard output to take {output}, got: {error.strerror or error}; see that it has room"
        return replace(result, status="error", error=sentence)
    return result


class _Report:
    """What people and machines are told."""

    def __init__(self, streams: Streams, *, as_json: bool) -> None:
        self.failed: list[Path] = []
        self._counts = {"ok": 0, "skipped": 0, "error": 0}
        self._noted: Counter[str] = Counter()
        self._streams = streams
        self._listeners = Listeners()
        self._as_json = as_json

    @property
    def untold(self) -> bool:
        """Whether some of this could not be printed."""
        return self._listeners.failure is not None

    def show(self, result: "Result") -> None:
        """Tell of one picture as soon as it is done."""
        if self._streams.to_stdout and result.output:
            result = _handed_on(result, result.output)
        self._counts[result.status] += 1
        if result.error:
            self.failed.append(result.job.source)
        if sys.stderr is not None and sys.stderr.isatty():
            with suppress(OSError):  # the terminal may go at this moment
                click.echo("\r\x1b[K", nl=False, err=True)  # the progress bar comes back below
        if self._as_json:
            self._listeners.tell(json.dumps(self._row(result)))
        elif result.error:
            self._complain(f"error: {self._streams.named(result.error)}")
        else:
            self._show_success(result)

    def show_summary(self) -> None:
        """Tell of all pictures, if there were several."""
        total = sum(self._counts.values())
        if self._as_json or total == 1:
            return
        words = (("enlarged", "ok"), ("skipped", "skipped"), ("failed", "error"))
        parts = [f"{self._counts[status]} {word}" for word, status in words if self._counts[status]]
        self._say(f"{total} pictures: {', '.join(parts)}")
        for note, count in self._noted.items():
            if count > 1:
                self._complain(f"note: {count - 1} more: {self._streams.named(note)}")
        if self.failed:
            self._complain("failed:")
            for path in self.failed:
                self._complain(f"  {self._streams.named(str(path))}")

    def _show_success(self, result: "Result") -> None:
        source, output = (self._streams.named(str(path)) for path in (result.job.source, result.output))
        if result.status == "skipped":
            self._say(f"{source} -> {output} (skipped: it exists)")
            return
        facts = [f"{result.width} x {result.height}", *result.models, f"{result.seconds:.2f} s"]
        self._say(f"{source} -> {output} ({', '.join(facts)})")
        for note in result.notes:
            self._noted[note] += 1
            if self._noted[note] == 1:
                self._complain(f"note: {source}: {self._streams.named(note)}")

    def _say(self, line: str) -> None:
        self._listeners.tell(line, err=self._streams.to_stdout)

    def _complain(self, line: str) -> None:
        self._listeners.tell(line, err=True)

    def _row(self, result: "Result") -> dict[str, object]:
        named = self._streams.named
        return {
            "input": named(str(result.job.source)),
            "output": named(str(result.output)) if result.output else None,
            "status": result.status,
            "error": named(result.error) if result.error else None,
            "width": result.width,
            "height": result.height,
            "seconds": round(result.seconds, 3),
            "model": ", ".join(result.models) or None,
            "notes": [named(note) for note in result.notes],
        }
