"""A training's curves and sample pictures, as TensorBoard shows them."""

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from srcnn.errors import MissingExtraError, OutputError
from srcnn.spec import Colour
from srcnn.training.degradation import Plane
from srcnn.training.log import LogLine
from srcnn.training.pairs import Pair
from srcnn.training.validation import CHANNELS, to_shown

if TYPE_CHECKING:
    from torch.utils.tensorboard import SummaryWriter

BOARD_FOLDER = "tensorboard"
_SAMPLES = 3
_SIDE = 128  # of a sample, in pixels


class Board:
    """What `open_board` opens: every line of the log goes to the curves, and some pictures beside them."""

    def __init__(self, folder: Path, pairs: Sequence[Pair], colour: Colour) -> None:
        self._folder = folder
        self._pairs = pairs[:_SAMPLES]
        self._colour: Colour = colour
        self._writer: SummaryWriter | None = None

    def add(self, line: LogLine, pictures: Sequence[Plane]) -> None:
        """Add a line of the log and strips of truth, bicubic and network.

        A training that was resumed hides what an earlier run wrote from the step of its first line on.

        Args:
            line: its fields become scalars of the same names.
            pictures: what the network made of the pairs, in their order.

        Raises:
            MissingExtraError: TensorBoard is not installed.
            OutputError: the folder cannot be written.

        Tests: tests/training/test_board.py.
        """
        with _mapped_errors(self._folder):
            writer = self._writer = self._writer or _open_writer(self._folder, line.step)
            for name, value in asdict(line).items():
                values = zip(CHANNELS, value, strict=True) if isinstance(value, tuple) else [("", value)]
                for channel, number in values:
                    if name != "step" and number is not None:
                        writer.add_scalar(f"{name}/{channel}".rstrip("/"), number, line.step)
            for number, (pair, picture) in enumerate(zip(self._pairs, pictures, strict=False), 1):
                strip = _strip(pair, picture, self._colour)
                layout = "HW" if strip.ndim == 2 else "HWC"
                name = pair.name.encode(errors="replace").decode()  # TensorBoard takes UTF-8, which no file need have
                writer.add_image(f"samples/{number}-{name}", strip, line.step, dataformats=layout)
            writer.flush()

    def close(self) -> None:
        """Finish the file.

        Raises:
            OutputError: it cannot be written.
        """
        if self._writer:
            with _mapped_errors(self._folder):
                self._writer.close()


@contextmanager
def open_board(run_dir: Path, pairs: Sequence[Pair], colour: Colour) -> Generator[Board]:
    """Write for TensorBoard for a while, into the folder `tensorboard` of a run.

    Args:
        run_dir: of the run.
        pairs: the validation pictures; of the first three, the middle is shown.
        colour: of the pictures.

    Yields:
        The board; nothing is written before its first line.

    Tests: tests/training/test_board.py.
    """
    board = Board(run_dir / BOARD_FOLDER, pairs, colour)
    try:
        yield board
    finally:
        board.close()


def _strip(pair: Pair, picture: Plane, colour: Colour) -> NDArray[np.uint8]:
    """Truth, bicubic and network beside each other: the middle of each."""
    top, left = (max(0, side - _SIDE) // 2 for side in picture.shape[:2])
    window = (slice(top, top + _SIDE), slice(left, left + _SIDE))
    return np.concatenate([to_shown(part[window], colour) for part in (pair.hr, pair.enlarged, picture)], axis=1)


def _open_writer(folder: Path, first_step: int) -> "SummaryWriter":
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError as error:
        raise MissingExtraError("tensorboard", "train") from error
    return SummaryWriter(str(folder), purge_step=first_step)


@contextmanager
def _mapped_errors(folder: Path) -> Generator[None]:
    try:
        yield
    except OSError as error:
        raise OutputError(
            f"expected to write to {folder}, got: {error.strerror or error}; free space or check permissions, "
            "then go on with --resume"
        ) from error
