"""An engine as a function from batch to batch. Engine errors become BackendError here and nowhere else."""

from collections.abc import Callable
from importlib.util import find_spec

import numpy as np
from numpy.typing import NDArray

from srcnn.errors import BackendError, SrcnnError
from srcnn.machine import usable_cores
from srcnn.runtime.engines import Engine, check_engine
from srcnn.runtime.graph import Graph, convolutions
from srcnn.runtime.onnx import encode_onnx
from srcnn.runtime.onnxruntime_session import open_onnxruntime
from srcnn.runtime.openvino_session import open_openvino

Batch = NDArray[np.float32]
Session = Callable[[Batch], Batch]


def open_session(graph: Graph, engine: Engine, threads: int) -> Session:
    """Load a graph into an engine, to compute in fp32.

    Args:
        graph: the operations in order.
        engine: "openvino" needs `srcnn[openvino]`; "auto" takes what `srcnn bench` shows to be faster: ONNX
            Runtime, which also starts sooner, but for networks with PReLU OpenVINO if that is installed.
        threads: of one call; 0 takes all cores. In OpenVINO calls run at the same time only if it is 1.

    Returns:
        A function from N x C x H x W to N x C' x H' x W', float32, that several threads may call at
        the same time.

    Raises:
        InvalidConfigError: an unknown engine, or fewer than 0 threads.
        MissingExtraError: the engine is not installed.
        BackendError: the engine refuses the graph, here or when called.

    Tests: tests/runtime/test_session.py.
    """
    check_engine(engine, threads)
    openvino = engine == "openvino" or (engine == "auto" and _is_faster_in_openvino(graph))
    name = "OpenVINO" if openvino else "ONNX Runtime"
    channels = next(convolutions(graph)).weight.shape[1]
    content = encode_onnx(graph, channels, {})
    try:
        run = open_openvino(content, threads, usable_cores()) if openvino else open_onnxruntime(content, threads)
    except SrcnnError:
        raise
    except Exception as error:  # the engines' own errors share no narrower class
        raise BackendError(
            f"expected {name} to load the network, got: {_one_line(error)}; the model cannot be used"
        ) from error

    def session(batch: Batch) -> Batch:
        try:
            return run(batch)
        except Exception as error:
            height, width = batch.shape[2:]
            raise BackendError(
                f"expected {name} to compute {height} x {width} pixels, got: {_one_line(error)}; "
                "free memory, or lower --jobs or --threads (in Python: strip_rows or threads)"
            ) from error

    return session


def _is_faster_in_openvino(graph: Graph) -> bool:
    """Whether there is a PReLU, for which ONNX Runtime leaves the layout of its convolutions, and OpenVINO."""
    has_prelu = any(conv.slopes is not None for conv in convolutions(graph))
    return has_prelu and find_spec("openvino") is not None


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())
