import numpy as np
import pytest
from graphs_in_numpy import run_graph
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_models import random_model

from srcnn.imaging import imresize
from srcnn.runtime.fold import can_fold, fold_enlargement
from srcnn.runtime.graph import convolutions, products_per_pixel, valid_graph
from srcnn.runtime.rewrite import block_last_layer
from srcnn.runtime.session import open_session
from srcnn.spec import Colour
from srcnn.zoo.model_file import Model


def assert_folded_is_the_network_on_the_enlarged_picture(model: Model, blocks: tuple[int, int], seed: int) -> None:
    folded = fold_enlargement(model)
    scale, reach = model.spec.scale, model.spec.reach
    # So much more than the halo that the enlargement's mirrored edges are not seen.
    margin = folded.halo + 2 + -(-reach // scale)
    sides = [2 * margin + folded.step * n for n in blocks]
    small = np.random.default_rng(seed).random((model.spec.channels, *sides))
    enlarged = run_graph(valid_graph(model), np.stack([imresize(plane, scale) for plane in small]))
    cut = margin * scale - reach
    expected = enlarged[:, cut:-cut, cut:-cut]
    inner = small[:, margin - folded.halo :, margin - folded.halo :]
    inner = inner[:, : folded.step * blocks[0] + 2 * folded.halo, : folded.step * blocks[1] + 2 * folded.halo]
    result = run_graph(folded.graph, inner)
    assert result.shape == expected.shape == (len(small), *(scale * folded.step * n for n in blocks))
    np.testing.assert_allclose(result, expected, atol=1e-5)


@settings(deadline=None, max_examples=60)
@given(
    kernels=st.tuples(st.sampled_from([1, 3, 5, 9, 11]), st.sampled_from([1, 3, 5, 7])),
    middle=st.integers(0, 2),
    scale=st.integers(2, 5),
    colour=st.sampled_from(["luma", "rgb"]),
    blocks=st.tuples(st.integers(1, 3), st.integers(1, 3)),
    seed=st.integers(0, 99),
)
def test_a_folded_network_computes_the_same_function(
    kernels: tuple[int, int], middle: int, scale: int, colour: Colour, blocks: tuple[int, int], seed: int
) -> None:
    kernel_sizes, widths = (kernels[0], *[1] * middle, kernels[1]), (2, 3, 2)[: middle + 1]
    model = random_model(kernel_sizes, widths, scale=scale, colour=colour, seed=seed)
    assert can_fold(model)
    assert_folded_is_the_network_on_the_enlarged_picture(model, blocks, seed)


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_the_paper_network_computes_the_same_function(scale: int) -> None:
    model = random_model((9, 1, 5), (64, 32), scale=scale, seed=scale)
    assert_folded_is_the_network_on_the_enlarged_picture(model, (2, 3), scale)


@pytest.mark.parametrize(
    ("scale", "halo", "step", "macs"),
    # Taps of the first layer at each place: x3 7, 6, 6; x4 6, 6, 6, 6; x2 8, 8, 8, 8.
    [(3, 4, 1, 64 * 19**2 / 9), (4, 3, 1, 64 * 36), (2, 5, 2, 64 * 64)],
)
def test_the_first_layer_of_9_1_5_has_fewer_taps(scale: int, halo: int, step: int, macs: float) -> None:
    folded = fold_enlargement(random_model((9, 1, 5), (64, 32), scale=scale))
    assert (folded.halo, folded.step) == (halo, step)
    first = [conv.weight.size for conv in convolutions(folded.graph) if conv.weight.shape[1] == 1]
    places = len(first)
    assert sum(first) / places == pytest.approx(macs)
    assert macs < 64 * 81


@pytest.mark.parametrize(("scale", "products"), [(2, 8192), (3, 5996), (4, 6400)])
def test_9_1_5_takes_that_many_multiply_accumulates_per_pixel_with_idle_lanes(scale: int, products: int) -> None:
    folded = fold_enlargement(random_model((9, 1, 5), (64, 32), scale=scale))
    assert round(products_per_pixel(folded.graph)) == products


def test_a_network_of_colour_takes_fewer_than_on_the_enlarged_picture() -> None:
    model = random_model((9, 1, 5), (64, 32), scale=3, colour="rgb")
    assert round(products_per_pixel(fold_enlargement(model).graph)) == 15324
    assert round(products_per_pixel(block_last_layer(valid_graph(model), 4))) == 23744


def test_only_the_last_layer_s_first_part_has_the_bias() -> None:
    model = random_model((9, 1, 5), (64, 32), scale=3)
    parts = [conv for conv in convolutions(fold_enlargement(model).graph) if conv.activation == "none"]
    assert [conv.bias.any() for conv in parts].count(True) == 1


@pytest.mark.parametrize("engine", ["onnxruntime", "openvino"])
@pytest.mark.parametrize("scale", [2, 3, 4])
def test_every_engine_computes_a_folded_network(engine, scale: int) -> None:
    folded = fold_enlargement(random_model((9, 1, 5), (64, 32), scale=scale))
    sides = [folded.step * n + 2 * folded.halo for n in (5, 9)]
    small = np.random.default_rng(0).random((1, *sides), np.float32)
    result = open_session(folded.graph, engine, 1)(small[None])[0]
    np.testing.assert_allclose(result, run_graph(folded.graph, small), atol=1e-5)


@pytest.mark.parametrize(
    "model",
    [
        random_model((9, 5, 5), (4, 3), scale=3),
        random_model((9,), (), scale=3),
        random_model((9, 1, 5), scale=1),
        random_model((5, 3, 3), scale=3, input_space="lr"),
    ],
    ids=["wide middle", "one layer", "scale 1", "small plane"],
)
def test_other_networks_are_left_alone(model: Model) -> None:
    assert not can_fold(model)
