import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from small_pictures import save_noise
from tiny_models import gentle_model

from srcnn.imaging import from_float, imresize, to_float
from srcnn.pictures.read import read_picture
from srcnn.upscaler import Upscaler, load

KEYS = ["input", "output", "status", "error", "width", "height", "seconds", "model", "notes"]


def test_the_result_lies_beside_the_picture_and_is_the_upscalers(
    srcnn: Callable, picture: Path, model_file: Path
) -> None:
    outcome = srcnn("upscale", picture, "-m", model_file)
    target = picture.with_name("a_x3.png")
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out.startswith(f"{picture} -> {target} (24 x 18, tiny_x3, ")
    assert outcome.out.count("\n") == 1
    with Image.open(picture) as before, Image.open(target) as after:
        np.testing.assert_array_equal(np.asarray(after), Upscaler(gentle_model(scale=3))(np.asarray(before)))


def test_an_ensemble_is_the_upscalers_whichever_model_is_chosen(srcnn: Callable, tmp_path: Path) -> None:
    for suffix, model in (("png", "fine"), ("webp", "photo")):
        picture = save_noise(tmp_path / f"a.{suffix}", (6, 8))
        outcome = srcnn("upscale", picture, "--ensemble", "-o", tmp_path / "b.png")
        assert (outcome.code, outcome.err) == (0, "")
        before, after = read_picture(picture).image, read_picture(tmp_path / "b.png").image
        np.testing.assert_array_equal(after, load(model, 2, ensemble=True)(before))
        assert (after != load(model, 2)(before)).any()


@pytest.mark.parametrize(("suffix", "model"), [("png", "fine_x2"), ("jpg", "photo_x2")])
def test_lossy_files_have_their_own_model_unless_one_is_named(
    srcnn: Callable, tmp_path: Path, suffix: str, model: str
) -> None:
    picture = save_noise(tmp_path / f"a.{suffix}", (6, 8))
    assert f" (12 x 16, {model}, " in srcnn("upscale", picture).out
    assert " (12 x 16, swift_x2, " in srcnn("upscale", picture, "-m", "swift").out


def test_bicubic_makes_any_size_and_is_named(srcnn: Callable, tmp_path: Path) -> None:
    for suffix in ("png", "jpg"):
        picture = save_noise(tmp_path / f"a.{suffix}", (8, 6))
        assert " (16 x 12, bicubic, " in srcnn("upscale", picture, "-m", "bicubic").out
    outcome = srcnn("upscale", tmp_path / "a.png", "-m", "bicubic", "-s", 7.5, "--json")
    assert (outcome.code, outcome.err, json.loads(outcome.out)["model"]) == (0, "", "bicubic")
    with Image.open(tmp_path / "a.png") as before, Image.open(tmp_path / "a_x7.5.png") as after:
        expected = from_float(imresize(to_float(np.asarray(before)), size=(45, 60)), "uint8")
        np.testing.assert_allclose(np.asarray(after).astype(int), expected, atol=1)


def test_bicubic_imports_no_engine(picture: Path) -> None:
    program = (
        "import sys\n"
        "sys.modules.update(dict.fromkeys(('onnxruntime', 'openvino', 'torch')))\n"  # importing them raises
        "from srcnn.cli import main\n"
        "sys.exit(main(sys.argv[1:]))\n"
    )
    command = [sys.executable, "-c", program, "upscale", str(picture), "-m", "bicubic", "-s", "3"]
    result = subprocess.run(command, capture_output=True, text=True)
    assert (result.returncode, result.stderr) == (0, "")
    assert picture.with_name("a_x3.png").is_file()


@pytest.mark.parametrize("output", ["b.png", "folder", "{stem}-{scale}{ext}"])
def test_an_output_may_be_a_file_a_folder_or_a_pattern(
    srcnn: Callable, picture: Path, model_file: Path, tmp_path: Path, output: str
) -> None:
    assert srcnn("upscale", picture, "-m", model_file, "-o", tmp_path / output).code == 0
    expected = {"b.png": "b.png", "folder": "folder/a.png"}.get(output, "a-3.png")
    with Image.open(tmp_path / expected) as after:
        assert after.size == (24, 18)


def test_json_is_one_object_a_line_with_the_keys_of_the_contract(
    srcnn: Callable, picture: Path, model_file: Path, tmp_path: Path
) -> None:
    outcome = srcnn("upscale", picture, tmp_path / "none.png", "-m", model_file, "-o", tmp_path / "out", "--json")
    assert (outcome.code, outcome.err) == (1, "")
    good, bad = (json.loads(line) for line in outcome.out.splitlines())
    assert list(good) == list(bad) == KEYS
    assert good["seconds"] > 0
    assert {key: good[key] for key in KEYS} == {
        "input": str(picture),
        "output": str(tmp_path / "out" / "a.png"),
        "status": "ok",
        "error": None,
        "width": 24,
        "height": 18,
        "seconds": good["seconds"],
        "model": "tiny_x3",
        "notes": [],
    }
    assert (bad["input"], bad["output"], bad["status"]) == (str(tmp_path / "none.png"), None, "error")
    assert bad["error"].startswith("expected a picture file at ")
    assert (bad["width"], bad["height"]) == (0, 0)


def test_one_bad_file_is_1_and_the_others_are_done(
    srcnn: Callable, picture: Path, model_file: Path, tmp_path: Path
) -> None:
    (picture.parent / "b.png").write_bytes(b"no picture")
    save_noise(picture.parent / "c.png", (4, 4))
    outcome = srcnn("upscale", picture.parent, "-m", model_file)
    assert outcome.code == 1
    assert outcome.err.startswith(f"error: expected a picture of a known format at {picture.parent / 'b.png'}, got ")
    assert outcome.err.endswith(f"failed:\n  {picture.parent / 'b.png'}\n")
    assert outcome.err.count("\n") == 3
    assert outcome.out.endswith("\n3 pictures: 2 enlarged, 1 failed\n")
    assert outcome.out.count("\n") == 3
    assert sorted(path.name for path in (tmp_path / "in_x3").iterdir()) == ["a.png", "c.png"]


def test_folders_are_searched_below_only_recursively(
    srcnn: Callable, picture: Path, model_file: Path, tmp_path: Path
) -> None:
    save_noise(picture.parent / "deep" / "b.png", (4, 4))
    assert srcnn("upscale", picture.parent, "-m", model_file).code == 0
    assert [path.name for path in (tmp_path / "in_x3").rglob("*")] == ["a.png"]
    assert srcnn("upscale", picture.parent, "-m", model_file, "--recursive").code == 0
    assert (tmp_path / "in_x3" / "deep" / "b.png").is_file()


def test_what_a_format_cannot_hold_is_noted_on_standard_error(
    srcnn: Callable, model_file: Path, tmp_path: Path
) -> None:
    Image.new("RGBA", (4, 4), (1, 2, 3, 100)).save(tmp_path / "a.png")
    outcome = srcnn("upscale", tmp_path / "a.png", "-m", model_file, "-o", tmp_path / "a.jpg")
    assert outcome.code == 0
    assert outcome.err.startswith(f"note: {tmp_path / 'a.png'}: transparency ")


def test_options_of_writing_reach_the_file(srcnn: Callable, model_file: Path, tmp_path: Path) -> None:
    source = save_noise(tmp_path / "a.jpg", (40, 40))
    for quality in (20, 95):
        assert (
            srcnn("upscale", source, "-m", model_file, "-o", tmp_path / f"{quality}.jpg", "--quality", quality).code
            == 0
        )
    assert (tmp_path / "20.jpg").stat().st_size < (tmp_path / "95.jpg").stat().st_size
    for level in (0, 9):
        assert (
            srcnn("upscale", source, "-m", model_file, "-o", tmp_path / f"{level}.png", "--png-level", level).code == 0
        )
    assert (tmp_path / "9.png").stat().st_size < (tmp_path / "0.png").stat().st_size
    exif = Image.Exif()
    exif[0x010F] = "Maker"
    Image.new("RGB", (4, 4)).save(tmp_path / "b.jpg", exif=exif)
    for options, kept in (((), "Maker"), (("--strip-metadata",), None)):
        assert srcnn("upscale", tmp_path / "b.jpg", "-m", model_file, "-o", tmp_path / "c.jpg", *options).code == 0
        with Image.open(tmp_path / "c.jpg") as after:
            assert after.getexif().get(0x010F) == kept


@pytest.mark.parametrize("option", [("--threads", 1), ("--engine", "onnxruntime"), ("-s", 3)])
def test_options_of_computing_are_taken(
    srcnn: Callable, picture: Path, model_file: Path, option: tuple[str, object]
) -> None:
    assert srcnn("upscale", picture, "-m", model_file, *option).code == 0


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("-m", "nothing"), ("one of the shipped models", "got 'nothing'")),
        (("-m", "none.safetensors"), ("expected a model file at none.safetensors", "No such file")),
        (("-m", "{picture}"), ("expected a model file in ", "got something else")),
        (("-m", "{model}", "-s", "2", "--width", "9"), ("expected one of scale, width,", "got scale, width")),
        (("-m", "{model}", "--width", "9", "--fit", "cover"), ("expected a fit of inside, cover, stretch",)),
        (("-m", "{model}", "--in-place", "-o", "b.png"), ("expected --in-place or -o, got both",)),
        (("-m", "{model}", "-o", "{picture}"), ("expected an output that is not an input",)),
        (("-m", "{model}", "-o", "b.heic"), ("expected an output name ending in one of .png,", "got b.heic")),
        (("-m", "{model}", "-o", "{stem"), ("expected a pattern with {parent}, {stem}, {size} and {ext}",)),
    ],
)
def test_what_cannot_be_is_refused_with_one_line_and_nothing_is_written(
    srcnn: Callable, picture: Path, model_file: Path, tmp_path: Path, options: tuple[str, ...], words: tuple[str, ...],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    names = {"{picture}": str(picture), "{model}": str(model_file)}
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    srcnn("upscale", picture, *(names.get(option, option) for option in options)).assert_refused(*words)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize(
    "options",
    [
        ("--threads", "-1"),
        ("--engine", "gpu"),
        ("-s", "two"),
        ("--quality", "0"),
        ("--png-level", "10"),
        ("--jobs", "0"),
        ("--max-pixels", "0"),
        ("--exists", "ask"),
        ("--width", "0"),
        ("--format", "heic"),
        ("--background", "256,0,0"),
        ("--background", "#12345"),
        ("--background", "red"),
    ],
)
def test_values_out_of_range_are_wrong_use(srcnn: Callable, picture: Path, options: tuple[str, str]) -> None:
    outcome = srcnn("upscale", picture, *options)
    assert outcome.code == 2
    assert "Error: Invalid value for " in outcome.err
    assert [path.name for path in picture.parent.iterdir()] == ["a.png"]


def test_a_folder_without_pictures_is_wrong_use(srcnn: Callable, model_file: Path, tmp_path: Path) -> None:
    outcome = srcnn("upscale", tmp_path, "-m", model_file)
    assert outcome.code == 2
    assert "expected at least one picture, got folders without any" in outcome.err


@pytest.mark.parametrize("content", [b"", b"\x89PNG\r\n\x1a\n", b"text", b"\xff\xd8\xff\xe0\x00\x10JFIF"])
def test_a_damaged_picture_is_1_and_one_line_and_nothing_is_written(
    srcnn: Callable, model_file: Path, tmp_path: Path, content: bytes
) -> None:
    (tmp_path / "a.png").write_bytes(content)
    outcome = srcnn("upscale", tmp_path / "a.png", "-m", model_file)
    assert (outcome.code, outcome.out) == (1, "")
    assert outcome.err.startswith("error: expected ")
    assert outcome.err.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]


def test_an_output_folder_that_cannot_be_made_is_1_and_one_line(
    srcnn: Callable, picture: Path, model_file: Path, tmp_path: Path
) -> None:
    (tmp_path / "out").write_bytes(b"a file where a folder should be")
    outcome = srcnn("upscale", picture, "-m", model_file, "-o", f"{tmp_path}/out/{{stem}}{{ext}}")
    assert (outcome.code, outcome.out) == (1, "")
    assert outcome.err.startswith(f"error: expected to write {tmp_path / 'out' / 'a.png'}, got: ")
    assert outcome.err.count("\n") == 1


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError(5, "Input/output error"), "got: Input/output error;"),
        (OSError("no more handles"), "got: no more handles;"),
        (OSError(), "got: OSError;"),
        (FileNotFoundError(2, "No such file or directory"), "got one that has been deleted; go to another with cd"),
        (PermissionError(13, "Permission denied", "/no"), "expected to reach /no, got: Permission denied;"),
    ],
)
def test_what_the_system_refuses_is_one_line(
    srcnn: Callable, picture: Path, error: OSError, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr("srcnn.batch.plan.plan_jobs", fail)
    outcome = srcnn("upscale", picture)
    outcome.assert_refused(words)
    assert "None" not in outcome.err


def test_enlarging_a_file_never_imports_torch(picture: Path, model_file: Path) -> None:
    program = (
        "import sys\n"
        "sys.modules['torch'] = None\n"  # importing it raises from here on
        "from srcnn.cli import main\n"
        "code = main(sys.argv[1:])\n"
        "assert not {'srcnn.models', 'srcnn.training', 'srcnn.evaluation', 'scipy'} & set(sys.modules)\n"
        "sys.exit(code)\n"
    )
    command = [sys.executable, "-c", program, "upscale", str(picture), "-m", str(model_file)]
    result = subprocess.run(command, capture_output=True, text=True)
    assert (result.returncode, result.stderr) == (0, "")
    assert picture.with_name("a_x3.png").is_file()


@pytest.mark.parametrize("name", ["./-", ".//-", "././-"])
def test_a_file_called_like_standard_input_is_named_with_its_folder(
    srcnn: Callable, picture: Path, model_file: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(picture.parent)
    picture.rename("-")
    assert srcnn("upscale", "-m", model_file, name, "-o", "large.png").code == 0
    assert Path("large.png").is_file()


def test_an_empty_name_is_not_the_current_folder(
    srcnn: Callable, picture: Path, model_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(picture.parent)
    before = sorted(picture.parent.iterdir())
    for arguments in (("", "--in-place"), (picture, "-o", "")):
        outcome = srcnn("upscale", "-m", model_file, *arguments)
        assert outcome.code == 2
        assert "got an empty one; write . for the current folder" in outcome.err
    assert sorted(picture.parent.iterdir()) == before


def test_a_file_that_may_not_be_read_fails_alone(
    srcnn: Callable, picture: Path, model_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = picture.with_name("secret.png")
    secret.write_bytes(picture.read_bytes())
    opened = Path.open

    def refuse(path: Path, *arguments: Any, **options: Any) -> Any:
        if path == secret:
            raise PermissionError(13, "Permission denied")
        return opened(path, *arguments, **options)

    monkeypatch.setattr("os.access", lambda path, mode: Path(path) != secret)
    monkeypatch.setattr(Path, "open", refuse)
    outcome = srcnn("upscale", "-m", model_file, "-s", "3", secret, picture)
    assert outcome.code == 1
    assert "secret.png, got: Permission denied" in outcome.err
    assert "1 enlarged, 1 failed" in outcome.out
