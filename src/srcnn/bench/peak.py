"""The most that the cores of this machine can multiply and add."""

import time
from collections.abc import Callable

import numpy as np

from srcnn.runtime.engines import available_threads
from srcnn.runtime.graph import Conv
from srcnn.runtime.session import open_session

_REPEATS = 20
_KERNEL = 15
_ROWS, _COLUMNS = 12, 48  # of the output: weights and maps stay in the nearest caches


def peak_probe(threads: int) -> Callable[[], float]:
    """Make a function that measures how fast this machine multiplies and adds, in fp32.

    It runs the convolution that engines run best, 16 maps to 64 with large kernels on maps so small that
    nothing leaves the nearest caches, and takes the best of some runs. That is a lower bound of the
    processor's limit, and a close one: within a few percent of a loop of FMA instructions on registers
    where that was compared (AVX-512). A product of large matrices reaches less.

    Args:
        threads: that work together; 0 takes all cores.

    Returns:
        A function without arguments that gives multiply-accumulates per second. It takes some
        milliseconds; call it at different times and keep the largest.

    Tests: tests/bench/test_peak.py.
    """
    pictures = available_threads(threads)
    random = np.random.default_rng(0)
    graph = tuple(
        Conv(
            weight=random.random((maps_out, maps_in, kernel, kernel), np.float32),
            bias=np.zeros(maps_out, np.float32),
            activation="none",
        )
        for maps_in, maps_out, kernel in ((1, 16, 1), (16, 64, _KERNEL), (64, 1, 1))
    )
    session = open_session(graph, "onnxruntime", threads)
    batch = random.random((pictures, 1, _ROWS + _KERNEL - 1, _COLUMNS + _KERNEL - 1), np.float32)
    products = pictures * graph[1].weight.size * _ROWS * _COLUMNS

    def probe() -> float:
        best = float("inf")
        for _ in range(_REPEATS):
            started = time.perf_counter()
            session(batch)
            best = min(best, time.perf_counter() - started)
        return products / best

    return probe
