"""What long commands say, which never ends their work."""

import os
import sys
from pathlib import Path

from srcnn.cli.say import say


class Listeners:
    """Whoever reads what a command says. Where nobody can any more, the work is done all the same.

    Attributes:
        failure: why some of it was not said; None where all was, and where the reader had heard enough and left.
    """

    def __init__(self) -> None:
        self.failure: OSError | None = None

    def tell(self, line: str, *, err: bool = False) -> None:
        """Print a line.

        Args:
            line: without its end; names in it need not be printable.
            err: on standard error, else on standard output.

        Tests: tests/cli/test_cli_upscale_many.py, tests/cli/test_cli_train.py.
        """
        try:
            say(line, err=err)
        except OSError as error:
            # What is printed from here on goes nowhere; what was not said would fail once more at the very end.
            with Path(os.devnull).open("wb") as nowhere:
                os.dup2(nowhere.fileno(), (sys.stderr if err else sys.stdout).fileno())
            if not isinstance(error, BrokenPipeError):
                self.failure = error
                where = "standard error" if err else "standard output"
                reason = error.strerror or error
                self.tell(
                    f"error: expected to print on {where}, got: {reason}; the work goes on without it", err=not err
                )
