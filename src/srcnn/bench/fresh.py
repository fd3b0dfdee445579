"""A model in a process of its own: how long until the first result, and how much memory it takes.

The process is `python -m srcnn.bench.fresh MODEL SCALE IMPLEMENTATION THREADS HEIGHT WIDTH`.
"""

import json
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from srcnn.errors import BackendError


@dataclass(frozen=True, slots=True)
class Fresh:
    """What a process of its own took.

    Attributes:
        seconds: from its start to the first result: Python, imports, model, one picture.
        peak_mib: the most memory it held, in MiB; None where the system does not say.
    """

    seconds: float
    peak_mib: float | None


def measure_fresh(
    model: str, scale: int, implementation: str, *, threads: int, size: tuple[int, int], rounds: int
) -> Fresh:
    """Start processes that enlarge one frame.

    Args:
        model: a shipped name or a file.
        scale: the enlargement.
        implementation: one of `implementations_of`.
        threads: 0 takes all cores.
        size: (height, width) of the small frame.
        rounds: how many processes, one after another.

    Returns:
        The medians.

    Raises:
        BackendError: a process failed; its last words are in the message.

    Tests: tests/bench/test_fresh.py.
    """
    arguments = [model, str(scale), implementation, str(threads), *map(str, size)]
    command = [sys.executable, "-m", "srcnn.bench.fresh", *arguments]
    results: list[Fresh] = []
    for _ in range(rounds):
        started = time.perf_counter()
        process = subprocess.run(command, capture_output=True, text=True, check=False)
        if process.returncode:
            words = process.stderr.strip().splitlines()[-1:] or ["no message"]
            raise BackendError(f"expected {implementation} to enlarge with {model}, got: {words[0]}; try srcnn upscale")
        finished, peak = json.loads(process.stdout)
        results.append(Fresh(finished - started, peak))
    peaks = [result.peak_mib for result in results if result.peak_mib is not None]
    return Fresh(median(result.seconds for result in results), median(peaks) if peaks else None)


def peak_memory_mib() -> float | None:
    """The most memory this process has held so far; None where the system does not say."""
    status = Path("/proc/self/status")
    if status.exists():  # what `resource` says would include the parent's memory before this program began
        lines = status.read_text(encoding="utf-8").splitlines()
        return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM:")), None)
    try:
        import resource
    except ModuleNotFoundError:
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1 << 20 if sys.platform == "darwin" else 1 << 10)


def main() -> None:
    """Enlarge one frame, then say when that was done and how much memory it took."""
    from srcnn.bench.implementations import open_implementation, small_frame
    from srcnn.zoo.shipped import load_model

    name, scale, implementation, threads, height, width = sys.argv[1:]
    model = load_model(name, int(scale))
    enlarge = open_implementation(model, implementation, int(threads))
    enlarge(small_frame(model, (int(height), int(width))))
    sys.stdout.write(json.dumps([time.perf_counter(), peak_memory_mib()]))


if __name__ == "__main__":
    main()
