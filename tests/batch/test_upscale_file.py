import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from tiny_models import gentle_model

from srcnn.batch.enlarge import Upscalers
from srcnn.batch.gate import MemoryGate
from srcnn.batch.plan import Job
from srcnn.batch.size import Size
from srcnn.batch.upscale import Result, Settings, upscale_file
from srcnn.errors import BackendError
from srcnn.pictures.write import WriteOptions
from srcnn.upscaler import Upscaler
from srcnn.zoo.cards import BICUBIC
from srcnn.zoo.model_file import save_model

Upscale = Callable[..., Result]


def picture(path: Path, size: tuple[int, int] = (6, 4), mode: str = "RGB") -> Path:
    """A file of noise, `size` = (width, height)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    channels = len(Image.new(mode, (1, 1)).getbands())
    pixels = np.random.default_rng(0).integers(0, 256, (size[1], size[0], channels), np.uint8)
    Image.fromarray(pixels.squeeze(2) if channels == 1 else pixels).save(path)
    return path


@pytest.fixture
def upscale(upscalers: Upscalers) -> Upscale:
    """Enlarge one file twice, or as the settings say."""

    def run(source: Path, target: Path, **settings: object) -> Result:
        settings = {"size": Size(scale=2), **settings}
        return upscale_file(Job(source=source, target=target), upscalers, Settings(**settings))  # pyright: ignore[reportArgumentType]

    return run


def test_the_result_is_the_upscalers_and_its_size_is_told(
    upscale: Upscale, upscalers: Upscalers, tmp_path: Path
) -> None:
    source = picture(tmp_path / "a.png", (7, 5))
    result = upscale(source, tmp_path / "out" / "b.png")
    assert (result.status, result.error, result.width, result.height) == ("ok", None, 14, 10)
    assert (result.output, result.models, result.notes) == (tmp_path / "out" / "b.png", ("tiny_x2",), ())
    assert result.seconds > 0
    with Image.open(source) as before, Image.open(tmp_path / "out" / "b.png") as after:
        np.testing.assert_array_equal(np.asarray(after), upscalers[2](np.asarray(before)))
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["b.png"]


@pytest.mark.parametrize("damaged", [False, True])
def test_the_seconds_are_those_of_the_picture_and_not_of_the_ones_before_it(
    upscalers: Upscalers, tmp_path: Path, damaged: bool
) -> None:
    source = picture(tmp_path / "a.png")
    if damaged:
        source.write_bytes(source.read_bytes()[:40])

    class Busy(MemoryGate):
        @contextmanager
        def admit(self, read: Callable[[], Any]) -> Iterator[Any]:
            time.sleep(0.3)
            with super().admit(read) as admitted:
                yield admitted

    job = Job(source=source, target=tmp_path / "b.png")
    result = upscale_file(job, upscalers, Settings(size=Size(scale=2)), gate=Busy())
    assert (result.status == "error") == damaged
    assert 0 < result.seconds < 0.3


@pytest.mark.parametrize(("suffix", "model"), [(".png", "tiny_x2"), (".gif", "tiny_x2"), (".jpg", "other_x2")])
def test_files_of_lossy_formats_have_a_model_of_their_own(
    upscalers: Upscalers, tmp_path: Path, suffix: str, model: str
) -> None:
    save_model(
        tmp_path / "other.safetensors",
        replace(gentle := gentle_model(scale=2), spec=replace(gentle.spec, name="other")),
    )
    job = Job(source=picture(tmp_path / f"a{suffix}"), target=tmp_path / "b.png")
    lossy = Upscalers(tmp_path / "other.safetensors", threads=1)
    assert upscale_file(job, upscalers, Settings(size=Size(scale=2)), lossy=lossy).models == (model,)
    assert upscale_file(job, upscalers, Settings(size=Size(scale=2))).models == ("tiny_x2",)


@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA"])
def test_channels_survive_the_files(upscale: Upscale, tmp_path: Path, mode: str) -> None:
    assert upscale(picture(tmp_path / "a.png", mode=mode), tmp_path / "b.png").error is None
    with Image.open(tmp_path / "b.png") as after:
        assert (after.mode, after.size) == (mode, (12, 8))


@pytest.mark.parametrize(
    ("size", "notes"),
    [
        (Size(scale=5.5), ()),
        (Size(width=3), ()),
        (Size(width=3, height=9, fit="stretch"), ()),
        (Size(scale=1), ("not enlarged: it has the size asked for already",)),
    ],
    ids=str,
)
def test_bicubic_is_named_whatever_the_size(tmp_path: Path, size: Size, notes: tuple[str, ...]) -> None:
    job = Job(source=picture(tmp_path / "a.png", (6, 4), "RGBA"), target=tmp_path / "b.png")
    result = upscale_file(job, Upscalers(BICUBIC), Settings(size=size))
    assert (result.error, result.models, result.notes) == (None, ("bicubic",), notes)
    with Image.open(job.target) as after:
        assert after.size == size.target(4, 6).resized[::-1] == (result.width, result.height)


def test_every_frame_of_an_animation_is_enlarged(upscalers: Upscalers, tmp_path: Path) -> None:
    frames = [Image.new("RGB", (6, 4), colour) for colour in ("red", "green", "blue")]
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:], duration=100)
    shares: list[float] = []
    job = Job(source=tmp_path / "a.gif", target=tmp_path / "b.gif")
    settings = Settings(size=Size(scale=2))
    assert upscale_file(job, upscalers, settings, progress=shares.append).error is None
    with Image.open(tmp_path / "b.gif") as after:
        assert (getattr(after, "n_frames", 1), after.size) == (3, (12, 8))
    assert shares == sorted(shares)
    assert shares[-1] == 1
    assert len(shares) == 3


def test_what_the_format_cannot_hold_is_noted(upscale: Upscale, tmp_path: Path) -> None:
    result = upscale(picture(tmp_path / "a.png", mode="RGBA"), tmp_path / "b.jpg")
    assert result.error is None
    assert result.notes


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("none.png", None, "got nothing there"),
        ("empty.png", b"", "got an empty file"),
        ("text.png", b"just some text, no picture", "of a known format"),
        ("cut.png", b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "expected"),
    ],
)
def test_a_bad_file_is_an_error_of_one_line_and_nothing_is_written(
    upscale: Upscale, tmp_path: Path, name: str, content: bytes | None, message: str
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    before = sorted(path.name for path in tmp_path.iterdir())
    result = upscale(tmp_path / name, tmp_path / "out" / "b.png")
    assert result.error is not None
    assert message in result.error
    assert name in result.error
    assert "\n" not in result.error
    assert (result.width, result.height) == (0, 0)
    assert sorted(path.name for path in tmp_path.iterdir()) == before


def test_a_truncated_picture_leaves_the_old_output_as_it_was(upscale: Upscale, tmp_path: Path) -> None:
    source = picture(tmp_path / "a.png", (60, 40))
    source.write_bytes(source.read_bytes()[:-500])
    (tmp_path / "b.png").write_bytes(b"old")
    assert upscale(source, tmp_path / "b.png").error is not None
    assert (tmp_path / "b.png").read_bytes() == b"old"


def test_an_output_folder_that_cannot_be_made_is_an_error(upscale: Upscale, tmp_path: Path) -> None:
    (tmp_path / "out").write_bytes(b"a file")
    result = upscale(picture(tmp_path / "a.png"), tmp_path / "out" / "b.png")
    assert result.error is not None
    assert result.error.startswith(f"expected to write {tmp_path / 'out' / 'b.png'}, got: ")
    assert (tmp_path / "out").read_bytes() == b"a file"


@pytest.mark.parametrize("name", ["b.xyz", "b"])
def test_an_output_of_no_written_format_is_an_error_before_the_work(
    upscale: Upscale, tmp_path: Path, name: str
) -> None:
    result = upscale(picture(tmp_path / "a.png"), tmp_path / name)
    assert result.error is not None
    assert result.error.startswith("expected an output name ending in one of .png")


def test_too_little_memory_is_an_error_too(upscale: Upscale, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(Upscaler, "strips_to_join", fail)
    result = upscale(picture(tmp_path / "a.png"), tmp_path / "b.png")
    assert result.error is not None
    assert result.error.startswith(f"expected memory for {tmp_path / 'a.png'}")
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]


class TestSizes:
    def test_between_scales(self, upscale: Upscale, tmp_path: Path) -> None:
        result = upscale(picture(tmp_path / "a.png", (10, 6)), tmp_path / "b.png", size=Size(scale=1.5))
        assert (result.error, result.width, result.height, result.models, result.notes) == (
            None,
            15,
            9,
            ("tiny_x2",),
            (),
        )
        with Image.open(tmp_path / "b.png") as after:
            assert after.size == (15, 9)

    def test_a_smaller_size_needs_no_network_and_says_so(self, upscale: Upscale, tmp_path: Path) -> None:
        result = upscale(picture(tmp_path / "a.png", (10, 6)), tmp_path / "b.png", size=Size(width=5))
        assert (result.width, result.height, result.models) == (5, 3, ())
        assert result.notes == (
            "made smaller by antialiased bicubic, without a network: the size asked for is below its own",
        )

    def test_a_page_that_becomes_smaller_beside_larger_ones_is_said(self, upscale: Upscale, tmp_path: Path) -> None:
        first, second = (Image.new("L", (width, 6)) for width in (5, 20))
        first.save(tmp_path / "a.tif", save_all=True, append_images=[second])
        result = upscale(tmp_path / "a.tif", tmp_path / "b.tif", size=Size(width=10))
        assert (result.models, result.notes) == (
            ("tiny_x2",),
            ("made smaller by antialiased bicubic, without a network: the size asked for is below its own",),
        )

    def test_the_same_size_is_the_same_picture_and_says_so(self, upscale: Upscale, tmp_path: Path) -> None:
        source = picture(tmp_path / "a.png")
        result = upscale(source, tmp_path / "b.png", size=Size(scale=1))
        assert result.notes == ("not enlarged: it has the size asked for already",)
        with Image.open(source) as before, Image.open(tmp_path / "b.png") as after:
            np.testing.assert_array_equal(np.asarray(after), np.asarray(before))

    @pytest.mark.parametrize("target", ["b.jpg", "a.jpg"])
    def test_a_lossy_file_of_the_same_size_is_not_encoded_again(
        self, upscale: Upscale, tmp_path: Path, target: str
    ) -> None:
        source = picture(tmp_path / "a.jpg")
        before = source.read_bytes()
        result = upscale(source, tmp_path / target, size=Size(width=6))
        assert result.notes == ("not enlarged: it has the size asked for already; the file is copied as it is",)
        assert (result.status, result.output, result.width, result.height) == ("ok", tmp_path / target, 6, 4)
        assert (tmp_path / target).read_bytes() == before

    @pytest.mark.parametrize(
        ("target", "changes"),
        [
            ("b.png", {}),
            ("b.jpg", {"writing": WriteOptions(quality=50)}),
            ("b.jpg", {"size": Size(width=6, height=2, fit="cover")}),
        ],
        ids=str,
    )
    def test_another_format_quality_or_part_of_it_is_encoded(
        self, upscalers: Upscalers, tmp_path: Path, target: str, changes: dict[str, Any]
    ) -> None:
        job = Job(source=picture(tmp_path / "a.jpg"), target=tmp_path / target)
        result = upscale_file(job, upscalers, Settings(**{"size": Size(scale=1), **changes}))
        assert result.error is None
        assert job.target.read_bytes() != job.source.read_bytes()

    @pytest.mark.parametrize(
        ("target", "what_happened"),
        [("b.jpg", "; it was encoded again, which loses a little"), ("b.png", "")],
    )
    def test_a_lossy_file_that_is_encoded_again_says_so(
        self, upscalers: Upscalers, tmp_path: Path, target: str, what_happened: str
    ) -> None:
        job = Job(source=picture(tmp_path / "a.jpg"), target=tmp_path / target)
        settings = Settings(size=Size(scale=1), writing=WriteOptions(strip_metadata=True))
        result = upscale_file(job, upscalers, settings)
        assert result.notes == (f"not enlarged: it has the size asked for already{what_happened}",)

    def test_a_network_of_scale_one_works_on_a_lossy_file(self, tmp_path: Path) -> None:
        save_model(tmp_path / "x1.safetensors", gentle_model(scale=1))
        job = Job(source=picture(tmp_path / "a.jpg"), target=tmp_path / "b.jpg")
        result = upscale_file(job, Upscalers(tmp_path / "x1.safetensors", threads=1), Settings(size=Size(scale=1)))
        assert result.models == ("tiny_x1",)

    def test_beyond_the_largest_scale_the_rest_is_bicubic_and_said(self, upscale: Upscale, tmp_path: Path) -> None:
        result = upscale(picture(tmp_path / "a.png"), tmp_path / "b.png", size=Size(width=13))
        assert (result.error, result.width, result.height, result.models) == (None, 13, 9, ("tiny_x2",))
        note = "enlarged 2 times by tiny, which has no larger scale, and then by bicubic"
        assert result.notes == (note,)
        tall = Size(width=6, height=9, fit="stretch")
        assert upscale(tmp_path / "a.png", tmp_path / "b.png", size=tall).notes == (note,)
        result = upscale(picture(tmp_path / "a.png"), tmp_path / "b.png", size=Size(width=12))
        assert result.notes == ()

    def test_pages_of_a_document_keep_their_own_proportions(self, upscale: Upscale, tmp_path: Path) -> None:
        pages = [Image.new("RGB", size, "teal") for size in ((10, 6), (6, 10), (24, 12))]
        pages[0].save(tmp_path / "a.tif", save_all=True, append_images=pages[1:])
        result = upscale(tmp_path / "a.tif", tmp_path / "b.tif", size=Size(long_side=12))
        assert result.error is None
        sizes = []
        with Image.open(tmp_path / "b.tif") as after:
            for page in range(3):
                after.seek(page)
                sizes.append(after.size)
        assert sizes == [(12, 7), (7, 12), (12, 6)]

    def test_the_output_formats_largest_side_is_checked_before_the_work(
        self, upscale: Upscale, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(Upscaler, "strips_to_join", lambda *_: pytest.fail("the network ran"))
        result = upscale(picture(tmp_path / "a.png", (8192, 1)), tmp_path / "b.webp")
        assert result.error is not None
        assert "at most 16,383 pixels a side" in result.error

    def test_the_limit_on_pixels_is_of_the_input(self, upscale: Upscale, tmp_path: Path) -> None:
        source = picture(tmp_path / "a.png", (6, 4))
        assert upscale(source, tmp_path / "b.png", max_pixels=24).error is None
        result = upscale(source, tmp_path / "b.png", max_pixels=23)
        assert result.error is not None
        assert "expected at most 23 pixels" in result.error


class TestExisting:
    @pytest.fixture
    def source(self, tmp_path: Path) -> Path:
        (tmp_path / "b.png").write_bytes(b"old")
        return picture(tmp_path / "a.png")

    def test_it_is_overwritten_by_default(self, upscale: Upscale, source: Path, tmp_path: Path) -> None:
        assert upscale(source, tmp_path / "b.png").output == tmp_path / "b.png"
        with Image.open(tmp_path / "b.png") as after:
            assert after.size == (12, 8)

    def test_it_is_skipped_without_reading_the_input(self, upscale: Upscale, source: Path, tmp_path: Path) -> None:
        source.write_bytes(b"no picture")
        result = upscale(source, tmp_path / "b.png", exists="skip")
        assert (result.status, result.output, result.error, result.width) == ("skipped", tmp_path / "b.png", None, 0)
        assert (tmp_path / "b.png").read_bytes() == b"old"

    def test_one_that_appears_meanwhile_is_skipped_too(
        self, upscale: Upscale, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        original = Upscaler.strips_to_join

        def slow(self: Upscaler, *arguments: object) -> object:
            (tmp_path / "b.png").write_bytes(b"another run's")
            return original(self, *arguments)  # pyright: ignore[reportArgumentType]

        monkeypatch.setattr(Upscaler, "strips_to_join", slow)
        assert upscale(picture(tmp_path / "a.png"), tmp_path / "b.png", exists="skip").status == "skipped"
        assert (tmp_path / "b.png").read_bytes() == b"another run's"

    def test_a_new_name_is_found(self, upscale: Upscale, source: Path, tmp_path: Path) -> None:
        for expected in ("b_1.png", "b_2.png"):
            result = upscale(source, tmp_path / "b.png", exists="rename")
            assert (result.error, result.output) == (None, tmp_path / expected)
        assert (tmp_path / "b.png").read_bytes() == b"old"
        assert sorted(path.name for path in tmp_path.iterdir()) == ["a.png", "b.png", "b_1.png", "b_2.png"]

    def test_a_new_name_is_only_taken_where_needed(self, upscale: Upscale, source: Path, tmp_path: Path) -> None:
        assert upscale(source, tmp_path / "c.png", exists="rename").output == tmp_path / "c.png"

    def test_in_place_the_input_is_replaced_and_keeps_its_permissions(self, upscale: Upscale, tmp_path: Path) -> None:
        source = picture(tmp_path / "a.png")
        source.chmod(0o600)
        assert upscale(source, source).error is None
        with Image.open(source) as after:
            assert after.size == (12, 8)
        assert source.stat().st_mode & 0o777 == 0o600
        assert list(tmp_path.iterdir()) == [source]

    def test_in_place_a_failure_leaves_the_input(
        self, upscale: Upscale, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(*_: object) -> None:
            raise BackendError("expected a result, got none; try again")

        monkeypatch.setattr(Upscaler, "strips_to_join", fail)
        source = picture(tmp_path / "a.png")
        before = source.read_bytes()
        assert upscale(source, source).status == "error"
        assert source.read_bytes() == before


def test_the_background_reaches_the_file(upscale: Upscale, tmp_path: Path) -> None:
    Image.new("RGBA", (8, 8), (1, 2, 3, 0)).save(tmp_path / "a.png")
    assert upscale(tmp_path / "a.png", tmp_path / "b.bmp", writing=WriteOptions(background=(1, 0, 0))).error is None
    with Image.open(tmp_path / "b.bmp") as after:
        assert after.getpixel((5, 5)) == (255, 0, 0)


def test_hidden_files_are_never_left_behind(upscale: Upscale, tmp_path: Path) -> None:
    source = picture(tmp_path / "a.png")
    for exists in ("overwrite", "skip", "rename"):
        upscale(source, tmp_path / "out" / "b.png", exists=exists)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["b.png", "b_1.png"]


def test_what_failed_while_planning_fails_with_that_reason_and_touches_nothing(
    upscalers: Upscalers, tmp_path: Path
) -> None:
    job = Job(source=tmp_path, target=tmp_path, error="expected to look into it, got: no")
    for exists in ("overwrite", "skip"):
        result = upscale_file(job, upscalers, Settings(size=Size(scale=2), exists=exists))  # pyright: ignore[reportArgumentType]
        assert (result.status, result.error) == ("error", "expected to look into it, got: no")


@pytest.mark.parametrize("fit", ["cover", "stretch", "inside"])
def test_a_kept_orientation_gives_the_size_as_it_is_seen(upscale: Upscale, tmp_path: Path, fit: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (10, 6), "teal").save(tmp_path / "a.png", exif=exif)
    size = Size(width=9, height=12, fit=fit)  # pyright: ignore[reportArgumentType]
    kept = upscale(tmp_path / "a.png", tmp_path / "kept.png", size=size, keep_orientation=True)
    turned = upscale(tmp_path / "a.png", tmp_path / "turned.png", size=size)
    assert (kept.error, turned.error) == (None, None)
    assert (kept.width, kept.height) == (turned.width, turned.height)
    with Image.open(tmp_path / "kept.png") as stored, Image.open(tmp_path / "turned.png") as seen:
        assert stored.size == seen.size[::-1] == (kept.height, kept.width)
        assert (stored.getexif()[0x0112], seen.getexif().get(0x0112, 1)) == (6, 1)


@pytest.mark.parametrize(
    ("name", "settings", "held"),
    [
        ("b.png", {}, 0),
        ("b.tif", {}, 0),
        ("b.ppm", {"keep_orientation": True}, 12 * 8 * 3),
        ("b.png", {"keep_orientation": True}, 0),
        ("b.webp", {}, 12 * 8 * 3),
        ("b.bmp", {}, 12 * 8 * 3),
        ("b.webp", {"size": Size(width=6, height=8, fit="cover")}, 4 * 6 * 4 * 3 + 6 * 8 * 3),
        ("b.png", {"size": Size(scale=1.5)}, 4 * 6 * 4 * 3),
        ("b.png", {"size": Size(scale=1)}, 0),
        ("b.png", {"size": Size(width=3)}, 0),
    ],
)
def test_what_counts_as_memory_is_the_input_and_what_cannot_be_written_while_it_is_made(
    upscale: Upscale,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    settings: dict[str, object],
    held: int,
) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (6, 4), "teal").save(tmp_path / "a.png", exif=exif)
    needed: list[int] = []
    monkeypatch.setattr("srcnn.batch.upscale.check_memory", lambda _, count: needed.append(count))
    assert upscale(tmp_path / "a.png", tmp_path / name, **settings).error is None
    assert needed == [6 * 4 * 3 + held]


@pytest.mark.parametrize(("scale", "held"), [(2, 0), (1.5, 4 * 6 * 4 * 4 + 9 * 6 * 4), (1, 0)])
def test_so_is_the_result_of_a_picture_with_alpha_that_is_reduced(
    upscale: Upscale, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scale: float, held: int
) -> None:
    needed: list[int] = []
    monkeypatch.setattr("srcnn.batch.upscale.check_memory", lambda _, count: needed.append(count))
    source = picture(tmp_path / "a.png", (6, 4), "RGBA")
    assert upscale(source, tmp_path / "b.png", size=Size(scale=scale)).error is None
    assert needed == [6 * 4 * 4 + held]


def test_a_picture_under_the_name_of_another_format_is_not_replaced_by_that_format(
    upscale: Upscale, tmp_path: Path
) -> None:
    source = picture(tmp_path / "a.png").rename(tmp_path / "a.jpg")
    before = source.read_bytes()
    assert upscale(source, source).error == (
        f"expected JPEG to replace in place at {source}, got PNG under that name; rename it"
    )
    assert source.read_bytes() == before
    assert upscale(source, tmp_path / "b.jpg").error is None


@pytest.mark.parametrize("suffix", [".png", ".bmp", ".ppm"])
@pytest.mark.parametrize("exists", ["overwrite", "rename"])
def test_an_output_that_cannot_be_written_is_named(
    upscale: Upscale, tmp_path: Path, suffix: str, exists: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path) -> None:
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr("srcnn.atomic._sync", full)
    result = upscale(picture(tmp_path / "a.png"), tmp_path / f"b{suffix}", exists=exists)
    assert result.error
    assert f"b{suffix}" in result.error
    assert ".srcnn-" not in result.error


def test_an_error_that_names_no_file_gets_the_name(
    upscale: Upscale, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise BackendError("expected memory, got none; free some")

    monkeypatch.setattr(Upscaler, "_run", refuse)
    source = picture(tmp_path / "a.png")
    assert upscale(source, tmp_path / "b.png").error == f"{source}: expected memory, got none; free some"


def test_pages_that_are_not_written_decide_nothing(upscale: Upscale, tmp_path: Path) -> None:
    pages = [Image.new("RGB", size, "teal") for size in ((10, 6), (60, 40), (40_000, 1))]
    pages[0].save(tmp_path / "a.tif", save_all=True, append_images=pages[1:])
    large = upscale(tmp_path / "a.tif", tmp_path / "large.jpg")  # no JPEG is 80,000 pixels wide
    assert (large.status, large.width, large.height) == ("ok", 20, 12)
    assert large.notes == ("only the first of 3 pages was written: JPEG holds no more",)
    small = upscale(tmp_path / "a.tif", tmp_path / "small.jpg", size=Size(long_side=20))
    assert small.notes == large.notes
