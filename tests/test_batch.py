from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tiny_models import gentle_model

from srcnn.batch import Job, Result, plan_jobs, upscale_file
from srcnn.errors import InvalidConfigError, InvalidImageError, OutputError
from srcnn.pictures.write import WriteOptions
from srcnn.upscaler import Upscaler

UPSCALER = Upscaler(gentle_model(scale=2), threads=1)
OPTIONS = WriteOptions()


def picture(path: Path, size: tuple[int, int] = (6, 4), mode: str = "RGB") -> Path:
    """A file of noise, `size` = (width, height)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    channels = len(Image.new(mode, (1, 1)).getbands())
    pixels = np.random.default_rng(0).integers(0, 256, (size[1], size[0], channels), np.uint8)
    Image.fromarray(pixels.squeeze(2) if channels == 1 else pixels).save(path)
    return path


def targets(inputs: list[Path], output: str | None = None, *, recursive: bool = False) -> dict[Path, Path]:
    return {job.source: job.target for job in plan_jobs(inputs, output, 3, recursive=recursive)}


def upscale(source: Path, target: Path) -> Result:
    return upscale_file(Job(source=source, target=target), UPSCALER, OPTIONS)


class TestPlan:
    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        for name in ("b.png", "a.jpg", "deep/c.png", "notes.txt", ".hidden.png"):
            (tmp_path / "in" / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / "in" / name).touch()
        return tmp_path / "in"

    def test_without_an_output_the_result_lies_beside_the_file(self, tmp_path: Path) -> None:
        file = tmp_path / "a.b.png"
        assert targets([file]) == {file: tmp_path / "a.b_x3.png"}

    def test_without_an_output_a_folder_gets_a_folder_beside_it(self, folder: Path) -> None:
        beside = folder.with_name("in_x3")
        assert targets([folder]) == {folder / "a.jpg": beside / "a.jpg", folder / "b.png": beside / "b.png"}

    def test_the_folder_in_which_one_stands_gets_a_folder_beside_it_too(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(folder)
        assert list(targets([Path()]).values()) == [folder.with_name("in_x3") / n for n in ("a.jpg", "b.png")]

    def test_recursively_the_tree_is_kept(self, folder: Path) -> None:
        for output in (None, str(folder.with_name("in_x3"))):
            assert targets([folder], output, recursive=True)[folder / "deep/c.png"] == folder.with_name("in_x3") / (
                "deep/c.png"
            )

    def test_jobs_are_in_the_order_of_the_inputs_and_of_names(self, folder: Path, tmp_path: Path) -> None:
        jobs = plan_jobs([tmp_path / "z.png", folder], None, 3, recursive=True)
        assert [job.source.name for job in jobs] == ["z.png", "a.jpg", "b.png", "c.png"]

    def test_an_output_file_is_taken_for_one_input(self, tmp_path: Path) -> None:
        assert targets([tmp_path / "a.png"], "out/b.tif") == {tmp_path / "a.png": Path("out/b.tif")}

    def test_an_output_folder_keeps_the_names(self, tmp_path: Path) -> None:
        files = [tmp_path / "a.png", tmp_path / "b.jpg"]
        assert targets(files, "out") == {files[0]: Path("out/a.png"), files[1]: Path("out/b.jpg")}

    def test_an_existing_folder_is_a_folder_whatever_its_name(self, tmp_path: Path) -> None:
        (tmp_path / "out.png").mkdir()
        assert targets([tmp_path / "a.png"], str(tmp_path / "out.png")) == {
            tmp_path / "a.png": tmp_path / "out.png" / "a.png"
        }

    def test_a_pattern_names_every_output(self, tmp_path: Path) -> None:
        files = [tmp_path / "a.png", tmp_path / "b.jpg"]
        assert targets(files, "out/{stem}-{scale}{ext}") == {
            files[0]: Path("out/a-3.png"),
            files[1]: Path("out/b-3.jpg"),
        }

    @pytest.mark.parametrize("output", [None, "out"])
    @pytest.mark.parametrize("name", ["a.svg", "a.heic", "a"])
    def test_a_format_that_is_not_written_becomes_png(self, tmp_path: Path, name: str, output: str | None) -> None:
        (target,) = targets([tmp_path / name], output).values()
        assert target.suffix == ".png"

    def test_one_output_file_for_two_inputs_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(InvalidConfigError, match=r"one input for the output file out\.png, got 2; name a folder"):
            targets([tmp_path / "a.png", tmp_path / "b.png"], "out.png")

    @pytest.mark.parametrize(
        "pattern",
        [
            "{name}.png",
            "{",
            "{}.png",
            "{0}.png",
            "{stem!x}.png",
            "{stem.nothing}.png",
            "{scale[a]}.png",
            "{stem:%}.png",
        ],
    )
    def test_a_pattern_that_is_none_is_refused(self, tmp_path: Path, pattern: str) -> None:
        with pytest.raises(InvalidConfigError, match=r"expected a pattern with {stem}, {scale} and {ext}, got"):
            targets([tmp_path / "a.png"], pattern)

    @pytest.mark.parametrize(
        ("names", "output"), [(["x/a.png", "y/a.png"], "out"), (["a.png", "b.png"], "same{ext}"), (["a.png"] * 2, None)]
    )
    def test_two_inputs_with_one_output_are_refused(self, tmp_path: Path, names: list[str], output: str | None) -> None:
        with pytest.raises(InvalidConfigError, match="expected an output for each input, got"):
            targets([tmp_path / name for name in names], output)

    def test_two_formats_of_one_name_that_become_one_file_are_refused(self, tmp_path: Path) -> None:
        with pytest.raises(InvalidConfigError, match=r"got out/a\.png for both .*a\.png and .*a\.svg"):
            targets([tmp_path / "a.png", tmp_path / "a.svg"], "out")

    @pytest.mark.parametrize("output", ["{stem}{ext}", "../in/{stem}{ext}", "."])
    def test_an_output_that_is_an_input_is_refused(
        self, folder: Path, output: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(folder)
        with pytest.raises(OutputError, match="expected an output that is not an input"):
            targets([folder / "b.png"], output)

    def test_an_output_that_is_another_input_is_refused(self, folder: Path) -> None:
        with pytest.raises(OutputError, match="expected an output that is not an input"):
            targets([folder / "b.png", folder / "deep/c.png"], str(folder) + "/deep/{stem}{ext}")

    def test_a_file_that_is_missing_is_planned_and_fails_alone_later(self, tmp_path: Path) -> None:
        assert len(targets([tmp_path / "none.png"])) == 1

    def test_a_folder_without_pictures_gives_no_jobs(self, tmp_path: Path) -> None:
        assert targets([tmp_path]) == {}

    def test_a_folder_inside_another_input_folder_is_a_folder_of_its_own(self, folder: Path) -> None:
        for inputs in ([folder, folder / "deep"], [folder / "deep", folder]):
            assert targets(inputs)[folder / "deep/c.png"] == folder / "deep_x3" / "c.png"

    def test_a_file_named_beside_its_folder_is_a_file_of_its_own(self, folder: Path) -> None:
        assert targets([folder, folder / "deep/c.png"])[folder / "deep/c.png"] == folder / "deep/c_x3.png"


class TestUpscaleFile:
    def test_the_result_is_the_upscalers_and_its_size_is_told(self, tmp_path: Path) -> None:
        source = picture(tmp_path / "a.png", (7, 5))
        result = upscale(source, tmp_path / "out" / "b.png")
        assert (result.error, result.width, result.height, result.notes) == (None, 14, 10, ())
        assert result.seconds > 0
        with Image.open(source) as before, Image.open(tmp_path / "out" / "b.png") as after:
            np.testing.assert_array_equal(np.asarray(after), UPSCALER(np.asarray(before)))
        assert [path.name for path in (tmp_path / "out").iterdir()] == ["b.png"]

    @pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA"])
    def test_channels_survive_the_files(self, tmp_path: Path, mode: str) -> None:
        assert upscale(picture(tmp_path / "a.png", mode=mode), tmp_path / "b.png").error is None
        with Image.open(tmp_path / "b.png") as after:
            assert (after.mode, after.size) == (mode, (12, 8))

    def test_every_frame_of_an_animation_is_enlarged(self, tmp_path: Path) -> None:
        frames = [Image.new("RGB", (6, 4), colour) for colour in ("red", "green", "blue")]
        frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:], duration=100)
        shares: list[float] = []
        job = Job(source=tmp_path / "a.gif", target=tmp_path / "b.gif")
        assert upscale_file(job, UPSCALER, OPTIONS, shares.append).error is None
        with Image.open(tmp_path / "b.gif") as after:
            assert (getattr(after, "n_frames", 1), after.size) == (3, (12, 8))
        assert shares == sorted(shares)
        assert shares[-1] == 1
        assert len(shares) == 3

    def test_what_the_format_cannot_hold_is_noted(self, tmp_path: Path) -> None:
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
        self, tmp_path: Path, name: str, content: bytes | None, message: str
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

    def test_a_truncated_picture_leaves_the_old_output_as_it_was(self, tmp_path: Path) -> None:
        source = picture(tmp_path / "a.png", (60, 40))
        source.write_bytes(source.read_bytes()[:-500])
        (tmp_path / "b.png").write_bytes(b"old")
        assert upscale(source, tmp_path / "b.png").error is not None
        assert (tmp_path / "b.png").read_bytes() == b"old"

    def test_an_output_folder_that_cannot_be_made_is_an_error(self, tmp_path: Path) -> None:
        (tmp_path / "out").write_bytes(b"a file")
        result = upscale(picture(tmp_path / "a.png"), tmp_path / "out" / "b.png")
        assert result.error is not None
        assert result.error.startswith(f"expected to write {tmp_path / 'out' / 'b.png'}, got: ")
        assert (tmp_path / "out").read_bytes() == b"a file"

    @pytest.mark.parametrize("name", ["b.xyz", "b"])
    def test_an_output_of_no_written_format_is_an_error_before_the_work(self, tmp_path: Path, name: str) -> None:
        result = upscale(picture(tmp_path / "a.png"), tmp_path / name)
        assert result.error is not None
        assert result.error.startswith("expected an output name ending in one of .png")

    def test_too_little_memory_is_an_error_too(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail(*_: object) -> None:
            raise MemoryError

        monkeypatch.setattr(Upscaler, "__call__", fail)
        result = upscale(picture(tmp_path / "a.png"), tmp_path / "b.png")
        assert result.error is not None
        assert result.error.startswith(f"expected memory for {tmp_path / 'a.png'}")
        assert [path.name for path in tmp_path.iterdir()] == ["a.png"]


def test_an_input_folder_that_cannot_be_read_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise PermissionError(13, "Permission denied", str(tmp_path))

    monkeypatch.setattr("os.scandir", fail)
    with pytest.raises(InvalidImageError, match="Permission denied"):
        plan_jobs([tmp_path], None, 2, recursive=False)
