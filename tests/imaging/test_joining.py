import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from srcnn.imaging import imresize, rgb_to_luma_bt601, rgb_to_ycbcr_bt601, ycbcr_to_rgb_bt601
from srcnn.imaging.joining import AllChannels, Joining, OnGrey, WithChange, WithChroma, grey_of, luma_of
from srcnn.imaging.slopes import luma_slopes

SPAN = 219 / 255

Planes = NDArray[np.float32]


def noise(*shape: int, seed: int = 0) -> Planes:
    return np.random.default_rng(seed).random(shape, np.float32)


def joined(joining: Joining, colours: Planes, output: Planes) -> Planes:
    """H x W x C, as the upscaler makes it."""
    enlarged = [imresize(plane, 2) for plane in joining.small(colours)]
    return np.stack(joining.join(enlarged, output.copy()), axis=2)


def interleaved(colours: Planes) -> Planes:
    return np.ascontiguousarray(np.moveaxis(colours, 0, 2))


sizes = given(height=st.integers(1, 9), width=st.integers(1, 9), seed=st.integers(0, 99))


@settings(deadline=None, max_examples=30)
@sizes
def test_on_grey_is_the_given_luma_beside_bicubic_chroma(height: int, width: int, seed: int) -> None:
    colours, luma = noise(3, height, width, seed=seed), noise(2 * height, 2 * width, seed=seed + 1)
    ycbcr = rgb_to_ycbcr_bt601(imresize(interleaved(colours), 2))
    ycbcr[:, :, 0] = luma
    np.testing.assert_allclose(joined(OnGrey(), colours, luma), ycbcr_to_rgb_bt601(ycbcr), atol=5e-6)


@settings(deadline=None, max_examples=30)
@sizes
def test_with_change_each_colour_takes_the_change_times_its_slope(height: int, width: int, seed: int) -> None:
    colours, change = noise(3, height, width, seed=seed), noise(2 * height, 2 * width, seed=seed + 1)
    slopes = imresize(interleaved(luma_slopes(colours)), 2)
    expected = imresize(interleaved(colours), 2) + change[:, :, None] / SPAN * slopes
    result = joined(WithChange(residual=True), colours, change)
    # Where luma is nearly flat, single precision's cancellation leaves the slopes' weighted sum that far from 1.
    np.testing.assert_allclose(result, expected, atol=2e-2)
    np.testing.assert_allclose(rgb_to_luma_bt601(result), luma_of_bicubic(colours) + change, atol=1e-5)


def luma_of_bicubic(colours: Planes) -> Planes:
    return rgb_to_luma_bt601(imresize(interleaved(colours), 2))


@pytest.mark.parametrize("channels", [1, 3])
def test_a_network_that_gives_luma_is_joined_as_one_that_gives_its_change(channels: int) -> None:
    colours, luma = noise(channels, 6, 7), noise(12, 14)
    bicubic = imresize(luma_of(colours), 2)
    change = joined(WithChange(residual=True), colours, luma - bicubic)
    np.testing.assert_allclose(joined(WithChange(residual=False), colours, luma), change, atol=1e-5)


@settings(deadline=None, max_examples=30)
@pytest.mark.parametrize("residual", [False, True])
@sizes
def test_with_chroma_it_is_the_luma_and_bicubic_chroma_with_its_change(
    residual: bool, height: int, width: int, seed: int
) -> None:
    colours, output = noise(3, height, width, seed=seed), noise(3, 2 * height, 2 * width, seed=seed + 1)
    expected = imresize(rgb_to_ycbcr_bt601(interleaved(colours)), 2)
    if not residual:
        expected[:, :, 0] = 0
    expected += interleaved(output)
    np.testing.assert_array_equal(
        WithChroma(residual).seen(colours), np.moveaxis(rgb_to_ycbcr_bt601(interleaved(colours)), 2, 0)
    )
    np.testing.assert_allclose(joined(WithChroma(residual), colours, output), ycbcr_to_rgb_bt601(expected), atol=1e-5)


@pytest.mark.parametrize("residual", [False, True])
def test_to_a_network_of_chroma_a_grey_picture_is_not_shown(residual: bool) -> None:
    colours, luma = noise(1, 4, 5), noise(8, 10)
    np.testing.assert_array_equal(WithChroma(residual).seen(colours), luma_of(colours))
    alone = joined(WithChange(residual), colours, luma)
    np.testing.assert_allclose(joined(WithChroma(residual), colours, luma), alone, atol=2e-6)


@pytest.mark.parametrize("joining", [OnGrey(), WithChange(residual=False)])
def test_a_grey_picture_is_the_grey_of_the_given_luma(joining: Joining) -> None:
    luma = noise(8, 10)
    grey = joined(joining, noise(1, 4, 5), luma)
    np.testing.assert_allclose(grey[:, :, 0], (luma - 16 / 255) / SPAN, atol=2e-6)


@pytest.mark.parametrize("residual", [False, True])
@pytest.mark.parametrize("channels", [1, 3])
def test_a_network_of_rgb_sees_and_gives_the_colours(residual: bool, channels: int) -> None:
    joining, colours, output = AllChannels("rgb", residual), noise(channels, 4, 5), noise(3, 8, 10)
    rgb = np.broadcast_to(colours, (3, 4, 5))  # a grey picture is one of three equal colours
    np.testing.assert_array_equal(joining.seen(colours), rgb)
    expected = interleaved(output) + (imresize(interleaved(rgb), 2) if residual else 0)
    np.testing.assert_allclose(joined(joining, colours, output), expected, atol=1e-6)


@pytest.mark.parametrize("residual", [False, True])
@pytest.mark.parametrize("channels", [1, 3])
def test_a_network_of_ycbcr_sees_and_gives_luma_and_chroma(residual: bool, channels: int) -> None:
    joining, colours, output = AllChannels("ycbcr", residual), noise(channels, 4, 5), noise(3, 8, 10)
    ycbcr = rgb_to_ycbcr_bt601(interleaved(np.broadcast_to(colours, (3, 4, 5))))
    np.testing.assert_allclose(interleaved(joining.seen(colours)), ycbcr, atol=1e-6)
    expected = interleaved(output) + (imresize(ycbcr, 2) if residual else 0)
    np.testing.assert_allclose(joined(joining, colours, output), ycbcr_to_rgb_bt601(expected), atol=2e-6)


def test_the_grey_of_colours_has_their_luma() -> None:
    colours = noise(3, 4, 5)
    np.testing.assert_allclose(luma_of(grey_of(list(colours))[None]), luma_of(colours), atol=1e-6)


every_joining = pytest.mark.parametrize(
    "joining",
    [
        OnGrey(),
        WithChange(residual=True),
        WithChange(residual=False),
        AllChannels("rgb", residual=True),
        AllChannels("ycbcr", residual=False),
    ],
)


@every_joining
@pytest.mark.parametrize("channels", [1, 3])
def test_what_is_given_is_left_as_it_was(joining: Joining, channels: int) -> None:
    colours, output = noise(channels, 4, 5), noise(8, 10)
    output = np.stack([output] * 3) if isinstance(joining, AllChannels) else output
    before = colours.copy(), output.copy()
    joining.seen(colours)
    joining.join([imresize(plane, 2) for plane in joining.small(colours)], output)
    np.testing.assert_array_equal(colours, before[0])
    np.testing.assert_array_equal(output, before[1])
