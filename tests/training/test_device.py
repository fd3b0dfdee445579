import pytest
import torch

from srcnn.errors import InvalidConfigError
from srcnn.training import device
from srcnn.training.config import Device
from srcnn.training.device import choose_device, has_fast_bf16


@pytest.fixture
def gpus(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """As many GPUs as the parameter says."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: request.param > 0)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: request.param)
    monkeypatch.delenv("LOCAL_RANK", raising=False)


@pytest.mark.parametrize(
    ("gpus", "wanted", "expected"),
    [(0, "auto", "cpu"), (0, "cpu", "cpu"), (2, "auto", "cuda:0"), (2, "cuda", "cuda:0"), (2, "cpu", "cpu")],
    indirect=["gpus"],
)
@pytest.mark.usefixtures("gpus")
def test_a_gpu_is_used_where_there_is_one_unless_the_cpu_is_asked_for(wanted: Device, expected: str) -> None:
    assert choose_device(wanted) == torch.device(expected)


@pytest.mark.parametrize("gpus", [2], indirect=True)
@pytest.mark.usefixtures("gpus")
def test_every_process_of_a_machine_has_a_gpu_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOCAL_RANK", "1")
    assert choose_device("auto") == torch.device("cuda", 1)
    monkeypatch.setenv("LOCAL_RANK", "2")
    assert choose_device("cpu") == torch.device("cpu")
    with pytest.raises(InvalidConfigError, match="as the 2 GPUs of this machine, got process number 3; start fewer"):
        choose_device("auto")


@pytest.mark.parametrize("gpus", [0], indirect=True)
@pytest.mark.usefixtures("gpus")
def test_a_gpu_that_is_not_there_is_refused() -> None:
    with pytest.raises(InvalidConfigError, match=r"expected a GPU .* for device = 'cuda', got none; .*'auto'"):
        choose_device("cuda")


@pytest.mark.parametrize(("capability", "fast"), [((7, 5), False), ((8, 0), True), ((9, 0), True)])
def test_bf16_is_fast_on_gpus_with_units_for_it(
    monkeypatch: pytest.MonkeyPatch, capability: tuple[int, int], fast: bool
) -> None:
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device: capability)
    assert has_fast_bf16(torch.device("cuda", 0)) is fast


@pytest.mark.parametrize(
    ("name", "capabilities", "fast"),
    [
        ("Intel(R) Xeon(R) Platinum 8481C", {"amx_bf16": True, "avx512_bf16": True}, True),
        ("Intel(R) Xeon(R) Platinum 8481C", {"amx_bf16": False, "avx512_bf16": True}, False),
        ("AMD EPYC 9B14", {"amx_bf16": False, "avx512_bf16": True}, True),
        ("AMD EPYC 7B13", {"amx_bf16": False, "avx512_bf16": False}, False),
        ("aarch64", {"sve_bf16": True}, False),
        ("AMD64", {"avx512_bf16": True}, False),  # an architecture, where the system does not name the processor
    ],
)
def test_bf16_is_fast_on_cpus_with_amx_and_on_amds_with_instructions_for_it(
    monkeypatch: pytest.MonkeyPatch, name: str, capabilities: dict[str, bool], fast: bool
) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: capabilities)
    monkeypatch.setattr(device, "processor_name", lambda: name)
    assert has_fast_bf16() is has_fast_bf16(torch.device("cpu")) is fast
