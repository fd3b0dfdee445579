"""OpenVINO as an engine, the extra `srcnn[openvino]`, in fp32 and without its reports to its makers.

In bf16, its default where the processor has it, every shipped model loses more than 0.01 dB.
"""

import os
import sys
from collections.abc import Callable
from functools import cache
from threading import Lock, local
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
_loading = Lock()


def open_openvino(model: bytes, threads: int, cores: int) -> Callable[[Batch], Batch]:
    """Load an ONNX model into OpenVINO.

    Args:
        model: from `encode_onnx`.
        threads: of one call; 0 takes all cores.
        cores: that this process may use; as many calls of one thread run at the same time.

    Returns:
        A function from batch to batch, for several threads at a time; a forked process loads the network anew when it
        first calls, and waits for ever if another thread was loading one at the fork. It and this raise whatever
        OpenVINO raises. The network stays in memory as long as the process.

    Raises:
        MissingExtraError: OpenVINO is not installed.

    Tests: tests/runtime/test_session.py, tests/runtime/test_session_openvino.py.
    """
    settings = tuple({**_SETTINGS, **stream_settings(threads, cores)}.items())
    requests = local()  # a request serves one thread at a time, and keeps the memory of its maps

    def load() -> Any:
        with _loading:
            return _compiled(os.getpid(), model, settings)

    def run(batch: Batch) -> Batch:
        if getattr(requests, "process", None) != os.getpid():
            requests.own, requests.process = load().create_infer_request(), os.getpid()
        return requests.own.infer({INPUT: batch}, share_inputs=True)[0]

    load()
    return run


@cache
def _compiled(process: int, model: bytes, settings: tuple[tuple[str, object], ...]) -> Any:
    """A network, compiled once in every process, since one that was forked lacks the threads of its parent's.

    It is never given back: after that, no process that is forked can compile another.
    """
    core = openvino_core()
    return core.compile_model(core.read_model(model), "CPU", dict(settings))


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
    """OpenVINO's entrance, one for the whole process and those forked from it.

    Each `Core` puts a stack for signals in place. Of two, the first to go leaves its own in use, and the next Ctrl-C
    finds no memory there.

    OpenVINO lists NumPy's types when it is first asked for one, without letting go of the interpreter's lock for good:
    of two threads whose first calls come together each can wait for the other, for ever. So it is asked here.

    Raises:
        MissingExtraError: OpenVINO is not installed.

    Tests: tests/runtime/test_session_openvino.py.
    """
    openvino = import_openvino()
    openvino.Type.f32.to_dtype()
    return openvino.Core()


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
