from collections.abc import Callable
from dataclasses import replace
from importlib import metadata
from pathlib import Path

import numpy as np
import pytest
from disc_pictures import draw
from tiny_models import gentle_model

from srcnn.evaluation.evaluate import evaluate
from srcnn.evaluation.protocol import AUTHORS
from srcnn.reproduce import run as module
from srcnn.reproduce.measure import Cell
from srcnn.reproduce.methods import ReportMethod, choose_methods
from srcnn.reproduce.run import Workshop, measure_all
from srcnn.reproduce.sets import PictureSet, find_sets
from srcnn.upscaler import Upscaler


@pytest.fixture
def sets(data: Path) -> tuple[PictureSet, ...]:
    return find_sets(data, ["Set5"])[0]


@pytest.fixture
def network() -> ReportMethod:
    return ReportMethod(name="tiny", scale=2, kind="user", published_as="tiny", model=gentle_model())


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The methods that were called for a cell."""
    calls: list[str] = []
    measure = module.measure

    def counted(method: object, *arguments: object) -> object:
        calls.append("bicubic" if method is None else "tiny")
        return measure(method, *arguments)

    monkeypatch.setattr(module, "measure", counted)
    return calls


def silent(done: int, total: int) -> None:
    pass


def test_every_method_is_measured_on_every_picture(
    workshop: Workshop, network: ReportMethod, sets: tuple[PictureSet, ...], data: Path
) -> None:
    progress: list[tuple[int, int]] = []
    methods = (*choose_methods([2], ["bicubic"]), network)
    cells = measure_all(workshop, methods, sets, lambda *numbers: progress.append(numbers))
    assert progress == [(number, 10) for number in range(1, 11)]
    expected = evaluate(Upscaler(gentle_model(), threads=1).luma, data / "test" / "Set5", 2, AUTHORS)
    for image in expected.images:
        assert cells["tiny", 2, "Set5", image.name].values["psnr"] == pytest.approx(image.psnr, abs=1e-9)
        assert cells["bicubic", 2, "Set5", image.name].values["psnr"] == pytest.approx(image.bicubic_psnr, abs=1e-9)


def test_what_was_measured_is_not_measured_again(
    workshop: Workshop, network: ReportMethod, sets: tuple[PictureSet, ...], opened: list[str]
) -> None:
    first = measure_all(workshop, [network], sets, silent)
    assert len(opened) == 5
    assert measure_all(workshop, [network], sets, silent) == first
    assert len(opened) == 5


@pytest.mark.parametrize(
    "content",
    ['{"a": 1}', '{"values": 5, "seconds": 1.0, "failure": null}', '{"values": {"psnr": "x"}, "seconds": 1.0}'],
)
def test_a_kept_result_that_somebody_has_edited_is_measured_again(
    workshop: Workshop, network: ReportMethod, sets: tuple[PictureSet, ...], opened: list[str], content: str
) -> None:
    first = measure_all(workshop, [network], sets, silent)
    for path in list(workshop.cache.folder.glob("*.json"))[:2]:
        path.write_text(content)
    opened.clear()
    again = measure_all(workshop, [network], sets, silent)
    assert len(opened) == 2
    assert {key: cell.values for key, cell in again.items()} == {key: cell.values for key, cell in first.items()}


def test_an_interrupted_run_goes_on_where_it_was(
    workshop: Workshop, network: ReportMethod, sets: tuple[PictureSet, ...], opened: list[str]
) -> None:
    def interrupt(done: int, total: int) -> None:
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        measure_all(workshop, [network], sets, interrupt)
    assert len(opened) == 2
    measure_all(workshop, [network], sets, silent)
    assert len(opened) == 5


@pytest.mark.parametrize("change", ["weights", "scale", "threads", "picture", "metrics", "engine"])
def test_what_has_changed_is_measured_anew(
    change: str,
    workshop: Workshop,
    network: ReportMethod,
    sets: tuple[PictureSet, ...],
    opened: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    measure_all(workshop, [network], sets, silent)
    if change == "weights":
        network = replace(network, model=gentle_model(seed=1))
    if change == "scale":
        network = replace(network, scale=3, model=gentle_model(scale=3))
    if change == "threads":
        workshop = replace(workshop, threads=2)
    if change == "picture":
        draw(sets[0].pictures["bird"], seed=99)
    if change == "metrics":
        monkeypatch.setattr(module, "METRICS", module.METRICS[:1])
    if change == "engine":
        monkeypatch.setattr(metadata, "version", lambda name: "99.0")
    measure_all(workshop, [network], sets, silent)
    assert len(opened) == 5 + (1 if change == "picture" else 5)


def test_a_file_that_is_no_picture_is_a_failure_of_that_picture_alone(
    workshop: Workshop, sets: tuple[PictureSet, ...]
) -> None:
    sets[0].pictures["bird"].write_bytes(b"no picture")
    cells = measure_all(workshop, choose_methods([2], ["bicubic"]), sets, silent)
    failures = {picture: cell.failure for (*_, picture), cell in cells.items() if cell.failure}
    assert list(failures) == ["bird"]
    assert "expected a picture of a known format" in (failures["bird"] or "")


def test_a_failure_is_tried_again(workshop: Workshop, sets: tuple[PictureSet, ...]) -> None:
    whole = sets[0].pictures["bird"].read_bytes()
    methods = choose_methods([2], ["bicubic"])
    sets[0].pictures["bird"].write_bytes(b"no picture")
    measure_all(workshop, methods, sets, silent)
    sets[0].pictures["bird"].write_bytes(whole)
    assert not any(cell.failure for cell in measure_all(workshop, methods, sets, silent).values())


def test_what_an_engine_failed_in_is_tried_again(
    workshop: Workshop, sets: tuple[PictureSet, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    methods = choose_methods([2], ["bicubic"])
    with monkeypatch.context() as broken:
        broken.setattr(module, "_measure", lambda *_: Cell(values={}, seconds=0.0, failure="no memory"))
        assert all(cell.failure for cell in measure_all(workshop, methods, sets, silent).values())
    assert not any(cell.failure for cell in measure_all(workshop, methods, sets, silent).values())


def test_a_network_that_overflows_is_a_failure_on_every_picture(
    workshop: Workshop, sets: tuple[PictureSet, ...]
) -> None:
    model = gentle_model()
    for name in ("conv1.weight", "conv2.weight", "conv3.weight"):
        model.weights[name][:] = np.float32(1e30)
    method = ReportMethod(name="wild", scale=2, kind="user", published_as="wild", model=model)
    cells = measure_all(workshop, [method], sets, silent)
    assert all("NaN or infinity" in (cell.failure or "") for cell in cells.values())


def test_bicubic_opens_nothing(workshop: Workshop) -> None:
    (bicubic,) = choose_methods([2], ["bicubic"])
    open_method: Callable[[ReportMethod], object] = workshop.open
    assert open_method(bicubic) is None
