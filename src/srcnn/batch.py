"""Many files in, many files out: which output belongs to which input, and one after the other.

One bad file never stops the others. This module knows nothing of terminals.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from srcnn.errors import InvalidConfigError, OutputError, SrcnnError
from srcnn.pictures.find import find_pictures
from srcnn.pictures.formats import FORMATS, SUFFIXES, check_output_format
from srcnn.pictures.read import read_picture
from srcnn.pictures.write import WriteOptions, write_picture
from srcnn.upscaler import Upscaler

_WRITTEN = frozenset(suffix for kind in FORMATS if kind.writes for suffix in kind.suffixes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One picture to enlarge.

    Attributes:
        source: the input file.
        target: the output file; its suffix names the format.
    """

    source: Path
    target: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What became of a job.

    Attributes:
        job: the job.
        width: of the output in pixels, 0 after an error.
        height: likewise.
        seconds: reading, enlarging and writing.
        error: why it failed, or None.
        notes: sentences about what the output format could not hold.
    """

    job: Job
    width: int = 0
    height: int = 0
    seconds: float = 0.0
    error: str | None = None
    notes: tuple[str, ...] = ()


def plan_jobs(inputs: Sequence[Path], output: str | None, scale: int, *, recursive: bool) -> list[Job]:
    """Decide the output of every input.

    Without an output, a file's result lies beside it as NAME_x3.EXT, and a folder's results in a
    folder FOLDER_x3 beside it. An output may be a file (one input), a folder, or a pattern with
    {stem}, {scale} and {ext}. Formats that cannot be written become PNG.

    Args:
        inputs: files and folders.
        output: as above; None chooses.
        scale: for the names.
        recursive: also take the folders below a folder, and keep the tree.

    Returns:
        Jobs in order.

    Raises:
        InvalidConfigError: one output file for several inputs, a pattern that is none, or two inputs
            with one output.
        OutputError: an output that is an input.
        InvalidImageError: an input folder that is none.

    Tests: tests/test_batch.py.
    """
    found: list[tuple[Path, Path | None]] = []  # the file, and the input folder it was found in
    for path in inputs:
        if path.is_dir():
            found += [(file, path) for file in find_pictures(path, recursive=recursive)]
        else:
            found.append((path, None))
    if output is not None and "{" not in output and Path(output).suffix.lower() in SUFFIXES and len(found) > 1:
        raise InvalidConfigError(
            f"expected one input for the output file {output}, got {len(found)}; name a folder or a pattern such as "
            "out/{stem}_x{scale}{ext}"
        )
    jobs = [Job(source=file, target=_target(file, folder, output, scale)) for file, folder in found]
    _check_targets(jobs)
    return jobs


def upscale_file(
    job: Job, upscaler: Upscaler, options: WriteOptions, progress: Callable[[float], None] | None = None
) -> Result:
    """Enlarge one file.

    Args:
        job: input and output.
        upscaler: the loaded model.
        options: of writing.
        progress: called with the share done, 0 to 1.

    Returns:
        What became of it; errors are in the result, not raised.

    Tests: tests/test_batch.py.
    """
    started = time.perf_counter()
    try:
        picture = read_picture(job.source)
        height, width = (length * upscaler.scale for length in picture.image.shape[:2])
        check_output_format(job.target, height, width)
        frames: list[np.ndarray] = []
        for frame in picture.frames:
            done = len(frames)

            def report(rows: int, total: int, done: int = done) -> None:
                if progress:
                    progress((done + rows / total) / len(picture.frames))

            frames.append(upscaler(frame, report))
        job.target.parent.mkdir(parents=True, exist_ok=True)
        notes = write_picture(job.target, replace(picture, frames=tuple(frames)), options=options)
    except SrcnnError as error:
        return Result(job=job, seconds=time.perf_counter() - started, error=str(error))
    except MemoryError:
        message = (
            f"expected memory for {job.source} and its enlargement, got none; close other programs or cut the picture"
        )
        return Result(job=job, seconds=time.perf_counter() - started, error=message)
    except OSError as error:
        message = f"expected to write {job.target}, got: {error.strerror}; choose another output folder"
        return Result(job=job, seconds=time.perf_counter() - started, error=message)
    return Result(
        job=job,
        width=width,
        height=height,
        seconds=time.perf_counter() - started,
        notes=(*picture.notes, *notes),
    )


def _target(file: Path, folder: Path | None, output: str | None, scale: int) -> Path:
    place = file.relative_to(folder) if folder else Path(file.name)
    ext = file.suffix if file.suffix.lower() in _WRITTEN else ".png"
    if output is None:
        if folder is None:
            return file.with_name(f"{file.stem}_x{scale}{ext}")
        whole = folder.resolve()
        return whole.with_name(f"{whole.name}_x{scale}") / place.with_suffix(ext)
    if "{" in output:
        try:
            name = output.format(stem=file.stem, scale=scale, ext=ext)
        except (LookupError, ValueError, AttributeError, TypeError) as error:
            raise InvalidConfigError(
                f"expected a pattern with {{stem}}, {{scale}} and {{ext}}, got {output!r}; write for example "
                "out/{stem}_x{scale}{ext}"
            ) from error
        return Path(name)
    path = Path(output)
    if path.suffix.lower() in SUFFIXES and not path.is_dir():
        return path
    return path / place.with_suffix(ext)


def _check_targets(jobs: Sequence[Job]) -> None:
    sources = {job.source.resolve() for job in jobs}
    seen: dict[Path, Path] = {}
    for job in jobs:
        target = job.target.resolve()
        if target in sources:
            raise OutputError(
                f"expected an output that is not an input, got {job.target} for {job.source}; choose another output"
            )
        if target in seen:
            raise InvalidConfigError(
                f"expected an output for each input, got {job.target} for both {seen[target]} and {job.source}; "
                "use a pattern with {stem} and {ext}, or name the inputs apart"
            )
        seen[target] = job.source
