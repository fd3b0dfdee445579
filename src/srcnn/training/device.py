"""Where a training runs, and in which arithmetic: a GPU where torch can use one, else the CPU."""

import os

import torch

from srcnn.errors import InvalidConfigError
from srcnn.machine import processor_name
from srcnn.training.config import Device


def choose_device(wanted: Device) -> torch.device:
    """Choose where a training runs; of several GPUs, the one with this process's number on its machine.

    Args:
        wanted: "auto": a GPU if there is one; "cuda": a GPU; "cpu".

    Returns:
        The CPU, or one GPU.

    Raises:
        InvalidConfigError: a GPU is asked for and torch can use none, or there are fewer than processes.

    Tests: tests/training/test_device.py.
    """
    if wanted == "cpu" or (wanted == "auto" and not torch.cuda.is_available()):
        return torch.device("cpu")
    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    number = int(os.environ.get("LOCAL_RANK", "0"))  # of torchrun
    if not count:
        raise InvalidConfigError(
            "expected a GPU that torch can use for device = 'cuda', got none; "
            "install a torch built for it, or set device = 'auto'"
        )
    if number >= count:
        raise InvalidConfigError(
            f"expected at most as many processes as the {count} GPUs of this machine, got process number "
            f"{number + 1}; start fewer, or set device = 'cpu'"
        )
    return torch.device("cuda", number)


def has_fast_bf16(device: torch.device | None = None) -> bool:
    """Whether a device multiplies bf16 matrices faster than fp32.

    Args:
        device: None is the CPU, which needs AMX for it, or to be AMD's with AVX512_BF16: Intel's instructions of that
            name take more time than those of fp32.

    Tests: tests/training/test_device.py.
    """
    if device is not None and device.type == "cuda":
        return torch.cuda.get_device_capability(device) >= (8, 0)
    capabilities = torch.cpu.get_capabilities()
    return bool(
        capabilities.get("amx_bf16") or (capabilities.get("avx512_bf16") and processor_name().startswith("AMD "))
    )
