"""Where times were measured."""

import platform
from functools import cache
from pathlib import Path

from srcnn.runtime.session import available_threads

_CPUINFO = Path("/proc/cpuinfo")


@cache
def machine_name() -> str:
    """The processor and how many of its cores this process may use."""
    name = platform.processor() or platform.machine()
    if _CPUINFO.is_file():  # Linux, where `platform` knows only the architecture
        lines = _CPUINFO.read_text(errors="replace").splitlines()
        names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
        name = names[0] if names else name
    cores = available_threads(0)
    return f"{name}, {cores} core{'s' if cores > 1 else ''}"
