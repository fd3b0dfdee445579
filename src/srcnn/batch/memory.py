"""How much memory a picture is going to need: what is held, and its strips."""

import math
from collections.abc import Sequence

import numpy as np

from srcnn.batch.plan import Job
from srcnn.batch.size import Target
from srcnn.errors import ImageTooLargeError
from srcnn.machine import memory_bytes
from srcnn.pictures.formats import PictureFormat
from srcnn.pictures.picture import Picture

_STRIPS_BYTES_PER_SAMPLE = 20
_MAX_STRIPS_BYTES = 256 << 20
_MAPS_BYTES_PER_PIXEL = 256
_MAX_MAPS_BYTES = 64 << 20
"""Of all strips of a picture and the maps of its network: about what a second picture was seen to add."""


def check_memory(job: Job, needed: int) -> None:
    """Refuse an enlargement that no machine of this memory can hold, rather than be killed half-way.

    Args:
        job: for the message.
        needed: bytes that are held together.

    Raises:
        ImageTooLargeError: more than all the memory of this machine; on systems that do not tell, never.

    Tests: tests/batch/test_memory.py.
    """
    memory = memory_bytes()
    if memory is not None and needed > memory:
        raise ImageTooLargeError(
            f"expected an enlargement of {job.source} that fits into the memory of this machine, "
            f"{memory / 1e9:.1f} GB, got {needed / 1e9:.1f} GB; choose a smaller size, or cut the picture; a "
            "network's own scale into PNG, TIFF or JPEG needs least"
        )


def held_bytes(picture: Picture, targets: Sequence[Target], scales: Sequence[int | None], kind: PictureFormat) -> int:
    """The input, also in floating point if need be, and of the result what cannot be written while it is made.

    Args:
        picture: the input.
        targets: what each of its frames is to become.
        scales: of the network for each frame, or None.
        kind: the format of the output.

    Tests: tests/batch/test_memory.py, tests/batch/test_upscale_file.py.
    """
    streams = kind.streams and (picture.orientation == 1 or "orientation" in kind.keeps)
    held = 0
    for frame, target, scale in zip(picture.frames, targets, scales, strict=True):
        held += frame.nbytes
        resized = target.resized != tuple(side * (scale or 1) for side in frame.shape[:2])
        if resized and scale and frame.dtype != np.float32:
            held += 4 * (frame.nbytes // frame.dtype.itemsize)  # the input in floating point
        alpha = len(frame.shape) == 3 and frame.shape[2] % 2 == 0 and not picture.inks
        if resized and alpha:
            held += math.prod((*target.resized, *frame.shape[2:])) * frame.dtype.itemsize
        elif not streams:
            held += math.prod((*target.kept, *frame.shape[2:])) * frame.dtype.itemsize
    return held


def strips_bytes(picture: Picture, targets: Sequence[Target], scales: Sequence[int | None]) -> int:
    """The strips of a picture and the maps of its network; frames are worked on one after another, so the most of one.

    Args:
        picture: the input.
        targets: what each of its frames is to become.
        scales: of the network for each frame, or None.

    Tests: tests/batch/test_memory.py.
    """
    samples = max(
        max(math.prod(frame.shape) * (scale or 1) ** 2, math.prod((*target.resized, *frame.shape[2:])))
        for frame, target, scale in zip(picture.frames, targets, scales, strict=True)
    )
    pixels = max(math.prod(frame.shape[:2]) for frame in picture.frames) if any(scales) else 0
    maps = min(_MAX_MAPS_BYTES, _MAPS_BYTES_PER_PIXEL * pixels)
    return maps + min(_MAX_STRIPS_BYTES, _STRIPS_BYTES_PER_SAMPLE * samples)
