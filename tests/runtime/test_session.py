import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from tiny_models import random_model, run_by_definition

from srcnn.errors import BackendError
from srcnn.layer import Activation
from srcnn.runtime import session
from srcnn.runtime.engines import ENGINES, Engine
from srcnn.runtime.graph import Conv, replicated_graph, valid_graph
from srcnn.runtime.rewrite import block_last_layer
from srcnn.runtime.session import open_session

MODEL = random_model()
PLANE = np.random.default_rng(0).random((23, 31), np.float32)


every_engine = pytest.mark.parametrize(
    ("engine", "name"), [("onnxruntime", "ONNX Runtime"), ("openvino", "OpenVINO"), ("auto", "ONNX Runtime")]
)


def test_onnx_runtime_puts_no_number_of_this_machine_into_the_home_folder(tmp_path: Path) -> None:
    program = """
from tiny_models import random_model
from srcnn.runtime.graph import replicated_graph
from srcnn.runtime.session import open_session
open_session(replicated_graph(random_model()), "onnxruntime", 1)
"""
    environment = {"PYTHONPATH": ":".join(sys.path), "HOME": str(tmp_path)}
    subprocess.run([sys.executable, "-c", program], check=True, env=environment)
    assert not list(tmp_path.rglob("*"))


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("threads", [0, 1, 2])
def test_every_engine_and_number_of_threads_computes_the_definition(engine, threads: int) -> None:
    result = open_session(replicated_graph(MODEL), engine, threads)(PLANE[None, None])
    assert result.dtype == np.float32
    np.testing.assert_allclose(result[0, 0], run_by_definition(MODEL, PLANE), atol=1e-6)


@pytest.mark.parametrize("engine", ENGINES)
def test_every_engine_computes_the_paper_network_rewritten(engine) -> None:
    model = random_model((9, 1, 5), (64, 32), seed=3)
    batch = np.random.default_rng(0).random((1, 1, 24 + 12, 40 + 12), np.float32)
    expected = run_by_definition(model, batch[0, 0])[6:-6, 6:-6]
    result = open_session(block_last_layer(valid_graph(model), 4), engine, 1)(batch)
    np.testing.assert_allclose(result[0, 0], expected, atol=1e-5)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_batch_holds_independent_pictures(engine) -> None:
    run = open_session(replicated_graph(MODEL), engine, 1)
    batch = np.stack([PLANE, 1 - PLANE])[:, None]
    np.testing.assert_allclose(run(batch)[1:], run(batch[1:]), atol=1e-6)


@pytest.mark.parametrize(
    ("activation", "installed", "chosen"),
    [("relu", True, "onnxruntime"), ("prelu", True, "openvino"), ("prelu", False, "onnxruntime")],
)
def test_auto_takes_openvino_for_prelu_where_it_is_installed(
    monkeypatch: pytest.MonkeyPatch, activation: Activation, installed: bool, chosen: str
) -> None:
    opened: list[str] = []
    monkeypatch.setattr(session, "open_onnxruntime", lambda *_: opened.append("onnxruntime"))
    monkeypatch.setattr(session, "open_openvino", lambda *_: opened.append("openvino"))
    monkeypatch.setattr(session, "find_spec", lambda name: (name == "openvino" and installed) or None)
    slopes = np.full(1, 0.1, np.float32) if activation == "prelu" else None
    conv = Conv(weight=np.ones((1, 1, 1, 1), np.float32), bias=np.zeros(1, np.float32), activation=activation)
    open_session((replace(conv, slopes=slopes),), "auto", 1)
    assert opened == [chosen]


@pytest.mark.parametrize("engine", ["onnxruntime", "openvino"])
def test_every_engine_computes_prelu(engine) -> None:
    conv = Conv(
        weight=np.ones((1, 1, 1, 1), np.float32),
        bias=np.full(1, -0.5, np.float32),
        activation="prelu",
        slopes=np.full(1, 0.1, np.float32),
    )
    expected = np.where(PLANE > 0.5, PLANE - 0.5, 0.1 * (PLANE - 0.5))
    np.testing.assert_allclose(open_session((conv,), engine, 1)(PLANE[None, None])[0, 0], expected, atol=1e-6)


@pytest.mark.parametrize("engine", ENGINES)
def test_several_threads_may_call_a_session_at_the_same_time(engine) -> None:
    run = open_session(replicated_graph(MODEL), engine, 1)
    planes = np.random.default_rng(1).random((40, 23, 31), np.float32)
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda plane: run(plane[None, None])[0, 0], planes))
    for plane, result in zip(planes, results, strict=True):
        np.testing.assert_allclose(result, run_by_definition(MODEL, plane), atol=1e-6)


FLAT = np.zeros((3, 4), np.float32)
TWICE_AS_LONG = np.zeros((3, 4, 1, 1), np.float64)  # the engine's own message has two lines


@every_engine
@pytest.mark.parametrize("weight", [FLAT, TWICE_AS_LONG], ids=["two dimensions", "another type"])
def test_a_network_the_engine_cannot_load_is_a_backend_error_of_one_line(
    weight: NDArray[np.floating], engine, name: str
) -> None:
    first, second, third = replicated_graph(MODEL)
    assert isinstance(second, Conv)
    with pytest.raises(BackendError, match=rf"^expected {name} to load the network, got: .*; the model") as caught:
        open_session((first, replace(second, weight=weight), third), engine, 1)
    assert caught.value.__cause__ is not None
    assert "\n" not in str(caught.value)


@every_engine
def test_a_batch_the_engine_cannot_compute_is_a_backend_error_that_says_its_size(engine, name: str) -> None:
    run = open_session(valid_graph(MODEL), engine, 1)
    with pytest.raises(BackendError, match=rf"^expected {name} to compute 3 x 4 pixels, got: ") as caught:
        run(np.zeros((1, 2, 3, 4), np.float32))
    assert caught.value.__cause__ is not None
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("engine", ["onnxruntime", "openvino"])
def test_a_network_of_colour_takes_and_gives_three_channels(engine: Engine) -> None:
    model = random_model(colour="rgb")
    batch = np.random.default_rng(0).random((1, 3, 12, 15), np.float32)
    result = open_session(replicated_graph(model), engine, 1)(batch)
    np.testing.assert_allclose(result[0], run_by_definition(model, batch[0]), atol=1e-5)
