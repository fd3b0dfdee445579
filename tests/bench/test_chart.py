import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from srcnn.bench.chart import Point, check_chart, draw_chart
from srcnn.errors import MissingExtraError, OutputError

POINTS = [
    Point("srcnn-915", "plain", 0.6, 32.5),
    Point("srcnn-915", "ours", 0.2, 32.5),
    Point("swift", "ours", 0.1, 33),
]


def ink(target: Path, colour: str) -> np.ndarray:
    """The columns in which one of matplotlib's default colours stands."""
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    with Image.open(target) as picture:
        pixels = np.asarray(picture.convert("RGB")).astype(int)
    return np.nonzero((pixels == (red, green, blue)).all(2).any(0))[0]


def test_each_group_has_a_colour_and_the_faster_stands_to_the_right(tmp_path: Path) -> None:
    target = tmp_path / "chart.png"
    draw_chart(POINTS[:2], target, title="Set5")
    plain, ours = ink(target, "#1f77b4"), ink(target, "#ff7f0e")
    assert plain.size
    assert ours.size
    assert ours.min() > plain.min() + 100  # the legend, too, has both colours, in one place


def test_one_point_is_enough(tmp_path: Path) -> None:
    draw_chart(POINTS[2:], tmp_path / "chart.png", title="one")
    with Image.open(tmp_path / "chart.png") as picture:
        assert picture.width > 500


def test_without_matplotlib_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(MissingExtraError, match=r"\.\[paper\]"):
        draw_chart(POINTS, tmp_path / "chart.png", title="none")
    assert not list(tmp_path.iterdir())


def test_what_cannot_be_drawn_is_refused_beforehand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    check_chart(tmp_path / "chart.png")
    with pytest.raises(OutputError, match=r"expected a chart that ends in \.png, got .*chart\.jpg"):
        check_chart(tmp_path / "chart.jpg")
    for target in (tmp_path, tmp_path / "nowhere" / "chart.png"):
        with pytest.raises(OutputError, match=f"expected to draw {target}, got "):
            check_chart(target)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(MissingExtraError, match=r"\.\[paper\]"):
        check_chart(tmp_path / "chart.png")
    assert not list(tmp_path.iterdir())


def test_a_chart_that_cannot_be_written_leaves_the_old_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def savefig(figure: object, target: Path, **_: object) -> None:
        Path(target).write_bytes(b"half")
        raise OSError(28, "No space left on device")

    (tmp_path / "chart.png").write_bytes(b"old")
    monkeypatch.setattr("matplotlib.figure.Figure.savefig", savefig)
    with pytest.raises(OutputError, match="No space left on device"):
        draw_chart(POINTS, tmp_path / "chart.png", title="full")
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("chart.png", b"old")]
