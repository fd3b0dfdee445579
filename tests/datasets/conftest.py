from collections.abc import Generator

import pytest
from tiny_datasets import Server, serving


@pytest.fixture
def server() -> Generator[Server]:
    """A web server on this machine."""
    with serving() as state:
        yield state
