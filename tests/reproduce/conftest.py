"""A small data folder, and cells that need no computing."""

from collections.abc import Callable
from pathlib import Path

import pytest
from disc_pictures import draw

from srcnn.evaluation.metrics.paper import METRICS
from srcnn.reproduce.cache import Cache
from srcnn.reproduce.fits import Fits
from srcnn.reproduce.measure import Cell
from srcnn.reproduce.run import Workshop

SET5 = ("baby", "bird", "butterfly", "head", "woman")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """test/Set5 with its names, and nothing else."""
    for seed, name in enumerate(SET5):
        draw(tmp_path / "data" / "test" / "Set5" / f"{name}.png", seed)
    return tmp_path / "data"


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    cache = Cache(tmp_path / "cache")
    return Workshop(cache=cache, fits=Fits(cache, None), threads=1)


@pytest.fixture
def cell() -> Callable[..., Cell]:
    """A cell with a PSNR, and 0.5 for every other metric."""

    def make(psnr: float = 30.0, seconds: float = 0.1, failure: str | None = None) -> Cell:
        values: dict[str, float | None] = {metric.name: 0.5 for metric in METRICS} | {"psnr": psnr}
        return Cell(values={} if failure else values, seconds=seconds, failure=failure)

    return make
