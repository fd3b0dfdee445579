import importlib.util
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from srcnn.errors import InvalidConfigError, InvalidImageError, MissingExtraError
from srcnn.evaluation.evaluate import evaluate
from srcnn.evaluation.protocol import AUTHORS
from srcnn.rivals import RIVALS
from srcnn.rivals.fit import fit_rival
from srcnn.rivals.rival import Rival

Lumas = list[NDArray[np.uint8]]


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything a rival learns in a second, from few patches."""
    from srcnn.rivals import a_plus, dictionary, kernel_ridge, sparse_coding

    def with_defaults(function: Callable[..., object], values: dict[str, int]) -> Callable[..., object]:
        return lambda *arguments, **keywords: function(*arguments, **{**values, **keywords})

    for module, name, values in (
        (dictionary, "learn_dictionary", {"atoms": 90}),
        (sparse_coding, "fit_sparse_coding", {"atoms": 60, "samples": 1500}),
        (kernel_ridge, "fit_kernel_regression", {"centres": 50, "samples": 3000}),
        (a_plus, "fit_a_plus", {"samples": 4000, "neighbours": 60, "sizes": 2}),
    ):
        monkeypatch.setattr(module, name, with_defaults(getattr(module, name), values))


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize("scale", [2, 3, 4])
@pytest.mark.parametrize("name", RIVALS)
def test_every_rival_learns_every_scale_and_tells_progress(
    name: str, scale: int, lumas: Lumas, gain_over_bicubic: Callable[[Rival], float]
) -> None:
    calls: list[tuple[int, int]] = []
    rival = fit_rival(name, scale, lumas, progress=lambda done, total: calls.append((done, total)))
    assert (rival.name, rival.scale) == (name, scale)
    lr = np.random.default_rng(0).random((8, 13), np.float32)
    large = rival.luma(lr)
    assert large.shape == (8 * scale, 13 * scale)
    assert large.dtype == np.float32
    assert gain_over_bicubic(rival) > 0
    assert calls
    assert calls[-1][0] == calls[-1][1]
    assert [done for done, _ in calls] == sorted(done for done, _ in calls)


def test_what_cannot_be_fitted_is_refused(lumas: Lumas) -> None:
    with pytest.raises(InvalidConfigError, match=r"expected one of the rivals sc, ne-lle, kk, anr, a\+, got 'knn'"):
        fit_rival("knn", 3, lumas)
    with pytest.raises(InvalidConfigError, match="expected a scale of 2, 3 or 4 for anr, got 5"):
        fit_rival("anr", 5, lumas)
    with pytest.raises(InvalidImageError, match="expected luma planes"):
        fit_rival("anr", 3, [np.zeros((40, 40, 3), np.uint8)])
    with pytest.raises(InvalidImageError, match=r"got \(40, 40\) float32"):
        fit_rival("anr", 3, [np.zeros((40, 40), np.float32)])  # type: ignore[list-item] (the point of the test)


@pytest.mark.parametrize("name", RIVALS)
def test_no_pictures_are_too_few(name: str) -> None:
    with pytest.raises(InvalidConfigError, match="got 0"):
        fit_rival(name, 3, [])


def test_without_scikit_learn_the_extra_is_named(lumas: Lumas, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("srcnn.rivals.fit.find_spec", lambda name: None)
    assert importlib.util.find_spec("sklearn") is not None
    with pytest.raises(MissingExtraError, match=r"pip install '\.\[paper\]'"):
        fit_rival("anr", 3, lumas)


PUBLISHED_SET5_X3 = {"sc": 31.42, "ne-lle": 31.84, "kk": 32.28, "anr": 31.92, "a+": 32.59}
"""Mean PSNR in dB, table 2 of the SRCNN paper's journal version."""


@pytest.mark.slow
@pytest.mark.parametrize("name", RIVALS)
def test_a_rival_is_within_015_db_of_its_published_mean(name: str, t91_lumas: Lumas, shared_data: Path) -> None:
    rival = fit_rival(name, 3, t91_lumas)
    measured = evaluate(rival.luma, shared_data / "test" / "Set5", 3, AUTHORS).mean.psnr
    assert measured == pytest.approx(PUBLISHED_SET5_X3[name], abs=0.15)
