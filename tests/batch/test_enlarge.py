import sys
import threading
from collections.abc import Callable, Iterator
from functools import partial
from itertools import count
from pathlib import Path
from threading import Event
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_models import gentle_model

from srcnn import upscaler as upscaler_module
from srcnn.batch.enlarge import Upscalers, _middle, enlarge
from srcnn.batch.resize import Side
from srcnn.batch.size import Size, Target
from srcnn.errors import InvalidConfigError, InvalidImageError, MissingExtraError, ModelFileError
from srcnn.imaging import from_float, imresize, to_float
from srcnn.pictures.strips import whole
from srcnn.upscaler import Upscaler, load
from srcnn.zoo.cards import BICUBIC
from srcnn.zoo.model_file import save_model


def noise(shape: tuple[int, ...], dtype: str = "uint8") -> np.ndarray:
    values = np.random.default_rng(0).random(shape, np.float32)
    return from_float(values, dtype)


def exactly(*size: int) -> Target:
    height, width = size
    return Target((height, width), (height, width))


def enlarged(image: np.ndarray, target: Target, upscaler: Upscaler | None) -> np.ndarray:
    """All strips together, which have the shape and dtype that were announced."""
    strips = enlarge(image, target, upscaler)
    result = whole(strips)
    assert (result.shape, result.dtype) == (strips.shape, strips.dtype)
    return result


def test_the_network_makes_a_strip_while_the_one_before_is_joined(monkeypatch: pytest.MonkeyPatch) -> None:
    started = [Event() for _ in range(3)]

    def strips_to_join(self: Upscaler, image: np.ndarray) -> Iterator[Callable[[], np.ndarray]]:
        for number in range(3):
            started[number].set()
            yield partial(join, number)

    def join(number: int) -> np.ndarray:
        assert started[min(number + 1, 2)].wait(timeout=10)
        return np.full((2, 2), number, np.uint8)

    monkeypatch.setattr(Upscaler, "strips_to_join", strips_to_join)
    monkeypatch.setattr(Upscaler, "strip_count", lambda self, image: 3)
    result = enlarged(noise((3, 1)), exactly(6, 2), Upscaler(gentle_model(scale=2)))
    np.testing.assert_array_equal(result[::2, 0], [0, 1, 2])


def test_what_fails_while_a_strip_is_joined_leaves_no_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    up = Upscaler(gentle_model(scale=2), threads=1, strip_rows=4)
    join, calls = upscaler_module.join_strip, count()

    def failing(*arguments: Any) -> None:
        if next(calls) == 2:
            raise ZeroDivisionError
        join(*arguments)

    monkeypatch.setattr(upscaler_module, "join_strip", failing)
    with pytest.raises(ZeroDivisionError):
        enlarged(noise((20, 8, 3)), exactly(40, 16), up)
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("srcnn-ahead")]


@pytest.mark.parametrize("shape", [(0, 5, 3), (5, 0, 3)])
def test_a_picture_without_pixels_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(InvalidImageError, match="expected an image of shape"):
        enlarged(
            np.zeros(shape, np.uint8), exactly(2 * shape[0], 2 * shape[1]), Upscaler(gentle_model(scale=2), threads=1)
        )


def test_a_picture_of_one_strip_needs_no_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("srcnn.batch.enlarge.ahead", lambda _: pytest.fail("a thread was made"))
    up = Upscaler(gentle_model(scale=2), threads=1)
    strips = enlarge(noise((9, 8, 3)), exactly(18, 16), up).parts()
    assert [len(strip) for strip in strips] == [18]


class TestUpscalers:
    def test_a_shipped_model_has_its_scales_and_a_file_its_own(self, family: Upscalers, upscalers: Upscalers) -> None:
        assert family.scales == (2, 3, 4)
        assert (upscalers.name, upscalers.scales) == ("tiny", (2,))

    def test_each_scale_is_loaded_once(self, family: Upscalers) -> None:
        assert family[3] is family[3]
        assert (family[3].scale, family[2].scale) == (3, 2)

    def test_one_thread_is_another_engine_with_the_same_weights(self, family: Upscalers) -> None:
        several = Upscalers(family.name, threads=2)
        assert several.single(2) is several.single(2) is not several[2]
        assert several.single(2).model is several[2].model

    def test_a_shipped_model_and_a_file_are_ensembles_if_that_is_asked_for(self, tmp_path: Path) -> None:
        plane = np.random.default_rng(0).random((7, 9), np.float32)
        save_model(tmp_path / "own.safetensors", gentle_model(scale=2))
        for name in ("swift", tmp_path / "own.safetensors"):
            upscalers = Upscalers(name, threads=2, ensemble=True)
            expected = Upscaler(upscalers[2].model, threads=1, ensemble=True).luma(plane)
            for opened in (upscalers[2], upscalers.single(2)):
                np.testing.assert_allclose(opened.luma(plane), expected, atol=2e-6)

    def test_a_model_that_is_none_is_refused_at_once(self, tmp_path: Path) -> None:
        with pytest.raises(ModelFileError, match="got 'nothing'"):
            Upscalers("nothing")

    @pytest.mark.parametrize(
        ("size", "scale"),
        [
            (Size(scale=2), 2),
            (Size(scale=2.01), 3),
            (Size(scale=1.1), 2),
            (Size(scale=4), 4),
            (Size(scale=1), None),
            (Size(width=100), None),
            (Size(width=50), None),
            (Size(width=101), 2),
            (Size(width=201), 3),
            (Size(width=50, height=51, fit="stretch"), 2),
        ],
        ids=str,
    )
    def test_the_next_larger_scale_is_taken(self, family: Upscalers, size: Size, scale: int | None) -> None:
        assert family.scale_for((50, 100, 3), size.target(50, 100)) == scale

    def test_a_network_of_scale_1_is_used_though_nothing_is_enlarged(self, tmp_path: Path) -> None:
        save_model(tmp_path / "clean.safetensors", gentle_model(scale=1))
        cleaners = Upscalers(tmp_path / "clean.safetensors", threads=1)
        assert cleaners.scale_for((50, 100), Size(scale=1).target(50, 100)) == 1
        image = np.random.default_rng(0).random((20, 30), np.float32)
        result = whole(enlarge(image, Size(scale=1).target(20, 30), cleaners[1]))
        np.testing.assert_array_equal(result, cleaners[1](image))

    def test_no_scale_is_taken_that_does_not_reach_the_rounded_size(self, family: Upscalers) -> None:
        target = Size(scale=1.99).target(50, 100)
        assert target.resized == (100, 199)
        assert family.scale_for((50, 100), target) == 2

    def test_beyond_the_largest_scale_that_is_taken(self, family: Upscalers) -> None:
        for size in (Size(width=401), Size(scale=8), Size(width=10, height=500, fit="stretch")):
            assert family.scale_for((50, 100), size.target(50, 100)) == 4

    def test_the_largest_scale_is_enough_for_sides_that_round_up(self, family: Upscalers) -> None:
        # 4 x 1.1 = 4.4 is allowed to round down, but 3.9 x 1 must be reached with 4.
        assert family.scale_for((1, 1), Size(scale=3.9).target(1, 1)) == 4

    def test_bicubic_has_no_scales_and_reaches_every_size(self) -> None:
        bicubic = Upscalers(BICUBIC)
        assert (bicubic.name, bicubic.scales) == ("bicubic", ())
        for size in (Size(scale=1), Size(scale=2), Size(scale=7.5), Size(width=3)):
            assert bicubic.scale_for((50, 100), size.target(50, 100)) is None


class TestEnlarge:
    @pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
    def test_a_whole_scale_is_the_upscalers(self, upscalers: Upscalers, dtype: str) -> None:
        image = noise((5, 7, 3), dtype)
        np.testing.assert_array_equal(enlarged(image, exactly(10, 14), upscalers[2]), upscalers[2](image))

    @pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
    @pytest.mark.parametrize("shape", [(9, 11), (9, 11, 3)])
    @pytest.mark.parametrize("size", [(13, 16), (75, 60)])
    def test_at_other_sizes_the_networks_result_is_resized_in_floating_point_and_rounded_once(
        self, upscalers: Upscalers, shape: tuple[int, ...], size: tuple[int, int], dtype: str
    ) -> None:
        image = noise(shape, dtype)
        expected = from_float(imresize(upscalers[2](to_float(image)), size=size), dtype)
        result = enlarged(image, exactly(*size), upscalers[2])
        assert result.dtype == image.dtype
        # Single precision adds up in another order, which now and then is a level of 16 bits.
        np.testing.assert_allclose(result, expected, rtol=0, atol=1 if dtype == "uint16" else 1e-5)
        if dtype == "uint16":
            assert (result != expected).mean() < 0.01

    def test_a_smaller_size_is_antialiased_bicubic_alone(self) -> None:
        image = noise((20, 30, 3))
        expected = from_float(imresize(to_float(image), size=(7, 11)), "uint8")
        np.testing.assert_array_equal(enlarged(image, exactly(7, 11), None), expected)

    @pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
    @pytest.mark.parametrize("size", [(60, 90), (41, 77), (170, 31), (7, 95)])
    def test_without_a_network_any_size_is_bicubic_rounded_once(self, size: tuple[int, int], dtype: str) -> None:
        image = noise((20, 30, 3), dtype)
        expected = from_float(imresize(to_float(image), size=size), dtype)
        result = enlarged(image, exactly(*size), None)
        # Next to a half the last bits of floating point decide.
        np.testing.assert_allclose(result.astype(float), expected, rtol=0, atol=1e-6 if dtype == "float32" else 1)
        assert np.abs(result.astype(float) - expected).mean() < 0.05

    def test_the_same_size_is_the_same_picture(self) -> None:
        image = noise((5, 7, 4))
        np.testing.assert_array_equal(enlarged(image, exactly(5, 7), None), image)

    def test_a_covering_picture_keeps_its_middle(self, upscalers: Upscalers) -> None:
        image = noise((6, 10, 3))
        result = enlarged(image, Target((12, 20), (12, 11)), upscalers[2])
        np.testing.assert_array_equal(result, upscalers[2](image)[:, 4:15])

    @settings(deadline=None, max_examples=60)
    @given(st.data())
    def test_a_cover_is_the_middle_of_the_whole_made_of_no_more_than_it_needs(
        self, upscalers: Upscalers, data: st.DataObject
    ) -> None:
        shape = data.draw(st.integers(1, 60)), data.draw(st.integers(1, 60))
        channels = data.draw(st.sampled_from([(), (3,), (4,)]))
        resized = tuple(data.draw(st.integers(1, 3 * length)) for length in shape)
        kept = tuple(data.draw(st.integers(1, length)) for length in resized)
        upscaler = data.draw(st.sampled_from([None, upscalers[2]]))
        image = noise((*shape, *channels))
        top, left = ((wanted - length) // 2 for wanted, length in zip(resized, kept, strict=True))
        expected = enlarged(image, exactly(*resized), upscaler)[top : top + kept[0], left : left + kept[1]]
        result = enlarged(image, Target(resized, kept), upscaler)
        if channels == (4,):
            hidden = expected[:, :, 3] == 0
            result[hidden, :3] = expected[hidden, :3] = 0  # colours that nobody sees may come from elsewhere
        np.testing.assert_allclose(result.astype(int), expected, atol=1)
        assert (result != expected).mean() <= 0.01 + 1 / result.size

    def test_of_a_wide_picture_little_is_enlarged_for_a_narrow_cover(
        self, upscalers: Upscalers, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        seen: list[tuple[int, ...]] = []
        original = Upscaler.strips_to_join
        monkeypatch.setattr(
            Upscaler, "strips_to_join", lambda self, image: seen.append(image.shape) or original(self, image)
        )
        monkeypatch.setattr(upscalers[2], "_strip_rows", 20)
        for resized in ((60, 4000), (59, 3900)):
            enlarged(noise((30, 2000, 3)), Target(resized, (50, 40)), upscalers[2])
        assert all(width < 60 for _, width, _ in seen)
        assert len(seen) == 2

    @pytest.mark.parametrize("scale", [1, 2])
    @pytest.mark.parametrize("hidden", [0, 255])
    def test_what_lies_under_transparency_never_shows(self, scale: int, hidden: int) -> None:
        """A red disc on transparent ground stays the same red up to its edge, whatever is stored outside."""
        rows, columns = np.mgrid[:40, :40]
        image = np.full((40, 40, 4), hidden, np.uint8)
        disc = (rows - 20) ** 2 + (columns - 20) ** 2 < 150
        image[disc] = (200, 10, 10, 255)
        image[~disc, 3] = 0
        opaque = np.full((40, 40, 3), (200, 10, 10), np.uint8)
        upscaler = load("swift", 2, threads=1) if scale == 2 else None
        result = enlarged(image, exactly(27 * scale, 29 * scale), upscaler)
        red = enlarged(opaque, exactly(27 * scale, 29 * scale), upscaler)[20 * scale, 14 * scale].astype(int)
        visible = result[:, :, 3] > 0
        assert 0 < visible.mean() < 1
        assert np.abs(result[visible][:, :3].astype(int) - red).max() <= 1

    @pytest.mark.parametrize("size", [(18, 22), (13, 16)])
    def test_each_ink_is_enlarged_as_a_grey_picture(self, upscalers: Upscalers, size: tuple[int, int]) -> None:
        image = noise((9, 11, 4))
        image[3:6, 3:6, 3] = 0  # without black: no transparency
        result = whole(enlarge(image, exactly(*size), upscalers[2], inks=True))
        for number in range(4):
            np.testing.assert_array_equal(
                result[:, :, number], enlarged(image[:, :, number], exactly(*size), upscalers[2])
            )

    def test_alpha_itself_is_reduced_like_any_plane(self) -> None:
        image = noise((20, 30, 2))
        expected = from_float(imresize(to_float(image[:, :, 1]), size=(7, 11)), "uint8")
        np.testing.assert_array_equal(enlarged(image, exactly(7, 11), None)[:, :, 1], expected)

    def test_an_opaque_picture_is_reduced_as_without_alpha(self) -> None:
        image = noise((20, 30, 4), "uint16")
        image[:, :, 3] = 65535
        result = enlarged(image, exactly(7, 11), None)
        expected = enlarged(image[:, :, :3], exactly(7, 11), None)
        assert (result[:, :, 3] == 65535).all()
        assert np.abs(result[:, :, :3].astype(int) - expected).max() <= 1

    def test_progress_reaches_all_rows(self, upscalers: Upscalers) -> None:
        seen: list[tuple[int, int]] = []
        whole(enlarge(noise((9, 11)), exactly(13, 16), upscalers[2], lambda done, total: seen.append((done, total))))
        assert seen[-1] == (18, 18)

    def test_progress_of_bicubic_reaches_all_rows_of_the_picture(self) -> None:
        seen: list[tuple[int, int]] = []
        whole(enlarge(noise((1500, 900)), exactly(13, 16), None, lambda *rows: seen.append(rows)))
        assert len(seen) > 1
        assert seen[-1] == (1500, 1500)

    def test_nothing_is_made_before_it_is_asked_for_and_all_of_it_again_whenever_it_is(
        self, upscalers: Upscalers
    ) -> None:
        seen: list[tuple[int, int]] = []
        strips = enlarge(noise((5, 7)), exactly(10, 14), upscalers[2], lambda *rows: seen.append(rows))
        assert (strips.shape, strips.dtype, seen) == ((10, 14), np.uint8, [])
        np.testing.assert_array_equal(whole(strips), whole(strips))
        assert seen == [(10, 10), (10, 10)]

    @given(st.data())
    def test_any_middle_of_any_strips_is_that_of_the_whole(self, data: st.DataObject) -> None:
        height, width = data.draw(st.integers(1, 12)), data.draw(st.integers(1, 5))
        kept = data.draw(st.integers(1, height)), data.draw(st.integers(1, width))
        cuts = data.draw(st.lists(st.integers(0, height), max_size=4).map(sorted))
        image = np.arange(height * width).reshape(height, width)
        top, left = (height - kept[0]) // 2, (width - kept[1]) // 2
        rows = Side(height, height, (top, top + kept[0]), (0, height))
        columns = Side(width, width, (left, left + kept[1]), (0, width))
        middle = np.concatenate(list(_middle(np.split(image, cuts), rows, columns)))
        np.testing.assert_array_equal(middle, image[top : top + kept[0], left : left + kept[1]])

    def test_what_is_done_with_of_the_input_is_forgotten_after_every_strip(
        self, upscalers: Upscalers, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        forgotten: list[np.ndarray] = []
        monkeypatch.setattr("srcnn.batch.enlarge.forget", forgotten.append)
        monkeypatch.setattr(upscalers[2], "_strip_rows", 2)
        image = noise((5, 7, 3))
        whole(enlarge(image, exactly(10, 14), upscalers[2]))
        assert len(forgotten) == 5
        assert all(each is image for each in forgotten)

    def test_so_is_what_was_filled_in_under_transparency(
        self, upscalers: Upscalers, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        forgotten: list[np.ndarray] = []
        monkeypatch.setattr("srcnn.upscaler.forget", forgotten.append)
        monkeypatch.setattr(upscalers[2], "_strip_rows", 2)
        image = noise((5, 7, 4))
        image[2:, :, 3] = 0
        whole(enlarge(image, exactly(10, 14), upscalers[2]))
        assert len(forgotten) == 5
        assert not any(np.shares_memory(each, image) for each in forgotten)

    def test_strips_below_the_middle_are_not_made(self) -> None:
        made: list[int] = []

        def strips() -> Iterator[np.ndarray]:
            for number in range(10):
                made.append(number)
                yield np.zeros((2, 3))

        rows, columns = Side(20, 20, (5, 15), (0, 20)), Side(3, 3, (0, 3), (0, 3))
        assert sum(map(len, _middle(strips(), rows, columns))) == 10
        assert made == list(range(8))

    def test_upscalers_are_the_public_ones(self, upscalers: Upscalers) -> None:
        assert isinstance(upscalers[2], Upscaler)


@pytest.mark.parametrize(("engine", "threads"), [("foo", 0), ("onnxruntime", -5)])
def test_an_engine_that_cannot_be_is_refused_before_any_picture(engine: Any, threads: int) -> None:
    with pytest.raises(InvalidConfigError):
        Upscalers("fine", engine=engine, threads=threads)


def test_an_engine_that_is_not_installed_is_refused_before_any_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openvino", None)
    with pytest.raises(MissingExtraError, match="OpenVINO"):
        Upscalers("fine", engine="openvino")
