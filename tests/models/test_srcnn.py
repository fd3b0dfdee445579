import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_models import random_model, run_by_definition
from torch.nn import functional

from srcnn.layer import Activation
from srcnn.models.srcnn import Srcnn, initialise
from srcnn.spec import Colour, ModelSpec, srcnn
from srcnn.upscaler import Upscaler
from srcnn.zoo.model_file import Model

SHAPES = [
    ((9, 1, 5), (64, 32), "luma"),
    ((9, 5, 5), (6, 5), "luma"),
    ((5, 3), (4,), "luma"),
    ((3,), (), "luma"),
    ((3, 1, 1, 5), (3, 7, 2), "luma"),
    ((5, 3), (6,), "rgb"),
]
every_shape = pytest.mark.parametrize(("kernel_sizes", "widths", "colour"), SHAPES)


def as_torch(model: Model) -> Srcnn:
    network = Srcnn(model.spec)
    network.load_state_dict({name: torch.from_numpy(weight) for name, weight in model.weights.items()})
    return network


def initialised(spec: ModelSpec, seed: int = 0) -> Srcnn:
    network = Srcnn(spec)
    initialise(network, seed)
    return network


def random_batch(channels: int, height: int, width: int, seed: int = 0) -> torch.Tensor:
    return torch.rand((2, channels, height, width), generator=torch.Generator().manual_seed(seed))


@every_shape
def test_the_tensors_are_those_of_the_model_file(
    kernel_sizes: tuple[int, ...], widths: tuple[int, ...], colour: Colour
) -> None:
    spec = srcnn(name="n", scale=2, kernel_sizes=kernel_sizes, widths=widths, colour=colour)
    state = Srcnn(spec).state_dict()
    assert {name: tuple(tensor.shape) for name, tensor in state.items()} == spec.tensor_shapes()
    assert list(state) == list(spec.tensor_shapes())


@settings(deadline=None, max_examples=30)
@given(
    height=st.integers(1, 30), width=st.integers(1, 30), shape=st.sampled_from(SHAPES[1:-1]), seed=st.integers(0, 99)
)
@torch.no_grad()
def test_same_is_the_definition_at_every_size(height: int, width: int, shape, seed: int) -> None:
    model = random_model(*shape[:2], seed=seed)
    plane = np.random.default_rng(seed).random((height, width), np.float32)
    output = as_torch(model).same(torch.from_numpy(plane)[None, None])
    assert output.shape == (1, 1, height, width)
    np.testing.assert_allclose(output[0, 0].numpy(), run_by_definition(model, plane), atol=3e-6)


@every_shape
@torch.no_grad()
def test_forward_equals_same_on_the_inner_part(
    kernel_sizes: tuple[int, ...], widths: tuple[int, ...], colour: Colour
) -> None:
    network = as_torch(random_model(kernel_sizes, widths, colour=colour))
    reach = network.spec.reach
    batch = random_batch(network.spec.channels, 25, 31)
    valid = network(batch)
    assert valid.shape == (2, network.spec.channels, 25 - 2 * reach, 31 - 2 * reach)
    torch.testing.assert_close(valid, network.same(batch)[:, :, reach:-reach, reach:-reach], rtol=1e-5, atol=1e-5)


@every_shape
@torch.no_grad()
def test_the_start_passes_the_picture_through(
    kernel_sizes: tuple[int, ...], widths: tuple[int, ...], colour: Colour
) -> None:
    """But for the small last layer: what it adds is far below the picture's own contrast, 1/12 in variance."""
    spec = srcnn(name="n", scale=2, kernel_sizes=kernel_sizes, widths=widths, colour=colour)
    network = initialised(spec)
    batch = random_batch(spec.channels, 40, 40)
    output = network.same(batch)
    assert (output - batch).square().mean() < 0.1 * 1 / 12
    correlation = torch.corrcoef(torch.stack([output.flatten(), batch.flatten()]))[0, 1]
    assert correlation > 0.95


@torch.no_grad()
def test_a_network_of_chroma_starts_with_nothing_and_sees_colours_as_well_as_luma() -> None:
    kinds = {"scale": 2, "kernel_sizes": (5, 3, 3), "widths": (64, 64), "input_space": "lr"}
    network = initialised(srcnn(name="n", colour="chroma", **kinds))
    batch = random_batch(3, 20, 20)
    assert not network(batch).any()
    (_, weight, bias), *_ = network.layers()
    of_grey = functional.conv2d(torch.full((1, 3, 5, 5), 0.5), weight, bias)
    assert of_grey.abs().max() < 1e-5
    spreads = weight.std((0, 2, 3))
    torch.testing.assert_close(spreads / spreads[0], torch.tensor([1.0, 4, 4]), rtol=0.1, atol=0)
    plain = initialised(srcnn(name="n", colour="ycbcr", **kinds))
    torch.testing.assert_close(weight[:, 0], next(plain.layers())[1][:, 0])
    for transposed in (False, True):
        kinds |= {"kernel_sizes": (5,), "widths": (), "deconvolution": transposed}
        assert not initialised(srcnn(name="n", colour="chroma", **kinds))(batch).any()


@pytest.mark.parametrize("scale", [2, 3, 4])
@pytest.mark.parametrize("activation", ["relu", "prelu", "tanh"])
@torch.no_grad()
def test_a_network_with_a_transposed_last_layer_is_the_one_the_runtime_computes(
    scale: int, activation: Activation
) -> None:
    spec = srcnn(
        name="n", scale=scale, kernel_sizes=(5, 1, 9), widths=(6, 4), input_space="lr", activation=activation,
        deconvolution=True, residual=False,
    )  # fmt: skip
    network = initialised(spec)
    for parameter in network.parameters():
        parameter += 0.1 * torch.rand(parameter.shape, generator=torch.Generator().manual_seed(1))
    model = Model(spec, {name: weight.numpy() for name, weight in network.state_dict().items()})
    luma = random_batch(1, 13, 17)
    expected = torch.nn.functional.pixel_shuffle(network.same(luma), scale)[0, 0].numpy()
    np.testing.assert_allclose(Upscaler(model, threads=1).luma(luma[0, 0].numpy()), expected, atol=1e-5)


@torch.no_grad()
def test_the_start_of_a_network_in_lr_adds_little_and_passes_its_maps_on() -> None:
    network = initialised(srcnn(name="n", scale=3, kernel_sizes=(5, 3, 3), widths=(6, 6), input_space="lr"))
    batch = random_batch(1, 20, 20)
    assert network.same(batch).square().mean() < 0.1 * 1 / 12
    first, second, _ = network.layers()
    maps = torch.relu(torch.nn.functional.conv2d(batch, first[1], first[2], padding=2))
    passed = torch.nn.functional.conv2d(maps, second[1], second[2], padding=1)
    assert torch.corrcoef(torch.stack([passed.flatten(), maps.flatten()]))[0, 1] > 0.95


@torch.no_grad()
def test_the_starts_first_maps_are_exactly_the_picture() -> None:
    network = initialised(srcnn(name="n", scale=2, kernel_sizes=(5, 3, 3), widths=(6, 4)))
    batch = random_batch(1, 20, 20)
    first, second, _ = network.layers()
    maps = torch.relu(torch.nn.functional.conv2d(batch, first[1], first[2]))
    torch.testing.assert_close(maps[:, :1], batch[:, :, 2:-2, 2:-2], rtol=0, atol=0)
    maps = torch.relu(torch.nn.functional.conv2d(maps, second[1], second[2]))
    torch.testing.assert_close(maps[:, :1], batch[:, :, 3:-3, 3:-3], rtol=0, atol=0)


def test_the_starts_spread_is_hes_and_its_biases_are_zero() -> None:
    network = initialised(srcnn(name="n", scale=2))
    for layer, weight, bias in network.layers():
        assert not bias.any()
        spread = weight[1:].std() if layer.relu else weight[0, 1:].std()
        fan_in = layer.in_channels * layer.kernel_size**2
        expected = (2 / fan_in) ** 0.5 if layer.relu else 0.1 / fan_in**0.5
        assert spread.item() == pytest.approx(expected, rel=0.1)


def test_most_weights_of_every_layer_can_learn_from_the_first_step() -> None:
    network = initialised(srcnn(name="n", scale=2))
    batch = random_batch(1, 33, 33)
    torch.nn.functional.mse_loss(network(batch), batch[:, :, 6:-6, 6:-6] * 0.5).backward()
    for weight in network.parameters():
        assert weight.grad is not None
        assert (weight.grad != 0).float().mean() > 0.7  # the ReLU of some maps never opens on this picture


def test_the_same_seed_gives_the_same_weights_and_another_seed_others() -> None:
    spec = srcnn(name="n", scale=2)
    first, again, other = (initialised(spec, seed).state_dict() for seed in (7, 7, 8))
    for name in first:
        assert torch.equal(first[name], again[name])
        assert torch.equal(first[name], other[name]) == name.endswith("bias")


def test_the_start_leaves_torchs_own_random_numbers_alone() -> None:
    network = Srcnn(srcnn(name="n", scale=2))
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    initialise(network, 1)
    assert torch.equal(torch.rand(3), expected)


@pytest.mark.parametrize("activation", ["relu", "prelu", "tanh"])
def test_in_hr_a_new_network_nearly_passes_the_picture_on(activation: Activation) -> None:
    network = Srcnn(srcnn(name="new", scale=3, kernel_sizes=(9, 1, 5), activation=activation))
    initialise(network, seed=0)
    picture = torch.full((1, 1, 24, 24), 0.4)
    with torch.no_grad():
        assert (network.same(picture) - picture).abs().max() < 0.25
