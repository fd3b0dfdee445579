import platform
from pathlib import Path

import pytest

import srcnn.machine
from srcnn.machine import describe_machine, processor_name, usable_cores


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (
            "processor\t: 0\nmodel\t\t: 85\nmodel name\t: Some CPU @ 2: fast\n\nmodel name\t: Other\n",
            "Some CPU @ 2: fast",
        ),
        ("processor\t: 0\nFeatures\t: fp asimd\n", "aarch64"),  # ARM has no such line
    ],
)
def test_the_maker_s_name_is_taken_and_else_the_architecture(
    content: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "cpuinfo").write_text(content)
    monkeypatch.setattr(srcnn.machine, "_CPUINFO", tmp_path / "cpuinfo")
    monkeypatch.setattr(platform, "processor", lambda: "")
    monkeypatch.setattr(platform, "machine", lambda: "aarch64")
    assert processor_name() == name


def test_other_systems_say_it_themselves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(srcnn.machine, "_CPUINFO", tmp_path / "cpuinfo")
    monkeypatch.setattr(platform, "processor", lambda: "arm")
    assert processor_name() == "arm"


def test_the_machine_is_described_for_people() -> None:
    machine = describe_machine()
    assert set(machine) == {"cpu", "cores", "system", "python"}
    assert machine["cpu"]
    assert 1 <= int(machine["cores"]) <= usable_cores()
