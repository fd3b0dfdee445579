import os
import pickle
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from srcnn.errors import CheckpointError
from srcnn.training.checkpoint import (
    CURRENT,
    NEXT,
    PREVIOUS,
    Checkpoint,
    check_same_config,
    has_checkpoint,
    load_checkpoint,
    save_checkpoint,
)
from srcnn.training.fingerprint import Fingerprint


def checkpoint(step: int) -> Checkpoint:
    weights = {"conv1.weight": torch.arange(12.0) + step}
    return Checkpoint(
        config={"model": "tiny", "kernel_sizes": [3]},
        step=step,
        seconds=1.5,
        weights=weights,
        ema={"conv1.weight": weights["conv1.weight"] / 3},
        optimiser={"state": {0: {"step": torch.tensor(float(step))}}, "param_groups": [{"lr": 0.1}]},
    )


def contents(folder: Path) -> dict[str, bytes]:
    """Every file of a folder."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture
def run_dir(tmp_path: Path) -> Path:
    """A run after two checkpoints."""
    save_checkpoint(tmp_path, checkpoint(1))
    save_checkpoint(tmp_path, checkpoint(2))
    return tmp_path


def test_a_checkpoint_survives_the_file_bit_for_bit(run_dir: Path) -> None:
    saved, problem = load_checkpoint(run_dir)
    expected = checkpoint(2)
    assert problem is None
    assert (saved.step, saved.seconds, saved.config) == (2, 1.5, expected.config)
    assert torch.equal(saved.weights["conv1.weight"], expected.weights["conv1.weight"])
    assert torch.equal(saved.ema["conv1.weight"], expected.ema["conv1.weight"])
    assert saved.optimiser == expected.optimiser


def test_a_checkpoint_written_on_a_gpu_is_read_where_there_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(torch.serialization, "location_tag", lambda storage: "cuda:0")
        save_checkpoint(tmp_path, checkpoint(2))
    saved, problem = load_checkpoint(tmp_path)
    assert problem is None
    assert torch.equal(saved.weights["conv1.weight"], checkpoint(2).weights["conv1.weight"])


def test_only_the_last_two_are_kept(run_dir: Path) -> None:
    save_checkpoint(run_dir, checkpoint(3))
    assert sorted(path.name for path in run_dir.iterdir()) == sorted([CURRENT, PREVIOUS])
    assert torch.load(run_dir / CURRENT, weights_only=True)["step"] == 3
    assert torch.load(run_dir / PREVIOUS, weights_only=True)["step"] == 2


DAMAGES = {
    "cut to half": lambda content: content[: len(content) // 2],
    "without its last byte": lambda content: content[:-1],
    "empty": lambda content: b"",
    "one byte": lambda content: b"\x80",
    "text": lambda content: b"not a checkpoint at all",
    "zeros": lambda content: bytes(len(content)),
    "another pickle": lambda content: pickle.dumps([1, 2, 3], protocol=2),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_checkpoint_is_passed_over_for_the_one_before_and_named(run_dir: Path, damage) -> None:
    (run_dir / CURRENT).write_bytes(damage((run_dir / CURRENT).read_bytes()))
    saved, problem = load_checkpoint(run_dir)
    assert saved.step == 1
    assert problem == "checkpoint.pt is damaged; continuing from checkpoint.previous.pt"


@pytest.mark.parametrize(
    "change", [{"config": []}, {"step": "2"}, {"step": 2.0}, {"ema": None}, {"weights": []}, {"loss_sum": "x"}], ids=str
)
def test_fields_of_other_kinds_make_a_checkpoint_damaged(run_dir: Path, change: dict[str, object]) -> None:
    content = torch.load(run_dir / CURRENT, weights_only=True)
    torch.save(content | change, run_dir / CURRENT)
    saved, problem = load_checkpoint(run_dir)
    assert (saved.step, problem) == (1, "checkpoint.pt is damaged; continuing from checkpoint.previous.pt")


def test_a_file_of_torch_with_other_content_is_passed_over(run_dir: Path) -> None:
    for content in ({"step": 3}, {"step": 3, "more": 1}, [3], 3):
        torch.save(content, run_dir / CURRENT)
        assert load_checkpoint(run_dir)[0].step == 1


def test_code_in_a_checkpoint_is_not_executed(run_dir: Path) -> None:
    class Trap:
        def __reduce__(self):
            return (Path.touch, (run_dir / "executed",))

    torch.save({"step": Trap()}, run_dir / CURRENT)
    assert load_checkpoint(run_dir)[0].step == 1
    assert not (run_dir / "executed").exists()


@pytest.mark.parametrize("renames", [0, 1])
def test_a_save_killed_before_or_between_its_renames_is_gone_on_from(
    run_dir: Path, monkeypatch: pytest.MonkeyPatch, renames: int
) -> None:
    _save_killed(run_dir, monkeypatch, renames)
    assert (run_dir / CURRENT).exists() == (renames == 0)
    saved, problem = load_checkpoint(run_dir)
    assert (saved.step, problem) == (3, None)
    save_checkpoint(run_dir, checkpoint(4))
    assert load_checkpoint(run_dir)[0].step == 4
    assert not (run_dir / NEXT).exists()


@pytest.mark.parametrize(("renames", "name", "step"), [(0, CURRENT, 2), (1, PREVIOUS, 2)])
def test_a_next_checkpoint_that_is_damaged_is_passed_over_too(
    run_dir: Path, monkeypatch: pytest.MonkeyPatch, renames: int, name: str, step: int
) -> None:
    _save_killed(run_dir, monkeypatch, renames)
    (run_dir / NEXT).write_bytes(b"")
    saved, problem = load_checkpoint(run_dir)
    assert saved.step == step
    assert problem == f"checkpoint.next.pt is damaged; continuing from {name}"


@pytest.mark.parametrize("name", [NEXT, CURRENT, PREVIOUS])
def test_any_of_the_three_files_is_a_checkpoint(tmp_path: Path, name: str) -> None:
    assert not has_checkpoint(tmp_path)
    (tmp_path / name).touch()
    assert has_checkpoint(tmp_path)


def _save_killed(run_dir: Path, monkeypatch: pytest.MonkeyPatch, renames: int) -> None:
    """Save the third checkpoint and die before the renames, or after one of them."""
    rename, left = os.replace, [1 + renames]  # the first puts the new file into place

    def die(source: Path, target: Path) -> None:
        if not left[0]:
            raise KeyboardInterrupt
        left[0] -= 1
        rename(source, target)

    with monkeypatch.context() as patch:
        patch.setattr("os.replace", die)
        with pytest.raises(KeyboardInterrupt):
            save_checkpoint(run_dir, checkpoint(3))


def test_a_failed_save_leaves_both_as_they_were(run_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = {name: (run_dir / name).read_bytes() for name in (CURRENT, PREVIOUS)}

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", fail)
    with pytest.raises(OSError, match="No space left on device"):
        save_checkpoint(run_dir, checkpoint(3))
    assert contents(run_dir) == before


def test_two_damaged_checkpoints_are_refused_and_both_named(run_dir: Path) -> None:
    for name in (CURRENT, PREVIOUS):
        (run_dir / name).write_bytes(b"")
    with pytest.raises(CheckpointError) as caught:
        load_checkpoint(run_dir)
    assert str(caught.value) == (
        f"expected a whole checkpoint in {run_dir}, got none: checkpoint.pt is damaged, checkpoint.previous.pt is "
        "damaged; delete it and start without --resume, or choose another folder with -o"
    )


def test_a_checkpoint_that_the_system_does_not_give_is_not_called_damaged(run_dir: Path) -> None:
    (run_dir / CURRENT).unlink()
    (run_dir / CURRENT).mkdir()
    assert load_checkpoint(run_dir)[1] == (
        "checkpoint.pt cannot be read (Is a directory); continuing from checkpoint.previous.pt"
    )


def test_what_a_training_learned_from_survives_the_file(tmp_path: Path) -> None:
    pictures = Fingerprint(folders=("T91", "more"), count=3, digest="abc")
    learned = replace(checkpoint(1), pictures=pictures, init="fine:3", loss_sum=0.7, loss_steps=3)
    save_checkpoint(tmp_path, learned)
    saved, _ = load_checkpoint(tmp_path)
    assert (saved.pictures, saved.init, saved.loss_sum, saved.loss_steps) == (pictures, "fine:3", 0.7, 3)


def test_a_checkpoint_of_an_earlier_version_does_not_say_what_it_learned_from(tmp_path: Path) -> None:
    save_checkpoint(tmp_path, checkpoint(1))
    content = torch.load(tmp_path / CURRENT, weights_only=True)
    for key in ("pictures", "init", "loss_sum", "loss_steps"):
        del content[key]
    torch.save(content, tmp_path / CURRENT)
    saved, problem = load_checkpoint(tmp_path)
    assert (saved.step, saved.pictures, saved.init, saved.loss_steps, problem) == (1, None, None, 0, None)


@pytest.mark.parametrize("name", [".", "none"])
def test_a_folder_without_checkpoint_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(
        CheckpointError, match="got none there; start without --resume, or name the folder of an earlier"
    ):
        load_checkpoint(tmp_path / name)


def test_the_same_config_and_allowed_differences_pass() -> None:
    saved = {"scale": 2, "widths": [4], "threads": 1}
    check_same_config(saved, dict(saved), frozenset())
    check_same_config(saved, saved | {"threads": 2}, frozenset({"threads"}))


def test_every_other_difference_is_listed_with_both_values() -> None:
    saved = {"scale": 2, "widths": [4], "seed": 1, "old": 5, "threads": 1}
    wanted = {"scale": 3, "widths": [8], "seed": 1, "new": 6, "threads": 2}
    with pytest.raises(CheckpointError) as caught:
        check_same_config(saved, wanted, frozenset({"threads"}))
    assert str(caught.value) == (
        "expected the config of the checkpoint, got differences: scale was 2 and is 3, widths was [4] and is [8], "
        "old was 5 and is None, new was None and is 6; "
        "restore these values, accept them with --accept-changes, or start a new run in another folder"
    )
