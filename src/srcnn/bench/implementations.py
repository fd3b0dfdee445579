"""What is compared: every installed engine as this package uses it, and ONNX Runtime used plainly."""

from collections.abc import Callable
from importlib.util import find_spec

from srcnn.imaging import imresize
from srcnn.imaging.depth import Plane
from srcnn.runtime.engines import ENGINES, Engine
from srcnn.runtime.graph import replicated_graph
from srcnn.runtime.session import open_session
from srcnn.upscaler import Upscaler
from srcnn.zoo.model_file import Model

PLAIN = "plain onnxruntime"
"""The network as exported: no rewriting, the whole enlarged plane at once."""


def implementations_of(model: Model) -> tuple[str, ...]:
    """What can enlarge luma with a model here: PLAIN first where it is possible, then the installed engines."""
    engines = tuple(engine for engine in ENGINES if engine != "auto" and find_spec(engine))
    return (PLAIN, *engines) if model.spec.input_space == "hr" else engines


def open_implementation(model: Model, name: str, threads: int) -> Callable[[Plane], Plane]:
    """Load a model.

    Args:
        model: spec and weights.
        name: one of `implementations_of`.
        threads: 0 takes all cores.

    Returns:
        A function from small luma h x w to enlarged luma, float32; bicubic is part of it.

    Raises:
        MissingExtraError: the engine is not installed.

    Tests: tests/bench/test_implementations.py.
    """
    if name != PLAIN:
        engine: Engine = next(engine for engine in ENGINES if engine == name)
        return Upscaler(model, engine=engine, threads=threads).luma
    session = open_session(replicated_graph(model), "onnxruntime", threads)
    return lambda luma: session(imresize(luma, model.spec.scale)[None, None])[0, 0]
