"""The machine that computes: its processor, the cores that this process may use, its memory."""

import os
import platform
from pathlib import Path

_CPUINFO = Path("/proc/cpuinfo")


def processor_name() -> str:
    """Name the processor for people; where the system does not say, its architecture.

    Tests: tests/test_machine.py.
    """
    if _CPUINFO.is_file():  # Linux, where `platform` knows only the architecture
        lines = (line.partition(":") for line in _CPUINFO.read_text(encoding="utf-8", errors="replace").splitlines())
        names = [value.strip() for key, _, value in lines if key.strip() == "model name"]
        if names:
            return names[0]
    return platform.processor() or platform.machine()


def usable_cores() -> int:
    """How many cores this process may use. Tests: tests/runtime/test_engines.py."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def memory_bytes() -> int | None:
    """All its memory; None on systems that do not tell.

    Tests: tests/batch/test_memory.py, tests/training/test_loop.py.
    """
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):
        return None


def describe_machine() -> dict[str, str | int]:
    """What numbers were measured on: processor, its cores that this process may use, system, Python.

    Tests: tests/test_machine.py.
    """
    return {
        "cpu": processor_name(),
        "cores": usable_cores(),
        "system": platform.system(),
        "python": platform.python_version(),
    }
