import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import distributed

from srcnn.training.ranks import join_ranks
from srcnn.zoo.model_file import read_model

TOML = """
model = "tiny"
scale = 2
steps = 20
kernel_sizes = [5, 1, 3]
widths = [6, 4]
batch_size = 5
patch_size = 20
precision = "fp32"
validation_pictures = 1
validate_every = 5
checkpoint_every = 10
threads = 1
"""


@pytest.mark.parametrize(
    ("device", "nccl", "backend"),
    [("cpu", True, "gloo"), ("cuda:1", True, "cpu:gloo,cuda:nccl"), ("cuda:1", False, "gloo")],
)
def test_gpus_are_joined_by_nccl_where_it_is(
    monkeypatch: pytest.MonkeyPatch, device: str, nccl: bool, backend: str
) -> None:
    calls: list[object] = []
    for name, result in (
        ("is_torchelastic_launched", True),
        ("is_nccl_available", nccl),
        ("get_rank", 1),
        ("destroy_process_group", None),
    ):
        monkeypatch.setattr(distributed, name, lambda result=result: result)
    monkeypatch.setattr(distributed, "init_process_group", calls.append)
    monkeypatch.setattr(torch.cuda, "set_device", calls.append)
    with join_ranks(torch.device(device)) as rank:
        assert rank == 1
    assert calls == [*([torch.device(device)] if device != "cpu" else []), backend]


@pytest.mark.parametrize("device", ["cpu", "cuda"])
def test_without_torchrun_nothing_is_joined(device: str) -> None:
    with join_ranks(torch.device(device)) as rank:
        assert rank == 0
        assert not distributed.is_initialized()


@pytest.mark.slow
def test_two_processes_train_as_one_and_resume(picture_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "tiny.toml").write_text(TOML)
    single = [sys.executable, "-m"]
    double = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", "-m"]

    def start(launcher: list[str], name: str, *options: str) -> str:
        command = ["srcnn", "train", str(tmp_path / "tiny.toml"), "--data", str(picture_folder)]
        command = [*launcher, *command, "-o", str(tmp_path / name), *options]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    for launcher, name in ((single, "one"), (double, "two")):
        output = start(launcher, name, "--set", "steps=10")
        assert output.count("step 5:") == 1
        start(launcher, name, "--resume", "--accept-changes")
    logs = [
        [json.loads(line) for line in (tmp_path / name / "log.jsonl").read_text().splitlines()]
        for name in ("one", "two")
    ]
    assert [line["step"] for line in logs[1]] == [5, 10, 15, 20]
    for ours, theirs in zip(*logs, strict=True):
        assert theirs["loss"] == pytest.approx(ours["loss"], rel=1e-4)
        assert theirs["validation_psnr"] == pytest.approx(ours["validation_psnr"], abs=1e-3)
    one, two = (read_model(tmp_path / name / "model.safetensors").weights for name in ("one", "two"))
    for name, weight in one.items():
        np.testing.assert_allclose(two[name], weight, atol=1e-5)
