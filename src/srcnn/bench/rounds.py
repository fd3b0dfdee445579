"""Times that a drifting machine cannot spoil: implementations in turn, medians of the rounds."""

import statistics
import time
from collections.abc import Callable, Mapping


def median_seconds(
    functions: Mapping[str, Callable[[], object]], rounds: int, progress: Callable[[], None] | None = None
) -> dict[str, float]:
    """Time functions in turn, A B C A B C ..., so that a drifting machine is fair to all.

    Args:
        functions: by name.
        rounds: how often each is timed, after two calls that are not.
        progress: called after every round, the untimed ones included.

    Returns:
        The median of each one's wall-clock times, in order.

    Tests: tests/bench/test_rounds.py.
    """
    times: dict[str, list[float]] = {name: [] for name in functions}
    for number in range(-2, rounds):
        for name, function in functions.items():
            started = time.perf_counter()
            function()
            if number >= 0:
                times[name].append(time.perf_counter() - started)
        if progress:
            progress()
    return {name: statistics.median(values) for name, values in times.items()}
