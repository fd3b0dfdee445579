"""Which engines there are, and with how many threads: what can be asked for, before there is a network to open."""

from importlib.util import find_spec
from numbers import Integral
from typing import Literal

from srcnn.errors import InvalidConfigError, MissingExtraError
from srcnn.machine import usable_cores

Engine = Literal["auto", "onnxruntime", "openvino"]
ENGINES: tuple[Engine, ...] = ("auto", "onnxruntime", "openvino")


def check_engine(engine: str, threads: int) -> None:
    """Refuse what can never open, before there is a network to open.

    Raises:
        InvalidConfigError: an unknown engine, or fewer than 0 threads.
        MissingExtraError: the engine is not installed.

    Tests: tests/runtime/test_engines.py.
    """
    if engine not in ENGINES:
        raise InvalidConfigError(f"expected an engine of {', '.join(ENGINES)}, got {engine!r}; choose one of them")
    available_threads(threads)
    if engine == "openvino" and find_spec("openvino") is None:
        raise MissingExtraError("OpenVINO", "openvino")


def available_threads(threads: int) -> int:
    """The number of threads asked for, where 0 is as many as this process may use cores.

    Raises:
        InvalidConfigError: fewer than 0, or no whole number.

    Tests: tests/runtime/test_engines.py.
    """
    if not isinstance(threads, Integral) or threads < 0:  # pyright: ignore[reportUnnecessaryIsInstance]
        raise InvalidConfigError(f"expected 0 threads (all cores) or more, got {threads!r}; give another whole number")
    return threads or usable_cores()
