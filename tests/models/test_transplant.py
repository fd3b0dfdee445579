from dataclasses import replace
from typing import Any, Literal

import numpy as np
import pytest
import torch
from tiny_models import random_model

from srcnn.errors import ModelFileError
from srcnn.imaging import imresize, rgb_to_luma_bt601, rgb_to_ycbcr_bt601, ycbcr_to_rgb_bt601
from srcnn.layer import Activation
from srcnn.models.srcnn import Srcnn, initialise
from srcnn.models.transplant import start_from
from srcnn.spec import Colour, ModelSpec, srcnn
from srcnn.upscaler import Upscaler
from srcnn.zoo.model_file import Model

PLANE = torch.rand(1, 1, 21, 20, generator=torch.Generator().manual_seed(0))
PICTURE = torch.rand(1, 3, 21, 20, generator=torch.Generator().manual_seed(0))


def spec(kernel_sizes: tuple[int, ...], widths: tuple[int, ...], scale: int = 2, space: str = "lr") -> ModelSpec:
    return srcnn(name="new", scale=scale, kernel_sizes=kernel_sizes, widths=widths, input_space=space)  # type: ignore[arg-type]


def model_of(spec: ModelSpec) -> Model:
    """A network with every weight, bias and slope random."""
    random = np.random.default_rng(0)
    return Model(spec, {k: random.normal(0, 0.3, s).astype(np.float32) for k, s in spec.tensor_shapes().items()})


def run(model: Model) -> torch.Tensor:
    network = Srcnn(model.spec)
    network.load_state_dict({name: torch.from_numpy(weight) for name, weight in model.weights.items()})
    with torch.no_grad():
        return network.same(PLANE if model.spec.channels == 1 else PICTURE)


def begun(wanted: ModelSpec, model: Model) -> Srcnn:
    network = Srcnn(wanted)
    initialise(network, seed=0)
    start_from(network, model.spec, {name: torch.from_numpy(weight) for name, weight in model.weights.items()})
    return network


def started(wanted: ModelSpec, model: Model) -> torch.Tensor:
    with torch.no_grad():
        return begun(wanted, model).same(PLANE if wanted.channels == 1 else PICTURE)


@pytest.mark.parametrize("space", ["hr", "lr"])
def test_a_network_of_colour_starts_with_the_same_function(space: Literal["hr", "lr"]) -> None:
    model = random_model((5, 1, 3), (4, 3), colour="rgb", input_space=space)
    torch.testing.assert_close(started(replace(model.spec, name="new"), model), run(model), atol=1e-5, rtol=0)


@pytest.mark.parametrize("colour", ["ycbcr", "rgb"])
@pytest.mark.parametrize("deconvolution", [False, True])
@pytest.mark.parametrize("activation", ["relu", "prelu"])
def test_a_network_of_luma_begins_one_of_colour_that_changes_luma_alone(
    colour: Colour, deconvolution: bool, activation: Activation
) -> None:
    kind: dict[str, Any] = {"input_space": "lr", "deconvolution": deconvolution, "activation": activation}
    model = random_model((5, 1, 3), (4, 3), scale=2, **kind)
    wanted = srcnn(name="new", scale=2, kernel_sizes=(5, 3, 3), widths=(6, 4), colour=colour, **kind)
    network = begun(wanted, model)
    begun_model = Model(wanted, {name: value.detach().numpy() for name, value in network.state_dict().items()})
    rgb = (0.3 + 0.4 * PICTURE[0].permute(1, 2, 0)).numpy()
    large = Upscaler(begun_model, threads=1)(rgb.astype(np.float64))
    bicubic = rgb_to_ycbcr_bt601(imresize(rgb, 2))
    change = Upscaler(model, threads=1).luma(rgb_to_luma_bt601(rgb)) - bicubic[:, :, 0]
    assert np.abs(change).max() > 0.05
    bicubic[:, :, 0] += change
    inner = np.s_[8:-8, 8:-8] if colour == "rgb" else np.s_[:, :]  # at the rim are zeros, in RGB another luma
    expected = np.clip(ycbcr_to_rgb_bt601(bicubic), 0, 1)
    np.testing.assert_allclose(large[inner], expected[inner], atol=1e-5)


def test_another_scale_interpolates_the_maps_of_each_channel() -> None:
    model = random_model((3, 1), (2,), scale=2, colour="rgb", input_space="lr")
    model.weights["conv2.weight"][:] = 0
    model.weights["conv2.bias"][:] = np.repeat([1.0, 2.0, 3.0], 4)
    wanted = srcnn(name="new", scale=3, kernel_sizes=(3, 1), widths=(2,), input_space="lr", colour="rgb")
    expected = torch.tensor([1.0, 2.0, 3.0]).repeat_interleave(9)
    torch.testing.assert_close(started(wanted, model)[0, :, 0, 0], expected, atol=1e-6, rtol=0)


@pytest.mark.parametrize("space", ["hr", "lr"])
def test_larger_kernels_start_with_the_same_function(space: str) -> None:
    model = random_model((5, 1, 3), (4, 3), input_space=space)  # type: ignore[arg-type]
    torch.testing.assert_close(started(spec((7, 3, 3), (4, 3), space=space), model), run(model), atol=1e-5, rtol=0)


def test_a_layer_more_starts_with_the_same_function() -> None:
    model = random_model((5, 3), (4,), input_space="lr")
    torch.testing.assert_close(started(spec((5, 3, 1, 3), (4, 4, 4)), model), run(model), atol=1e-5, rtol=0)


def test_layers_between_the_others_start_with_the_same_function() -> None:
    model = random_model((5, 3, 3, 3), (4, 4, 4), input_space="lr")
    between = spec((5, 1, 3, 1, 3, 1, 1, 5), (4,) * 7)
    torch.testing.assert_close(started(between, model), run(model), atol=1e-5, rtol=0)


@pytest.mark.parametrize("space", ["hr", "lr"])
@pytest.mark.parametrize("colour", ["luma", "rgb"])
@pytest.mark.parametrize("widths", [(6, 3), (6, 5)])
def test_maps_more_start_with_the_same_function(
    space: Literal["hr", "lr"], colour: Colour, widths: tuple[int, ...]
) -> None:
    model = random_model((5, 1, 3), (4, 3), colour=colour, input_space=space)
    wanted = srcnn(name="new", scale=2, kernel_sizes=(7, 1, 3), widths=widths, input_space=space, colour=colour)
    torch.testing.assert_close(started(wanted, model), run(model), atol=1e-5, rtol=0)


def test_maps_more_and_layers_between_start_with_the_same_function_at_another_scale() -> None:
    model = random_model((3, 3, 1), (4, 4), scale=2, input_space="lr")
    as_wide, wider = (spec((3, 1, 3, 1), (maps,) * 3, scale=3) for maps in (4, 7))
    torch.testing.assert_close(started(wider, model), started(as_wide, model), atol=1e-5, rtol=0)


def test_maps_more_keep_the_slopes_they_begin_with() -> None:
    network = begun(of((5, 3), (6,), activation="prelu"), model_of(of((5, 3), (4,), activation="prelu")))
    assert (network.get_parameter("conv1.slope")[4:] == 0.25).all()


def test_maps_more_learn_from_the_first_step() -> None:
    network = begun(spec((5, 3, 3), (6, 6)), random_model((5, 3, 3), (4, 4), input_space="lr"))
    network(PLANE).square().sum().backward()
    (_, first, _), (_, second, _), (_, last, _) = network.layers()
    assert first[4:].any()
    assert second[4:].any()
    assert second.grad is not None
    assert last.grad is not None
    assert last.grad[:, 4:].abs().sum((0, 2, 3)).min() > 0  # so that they are seen after it
    assert second.grad[:4, 4:].abs().sum((0, 2, 3)).min() > 0


def of(kernel_sizes: tuple[int, ...] = (5, 3), widths: tuple[int, ...] = (4,), **values: Any) -> ModelSpec:
    settings = {"name": "tiny", "scale": 2, "input_space": "lr"}
    return srcnn(kernel_sizes=kernel_sizes, widths=widths, **(settings | values))


@pytest.mark.parametrize(
    "wanted",
    [
        ((5, 1, 3), (4, 3)),
        ((7, 3, 5), (4, 3)),
        ((5, 1, 1, 3, 3), (4, 3, 3, 3)),
        ((5, 3, 1, 1, 3), (4, 4, 3, 3)),
        ((5, 1, 3), (6, 5)),
    ],
    ids=["the same", "larger kernels", "more layers", "layers between", "more maps"],
)
@pytest.mark.parametrize(("space", "deconvolution"), [("hr", False), ("lr", False), ("lr", True)])
@pytest.mark.parametrize("colour", ["luma", "rgb"])
def test_prelu_and_a_transposed_last_layer_start_with_the_same_function(
    wanted: tuple[tuple[int, ...], tuple[int, ...]], space: str, deconvolution: bool, colour: Colour
) -> None:
    values = {"activation": "prelu", "deconvolution": deconvolution, "input_space": space, "colour": colour}
    model = model_of(of((5, 1, 3), (4, 3), scale=3, **values))
    torch.testing.assert_close(started(of(*wanted, scale=3, **values), model), run(model), atol=1e-5, rtol=0)


def test_tanh_starts_with_the_same_function() -> None:
    model = model_of(of(activation="tanh"))
    torch.testing.assert_close(started(of((7, 3), activation="tanh"), model), run(model), atol=1e-5, rtol=0)


def test_another_scale_starts_with_the_last_layer_interpolated() -> None:
    # A last layer whose maps rise evenly along rows and columns does so at every scale: the value at a place is
    # row + 10 column, measured in pixels of the small picture from the middle of the square.
    model = random_model((3, 1), (2,), scale=2, input_space="lr")
    model.weights["conv2.weight"][:] = 0
    model.weights["conv2.bias"][:] = [-0.25 - 2.5, -0.25 + 2.5, 0.25 - 2.5, 0.25 + 2.5]
    result = started(spec((3, 1), (2,), scale=3), model)[0, :, 0, 0]
    expected = [row / 3 + 10 * column / 3 for row in (-1, 0, 1) for column in (-1, 0, 1)]
    torch.testing.assert_close(result, torch.tensor(expected), atol=1e-5, rtol=0)


@pytest.mark.parametrize(
    ("model", "wanted"),
    [
        (random_model((5, 3), (4,), input_space="lr"), spec((5, 3), (3,))),
        (random_model((5, 3, 3), (4, 4), input_space="lr"), spec((5, 3, 3), (5, 3))),
        (random_model((5, 3), (4,), input_space="lr"), spec((3, 3), (4,))),
        (random_model((5, 5), (4,), input_space="lr"), spec((5, 3), (4,))),
        (random_model((5, 3), (4,), scale=1, input_space="lr"), spec((5, 3), (4,))),
        (random_model((5, 3), (4,), input_space="lr"), spec((5, 3), (4,), space="hr")),
        (random_model((5, 3), (4,)), srcnn(name="new", scale=2, kernel_sizes=(5, 3), widths=(4,), colour="rgb")),
        (
            random_model((5, 3), (4,), colour="ycbcr"),
            srcnn(name="new", scale=2, kernel_sizes=(5, 3), widths=(4,), colour="rgb"),
        ),
        (
            random_model((5, 3), (4,), input_space="lr"),
            srcnn(name="new", scale=2, kernel_sizes=(5, 3), widths=(4,), input_space="lr", residual=False),
        ),
        (
            random_model((5, 3), (4,), input_space="lr", residual=False),
            srcnn(
                name="new", scale=2, kernel_sizes=(5, 3), widths=(4,), colour="rgb", input_space="lr", residual=False
            ),
        ),
        (
            random_model((5,), (), input_space="lr"),
            srcnn(name="new", scale=2, kernel_sizes=(5,), widths=(), colour="rgb", input_space="lr"),
        ),
        (
            random_model((5, 3), (4,), input_space="lr"),
            srcnn(name="new", scale=2, kernel_sizes=(3, 3), widths=(4,), colour="rgb", input_space="lr"),
        ),
        (random_model((5, 3, 3), (4, 4), input_space="lr"), spec((5, 3), (4,))),
        (random_model((5, 3), (4,), input_space="lr"), spec((5, 3, 3), (4, 3))),
        (random_model((5, 3), (4,)), spec((1, 5, 3), (1, 4), space="hr")),
        (model_of(of(activation="prelu")), of(activation="tanh")),
        (model_of(of(activation="prelu")), of()),
        (model_of(of(activation="tanh")), of((5, 1, 3), (4, 4), activation="tanh")),
        (model_of(of((5, 5), deconvolution=True)), of((5, 5))),
        (model_of(of((5, 5))), of((5, 5), deconvolution=True)),
        (model_of(of((5, 5), deconvolution=True)), of((5, 5), deconvolution=True, scale=3)),
    ],
    ids=[
        "narrower",
        "narrower in one layer",
        "smaller kernel",
        "smaller last kernel",
        "from a scale without places",
        "other space",
        "more channels",
        "other colour",
        "not added to bicubic",
        "colour of a network that is not added to bicubic",
        "colour of one layer",
        "colour of smaller kernels",
        "fewer layers",
        "added layer of other width",
        "added layer before any ReLU",
        "tanh for prelu",
        "relu for prelu",
        "added layer of tanh",
        "shuffled for transposed",
        "transposed for shuffled",
        "transposed at another scale",
    ],
)
def test_a_network_that_does_not_fit_is_refused(model: Model, wanted: ModelSpec) -> None:
    with pytest.raises(
        ModelFileError, match=r"expected a model to start from whose layers are those of .* got tiny"
    ) as caught:
        started(wanted, model)
    assert f"of {model.spec.colour}" in str(caught.value).partition("got tiny")[2]


def test_what_alone_differs_is_in_the_refusal() -> None:
    with pytest.raises(ModelFileError, match=r"for x1, or fewer.* for x2; .*in lr also where one is for x1"):
        started(spec((5, 3), (4,), scale=1), model_of(spec((5, 3), (4,), scale=2)))
