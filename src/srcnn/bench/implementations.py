"""What is compared: every installed engine as this package uses it, and ONNX Runtime used plainly."""

from collections.abc import Callable
from dataclasses import replace
from importlib.util import find_spec

import numpy as np

from srcnn.imaging import imresize
from srcnn.imaging.depth import Plane
from srcnn.imaging.joining import AllChannels
from srcnn.runtime.engines import ENGINES, Engine
from srcnn.runtime.graph import replicated_graph
from srcnn.runtime.session import open_session
from srcnn.upscaler import Upscaler
from srcnn.zoo.model_file import Model

PLAIN = "plain onnxruntime"
"""The network as exported: no rewriting, the whole enlarged plane at once."""


def implementations_of(model: Model) -> tuple[str, ...]:
    """What can enlarge with a model here: PLAIN first where it is possible, then the installed engines."""
    engines = tuple(engine for engine in ENGINES if engine != "auto" and find_spec(engine))
    return (PLAIN, *engines) if model.spec.input_space == "hr" else engines


def small_frame(model: Model, size: tuple[int, int]) -> Plane:
    """Noise for a model to enlarge.

    Args:
        model: of luma or of colour.
        size: height and width.

    Returns:
        What `open_implementation` takes, in [0, 1].
    """
    channels = () if model.spec.colour == "luma" else (3,)
    return np.random.default_rng(0).random((*size, *channels), np.float32)


def open_implementation(model: Model, name: str, threads: int) -> Callable[[Plane], Plane]:
    """Load a model.

    Args:
        model: spec and weights.
        name: one of `implementations_of`.
        threads: 0 takes all cores.

    Returns:
        A function from small luma h x w, or of a network of colour from RGB h x w x 3, to the same enlarged, float32;
        bicubic is part of it.

    Raises:
        MissingExtraError: the engine is not installed.

    Tests: tests/bench/test_implementations.py.
    """
    colour, scale = model.spec.colour, model.spec.scale
    if name != PLAIN:
        engine: Engine = next(engine for engine in ENGINES if engine == name)
        upscaler = Upscaler(replace(model, chroma=None), engine=engine, threads=threads)
        return upscaler.luma if colour == "luma" else upscaler
    session = open_session(replicated_graph(model), "onnxruntime", threads)
    if colour == "luma":
        return lambda luma: session(imresize(luma, scale)[None, None])[0, 0]

    joining = AllChannels(colour, residual=False)

    def of_colour(rgb: Plane) -> Plane:
        enlarged = np.moveaxis(imresize(rgb, scale), 2, 0)
        output = session(np.ascontiguousarray(joining.seen(enlarged))[None])[0]
        return np.stack(joining.join([], output), axis=2)

    return of_colour
