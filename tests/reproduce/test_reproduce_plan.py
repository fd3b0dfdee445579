import importlib.util
from importlib.machinery import ModuleSpec
from pathlib import Path

import pytest
from disc_pictures import draw

from srcnn.errors import InvalidConfigError, MissingExtraError
from srcnn.reproduce.plan import make_plan
from srcnn.rivals import RIVALS


def test_rivals_are_left_out_without_t91_unless_they_were_asked_for(data: Path) -> None:
    plan = make_plan(data, scales=[2, 3])
    assert not any(method.kind == "rival" for method in plan.methods)
    assert plan.training is None
    assert plan.notices[-1] == f"T91 is not in the data folder: {', '.join(RIVALS)} were left out."
    with pytest.raises(InvalidConfigError, match=f"expected T91 in .* to fit {RIVALS[0]}, got none there"):
        make_plan(data, scales=[2], methods=[RIVALS[0]])


def test_with_t91_there_are_all_methods(data: Path) -> None:
    draw(data / "train" / "T91" / "t1.png", seed=0)
    plan = make_plan(data, scales=[2, 2, 3])
    assert plan.training == data / "train" / "T91"
    assert plan.scales == (2, 3)
    assert {method.name for method in plan.methods_at(2)} >= {"bicubic", *RIVALS, "srcnn-915"}
    assert {method.scale for method in plan.methods} == {2, 3}


def test_t91_is_not_looked_for_where_no_rival_is_wanted(data: Path) -> None:
    draw(data / "train" / "T91" / "t1.png", seed=0)
    assert make_plan(data, methods=["bicubic"]).training is None


@pytest.mark.parametrize("scales", [[], [1], [2, 0]])
def test_scales_below_two_are_refused(data: Path, scales: list[int]) -> None:
    with pytest.raises(InvalidConfigError, match="expected scales of at least 2, got"):
        make_plan(data, scales=scales)


@pytest.mark.parametrize(
    ("module", "name"),
    [("jinja2", "Jinja2"), ("matplotlib", "matplotlib"), ("pyrtools", "pyrtools"), ("sklearn", "scikit-learn")],
)
def test_a_missing_library_is_said_before_anything_is_computed(
    data: Path, monkeypatch: pytest.MonkeyPatch, module: str, name: str
) -> None:
    draw(data / "train" / "T91" / "t1.png", seed=0)
    find = importlib.util.find_spec

    def without(wanted: str, package: str | None = None) -> ModuleSpec | None:
        return None if wanted == module else find(wanted, package)

    monkeypatch.setattr(importlib.util, "find_spec", without)
    with pytest.raises(MissingExtraError, match=rf"{name} is needed .* '\.\[paper\]'"):
        make_plan(data)
