"""Convolutions that are trained wide and used plain.

A k x k convolution to p maps followed by a 1 x 1 convolution, with nothing between them, is one k x k
convolution: W[o, i] = sum over p of narrow[o, p] wide[p, i]. Training the two factors instead of
their product changes nothing that the network can be, only the way descent takes to it. The product is
formed at every step, so pictures only ever meet the plain kernel and a step costs what it costs
without; the kernel's gradient is then handed on to its factors.

Source: Bhardwaj et al. 2022, "Collapsible Linear Blocks for Super-Efficient Super Resolution".
"""

import torch
from torch import Tensor, nn

from srcnn.models.srcnn import Srcnn


class Expanded(nn.Module):
    """The factors of every kernel of a network, and its biases."""

    def __init__(self, network: Srcnn, expansion: int, seed: int) -> None:
        """Draw random factors, and keep beside them what their products lack of the network's kernels.

        Args:
            network: keeps the weights it has, whatever they are.
            expansion: maps between the factors, p.
            seed: of the factors.

        Tests: tests/models/test_expanded.py.
        """
        super().__init__()
        self._network = (network,)  # in a tuple, since its parameters are not this module's
        self._products: list[Tensor] = []
        self.wide = nn.ParameterList()
        self.narrow = nn.ParameterList()
        self.rest = nn.ParameterList()
        self.bias = nn.ParameterList()
        generator = torch.Generator().manual_seed(seed)
        for _, weight, bias in network.layers():
            maps, *shape = weight.shape
            wide = torch.empty(expansion, *shape).normal_(0, weight[0].numel() ** -0.5, generator=generator)
            narrow = torch.empty(maps, expansion).normal_(0, expansion**-0.5, generator=generator)
            wide, narrow = wide.to(weight.device), narrow.to(weight.device)  # drawn alike for every device
            rest = weight.detach() - torch.tensordot(narrow, wide, 1)
            self.wide.append(wide)
            self.narrow.append(narrow)
            self.rest.append(nn.Parameter(rest, requires_grad=False))
            self.bias.append(bias.detach().clone())
        self.collapse()

    def collapse(self) -> None:
        """Write the products into the network's kernels, and remember the way back to their factors."""
        parts = zip(self.rest, self.narrow, self.wide, strict=True)
        self._products = [rest + torch.tensordot(narrow, wide, 1) for rest, narrow, wide in parts]
        with torch.no_grad():
            layers = self._network[0].layers()
            for (_, weight, bias), product, own in zip(layers, self._products, self.bias, strict=True):
                weight.copy_(product)
                bias.copy_(own)

    def hand_on_gradients(self) -> None:
        """Turn the gradients of the network's kernels into those of the factors; once after every `collapse`."""
        gradients: list[Tensor] = []
        for (_, weight, bias), own in zip(self._network[0].layers(), self.bias, strict=True):
            assert weight.grad is not None
            gradients.append(weight.grad)
            own.grad = bias.grad
        for factor in (*self.wide, *self.narrow):
            factor.grad = None
        torch.autograd.backward(self._products, gradients)
