"""Fixtures that several packages' tests share."""

import os
import signal
import sys
from pathlib import Path

import pytest
from hypothesis import settings

# A shell starts its background jobs with Ctrl-C ignored, and children inherit that; tests of Ctrl-C must not.
signal.signal(signal.SIGINT, signal.default_int_handler)

# A loaded machine is no failure: nothing here is a test of time.
settings.register_profile("srcnn", deadline=None)
settings.load_profile("srcnn")

# Beside the checkout by default; anywhere with SRCNN_DATA.
_SHARED_DATA = Path(os.environ.get("SRCNN_DATA", Path(__file__).parents[2] / "shared" / "data"))


def pytest_configure() -> None:
    """Let a first signal arrive before any engine uses AMX.

    Python's handler runs on an alternate stack if there is one; the dynamic linker resolves the names of the
    handler when it is first called, and saves all registers there to do so. Those of AMX, once in use, overflow it.
    """
    before = signal.signal(signal.SIGUSR1, lambda number, frame: None)
    signal.raise_signal(signal.SIGUSR1)
    signal.signal(signal.SIGUSR1, before)


@pytest.fixture(autouse=True)
def no_messages_of_other_tests() -> None:
    """Empty libvips' messages, which pyvips takes for UTF-8, and adds to those of whatever fails next."""
    if "pyvips" in sys.modules:
        sys.modules["pyvips"].vips_lib.vips_error_clear()


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder with train/, test/ and matlab_lr/, which the project does not ship."""
    if not (_SHARED_DATA / "test" / "Set5").is_dir():
        pytest.skip(f"needs the standard picture sets in {_SHARED_DATA}, or in the folder SRCNN_DATA names")
    return _SHARED_DATA
