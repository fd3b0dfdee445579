from itertools import product
from typing import Literal

import numpy as np
import pytest
from tiny_models import random_model, run_by_definition, run_lr_by_definition

from srcnn.errors import InvalidConfigError
from srcnn.imaging import imresize
from srcnn.runtime.engines import Engine
from srcnn.runtime.enlarging import enlarge_rows, open_network
from srcnn.runtime.folded_network import FoldedNetwork
from srcnn.runtime.hr_network import HrNetwork
from srcnn.runtime.lr_network import LrNetwork
from srcnn.spec import Colour
from srcnn.zoo.model_file import Model


def opened(model: Model) -> object:
    return open_network(model, engine="auto", threads=1)


@pytest.mark.parametrize("scale", [2, 3, 4])
@pytest.mark.parametrize("widths", [(64, 32), (4, 3), (128, 16)])
@pytest.mark.parametrize("colour", ["luma", "rgb"])
def test_9_1_5_is_folded_whatever_its_widths(scale: int, widths: tuple[int, ...], colour: Colour) -> None:
    assert isinstance(opened(random_model((9, 1, 5), widths, scale=scale, colour=colour)), FoldedNetwork)


@pytest.mark.parametrize(
    ("kernel_sizes", "scale"),
    [
        ((9, 1, 5), 1),  # there is nothing to fold
        ((9, 3, 5), 3),  # a wide layer in the middle would have to be repeated for every place
        ((9,), 3),
        ((3, 1, 3), 2),  # 3 x 3 at x2 would become 4 x 4 or 5 x 5: more arithmetic, not less
    ],
)
def test_where_folding_is_impossible_or_takes_more_arithmetic_the_plane_is_enlarged(
    kernel_sizes: tuple[int, ...], scale: int
) -> None:
    assert isinstance(opened(random_model(kernel_sizes, (64, 32)[: len(kernel_sizes) - 1], scale=scale)), HrNetwork)


@pytest.mark.parametrize("engine", ["onnxruntime", "openvino"])
@pytest.mark.parametrize(("kernel_sizes", "space"), [((9, 1, 5), "hr"), ((9, 3, 5), "hr"), ((5, 3, 3), "lr")])
@pytest.mark.parametrize(("height", "width"), [(31, 20), (2, 3)])
def test_a_network_of_colour_is_the_definition_whole_and_in_rows(
    kernel_sizes: tuple[int, ...], space: Literal["hr", "lr"], engine: Engine, height: int, width: int
) -> None:
    model = random_model(kernel_sizes, scale=3, colour="rgb", input_space=space)
    network = open_network(model, engine=engine, threads=1)
    planes = np.random.default_rng(0).random((3, height, width), np.float32)
    if space == "lr":
        expected = run_lr_by_definition(model, planes)
    else:
        expected = run_by_definition(model, np.stack([imresize(plane, 3) for plane in planes]))
    np.testing.assert_allclose(network(planes, top=True, bottom=True), expected, atol=1e-5)
    for start, stop in ((0, 1), (1, height), (height // 2, height // 2 + 1)):
        rows = enlarge_rows(network, planes, start, stop, 3)
        np.testing.assert_allclose(rows, expected[:, 3 * start : 3 * stop], atol=1e-5)


def test_a_network_on_the_small_plane_is_an_lr_network() -> None:
    assert isinstance(opened(random_model((9, 1, 5), scale=3, input_space="lr")), LrNetwork)


def test_all_have_one_contract() -> None:
    plane = np.random.default_rng(0).random((30, 20), np.float32)
    for kernel_sizes, space in (((9, 1, 5), "hr"), ((9, 3, 5), "hr"), ((5, 3, 3), "lr")):
        model = random_model(kernel_sizes, scale=3, input_space=space)
        network = open_network(model, engine="auto", threads=1)
        whole = network(plane, top=True, bottom=True)
        if space == "hr":
            np.testing.assert_allclose(whole, run_by_definition(model, imresize(plane, 3)), atol=1e-5)
        strip = network(plane[12 - network.reach : 15 + network.reach], top=False, bottom=False)
        np.testing.assert_allclose(strip, whole[36:45], atol=1e-5)
        assert min(network.columns, network.pixels, network.reach) > 0


@pytest.mark.parametrize(("kernel_sizes", "space"), [((9, 1, 5), "hr"), ((9, 3, 5), "hr"), ((5, 3, 3), "lr")])
def test_some_rows_are_those_of_the_whole_plane(kernel_sizes: tuple[int, ...], space: Literal["hr", "lr"]) -> None:
    network = open_network(random_model(kernel_sizes, scale=3, input_space=space), engine="auto", threads=1)
    reach = network.reach
    plane = np.random.default_rng(0).random((4 * reach, 20), np.float32)
    whole = network(plane, top=True, bottom=True)
    starts = (0, 1, reach - 1, reach, reach + 1, 3 * reach - 1, 3 * reach, 4 * reach - 1)
    for start, rows in product(starts, (1, 2, reach, 4 * reach)):
        stop = min(start + rows, len(plane))
        result = enlarge_rows(network, plane, start, stop, 3)
        np.testing.assert_allclose(result, whole[3 * start : 3 * stop], atol=1e-5)


@pytest.mark.parametrize("engine", ["onnxruntime", "openvino"])
@pytest.mark.parametrize(("kernel_sizes", "space"), [((9, 1, 5), "hr"), ((9, 3, 5), "hr"), ((5, 3, 3), "lr")])
def test_several_threads_compute_what_one_does(
    kernel_sizes: tuple[int, ...], space: Literal["hr", "lr"], engine: Engine
) -> None:
    model = random_model(kernel_sizes, scale=3, input_space=space, seed=2)
    plane = np.random.default_rng(1).random((40, 330), np.float32)
    expected = open_network(model, engine=engine, threads=1)(plane, top=True, bottom=True)
    for threads in (0, 2, 3):
        network = open_network(model, engine=engine, threads=threads)
        for _ in range(3):
            np.testing.assert_allclose(network(plane, top=True, bottom=True), expected, atol=1e-5)


@pytest.mark.parametrize(("kernel_sizes", "space"), [((9, 1, 5), "hr"), ((9, 3, 5), "hr"), ((5, 3, 3), "lr")])
def test_fewer_than_0_threads_are_refused(kernel_sizes: tuple[int, ...], space: Literal["hr", "lr"]) -> None:
    with pytest.raises(InvalidConfigError, match=r"expected 0 threads \(all cores\) or more, got -1"):
        open_network(random_model(kernel_sizes, scale=3, input_space=space), engine="auto", threads=-1)
