"""`python -m srcnn` is `srcnn`: the command line with what belongs to a process, its streams, signals and end."""

import os
import signal
import sys
from types import FrameType
from typing import NoReturn


def run() -> NoReturn:
    """Run the command line and end the process with its exit code.

    Whoever ends it from outside (`kill`, a terminal that closes, a scheduler) gets what Ctrl-C does: a training
    writes its checkpoint, unfinished pictures leave nothing. The code is 128 and the signal's number then.

    The process ends at once: all files are closed by then, and libraries take their time to be unloaded in good order.

    Tests: tests/test_main.py.
    """
    try:
        from srcnn.cli import (
            INTERRUPTED,
            main,
        )  # here, so that Ctrl-C prints no traceback while modules are imported either
    except KeyboardInterrupt:
        os._exit(128 + signal.SIGINT)
    _open_closed_streams()
    ended_by = _signals_from_outside()
    code = main()
    if code == INTERRUPTED and ended_by:
        code = 128 + ended_by[0]
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):  # whoever read it has gone, or main has closed it
            code = code or 1
    os._exit(code)


def _open_closed_streams() -> None:
    """Put nothing in the place of streams that the shell has closed: the next file opened would get their number."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode))  # noqa: PTH123, SIM115 (open until the process ends)


def _signals_from_outside() -> list[int]:
    """Turn them into interrupts; the list gets the number of each that comes."""
    ended_by: list[int] = []

    def end(number: int, frame: FrameType | None) -> None:
        ended_by.append(number)
        if len(ended_by) > 1:  # a shell and the system may both tell it; what the first has begun is not cut off
            return
        interrupt = signal.getsignal(signal.SIGINT)  # a training has its own
        if not callable(interrupt):  # a shell ignores it for what runs in the background
            raise KeyboardInterrupt
        interrupt(signal.SIGINT, frame)

    for name in ("SIGTERM", "SIGHUP"):  # Windows has only the first
        number = getattr(signal, name, None)
        if number and signal.getsignal(number) is signal.SIG_DFL:  # `nohup` ignores the second
            signal.signal(number, end)
    return ended_by


if __name__ == "__main__":
    run()
