"""The processor that computes, as its maker calls it."""

import platform
from pathlib import Path

_CPUINFO = Path("/proc/cpuinfo")


def processor_name() -> str:
    """Name the processor for people; where the system does not say, its architecture.

    Tests: tests/runtime/test_processor.py.
    """
    if _CPUINFO.is_file():  # Linux, where `platform` knows only the architecture
        lines = (line.partition(":") for line in _CPUINFO.read_text(encoding="utf-8", errors="replace").splitlines())
        names = [value.strip() for key, _, value in lines if key.strip() == "model name"]
        if names:
            return names[0]
    return platform.processor() or platform.machine()
