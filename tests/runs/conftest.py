import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def script() -> Callable[[str], dict[str, Any]]:
    """What a file in runs/ defines, by the name of the file."""
    return lambda name: runpy.run_path(str(Path(__file__).parents[2] / "runs" / name))
