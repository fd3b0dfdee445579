"""A device without values, "meta", in place of a GPU: what meets a tensor of the CPU fails, and what only CPUs do."""

from collections.abc import Sequence
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves


class OnlyMeta(TorchDispatchMode):
    """Fails at every operation, but a move to the device, that takes or gives a tensor of another device."""

    def __torch_dispatch__(
        self, func: Any, types: Sequence[type], args: Sequence[Any] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        assert func.namespace != "mkldnn", f"{func} is for CPUs"
        result = func(*args, **(kwargs or {}))
        given = [] if func is torch.ops.aten._to_copy.default else tree_leaves((args, kwargs))
        for value in (*given, *tree_leaves(result)):
            assert not isinstance(value, torch.Tensor) or value.device.type == "meta", f"{func} on {value.device}"
        return result
