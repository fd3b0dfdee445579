import json
import math
from pathlib import Path

import pytest

from srcnn.errors import InvalidConfigError
from srcnn.reproduce.logs import group_ablations, read_runs


def write(folder: Path, name: str, psnr: list[float | None], toml: str = "") -> None:
    """A log of a line every 500 steps and minutes, bicubic at 28 dB; beside it a config if there is one."""
    lines = [
        {"step": 500 * n, "seconds": 60.0 * n, "validation_psnr": value, "bicubic_psnr": value and 28.0}
        for n, value in enumerate(psnr, 1)
    ]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    if toml:
        (folder / f"{name}.toml").write_text(toml)


def test_a_log_is_read_with_its_config(tmp_path: Path) -> None:
    write(tmp_path, "srcnn-915_x3", [29.0, 29.5], "scale = 3\nkernel_sizes = [9, 1, 5]\nwidths = [64, 32]\n")
    (run,), notices = read_runs(tmp_path)
    assert (run.name, run.steps, run.psnr, run.scale) == ("srcnn-915_x3", (500, 1000), (29.0, 29.5), 3)
    assert (run.gain, run.minutes, notices) == (1.5, 2.0, ())
    assert run.weights == 8129  # 8,032 and 97 biases


def test_a_network_of_colour_has_the_weights_of_three_channels(tmp_path: Path) -> None:
    write(tmp_path, "colour--rgb", [29.0], "scale = 3\ncolour = 'rgb'\n")
    (run,), _ = read_runs(tmp_path)
    assert run.weights == 3 * 81 * 64 + 64 + 64 * 32 + 32 + 32 * 25 * 3 + 3
    assert group_ablations([run])[0].title == "Colour channels"


def test_without_a_config_the_curve_is_there_all_the_same(tmp_path: Path) -> None:
    write(tmp_path, "a", [29.0])
    (run,), _ = read_runs(tmp_path)
    assert (run.scale, run.weights, run.psnr) == (None, None, (29.0,))


def test_a_line_cut_short_and_one_without_validation_are_passed_over(tmp_path: Path) -> None:
    write(tmp_path, "a", [None, 29.0])
    with (tmp_path / "a.jsonl").open("a") as file:
        file.write('{"step": 1500, "validation_p')
    assert read_runs(tmp_path)[0][0].steps == (1000,)


@pytest.mark.parametrize(
    "change",
    [
        {"step": math.inf}, {"step": "12"}, {"step": 10**400}, {"validation_psnr": 10**400}, {"validation_psnr": "29"},
        {"seconds": "abc"}, {"bicubic_psnr": "29"}, {"bicubic_psnr": math.nan}, {"step": True},
    ],
    ids=lambda change: str(change)[:40],
)  # fmt: skip
def test_a_line_of_something_else_than_numbers_is_passed_over(tmp_path: Path, change: dict[str, object]) -> None:
    write(tmp_path, "a", [29.0])
    good = (tmp_path / "a.jsonl").read_text()
    with (tmp_path / "a.jsonl").open("a") as file:
        file.write(json.dumps(json.loads(good) | change) + "\n" + "[" * 100_000 + "\n")
        file.write(json.dumps(json.loads(good) | {"step": 900, "psnr": "<b>", "seconds": None}) + "\n")
    (run,), _ = read_runs(tmp_path)
    assert (run.steps, run.psnr, run.minutes) == ((500, 900), (29.0, 29.0), 0.0)


@pytest.mark.parametrize(
    "toml", ["x = 2020-01-01", 'scale = "x"', 'kernel_sizes = "abc"', "widths = [1]", "widths = 3"]
)
def test_a_config_that_describes_no_network_leaves_the_curve(tmp_path: Path, toml: str) -> None:
    for name in ("w--a", "w--b"):
        write(tmp_path, name, [29.0], toml if name == "w--a" else "scale = 3")
    runs, _ = read_runs(tmp_path)
    assert (runs[0].psnr, runs[0].scale) == ((29.0,), None)
    assert toml.startswith("x") or runs[0].weights is None
    assert group_ablations(runs)[0].differences(runs[0])


def test_a_network_of_chroma_is_not_compared_with_those_of_luma(tmp_path: Path) -> None:
    for name, colour in (("a", "chroma"), ("b", "ycbcr")):
        write(tmp_path, name, [29.0], f'colour = "{colour}"')
    runs, notices = read_runs(tmp_path)
    assert [run.name for run in runs] == ["b"]
    assert notices == ()


def test_a_log_without_any_validation_is_named(tmp_path: Path) -> None:
    write(tmp_path, "a", [None])
    (tmp_path / "b.jsonl").write_text("no JSON\n[1]\n")
    runs, notices = read_runs(tmp_path)
    assert runs == ()
    assert notices == tuple(f"The log {n}.jsonl holds no line with a validation and was left out." for n in "ab")


def test_a_folder_that_is_not_there_and_a_config_that_is_none_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfigError, match="expected a folder of training logs at"):
        read_runs(tmp_path / "none")
    write(tmp_path, "a", [29.0], "scale = \n")
    with pytest.raises(InvalidConfigError, match=r"expected a TOML file at .*a\.toml, got: "):
        read_runs(tmp_path)


def test_ablations_are_the_logs_that_begin_alike_and_say_what_differs(tmp_path: Path) -> None:
    write(tmp_path, "widths--128-64", [29.0], 'model = "x"\nscale = 3\nwidths = [128, 64]\n')
    write(tmp_path, "widths--64-32", [29.0], 'model = "y"\nscale = 3\nwidths = [64, 32]\n')
    write(tmp_path, "filters--9-5-5", [29.0], "scale = 3\nkernel_sizes = [9, 5, 5]\n")
    write(tmp_path, "batch-size--4", [29.0])
    write(tmp_path, "alone", [29.0])
    groups = group_ablations(read_runs(tmp_path)[0])
    assert [(group.name, group.title, len(group.runs)) for group in groups] == [
        ("batch-size", "Batch size", 1),
        ("filters", "Filter sizes", 1),
        ("widths", "Number of filters", 2),
    ]
    widths = groups[-1]
    assert [widths.variant(run) for run in widths.runs] == ["128-64", "64-32"]
    assert [widths.differences(run) for run in widths.runs] == ["widths 128-64", "widths 64-32"]


def test_what_the_others_differ_from_is_in_every_group(tmp_path: Path) -> None:
    for name in ("base", "alone", "widths--32-16", "filters--9-5-5"):
        write(tmp_path, name, [29.0])
    groups = group_ablations(read_runs(tmp_path)[0])
    assert [[group.variant(run) for run in group.runs] for group in groups] == [["base", "9-5-5"], ["base", "32-16"]]


def test_repeats_with_other_seeds_are_one_training_and_its_mean(tmp_path: Path) -> None:
    write(tmp_path, "widths--32", [28.0, 29.0], "scale = 3")
    write(tmp_path, "widths--32.seed1", [28.0, 31.0])
    write(tmp_path, "widths--32.seed2", [28.0, 30.5])
    (run,), notices = read_runs(tmp_path)
    assert (run.name, run.psnr, run.repeats, notices) == ("widths--32", (28.0, 29.0), (31.0, 30.5), ())
    assert run.mean_psnr == pytest.approx(30.1667, abs=1e-4)
    assert run.gain == run.mean_psnr - 28.0


def test_a_repeat_that_has_not_ended_is_in_no_mean_and_named(tmp_path: Path) -> None:
    write(tmp_path, "base", [28.0, 29.0])
    write(tmp_path, "base.seed1", [28.0])
    (run,), (notice,) = read_runs(tmp_path)
    assert run.repeats == ()
    assert notice == "The log base.seed1.jsonl ends at step 500, that of the first seed at 1000, and was left out."
