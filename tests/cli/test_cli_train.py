import json
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from small_pictures import save_noise
from tiny_models import gentle_model

from srcnn.cli.train import _initial_model
from srcnn.training import loop
from srcnn.training.alone import alone_in
from srcnn.zoo.model_file import read_model, save_model

TOML = """
model = "tiny"
scale = 2
steps = 12
kernel_sizes = [3, 1, 3]
widths = [3, 2]
batch_size = 2
patch_size = 12
precision = "fp32"
validation_pictures = 1
validate_every = 6
checkpoint_every = 6
threads = 1
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    (tmp_path / "tiny.toml").write_text(TOML)
    return tmp_path / "tiny.toml"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    for seed, name in enumerate("abc"):
        save_noise(tmp_path / "data" / f"{name}.png", (24, 20), seed)
    return tmp_path / "data"


@pytest.fixture(autouse=True)
def drawings(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the first test draws, which takes longer than these trainings."""
    if request.function is not test_a_config_and_a_folder_become_a_model_file:
        monkeypatch.setattr("srcnn.training.plots.plot_curves", lambda log, target, colour: target.touch() is None)
        monkeypatch.setattr("srcnn.training.plots.plot_filters", lambda model, target: target.touch())


def test_a_config_and_a_folder_become_a_model_file(
    srcnn: Callable, config: Path, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    outcome = srcnn("train", config, "--data", data)
    assert (outcome.code, outcome.err) == (0, "")
    lines = [line.strip() for line in outcome.out.splitlines()]
    assert lines[0] == "2 pictures and sizes to learn from, 1 pictures for validation: a.png"
    assert [line.split(":")[0] for line in lines if line.startswith("step ")] == ["step 6", "step 12"]
    assert "runs/tiny/model.safetensors" in lines
    assert read_model(Path("runs/tiny/model.safetensors")).spec.scale == 2
    files = {"model.safetensors", "log.jsonl", "checkpoint.pt", "curves.png", "filters.png"}
    assert files <= {path.name for path in Path("runs/tiny").iterdir()}


def test_several_folders_may_follow_data(srcnn: Callable, config: Path, data: Path, tmp_path: Path) -> None:
    save_noise(tmp_path / "more" / "d.png", (24, 20), 8)
    save_noise(tmp_path / "yet_more" / "e.png", (24, 20), 9)
    outcome = srcnn(
        "train", config, "--data", data, tmp_path / "more", "--data", tmp_path / "yet_more", "-o", tmp_path / "run"
    )
    assert outcome.code == 0
    assert outcome.out.startswith("4 pictures and sizes to learn from, 1 pictures for validation: a.png\n")


def test_small_pictures_may_be_given(srcnn: Callable, config: Path, data: Path, tmp_path: Path) -> None:
    for name in "abc":  # something else, of half the size
        save_noise(tmp_path / "small" / f"{name}x2.png", (12, 10), 9)
    arguments = ("train", config, data, "--small", tmp_path / "small")
    srcnn(*arguments).assert_refused('expected downscale = "given" in the config ')
    bicubic: list[float] = []
    for run, outcome in (
        ("given", srcnn(*arguments, "--set", "downscale=given", "-o", tmp_path / "given")),
        ("made", srcnn("train", config, data, "-o", tmp_path / "made")),
    ):
        assert outcome.code == 0
        assert "left out" not in outcome.err
        bicubic.append(json.loads((tmp_path / run / "log.jsonl").read_text().splitlines()[-1])["bicubic_psnr"])
    assert bicubic[0] < bicubic[1] - 1


def test_pictures_to_measure_on_may_lie_in_a_folder_of_their_own(
    srcnn: Callable, config: Path, data: Path, tmp_path: Path
) -> None:
    for seed in range(12):
        save_noise(tmp_path / "own" / f"{seed:02}.png", (24, 20), seed + 10)
    outcome = srcnn("train", config, data, "--validation", tmp_path / "own", "-o", tmp_path / "run")
    names = ", ".join(f"{seed:02}.png" for seed in range(10))
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out.startswith(
        f"3 pictures and sizes to learn from, 12 pictures for validation: {names} and 2 more\n"
    )
    record = read_model(tmp_path / "run" / "model.safetensors").spec.training
    assert record["validation"] == f"{names}, 10.png, 11.png"
    refused = srcnn("train", config, data, "-o", tmp_path / "run", "--resume")
    assert refused.code == 2
    assert "expected the pictures of the checkpoint" in refused.err


def test_a_test_set_among_the_pictures_to_learn_from_is_named(
    srcnn: Callable, config: Path, data: Path, tmp_path: Path
) -> None:
    for seed, name in enumerate(("baby", "bird", "butterfly", "head", "woman")):
        save_noise(data / "test" / "five" / f"{name}.png", (24, 20), seed + 10)
    outcome = srcnn("train", config, data, "-o", tmp_path / "run")
    assert outcome.code == 0
    assert outcome.err == (
        f"note: {data / 'test' / 'five'} is the test set Set5; a network that learns from it cannot be judged by it\n"
    )
    beside = srcnn("train", config, data, "--validation", data / "test", "-o", tmp_path / "beside")
    assert (beside.code, beside.err) == (0, "")
    assert beside.out.startswith("3 pictures and sizes to learn from, 5 pictures for validation: baby.png")


def test_a_run_folder_in_use_is_refused_before_the_pictures_are_read(
    srcnn: Callable, config: Path, tmp_path: Path
) -> None:
    (tmp_path / "run").mkdir()
    with alone_in(tmp_path / "run"):
        srcnn("train", config, tmp_path / "none", "-o", tmp_path / "run").assert_refused("no other training writes")


@pytest.mark.parametrize("named", ["data", "data more", "data --data more", "--data data more"])
def test_folders_are_named_with_and_without_data(
    srcnn: Callable, config: Path, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, named: str
) -> None:
    monkeypatch.chdir(tmp_path)
    save_noise(tmp_path / "more" / "d.png", (24, 20), 8)
    outcome = srcnn("train", config, *named.split(), "-o", "run", "--set", "steps=1")
    assert outcome.code == 0
    learned = 3 if "more" in named else 2
    assert outcome.out.startswith(f"{learned} pictures and sizes to learn from, 1 pictures for validation: ")


def test_a_training_without_folders_is_refused(srcnn: Callable, config: Path) -> None:
    outcome = srcnn("train", config)
    assert (outcome.code, outcome.out) == (2, "")
    assert "expected at least one folder of pictures, got none; name it after the config" in outcome.err


def test_resume_goes_on_to_the_same_file(
    srcnn: Callable, config: Path, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert srcnn("train", config, "--data", data, "-o", tmp_path / "whole").code == 0
    take_step = loop._take_step

    def interrupted_step(state, *arguments):
        if state.step == 8:
            signal.raise_signal(signal.SIGINT)
        return take_step(state, *arguments)

    with monkeypatch.context() as patch:
        patch.setattr(loop, "_take_step", interrupted_step)
        outcome = srcnn("train", config, "--data", data, "-o", tmp_path / "run")
    assert outcome.code == 130
    assert f"stopped with a checkpoint in {tmp_path / 'run'}; go on with --resume" in outcome.err
    assert json.loads((tmp_path / "run" / "log.jsonl").read_text().splitlines()[-1])["step"] == 9
    assert srcnn("train", config, "--data", data, "-o", tmp_path / "run", "--resume").code == 0
    ours, whole = ((tmp_path / name / "model.safetensors").read_bytes() for name in ("run", "whole"))
    assert ours == whole


def test_a_second_ctrl_c_stops_at_once(
    srcnn: Callable, config: Path, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted_step(*_: object) -> None:
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
        raise AssertionError("the second interrupt was not heeded")

    monkeypatch.setattr(loop, "_take_step", interrupted_step)
    outcome = srcnn("train", config, "--data", data, "-o", tmp_path / "run")
    assert outcome.code == 130
    assert outcome.err.endswith("interrupted\n")
    assert not (tmp_path / "run" / "checkpoint.pt").exists()


@pytest.mark.parametrize(("redirection", "code"), [("| true", 0), (">&-", 0), ("2>&-", 0), (">/dev/full", 1)])
def test_a_training_whose_report_nobody_reads_goes_on(
    config: Path, data: Path, tmp_path: Path, redirection: str, code: int
) -> None:
    command = [sys.executable, "-m", "srcnn", "train", *map(str, (config, "--data", data, "-o", tmp_path / "run"))]
    shell = ["bash", "-c", f"set -o pipefail; {shlex.join(command)} {redirection}"]
    done = subprocess.run(shell, capture_output=True, text=True)
    assert done.returncode == code
    assert (tmp_path / "run" / "model.safetensors").exists()
    assert done.stderr.startswith("error: expected to print on standard output, got: ") == bool(code)


def test_a_training_that_is_complete_says_so(srcnn: Callable, config: Path, data: Path, tmp_path: Path) -> None:
    command = "train", config, "--data", data, "-o", tmp_path / "run"
    assert srcnn(*command).code == 0
    outcome = srcnn(*command, "--resume")
    assert outcome.code == 0
    assert outcome.err.startswith(f"nothing left to train, {tmp_path / 'run'} has 12 steps or more; ")


def test_ctrl_c_works_as_before_after_a_training(srcnn: Callable, config: Path, data: Path, tmp_path: Path) -> None:
    before = signal.getsignal(signal.SIGINT)
    srcnn("train", config, "--data", data, "-o", tmp_path / "run")
    assert signal.getsignal(signal.SIGINT) is before


@pytest.mark.parametrize(("kept_out", "said"), [(1, False), (2, True)])
def test_more_pictures_for_validation_than_to_learn_from_are_noted(
    srcnn: Callable, config: Path, data: Path, tmp_path: Path, kept_out: int, said: bool
) -> None:
    settings = ("--set", f"validation_pictures={kept_out}", "--set", "steps=1")
    outcome = srcnn("train", config, "--data", data, "-o", tmp_path / "run", *settings)
    assert outcome.code == 0
    assert (
        f"note: more pictures are kept out for validation than learned from, {kept_out} of 3; " in outcome.err
    ) == said


def test_as_many_pictures_for_validation_as_to_learn_from_are_not_noted(
    srcnn: Callable, config: Path, data: Path, tmp_path: Path
) -> None:
    next(data.iterdir()).unlink()
    outcome = srcnn("train", config, "--data", data, "-o", tmp_path / "run", "--set", "steps=1")
    assert "1 pictures and sizes to learn from, 1 pictures for validation" in outcome.out
    assert "note: " not in outcome.err


def test_set_replaces_values(srcnn: Callable, config: Path, data: Path, tmp_path: Path) -> None:
    options = ("--set", "steps=3", "--set", "model = other", "--set", "scale=3")
    assert srcnn("train", config, "--data", data, "-o", tmp_path / "run", *options).code == 0
    spec = read_model(tmp_path / "run" / "model.safetensors").spec
    assert (spec.name, spec.scale, spec.training["steps"]) == ("other", 3, "3")


@pytest.mark.parametrize("name", ["a:b.safetensors", "a:2x"])
def test_a_file_to_start_from_may_have_a_colon_in_its_name(tmp_path: Path, name: str) -> None:
    save_model(tmp_path / name, gentle_model(scale=3))
    assert _initial_model(str(tmp_path / name), 2).spec.scale == 3
    assert _initial_model("swift:4", 2).spec.scale == 4
    assert _initial_model("swift", 2).spec.scale == 2


def test_init_starts_from_a_model_file(srcnn: Callable, config: Path, data: Path, tmp_path: Path) -> None:
    assert srcnn("train", config, "--data", data, "-o", tmp_path / "first").code == 0
    start = tmp_path / "first" / "model.safetensors"
    options = ("--init", start, "--set", "steps=1", "--set", "learning_rate=1e-9", "--set", "scale=3")
    assert srcnn("train", config, "--data", data, "-o", tmp_path / "second", *options).code == 0
    first, second = (read_model(tmp_path / name / "model.safetensors") for name in ("first", "second"))
    np.testing.assert_allclose(second.weights["conv1.weight"], first.weights["conv1.weight"], atol=1e-7)
    assert second.spec.scale == 3


def test_the_network_to_start_from_has_the_first_line(
    srcnn: Callable, config: Path, data: Path, tmp_path: Path
) -> None:
    assert srcnn("train", config, "--data", data, "-o", tmp_path / "first").code == 0
    start = tmp_path / "first" / "model.safetensors"
    outcome = srcnn("train", config, "--data", data, "-o", tmp_path / "second", "--init", start)
    assert outcome.code == 0
    lines = [line.strip() for line in outcome.out.splitlines() if line.strip().startswith("step ")]
    assert re.fullmatch(
        r"step 0: validation \d\d\.\d{3} dB \(bicubic \d\d\.\d{3}\), the network to start from", lines[0]
    )
    assert lines[1].startswith("step 6: ")
    record = read_model(tmp_path / "second" / "model.safetensors").spec.training
    assert (record["data"], record["pictures"], record["init"]) == ("data", "3", "tiny:2")


def test_what_cannot_begin_is_refused_before_the_pictures_are_read(
    srcnn: Callable, config: Path, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert srcnn("train", config, "--data", data, "-o", tmp_path / "old").code == 0
    (tmp_path / "no.safetensors").write_bytes(b"no model")
    monkeypatch.setattr("srcnn.training.data.load_data", lambda *_: pytest.fail("the pictures were read"))
    for options in (
        ("--resume",),
        ("--init", tmp_path / "no.safetensors"),
        ("--init", tmp_path / "old" / "model.safetensors", "--set", "widths=[2, 2]"),
    ):
        outcome = srcnn("train", config, "--data", data, "-o", tmp_path / "new", *options)
        assert (outcome.code, outcome.out) == (2, "")
        assert outcome.err.startswith("error: expected ")
        assert not (tmp_path / "new").exists()
    assert "an earlier one" in srcnn("train", config, "--data", data, "-o", tmp_path / "old").err
    changed = ("--resume", "--set", "steps=14")
    assert "steps was 12" in srcnn("train", config, "--data", data, "-o", tmp_path / "old", *changed).err


def test_resuming_with_other_pictures_is_refused_unless_accepted(
    srcnn: Callable, config: Path, data: Path, tmp_path: Path
) -> None:
    save_noise(tmp_path / "other" / "d.png", (24, 20), 8)
    save_noise(tmp_path / "other" / "e.png", (24, 20), 9)
    assert srcnn("train", config, data, "-o", tmp_path / "run").code == 0
    arguments = ("train", config, tmp_path / "other", "-o", tmp_path / "run", "--resume")
    outcome = srcnn(*arguments)
    assert outcome.code == 2
    assert "error: expected the pictures of the checkpoint, 3 in data, got others, 2 in other (" in outcome.err
    assert srcnn(*arguments, "--accept-changes").code == 0


def test_a_network_of_colour_tells_every_channel(srcnn: Callable, config: Path, data: Path, tmp_path: Path) -> None:
    outcome = srcnn("train", config, "--data", data, "-o", tmp_path / "run", "--set", "colour=ycbcr")
    assert outcome.code == 0
    told = re.findall(r"Y/Cb/Cr/RGB (\d+\.\d\d/){3}\d+\.\d\d, loss", outcome.out)
    assert len(told) == 2
    assert (tmp_path / "run" / "filters.png").exists()


def test_curves_and_samples_for_tensorboard_are_written_when_asked_for(
    srcnn: Callable, config: Path, data: Path, tmp_path: Path
) -> None:
    assert srcnn("train", config, "--data", data, "-o", tmp_path / "without").code == 0
    assert not (tmp_path / "without" / "tensorboard").exists()
    outcome = srcnn("train", config, "--data", data, "-o", tmp_path / "with", "--tensorboard")
    assert (outcome.code, outcome.err) == (0, "")
    (events,) = (tmp_path / "with" / "tensorboard").iterdir()
    assert b"validation_psnr" in events.read_bytes()
    assert b"samples/1-" in events.read_bytes()
    assert (tmp_path / "with" / "model.safetensors").read_bytes() == (
        tmp_path / "without" / "model.safetensors"
    ).read_bytes()


def test_tensorboard_is_needed_only_when_asked_for(
    srcnn: Callable, config: Path, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "tensorboard", None)  # importing it raises
    outcome = srcnn("train", config, "--data", data, "-o", tmp_path / "run", "--tensorboard")
    assert (outcome.code, outcome.out) == (2, "")
    assert (
        outcome.err == "error: tensorboard is needed and not installed; "
        "in the folder of srcnn's source run: pip install '.[train]'\n"
    )
    assert not (tmp_path / "run").exists()
    assert srcnn("train", config, "--data", data, "-o", tmp_path / "run").code == 0


def test_files_left_out_are_named_on_standard_error(srcnn: Callable, config: Path, data: Path, tmp_path: Path) -> None:
    (data / "z.png").write_bytes(b"no picture")
    outcome = srcnn("train", config, "--data", data, "-o", tmp_path / "run")
    assert outcome.code == 0
    assert outcome.err.startswith("left out: expected a picture of a known format at ")
    assert outcome.err.count("\n") == 1


BAD_USE = {
    "no config": (("none.toml", "--data", "data"), ("expected a config file at none.toml", "No such file")),
    "unknown key": (("tiny.toml", "--data", "data", "--set", "zz=1"), ("expected only known keys", "got zz;")),
    "wrong type": (("tiny.toml", "--data", "data", "--set", "steps=[1]"), ("steps to be a whole number, got [1]",)),
    "impossible": (("tiny.toml", "--data", "data", "--set", "patch_size=4"), ("expected patch_size to be above 4",)),
    "no equals": (("tiny.toml", "--data", "data", "--set", "steps"), ("expected KEY=VALUE after --set, got 'steps'",)),
    "no toml": (("data/a.png", "--data", "data"), ("expected TOML in data/a.png",)),
    "no folder": (("tiny.toml", "--data", "none"), ("expected a folder of pictures at none",)),
    "no pictures": (("tiny.toml", "--data", "empty"), ("expected at least 2 pictures of 12 pixels a side", "got 0")),
    "small": (("tiny.toml", "--data", "data", "--set", "patch_size=21"), ("got 0 (3 skipped, the first: data/a.png",)),
    "few": (
        ("tiny.toml", "--data", "data", "--set", "validation_pictures=3"),
        ("expected at least 4 pictures", "got 3"),
    ),
    "large scale": (("tiny.toml", "--data", "data", "--set", "scale=30"), ("is smaller than three times the scale",)),
    "unknown model": (("tiny.toml", "--data", "data", "--init", "nothing"), ("one of the shipped models", "'nothing'")),
}


@pytest.mark.parametrize(("arguments", "words"), BAD_USE.values(), ids=BAD_USE)
def test_what_cannot_be_is_refused_with_one_line_before_anything_is_written(
    srcnn: Callable, config: Path, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...], words: tuple[str, ...],
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    outcome = srcnn("train", *arguments)
    assert outcome.code == 2
    assert outcome.err.startswith("error: expected ")
    assert outcome.err.count("\n") == 1
    assert "Traceback" not in outcome.err
    for word in words:
        assert word in outcome.err
    assert not list(tmp_path.rglob("*.safetensors"))
    assert not list(tmp_path.rglob("log.jsonl"))


def test_nothing_to_resume_is_refused(srcnn: Callable, config: Path, data: Path, tmp_path: Path) -> None:
    outcome = srcnn("train", config, "--data", data, "-o", tmp_path / "run", "--resume")
    assert outcome.code == 2
    assert outcome.err.startswith(f"error: expected a checkpoint in {tmp_path / 'run'}, got none there; ")


def test_a_changed_config_is_refused_unless_the_changes_are_accepted(
    srcnn: Callable, config: Path, data: Path, tmp_path: Path
) -> None:
    arguments = ("train", config, "--data", data, "-o", tmp_path / "run")
    assert srcnn(*arguments).code == 0
    changed = (*arguments, "--resume", "--set", "steps=14")
    outcome = srcnn(*changed)
    assert outcome.code == 2
    assert "got differences: steps was 12 and is 14; " in outcome.err
    assert srcnn(*changed, "--accept-changes").code == 0
    assert json.loads((tmp_path / "run" / "log.jsonl").read_text().splitlines()[-1])["step"] == 14


@pytest.mark.parametrize("name", ["file", "file/run"])
def test_a_run_folder_that_cannot_be_made_is_refused(
    srcnn: Callable, config: Path, data: Path, tmp_path: Path, name: str
) -> None:
    (tmp_path / "file").touch()
    outcome = srcnn("train", config, "--data", data, "-o", tmp_path / name)
    assert outcome.code == 2
    assert outcome.err.startswith(f"error: expected to make the folder {tmp_path / name}, got: ")
    assert outcome.err.count("\n") == 1


def test_without_torch_the_extra_is_named(
    srcnn: Callable, config: Path, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)  # importing it raises
    outcome = srcnn("train", config, "--data", data, "-o", tmp_path / "run")
    assert (outcome.code, outcome.out) == (2, "")
    assert (
        outcome.err
        == "error: torch is needed and not installed; in the folder of srcnn's source run: pip install '.[train]'\n"
    )
    assert not (tmp_path / "run").exists()


def test_a_validation_picture_that_does_not_count_is_named_as_a_terminal_can_show_it(
    srcnn: Callable, config: Path, data: Path, tmp_path: Path
) -> None:
    Image.fromarray(np.full((24, 24), 128, np.uint8)).save(data / "0\x1b[31m.png")  # the first by name is kept out
    two = ("--set", "validation_pictures=2")
    outcome = srcnn("train", config, "--data", data, "-o", tmp_path / "run", *two)
    assert outcome.code == 0
    assert "as it does flat pictures: 0\\x1b[31m.png\n" in outcome.err
    assert "\x1b" not in outcome.err
    assert "nan" not in outcome.out
    assert "Infinity" not in (tmp_path / "run" / "log.jsonl").read_text()
