import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import maximum_filter
from tiny_models import random_model, run_lr_by_definition

from srcnn.runtime.beside import ChromaBeside
from srcnn.runtime.enlarging import enlarge_rows, open_network

SCALE = 3
LUMA = {
    "folded": random_model((9, 1, 5), (4, 3), scale=SCALE, seed=1),
    "short": random_model((1, 3), (4,), scale=SCALE, input_space="lr", seed=2),
    "long": random_model((5, 3, 3, 3), (4, 3, 4), scale=SCALE, input_space="lr", seed=3),
}
CHROMA = random_model((5, 3, 3), (4, 3), scale=SCALE, colour="chroma", input_space="lr", seed=4)
NETWORKS = {name: open_network(model, engine="auto", threads=1) for name, model in LUMA.items()}
BESIDE = open_network(CHROMA, engine="auto", threads=1)
PAIRS = {name: ChromaBeside(luma, BESIDE, SCALE) for name, luma in NETWORKS.items()}
every_pair = pytest.mark.parametrize("name", PAIRS)


def noise(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).random(shape, np.float32)


@every_pair
@settings(deadline=None, max_examples=15)
@given(height=st.integers(1, 40), width=st.integers(1, 20), seed=st.integers(0, 99))
def test_luma_is_the_one_network_s_and_chroma_the_other_s(name: str, height: int, width: int, seed: int) -> None:
    planes = noise(3, height, width, seed=seed)
    luma, *chroma = PAIRS[name](planes, top=True, bottom=True)
    np.testing.assert_allclose(luma, NETWORKS[name](planes[0], top=True, bottom=True), atol=1e-6)
    colourful = maximum_filter(np.abs(planes[1:] - 128 / 255).max(0), 5, mode="nearest")
    bound = colourful.repeat(SCALE, 0).repeat(SCALE, 1)
    np.testing.assert_allclose(chroma, np.clip(run_lr_by_definition(CHROMA, planes), -bound, bound), atol=1e-5)


@every_pair
def test_what_is_grey_and_has_only_grey_around_it_stays_grey(name: str) -> None:
    planes = noise(3, 30, 9)
    planes[1:, 12:] = np.float32(128 / 255)
    _, *chroma = PAIRS[name](planes, top=True, bottom=True)
    assert (np.abs(np.stack(chroma)[:, SCALE * 14 :]) < 1e-7).all()
    assert (np.abs(np.stack(chroma)[:, : SCALE * 14]).max((0, 2)) > 1e-4).all()
    assert np.abs(run_lr_by_definition(CHROMA, planes)[:, SCALE * 14 : SCALE * 28]).min() > 0


@every_pair
@settings(deadline=None, max_examples=25)
@given(height=st.integers(2, 40), cut=st.floats(0, 1), seed=st.integers(0, 99))
def test_strips_are_those_of_the_whole(name: str, height: int, cut: float, seed: int) -> None:
    planes, network = noise(3, height, 11, seed=seed), PAIRS[name]
    middle = round(cut * height)
    strips = [
        enlarge_rows(network, planes, *rows, SCALE) for rows in ((0, middle), (middle, height)) if rows[0] < rows[1]
    ]
    np.testing.assert_allclose(np.concatenate(strips, 1), network(planes, top=True, bottom=True), atol=1e-5)


@every_pair
@pytest.mark.parametrize(("top", "bottom"), [(True, False), (False, True), (False, False)])
def test_of_luma_alone_it_enlarges_that(name: str, top: bool, bottom: bool) -> None:
    luma, network = noise(40, 9), PAIRS[name]
    result = network(luma, top=top, bottom=bottom)
    whole = NETWORKS[name](luma, top=True, bottom=True)
    rows = slice(0 if top else SCALE * network.reach, len(whole) if bottom else -SCALE * network.reach)
    np.testing.assert_allclose(result, whole[rows], atol=1e-5)
    assert network.reach == max(NETWORKS[name].reach, BESIDE.reach)
