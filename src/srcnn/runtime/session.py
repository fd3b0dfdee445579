"""An engine as a function from batch to batch. Engine errors become BackendError here and nowhere else."""

from collections.abc import Callable
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from srcnn.errors import BackendError, InvalidConfigError
from srcnn.runtime.graph import Graph
from srcnn.runtime.onnx import INPUT, OUTPUT, encode_onnx

Batch = NDArray[np.float32]
Session = Callable[[Batch], Batch]
Engine = Literal["auto", "onnxruntime"]
ENGINES: tuple[Engine, ...] = ("auto", "onnxruntime")


def open_session(graph: Graph, engine: Engine, threads: int) -> Session:
    """Load a graph into an engine.

    Args:
        graph: one channel in, one channel out.
        engine: "auto" takes ONNX Runtime.
        threads: of one call; 0 takes all cores.

    Returns:
        A function from N x 1 x H x W to N x 1 x H' x W', float32.

    Raises:
        InvalidConfigError: an unknown engine, or fewer than 0 threads.
        BackendError: the engine refuses the graph, here or when called.

    Tests: tests/runtime/test_session.py.
    """
    if engine not in ENGINES:
        raise InvalidConfigError(f"expected an engine of {', '.join(ENGINES)}, got {engine!r}; choose one of them")
    if threads < 0:
        raise InvalidConfigError(f"expected 0 threads (all cores) or more, got {threads}; give another number")
    import onnxruntime as ort

    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 4
    try:
        session = ort.InferenceSession(encode_onnx(graph, 1, {}), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # the engine's own errors share no narrower class
        raise BackendError(
            f"expected ONNX Runtime to load the network, got: {_one_line(error)}; the model cannot be used"
        ) from error

    def run(batch: Batch) -> Batch:
        try:
            (result,) = session.run([OUTPUT], {INPUT: batch})
        except Exception as error:
            height, width = batch.shape[2:]
            raise BackendError(
                f"expected ONNX Runtime to compute {height} x {width} pixels, got: {_one_line(error)}; "
                "free memory or lower strip_rows"
            ) from error
        assert isinstance(result, np.ndarray)
        return result

    return run


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())
