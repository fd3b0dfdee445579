import os

import pytest

from srcnn.errors import InvalidConfigError, MissingExtraError
from srcnn.runtime import engines
from srcnn.runtime.engines import available_threads, check_engine


def test_an_unknown_engine_is_refused_with_those_there_are() -> None:
    with pytest.raises(InvalidConfigError, match="expected an engine of auto, onnxruntime, openvino, got 'tensorrt'; "):
        check_engine("tensorrt", 0)


def test_an_engine_that_is_not_installed_is_refused_with_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "find_spec", lambda _: None)
    check_engine("auto", 0)
    with pytest.raises(MissingExtraError, match=r"openvino"):
        check_engine("openvino", 0)


@pytest.mark.parametrize("threads", [-1, 1.5, None, "2"])
def test_what_is_no_number_of_threads_is_refused(threads: int) -> None:
    with pytest.raises(InvalidConfigError, match=rf"expected 0 threads \(all cores\) or more, got {threads!r}; "):
        check_engine("auto", threads)


def test_0_threads_are_the_cores_this_process_may_use(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 3, 5}, raising=False)
    assert [available_threads(threads) for threads in (0, 1, 7)] == [3, 1, 7]
