"""`python -m srcnn` is `srcnn`."""

import os
import sys
from typing import NoReturn

from srcnn.cli import main


def run() -> NoReturn:
    """Run the command line and end the process with its exit code.

    It ends at once: all files are closed by then, and to unload the engines in good order takes as long as to
    load them.

    Tests: tests/test_main.py.
    """
    code = main()
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):  # whoever read it has gone, or main has closed it
            code = code or 1
    os._exit(code)


if __name__ == "__main__":
    run()
