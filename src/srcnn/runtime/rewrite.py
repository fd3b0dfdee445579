"""Exact rewritings of a graph into shapes that engines run faster. Each keeps the function."""

from dataclasses import replace

import numpy as np

from srcnn.runtime.graph import Conv, DepthToSpace, Graph

BLOCK = 4  # 16 output channels, one vector register


def block_last_layer(graph: Graph, block: int) -> Graph:
    """Compute a last layer of few channels for block x block pixels at once.

    Engines put output channels into vector lanes, so a layer with one of them wastes 15 lanes of 16.
    The block^2 outputs whose corner is (B I, B J) together read one window of k + B - 1 pixels:

        y[B I + a, B J + b] = sum over (p, q) of w[p, q] x[B I + a + p, B J + b + q]
                            = sum over (i, j) of w[i - a, j - b] x[B I + i, B J + j]

    which is one convolution of stride B with block^2 output channels, kernel k + B - 1 and the
    shifted kernels W'[B a + b, c, i, j] = w[c, i - a, j - b], followed by depth-to-space. Several output
    channels have their block^2 one after the other.

    Args:
        graph: ends in a convolution of stride 1.
        block: B.

    Returns:
        The graph with its last layer rewritten, whose output has up to B - 1 rows and columns more, to be cut
        off below and on the right.

    Tests: tests/runtime/test_rewrite.py.
    """
    *before, last = graph
    assert isinstance(last, Conv)
    assert last.stride == 1
    channels_out, channels_in, k, _ = last.weight.shape
    weight = np.zeros((channels_out, block, block, channels_in, k + block - 1, k + block - 1), np.float32)
    for a in range(block):
        for b in range(block):
            weight[:, a, b, :, a : a + k, b : b + k] = last.weight
    blocked = replace(
        last,
        weight=weight.reshape(channels_out * block * block, channels_in, k + block - 1, k + block - 1),
        bias=np.repeat(last.bias, block * block),
        stride=block,
        fill=block - 1,
    )
    return (*before, blocked, DepthToSpace(block))
