from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_pictures import save_noise

from srcnn.errors import InvalidImageError
from srcnn.evaluation.planes import shrink, truth_planes
from srcnn.evaluation.protocol import AUTHORS, PROTOCOLS, Protocol
from srcnn.evaluation.results import pair_files, put_into_rim, result_planes, small_planes
from srcnn.imaging import from_float, imresize


@pytest.fixture
def files(tmp_path: Path) -> Callable[..., Path]:
    """Make a folder of pictures with some names."""

    def make(*names: str) -> Path:
        for name in names:
            save_noise(tmp_path / "results" / f"{name}.png", (4, 4))
        return tmp_path / "results"

    return make


def test_a_file_has_the_name_of_its_picture_or_more_behind_it(files: Callable[..., Path]) -> None:
    folder = files("a_x3", "a_b", "a_b_x3", "other")
    assert pair_files(["a", "a_b"], folder, "a result") == {"a": folder / "a_x3.png", "a_b": folder / "a_b.png"}


def test_several_files_of_a_picture_are_refused(files: Callable[..., Path]) -> None:
    with pytest.raises(InvalidImageError, match=r"expected a result for a in .*results, got a_x2, a_x3; "):
        pair_files(["a"], files("a_x2", "a_x3"), "a result")


def test_all_pictures_without_a_file_are_named(files: Callable[..., Path]) -> None:
    with pytest.raises(InvalidImageError, match=r"expected a small picture in .*results for .*, got none for b, c; "):
        pair_files(["a", "b", "c"], files("a"), "a small picture")


@given(st.sampled_from(list(PROTOCOLS.values())), st.integers(30, 44), st.integers(30, 44), st.sampled_from([2, 3, 4]))
def test_the_picture_itself_is_its_own_result(protocol, height, width, scale) -> None:
    picture = np.random.default_rng(height).integers(0, 256, (height, width, 3), np.uint8)
    cropped = picture[: height // scale * scale, : width // scale * scale]
    planes = result_planes(cropped, picture, scale, protocol)
    truth = truth_planes(picture, scale, protocol)
    assert np.array_equal(planes, truth[: planes.shape[0], : planes.shape[1]])


@pytest.mark.parametrize(("protocol", "border"), [("authors", 3), ("border-6", 6)])
def test_a_result_may_lack_the_border_that_is_not_measured(protocol: str, border: int) -> None:
    picture = np.random.default_rng(0).integers(0, 256, (40, 50, 3), np.uint8)
    inside = picture[border : 39 - border, border : 48 - border].copy()
    inside[2, 3] += 90
    planes = result_planes(inside, picture, 3, PROTOCOLS[protocol])
    assert planes.shape == (39 - 2 * border, 48 - 2 * border)
    truth = truth_planes(picture, 3, AUTHORS)
    planes = put_into_rim(planes, truth, border)
    assert [tuple(place) for place in np.argwhere(planes != truth)] == [(border + 2, border + 3)]


@pytest.mark.parametrize("size", [(40, 50), (38, 48), (33, 48), (39, 47), (13, 16)])
def test_another_size_is_refused(size: tuple[int, int]) -> None:
    with pytest.raises(InvalidImageError, match=rf"of 39 x 48 pixels.*, or 33 x 42 without.*got {size[0]} x {size[1]}"):
        result_planes(np.zeros((*size, 3), np.uint8), np.zeros((40, 50, 3), np.uint8), 3, AUTHORS)


def test_a_grey_picture_may_have_a_result_of_three_equal_channels() -> None:
    picture = np.random.default_rng(0).integers(0, 256, (30, 30), np.uint8)
    alpha = np.stack([picture, picture * 0], 2)
    for result in (picture, alpha, np.stack([picture] * 3, 2), np.stack([picture] * 3 + [picture * 0], 2)):
        np.testing.assert_array_equal(
            result_planes(result, alpha, 3, AUTHORS), result_planes(result, picture, 3, AUTHORS)
        )
        assert np.array_equal(result_planes(result, picture, 3, AUTHORS), truth_planes(picture, 3, AUTHORS))


def test_colours_for_a_grey_picture_are_refused() -> None:
    picture = np.zeros((30, 30), np.uint8)
    coloured = np.zeros((30, 30, 3), np.uint8)
    coloured[4, 5, 2] = 1
    with pytest.raises(InvalidImageError, match="expected a grey picture, as the true one is, got colours"):
        result_planes(coloured, picture, 3, AUTHORS)


def test_luma_is_the_result_of_a_coloured_picture_where_luma_is_shrunk() -> None:
    picture = np.random.default_rng(0).integers(0, 256, (30, 30, 3), np.uint8)
    luma = (truth_planes(picture, 3, AUTHORS) * 255).round().astype(np.uint8)
    assert np.array_equal(result_planes(luma, picture, 3, AUTHORS), truth_planes(picture, 3, AUTHORS))
    with pytest.raises(InvalidImageError, match="expected a picture in colour, got a grey one, and basicsr "):
        result_planes(luma, picture, 3, PROTOCOLS["basicsr"])


@pytest.mark.parametrize("protocol", PROTOCOLS.values(), ids=lambda protocol: protocol.name)
def test_a_small_picture_that_a_file_holds_is_what_the_protocol_shrinks(protocol: Protocol) -> None:
    picture = imresize(np.random.default_rng(0).integers(0, 256, (8, 10, 3), np.uint8), size=(41, 50))
    shrunk = shrink(truth_planes(picture, 3, protocol), 3, protocol)
    planes = small_planes(from_float(shrunk, np.uint8), picture, 3, protocol)
    assert planes.shape == shrunk.shape
    np.testing.assert_allclose(planes, shrunk, atol=0.501 / 255)


@pytest.mark.parametrize("size", [(41, 50), (14, 16), (13, 17)])
def test_a_small_picture_of_another_size_is_refused(size: tuple[int, int]) -> None:
    with pytest.raises(InvalidImageError, match=rf"of 13 x 16 pixels, .*divided by 3, got {size[0]} x {size[1]}"):
        small_planes(np.zeros((*size, 3), np.uint8), np.zeros((41, 50, 3), np.uint8), 3, AUTHORS)
