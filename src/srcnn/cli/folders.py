"""Folders that outputs are written to."""

from pathlib import Path

from srcnn.errors import OutputError


def make_folder(folder: Path) -> None:
    """Make a folder and those above it; one that exists stays as it is.

    Raises:
        OutputError: it cannot be made.

    Tests: tests/cli/test_cli_train.py, tests/cli/test_cli_export.py.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            f"expected to make the folder {folder}, got: {error.strerror}; choose another with -o"
        ) from error
