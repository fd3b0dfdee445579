"""OpenVINO as an engine, the extra `srcnn[openvino]`, in fp32 and without its reports to its makers.

In bf16, its default where the processor has it, every shipped model loses more than 0.01 dB.
"""

import sys
from collections.abc import Callable
from functools import cache
from threading import local
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from srcnn.errors import MissingExtraError
from srcnn.runtime.onnx import INPUT

Batch = NDArray[np.float32]
_TELEMETRY = "openvino_telemetry"
_SETTINGS = {
    "INFERENCE_PRECISION_HINT": "f32",
    "PERFORMANCE_HINT": "LATENCY",
    "ENABLE_CPU_PINNING": False,  # pictures enlarged at the same time would all be pinned to the first core
    "CPU_RUNTIME_CACHE_CAPACITY": "32",  # sizes of picture whose code is kept; by default 5000
}


def open_openvino(model: bytes, threads: int, cores: int) -> Callable[[Batch], Batch]:
    """Load an ONNX model into OpenVINO.

    Args:
        model: from `encode_onnx`.
        threads: of one call; 0 takes all cores.
        cores: that this process may use; as many calls of one thread run at the same time.

    Returns:
        A function from batch to batch, for several threads at a time. It and this raise whatever
        OpenVINO raises.

    Raises:
        MissingExtraError: OpenVINO is not installed.

    Tests: tests/runtime/test_session.py, tests/runtime/test_session_openvino.py.
    """
    core = openvino_core()
    compiled = core.compile_model(core.read_model(model), "CPU", {**_SETTINGS, **stream_settings(threads, cores)})
    requests = local()  # a request serves one thread at a time, and keeps the memory of its maps

    def run(batch: Batch) -> Batch:
        if not hasattr(requests, "own"):
            requests.own = compiled.create_infer_request()
        return requests.own.infer({INPUT: batch}, share_inputs=True)[0]

    return run


def stream_settings(threads: int, cores: int) -> dict[str, str]:
    """How many calls OpenVINO makes at the same time, and the threads that they have together.

    Args:
        threads: of one call; 0 takes all cores.
        cores: that this process may use.

    Returns:
        Settings of OpenVINO's CPU plugin.

    Tests: tests/runtime/test_session_openvino.py.
    """
    streams = cores if threads == 1 else 1
    return {"NUM_STREAMS": str(streams), "INFERENCE_NUM_THREADS": str(threads * streams)}


@cache
def openvino_core() -> Any:
    """OpenVINO's entrance, one for the whole process.

    Each `Core` puts a stack for signals in place. Of two, the first to go leaves its own in use, and the next Ctrl-C
    finds no memory there.

    Raises:
        MissingExtraError: OpenVINO is not installed.

    Tests: tests/runtime/test_session_openvino.py.
    """
    return import_openvino().Core()


def import_openvino() -> ModuleType:
    """Import OpenVINO, which sends a report over the network at every import where `openvino_telemetry` exists."""
    absent = _TELEMETRY not in sys.modules
    if absent:
        sys.modules[_TELEMETRY] = None  # type: ignore[assignment] # Python's own sign that a module cannot be imported
    try:
        import openvino
    except ModuleNotFoundError as error:
        raise MissingExtraError("OpenVINO", "openvino") from error
    finally:
        if absent:
            del sys.modules[_TELEMETRY]
    return openvino
