"""On what times were measured: the processor, and the versions of libraries."""

from collections.abc import Iterable
from functools import cache
from importlib import metadata

from srcnn.machine import processor_name, usable_cores


@cache
def machine_name() -> str:
    """The processor and how many of its cores this process may use."""
    cores = usable_cores()
    return f"{processor_name()}, {cores} core{'s' if cores > 1 else ''}"


def versions(libraries: Iterable[str]) -> tuple[str, ...]:
    """Name and version of each library that is installed.

    Tests: tests/reproduce/test_page.py, tests/reproduce/test_methods.py.
    """
    installed: list[str] = []
    for name in libraries:
        try:
            installed.append(f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            continue
    return tuple(installed)
