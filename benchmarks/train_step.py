"""One training step (forward, backward, Adam): ours against plain modules as public code writes them.

The last row of a case is the step that `srcnn train` takes here unless told otherwise: with Muon instead of Adam,
and in bf16 where the CPU is faster in it (AMX; AMD's from Zen 4 on).

python benchmarks/train_step.py --threads 1

The reference is nn.Conv2d in fp32 with memory laid out NCHW. The last column of the second table is
the share of this machine's own best matrix product in fp32, or in bf16 where that is faster, counting the network's
multiply-accumulates: forward, gradients of the weights, and gradients of the inputs of all layers
but the first.
"""

import sys
from collections.abc import Callable
from functools import partial

import torch
from timing import Row, arguments, measure, show
from torch import nn
from torch.nn import functional

from srcnn.models.gradients import accumulate_gradients
from srcnn.models.srcnn import Srcnn, initialise
from srcnn.spec import ModelSpec, srcnn
from srcnn.training.device import has_fast_bf16
from srcnn.training.muon import Muon

CASES = (
    ("9-1-5", 16, 33),
    ("9-1-5", 128, 33),
    ("9-1-5", 16, 96),
    ("9-3-5", 128, 33),
    ("9-5-5", 128, 33),
    ("9-5-5", 16, 96),
)


def main() -> None:
    """Print the table."""
    options = arguments("training step", threads=1)
    torch.set_num_threads(options.threads)
    rows: list[Row] = []
    for name, batch, patch in CASES:
        spec = srcnn(name=name, scale=3, kernel_sizes=tuple(map(int, name.split("-"))))
        rows += measure(f"{name} {batch}x{patch}x{patch}", steps(spec, batch, patch), options.rounds)
    show(rows, as_json=options.json)
    if not options.json:
        show_shares(rows)


def steps(spec: ModelSpec, batch: int, patch: int) -> dict[str, Callable[[], object]]:
    """The implementations of one step, each with its own network and optimiser."""
    label = patch - 2 * spec.reach
    inputs, labels = torch.rand(batch, 1, patch, patch), torch.rand(batch, 1, label, label)
    chosen = {
        "plain fp32 NCHW": plain(spec, inputs, labels, torch.contiguous_format),
        "plain fp32 channels_last": plain(spec, inputs, labels, torch.channels_last),
        "ours fp32": ours(spec, inputs, labels, torch.float32),
    }
    best, dtype = "fp32", torch.float32
    if has_fast_bf16():
        best, dtype = "bf16", torch.bfloat16
        chosen["ours bf16"] = ours(spec, inputs, labels, dtype)
    chosen[f"ours {best}, Muon"] = ours(spec, inputs, labels, dtype, muon=True)
    return chosen


def plain(
    spec: ModelSpec, inputs: torch.Tensor, labels: torch.Tensor, memory_format: torch.memory_format
) -> Callable[[], object]:
    """nn.Sequential, automatic differentiation, torch.optim.Adam."""
    layers: list[nn.Module] = []
    for layer in spec.layers:
        layers.append(nn.Conv2d(layer.in_channels, layer.out_channels, layer.kernel_size))
        if layer.relu:
            layers.append(nn.ReLU())
    network = nn.Sequential(*layers).to(memory_format=memory_format)
    optimiser = torch.optim.Adam(network.parameters(), 1e-4)
    inputs = inputs.to(memory_format=memory_format)

    def step() -> None:
        optimiser.zero_grad()
        functional.mse_loss(network(inputs), labels).backward()
        optimiser.step()

    return step


def ours(
    spec: ModelSpec, inputs: torch.Tensor, labels: torch.Tensor, dtype: torch.dtype, *, muon: bool = False
) -> Callable[[], object]:
    """The step of `srcnn train`."""
    network = Srcnn(spec)
    initialise(network, 0)
    for parameter in network.parameters():
        parameter.grad = torch.zeros_like(parameter)
    adam = partial(torch.optim.Adam, lr=1e-4, betas=(0.9, 0.99), fused=True)
    optimiser = Muon(network.parameters()) if muon else adam(network.parameters())

    def step() -> None:
        optimiser.zero_grad(set_to_none=False)
        accumulate_gradients(network, inputs, labels, dtype)
        optimiser.step()

    return step


def show_shares(rows: list[Row]) -> None:
    """Each step's multiply-accumulates per second, as a share of the best matrix product here."""
    peaks = {dtype: best_product(dtype) for dtype in (torch.float32, *([torch.bfloat16] * has_fast_bf16()))}
    listed = ", ".join(f"{str(dtype).removeprefix('torch.')} {peak:.0f}" for dtype, peak in peaks.items())
    sys.stdout.write(f"\nbest matrix product: {listed} GMAC/s\n")
    for row in rows:
        name, size = row.case.split(" ")
        batch, patch = int(size.split("x")[0]), int(size.split("x")[1])
        rate = step_macs(srcnn(name=name, scale=3, kernel_sizes=tuple(map(int, name.split("-")))), batch, patch)
        rate /= row.seconds * 1e9
        dtype = torch.bfloat16 if "bf16" in row.implementation else torch.float32
        sys.stdout.write(f"{row.case:<20} {row.implementation:<26} {rate:7.0f} GMAC/s {rate / peaks[dtype]:6.0%}\n")


def step_macs(spec: ModelSpec, batch: int, patch: int) -> int:
    """Multiply-accumulates of a step: forward, weights' gradients, inputs' gradients but the first layer's."""
    total, side = 0, patch
    for number, layer in enumerate(spec.layers):
        side -= 2 * layer.reach
        macs = batch * side * side * layer.in_channels * layer.out_channels * layer.kernel_size**2
        total += macs * (2 if number == 0 else 3)
    return total


def best_product(dtype: torch.dtype) -> float:
    """The best matrix product of a few sizes, in GMAC/s."""
    best = 0.0
    for n in (256, 512, 1024, 2048):
        a, b = torch.rand(n, n).to(dtype), torch.rand(n, n).to(dtype)
        (row,) = measure("product", {"torch": lambda a=a, b=b: a @ b}, 9)
        best = max(best, n**3 / row.seconds / 1e9)
    return best


if __name__ == "__main__":
    main()
