from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from tiny_models import random_model, run_by_definition

from srcnn.errors import BackendError, InvalidConfigError
from srcnn.runtime.graph import Conv, replicated_graph, valid_graph
from srcnn.runtime.session import open_session

MODEL = random_model()
PLANE = np.random.default_rng(0).random((23, 31), np.float32)


@pytest.mark.parametrize("engine", ["auto", "onnxruntime"])
@pytest.mark.parametrize("threads", [0, 1, 2])
def test_every_engine_and_number_of_threads_computes_the_definition(engine, threads: int) -> None:
    result = open_session(replicated_graph(MODEL), engine, threads)(PLANE[None, None])
    assert result.dtype == np.float32
    np.testing.assert_allclose(result[0, 0], run_by_definition(MODEL, PLANE), atol=1e-6)


def test_a_batch_holds_independent_pictures() -> None:
    session = open_session(replicated_graph(MODEL), "auto", 1)
    batch = np.stack([PLANE, 1 - PLANE])[:, None]
    np.testing.assert_allclose(session(batch)[1:], session(batch[1:]), atol=1e-6)


def test_an_unknown_engine_is_refused_with_those_there_are() -> None:
    with pytest.raises(InvalidConfigError, match="expected an engine of auto, onnxruntime, got 'tensorrt'; "):
        open_session(replicated_graph(MODEL), "tensorrt", 0)  # type: ignore[arg-type] # what a user may type


def test_a_negative_number_of_threads_is_refused() -> None:
    with pytest.raises(InvalidConfigError, match=r"expected 0 threads \(all cores\) or more, got -1"):
        open_session(replicated_graph(MODEL), "auto", -1)


FLAT = np.zeros((3, 4), np.float32)
TWICE_AS_LONG = np.zeros((3, 4, 1, 1), np.float64)  # the engine's own message has two lines


@pytest.mark.parametrize("weight", [FLAT, TWICE_AS_LONG], ids=["two dimensions", "another type"])
def test_a_network_the_engine_cannot_load_is_a_backend_error_of_one_line(weight: NDArray[np.floating]) -> None:
    first, second, third = replicated_graph(MODEL)
    assert isinstance(second, Conv)
    with pytest.raises(BackendError, match=r"^expected ONNX Runtime to load the network, got: .*; the model") as caught:
        open_session((first, replace(second, weight=weight), third), "auto", 1)
    assert caught.value.__cause__ is not None
    assert "\n" not in str(caught.value)


def test_a_batch_the_engine_cannot_compute_is_a_backend_error_that_says_its_size() -> None:
    session = open_session(valid_graph(MODEL), "auto", 1)
    with pytest.raises(BackendError, match=r"^expected ONNX Runtime to compute 3 x 4 pixels, got: ") as caught:
        session(np.zeros((1, 1, 3, 4), np.float32))
    assert caught.value.__cause__ is not None
    assert "\n" not in str(caught.value)
