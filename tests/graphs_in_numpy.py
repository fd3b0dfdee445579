"""A graph computed in NumPy, double precision: what the engines are compared with."""

import numpy as np
from numpy.typing import NDArray

from srcnn.runtime.graph import AddEnlarged, Conv, Crop, DepthToSpace, Graph, Sum

Planes = NDArray[np.floating]


def run_graph(graph: Graph, planes: Planes) -> Planes:
    """The output of a graph of valid or filled convolutions with ReLU or nothing after them: C x H x W."""
    for operation in graph:
        if isinstance(operation, Conv):
            planes = _convolve(operation, planes)
        elif isinstance(operation, Crop):
            height, width = planes.shape[1:]
            planes = planes[:, operation.top : height - operation.bottom, operation.left : width - operation.right]
        elif isinstance(operation, Sum):
            results = [run_graph(branch, planes) for branch in operation.branches]
            assert len({result.shape for result in results}) == 1
            planes = np.sum(results, 0)
        else:
            assert not isinstance(operation, AddEnlarged)
            planes = _shuffle(operation, planes)
    return planes


def _convolve(conv: Conv, planes: Planes) -> Planes:
    replicated = np.pad(planes, ((0, 0), *[(conv.replicate,) * 2] * 2), "edge")
    filled = np.pad(replicated, ((0, 0), *[(conv.zeros, conv.zeros + conv.fill)] * 2))
    windows = np.lib.stride_tricks.sliding_window_view(filled, conv.weight.shape[2:], (1, 2))
    windows = windows[:, :: conv.stride, :: conv.stride]
    result = np.einsum("chwij,ocij->ohw", windows, conv.weight, optimize=True) + conv.bias[:, None, None]
    return np.maximum(result, 0) if conv.activation == "relu" else result


def _shuffle(operation: DepthToSpace, planes: Planes) -> Planes:
    b = operation.block
    channels, height, width = planes.shape
    planes = planes.reshape(channels // b**2, b, b, height, width).transpose(0, 3, 1, 4, 2)
    return planes.reshape(channels // b**2, height * b, width * b)
