import sys
import types
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from disc_pictures import draw

from srcnn.errors import InvalidConfigError
from srcnn.imaging import imresize, rgb_to_luma_bt601
from srcnn.pictures.read import read_array
from srcnn.reproduce.cache import Cache
from srcnn.reproduce.fits import Fits, training_lumas
from srcnn.reproduce.methods import choose_methods
from srcnn.reproduce.run import Workshop, measure_all, missing_fits
from srcnn.reproduce.sets import find_sets
from srcnn.rivals import RIVALS


class Brighter:
    """A rival that is bicubic and what its file holds."""

    def __init__(self, change: float) -> None:
        self.change = change

    def luma(self, lr: np.ndarray) -> np.ndarray:
        return imresize(lr, 2) + np.float32(self.change)


@pytest.fixture
def fitted(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int, list[np.ndarray]]]:
    """The real interface with a method that learns in no time; what was fitted, with the pictures."""
    calls: list[tuple[str, int, list[np.ndarray]]] = []

    def fit_rival(
        name: str, scale: int, lumas: list, *, seed: int = 0, progress: Callable[[int, int], None]
    ) -> Brighter:
        calls.append((name, scale, lumas))
        progress(1, 1)
        return Brighter(0.01)

    def save_rival(path: Path, rival: Brighter) -> None:
        path.write_text(str(rival.change))

    def read_rival(path: Path) -> Brighter:
        return Brighter(float(path.read_text()))

    fit, files = types.ModuleType("srcnn.rivals.fit"), types.ModuleType("srcnn.rivals.files")
    vars(fit).update(fit_rival=fit_rival)
    vars(files).update(save_rival=save_rival, read_rival=read_rival)
    monkeypatch.setitem(sys.modules, "srcnn.rivals.fit", fit)
    monkeypatch.setitem(sys.modules, "srcnn.rivals.files", files)
    return calls


@pytest.fixture
def t91(tmp_path: Path) -> Path:
    for seed in range(2):
        draw(tmp_path / "T91" / f"t{seed}.png", seed, size=(21, 20))
    return tmp_path / "T91"


def test_training_lumas_are_limited_range_bt601_in_8_bits_and_cropped(t91: Path) -> None:
    lumas = training_lumas(sorted(t91.iterdir()), 3)
    assert [(luma.shape, luma.dtype) for luma in lumas] == [((18, 21), np.uint8)] * 2
    assert (lumas[0] == rgb_to_luma_bt601(read_array(t91 / "t0.png"))[:18]).all()


def test_a_rival_is_fitted_once_and_then_measured(fitted: list, t91: Path, data: Path, tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache")
    workshop = Workshop(cache=cache, fits=Fits(cache, t91), threads=1)
    methods = choose_methods([2], ["bicubic", RIVALS[0]])
    (rival,) = missing_fits(workshop, methods)
    workshop.fits.fit(rival, lambda done, total: None)
    assert [(name, scale, len(lumas)) for name, scale, lumas in fitted] == [(RIVALS[0], 2, 2)]
    assert missing_fits(workshop, methods) == ()
    cells = measure_all(workshop, methods, find_sets(data, ["Set5"])[0], lambda done, total: None)
    assert cells[RIVALS[0], 2, "Set5", "baby"].values["psnr"] != cells["bicubic", 2, "Set5", "baby"].values["psnr"]


def test_other_training_pictures_and_scales_make_another_fit(t91: Path, tmp_path: Path) -> None:
    (rival,) = choose_methods([2], [RIVALS[0]])
    paths = {Fits(Cache(tmp_path), t91).path(rival), Fits(Cache(tmp_path), t91).path(replace(rival, scale=3))}
    draw(t91 / "t1.png", seed=9)
    paths.add(Fits(Cache(tmp_path), t91).path(rival))
    paths.add(Fits(Cache(tmp_path), t91).path(replace(rival, name="other")))
    assert len(paths) == 4


def test_without_training_pictures_nothing_is_fitted(fitted: list, tmp_path: Path) -> None:
    (rival,) = choose_methods([2], [RIVALS[0]])
    with pytest.raises(InvalidConfigError, match=f"expected T91 to fit {RIVALS[0]}, got no pictures"):
        Fits(Cache(tmp_path), None).fit(rival, lambda done, total: None)
