"""One picture file becomes one larger picture file, or a sentence that says why not."""

import math
import os
import shutil
import time
import traceback
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Literal

from srcnn.atomic import atomic_path
from srcnn.batch.enlarge import Upscalers, enlarge
from srcnn.batch.gate import MemoryGate
from srcnn.batch.memory import check_memory, held_bytes, strips_bytes
from srcnn.batch.output import Exists, check_output, write_output
from srcnn.batch.plan import Job
from srcnn.batch.size import Size, Target
from srcnn.batch.work import SAME_SIZE, Work
from srcnn.errors import OutputError, SrcnnError
from srcnn.pictures.fit import with_held_frames
from srcnn.pictures.formats import DEFAULT_MAX_PIXELS, format_to_write
from srcnn.pictures.read import read_picture
from srcnn.pictures.strips import Frame, Strips, whole
from srcnn.pictures.write import WriteOptions, write_picture
from srcnn.upscaler import Upscaler

Status = Literal["ok", "error", "skipped"]
_SMALL_PIXELS = 1 << 17
"""Of a picture that tiles for several threads would leave with more borders than they save time."""
_COPIED = f"{SAME_SIZE}; the file is copied as it is"


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What became of a job.

    Attributes:
        job: the job.
        status: "skipped" where the output existed and was to be left alone.
        output: the file that was written or left alone, None after an error.
        width: of the output in pixels as it is seen, 0 unless the status is "ok".
        height: likewise.
        seconds: reading, enlarging and writing, without the time it waited for other pictures.
        error: why it failed, or None.
        models: the networks used, such as "fine_x2"; more than one if pages differ in size, none where none was
            needed. "bicubic" where that was asked for.
        notes: sentences about what was changed, is doubtful, or could not be held by the output's format.
    """

    job: Job
    status: Status
    output: Path | None = None
    width: int = 0
    height: int = 0
    seconds: float = 0.0
    error: str | None = None
    models: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What is the same for every file of a run.

    Attributes:
        size: that results are asked to have.
        exists: what to do about an output that exists already.
        max_pixels: of an input, all frames together.
        allowed: names of formats that are read though their decoders have a bad security record.
        keep_orientation: leave the pixels as stored, and the tag that says how to turn them.
        writing: options of writing.
    """

    size: Size
    exists: Exists = "overwrite"
    max_pixels: int = DEFAULT_MAX_PIXELS
    allowed: frozenset[str] = frozenset()
    keep_orientation: bool = False
    writing: WriteOptions = field(default_factory=WriteOptions)


class _Stopwatch:
    """The time that a picture takes without what it waits for others."""

    seconds = 0.0

    @contextmanager
    def running(self) -> Generator[None]:
        """Count the block."""
        started = time.perf_counter()
        try:
            yield
        finally:
            self.seconds += time.perf_counter() - started


def upscale_file(
    job: Job,
    upscalers: Upscalers,
    settings: Settings,
    *,
    lossy: Upscalers | None = None,
    gate: MemoryGate | None = None,
    progress: Callable[[float], None] | None = None,
) -> Result:
    """Enlarge one file. Everything that can be refused is refused before the network runs.

    Args:
        job: input and output.
        upscalers: the model.
        settings: what is the same for every file.
        lossy: the model for files of lossy formats, such as JPEG; None takes the same.
        gate: bounds the memory of files that are enlarged at the same time; one that goes alone, as all do without a
            gate, has threads of its own.
        progress: called with the share done, 0 to 1.

    Returns:
        What became of it; errors are in the result, not raised, whatever their type.

    Tests: tests/batch/test_upscale_file.py.
    """
    stopwatch = _Stopwatch()
    try:
        return _upscale(job, (upscalers, lossy or upscalers), settings, gate or MemoryGate(), progress, stopwatch)
    except SrcnnError as error:
        message = str(error)
        if str(job.source) not in message and str(job.target) not in message:
            message = f"{job.source}: {message}"
    except MemoryError:
        message = (
            f"expected memory for {job.source} and its enlargement, got none; "
            "close other programs, lower --jobs or cut the picture"
        )
    except OSError as error:
        message = f"expected to write {job.target}, got: {error.strerror or error}; choose another output folder"
    except Exception as error:  # a fault of this program must not stop the other files
        what = " ".join("".join(traceback.format_exception_only(error)).split())
        message = (
            f"expected to enlarge {job.source}, got {what}; "
            "this is a fault of srcnn: please report it, best with the picture"
        )
    return Result(job=job, status="error", error=message, seconds=stopwatch.seconds)


def _upscale(
    job: Job,
    models: tuple[Upscalers, Upscalers],
    settings: Settings,
    gate: MemoryGate,
    progress: Callable[[float], None] | None,
    stopwatch: _Stopwatch,
) -> Result:
    if job.error:
        return Result(job=job, status="error", error=job.error)
    skipped = Result(job=job, status="skipped", output=job.target)
    if settings.exists == "skip" and os.path.lexists(job.target):
        return skipped

    def read() -> tuple[Work, int]:
        with stopwatch.running():
            return _read(job, models, settings)

    with gate.admit(read) as (work, alone), stopwatch.running():
        if _stays(job, work, settings):
            write, notes = partial(_copy, job.source), (_COPIED,)
        else:
            picture = replace(work.picture, frames=_enlarge_frames(work, progress, alone=alone))
            write = partial(write_picture, picture=picture, options=settings.writing)
            notes = work.notes(format_to_write(job.target))
        written = write_output(job, write, settings.exists)
    if written is None:  # another run was faster
        return skipped
    output, lost = written
    height, width = _as_seen(work.targets[0].kept, work.picture.orientation)
    return Result(
        job=job,
        status="ok",
        output=output,
        width=width,
        height=height,
        seconds=stopwatch.seconds,
        models=work.models,
        notes=(*notes, *lost),
    )


def _read(job: Job, models: tuple[Upscalers, Upscalers], settings: Settings) -> tuple[Work, int]:
    """Decode, choose the model, decide every frame's size and scale, and count the bytes that it is going to need."""
    kind = format_to_write(job.target)
    picture = read_picture(
        job.source,
        max_pixels=settings.max_pixels,
        turn=not settings.keep_orientation,
        inks=kind.inks,
        allowed=settings.allowed,
    )
    if job.source == job.target and picture.format != kind.name:
        raise OutputError(
            f"expected {kind.name} to replace in place at {job.source}, got {picture.format} under that name; rename it"
        )
    picture = with_held_frames(picture, kind)  # the others decide nothing
    upscalers = models[1] if picture.lossy else models[0]
    targets = tuple(_target(frame, picture.orientation, settings.size) for frame in picture.frames)
    scales = tuple(
        upscalers.scale_for(frame.shape, target) for frame, target in zip(picture.frames, targets, strict=True)
    )
    check_output(job, [target.kept for target in targets])
    held = held_bytes(picture, targets, scales, kind)
    check_memory(job, held)
    work = Work(picture, upscalers, targets, scales)
    return work, held + strips_bytes(picture, targets, scales)


def _as_seen(size: tuple[int, ...], orientation: int) -> tuple[int, int]:
    """Height and width after turning as the tag says."""
    height, width = size
    return (width, height) if orientation >= 5 else (height, width)


def _target(frame: Frame, orientation: int, size: Size) -> Target:
    """The size of a frame as it is stored; the size asked for is that of the picture as it is seen."""
    target = size.target(*_as_seen(frame.shape[:2], orientation))
    if orientation < 5:
        return target
    (height, width), (kept_height, kept_width) = target.resized, target.kept
    return Target((width, height), (kept_width, kept_height))


def _enlarge_frames(work: Work, progress: Callable[[float], None] | None, *, alone: bool) -> tuple[Strips, ...]:
    count = len(work.targets)

    def upscaler(frame: Frame, scale: int) -> Upscaler:
        small = math.prod(frame.shape[:2]) <= _SMALL_PIXELS
        return work.upscalers.single(scale) if small and not alone else work.upscalers[scale]

    def report(number: int, rows: int, total: int) -> None:
        if progress:
            progress((number + rows / total) / count)

    return tuple(
        enlarge(
            whole(frame),
            target,
            upscaler(frame, scale) if scale else None,
            partial(report, number),
            inks=work.picture.inks,
            threaded=alone,
        )
        for number, (frame, target, scale) in enumerate(
            zip(work.picture.frames, work.targets, work.scales, strict=True)
        )
    )


def _stays(job: Job, work: Work, settings: Settings) -> bool:
    """Whether a lossy file can stay as it is: encoded again it would lose a little, though nothing changes."""
    if any(work.scales) or not work.picture.lossy:
        return False
    same_format = format_to_write(job.target).name == work.picture.format
    return same_format and settings.writing == WriteOptions() and work.has_its_sizes


def _copy(source: Path, path: Path) -> tuple[str, ...]:
    """A file as it is, whole or not at all."""
    if source != path:
        with atomic_path(path) as temporary:
            shutil.copyfile(source, temporary)
    return ()
