"""ONNX Runtime as an engine, without its reports to its makers."""

import os
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from srcnn.runtime.onnx import INPUT, OUTPUT

Batch = NDArray[np.float32]


def open_onnxruntime(model: bytes, threads: int) -> Callable[[Batch], Batch]:
    """Load an ONNX model into ONNX Runtime.

    Args:
        model: from `encode_onnx`.
        threads: of one call; 0 takes all cores.

    Returns:
        A function from batch to batch, for several threads at a time. It and this raise whatever
        ONNX Runtime raises.

    Tests: tests/runtime/test_session.py.
    """
    # At its import it would put a number for this machine into the home folder, and send it over the network.
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    import onnxruntime as ort

    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 4
    session = ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])

    def run(batch: Batch) -> Batch:
        (result,) = session.run([OUTPUT], {INPUT: batch})
        assert isinstance(result, np.ndarray)
        return result

    return run
