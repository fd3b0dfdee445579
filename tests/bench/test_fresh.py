import subprocess
import sys
import time
from pathlib import Path

import pytest
from tiny_models import random_model

from srcnn.bench.fresh import Fresh, measure_fresh, peak_memory_mib
from srcnn.errors import BackendError
from srcnn.zoo.model_file import save_model


@pytest.fixture(scope="module")
def model_file(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("model") / "tiny.safetensors"
    save_model(path, random_model(scale=2))
    return str(path)


def test_a_process_of_its_own_says_how_long_and_how_much(model_file: str) -> None:
    started = time.perf_counter()
    result = measure_fresh(model_file, 2, "onnxruntime", threads=1, size=(20, 30), rounds=1)
    assert 0 < result.seconds <= time.perf_counter() - started
    assert result.peak_mib is None or 20 < result.peak_mib < 300


def test_the_medians_of_several_processes_count(monkeypatch: pytest.MonkeyPatch) -> None:
    outputs = iter(["[1.0, 50]", "[9.0, 90]", "[4.0, 60]"])
    monkeypatch.setattr(
        subprocess, "run", lambda command, **_: subprocess.CompletedProcess(command, 0, next(outputs), "")
    )
    monkeypatch.setattr(time, "perf_counter", lambda: 0.0)
    assert measure_fresh("any", 2, "onnxruntime", threads=1, size=(2, 2), rounds=3) == Fresh(4.0, 60)


def test_memory_may_be_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        subprocess, "run", lambda command, **_: subprocess.CompletedProcess(command, 0, "[1.0, null]", "")
    )
    assert measure_fresh("any", 2, "onnxruntime", threads=1, size=(2, 2), rounds=3).peak_mib is None


def test_memory_is_unknown_where_the_kernel_does_not_count_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "exists", lambda path: True)
    monkeypatch.setattr(Path, "read_text", lambda path, encoding: "Name:\tpython\nVmRSS:\t100 kB\n")
    assert peak_memory_mib() is None


def test_a_process_that_fails_is_a_backend_error_with_its_last_words(model_file: str) -> None:
    with pytest.raises(BackendError, match=r"expected onnxruntime to enlarge with .*, got: .*the scale 2 of") as caught:
        measure_fresh(model_file, 3, "onnxruntime", threads=1, size=(20, 30), rounds=1)
    assert "\n" not in str(caught.value)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the other way is the parent's on Linux")
def test_the_peak_is_the_process_s_own_and_not_its_parent_s() -> None:
    program = "import numpy; from srcnn.bench.fresh import peak_memory_mib as peak; print(peak()); "
    program += "held = numpy.ones(8 << 20); print(peak())"
    parent = bytearray(150 << 20)
    output = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    before, after = map(float, output.split())
    assert before < 150 < peak_memory_mib()
    assert 63 < after - before < 70
    assert len(parent)
