"""Kernels that are trained as more than they are, and used plain.

A k x k convolution to p maps followed by a 1 x 1 convolution, with nothing between them, is one k x k
convolution: W[o, i] = sum over p of narrow[o, p] wide[p, i]. And so is a k x k convolution beside others
whose results are added: 1 x 1 convolutions, each followed by a fixed filter F of every map at a strength of
the map's own, W[o, i] = plain[o, i] + sum over the branches of strength[o] mix[o, i] F. Training the parts
instead of their kernel changes nothing that the network can be, only the way descent takes to it. The kernel
is formed at every step, so pictures only ever meet it and a step costs what it costs without; its gradient is
then handed on to the parts.

Sources: Bhardwaj et al. 2022, "Collapsible Linear Blocks for Super-Efficient Super Resolution"; Zhang, Zeng,
Zhang 2021, "Edge-oriented Convolution Block for Real-time Super Resolution on Mobile Devices".
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional

from srcnn.models.srcnn import Srcnn

_FILTERS = (
    ((0, 0, 0), (0, 1, 0), (0, 0, 0)),
    ((1, 0, -1), (2, 0, -2), (1, 0, -1)),  # Sobel's two
    ((1, 2, 1), (0, 0, 0), (-1, -2, -1)),
    ((0, 1, 0), (1, -4, 1), (0, 1, 0)),  # Laplace's
)
_FIRST_STRENGTH = 1e-3  # deviation; the source's


class Product(nn.Module):
    """A kernel as the product of a wide one and a 1 x 1 one."""

    def __init__(self, weight: Tensor, expansion: int, generator: torch.Generator) -> None:
        """Draw random factors, and keep beside them what their product lacks of a kernel.

        Args:
            weight: the kernel to begin with, maps out x maps in x k x k.
            expansion: maps between the factors, p.
            generator: of the factors.
        """
        super().__init__()
        maps, *shape = weight.shape
        wide = torch.empty(expansion, *shape).normal_(0, weight[0].numel() ** -0.5, generator=generator)
        narrow = torch.empty(maps, expansion).normal_(0, expansion**-0.5, generator=generator)
        self.wide = nn.Parameter(wide.to(weight.device))  # drawn alike for every device
        self.narrow = nn.Parameter(narrow.to(weight.device))
        rest = weight.detach() - torch.tensordot(self.narrow.detach(), self.wide.detach(), 1)
        self.rest = nn.Parameter(rest, requires_grad=False)

    def forward(self) -> Tensor:
        """The kernel."""
        return self.rest + torch.tensordot(self.narrow, self.wide, 1)


class Branches(nn.Module):
    """A kernel as the sum of itself and of 1 x 1 ones before fixed filters."""

    def __init__(self, weight: Tensor, generator: torch.Generator) -> None:
        """Draw weak random branches, and let the plain kernel make up for them.

        Args:
            weight: the kernel to begin with, maps out x maps in x k x k; where k is 1, there is one branch,
                without a filter.
            generator: of the branches.
        """
        super().__init__()
        maps, inputs, size, _ = weight.shape
        filters = torch.tensor(_FILTERS, dtype=weight.dtype)
        filters = filters[:1, 1:2, 1:2] if size == 1 else functional.pad(filters, [(size - 3) // 2] * 4)
        mix = torch.empty(len(filters), maps, inputs).normal_(0, inputs**-0.5, generator=generator)
        strength = torch.empty(len(filters), maps).normal_(0, _FIRST_STRENGTH, generator=generator)
        self.filters = nn.Parameter(filters.to(weight.device), requires_grad=False)
        self.mix = nn.Parameter(mix.to(weight.device))
        self.strength = nn.Parameter(strength.to(weight.device))
        self.plain = nn.Parameter(weight.detach() - self._branches().detach())

    def _branches(self) -> Tensor:
        return torch.einsum("bo,boi,bhw->oihw", self.strength, self.mix, self.filters)

    def forward(self) -> Tensor:
        """The kernel."""
        return self.plain + self._branches()


class Reparameterised(nn.Module):
    """The parts of every kernel of a network, and its biases."""

    def __init__(self, network: Srcnn, part: Callable[[Tensor], nn.Module]) -> None:
        """Take the kernels of a network apart, whose weights stay what they are.

        Args:
            network: whose kernels will be written.
            part: from a kernel to what makes it, such as a `Product`.

        Tests: tests/models/test_reparameterised.py.
        """
        super().__init__()
        self._network = (network,)  # in a tuple, since its parameters are not this module's
        self._formed: list[Tensor] = []
        self.kernels = nn.ModuleList(part(weight) for _, weight, _ in network.layers())
        self.bias = nn.ParameterList(bias.detach().clone() for _, _, bias in network.layers())
        self.collapse()

    def collapse(self) -> None:
        """Write the kernels into the network, and remember the way back to their parts."""
        self._formed = [kernel() for kernel in self.kernels]
        with torch.no_grad():
            layers = self._network[0].layers()
            for (_, weight, bias), formed, own in zip(layers, self._formed, self.bias, strict=True):
                weight.copy_(formed)
                bias.copy_(own)

    def hand_on_gradients(self) -> None:
        """Turn the gradients of the network's kernels into those of the parts; once after every `collapse`."""
        gradients: list[Tensor] = []
        for (_, weight, bias), own in zip(self._network[0].layers(), self.bias, strict=True):
            assert weight.grad is not None
            gradients.append(weight.grad)
            own.grad = bias.grad
        for parameter in self.kernels.parameters():
            parameter.grad = None
        torch.autograd.backward(self._formed, gradients)


def reparameterise(network: Srcnn, *, expansion: int, branches: bool, seed: int) -> Reparameterised | None:
    """Take the kernels of a network apart, as a config says.

    Args:
        network: keeps the weights it has, whatever they are.
        expansion: maps between the factors of a product, or 0.
        branches: sums of branches instead.
        seed: of the parts.

    Returns:
        The parts, or None where the kernels themselves are to be trained.

    Tests: tests/models/test_reparameterised.py.
    """
    generator = torch.Generator().manual_seed(seed)
    if expansion:
        return Reparameterised(network, lambda weight: Product(weight, expansion, generator))
    return Reparameterised(network, lambda weight: Branches(weight, generator)) if branches else None
