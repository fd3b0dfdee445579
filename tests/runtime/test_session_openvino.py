"""What is OpenVINO's own; what every engine does is in test_session.py."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from tiny_models import random_model

from srcnn.errors import MissingExtraError
from srcnn.runtime.engines import available_threads
from srcnn.runtime.graph import replicated_graph
from srcnn.runtime.onnx import encode_onnx
from srcnn.runtime.openvino_session import openvino_core, stream_settings
from srcnn.runtime.session import open_session

MODEL = random_model((9, 1, 5), (64, 32))
CORES = available_threads(0)


def test_openvino_that_is_not_installed_is_named_with_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openvino", None)
    with pytest.raises(MissingExtraError, match=r"OpenVINO is needed .* pip install '\.\[openvino\]'"):
        open_session(replicated_graph(MODEL), "openvino", 1)
    assert "openvino_telemetry" not in sys.modules


def test_openvino_computes_in_fp32_even_where_the_processor_has_bf16() -> None:
    batch = np.random.default_rng(0).random((1, 1, 40, 50), np.float32)
    difference = open_session(replicated_graph(MODEL), "openvino", 1)(batch)
    difference -= open_session(replicated_graph(MODEL), "onnxruntime", 1)(batch)
    assert np.abs(difference).max() < 1e-5  # bf16 is off by 1e-2


@pytest.mark.parametrize(("threads", "calls", "together"), [(1, CORES, CORES), (2, 1, 2)])
def test_openvino_makes_calls_of_one_thread_at_the_same_time(threads: int, calls: int, together: int) -> None:
    core = openvino_core()
    model = core.read_model(encode_onnx(replicated_graph(MODEL), 1, {}))
    compiled = core.compile_model(model, "CPU", stream_settings(threads, CORES))
    assert compiled.get_property("NUM_STREAMS") == calls
    assert compiled.get_property("INFERENCE_NUM_THREADS") == together


def test_openvino_sends_no_telemetry_and_is_imported_only_when_asked_for() -> None:
    assert importlib.util.find_spec("openvino_telemetry"), "else this test shows nothing"
    program = """
import sys
from tiny_models import random_model
from srcnn.runtime.graph import replicated_graph
from srcnn.runtime.engines import available_threads
from srcnn.runtime.session import open_session
graph = replicated_graph(random_model())
open_session(graph, "auto", 1)
assert "openvino" not in sys.modules
open_session(graph, "openvino", 1)
assert "openvino" in sys.modules
assert not [name for name in sys.modules if name.startswith("openvino_telemetry")]
"""
    environment = {"PYTHONPATH": ":".join(sys.path)}
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=environment)
    assert result.returncode == 0, result.stderr


def test_calls_of_one_size_take_no_further_memory() -> None:
    session = open_session(replicated_graph(MODEL), "openvino", 1)
    batch = np.zeros((1, 1, 60, 200), np.float32)
    resident: list[int] = []
    for _ in range(60):
        session(batch)
        resident.append(int(Path("/proc/self/statm").read_text().split()[1]) * 4)
    assert resident[-1] - resident[10] < 1024  # KiB; one result is 47 KiB, the maps are 4.5 MiB


@pytest.mark.skipif(sys.platform != "linux", reason="signals and their stacks are Linux' own")
def test_ctrl_c_is_heard_after_two_networks_have_come_and_gone() -> None:
    program = """
import gc, signal, sys
from srcnn.runtime.graph import replicated_graph
from srcnn.runtime.session import open_session
from tiny_models import random_model
graph = replicated_graph(random_model((9, 1, 5), (64, 32)))
signal.signal(signal.SIGINT, lambda number, frame: print("heard"))
sessions = [open_session(graph, "openvino", 1) for _ in range(2)]
while sessions:
    del sessions[0]
    gc.collect()
signal.raise_signal(signal.SIGINT)
"""
    path = {"PYTHONPATH": str(Path(__file__).parents[1])}
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env={**os.environ, **path})
    assert (ended.returncode, ended.stdout) == (0, "heard\n")


def test_first_calls_of_several_threads_do_not_wait_for_each_other() -> None:
    # Without the table of types filled in `openvino_core`, every second process waited here for ever.
    program = """
import os, sys
from threading import Barrier, Thread
import numpy as np
from srcnn.runtime.graph import replicated_graph
from srcnn.runtime.session import open_session
from tiny_models import random_model
session = open_session(replicated_graph(random_model()), "openvino", 1)
together = Barrier(8)
def call():
    together.wait()
    session(np.zeros((1, 1, 20, 20), np.float32))
threads = [Thread(target=call) for _ in range(8)]
sys.setswitchinterval(1e-6)
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
"""
    path = {"PYTHONPATH": str(Path(__file__).parents[1])}
    for _ in range(3):
        subprocess.run([sys.executable, "-c", program], check=True, timeout=20, env={**os.environ, **path})
