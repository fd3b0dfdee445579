import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tiny_models import random_model

from srcnn.spec import srcnn
from srcnn.training.plots import plot_curves, plot_filters
from srcnn.zoo.model_file import Model


def line(step: int, psnr: float | None) -> str:
    return json.dumps({"step": step, "loss": 0.1 / step, "validation_psnr": psnr, "bicubic_psnr": psnr and 27.0}) + "\n"


@pytest.mark.parametrize("psnr", [28.5, None])
def test_curves_are_drawn_with_and_without_validation(tmp_path: Path, psnr: float | None) -> None:
    (tmp_path / "log.jsonl").write_text(line(10, psnr) + line(20, psnr))
    plot_curves(tmp_path / "log.jsonl", tmp_path / "curves.png")
    with Image.open(tmp_path / "curves.png") as picture:
        assert len(np.unique(np.asarray(picture))) > 10


def test_curves_are_drawn_where_bicubic_is_exact(tmp_path: Path) -> None:
    exact = json.dumps({"step": 10, "loss": 0.1, "validation_psnr": 46.8, "bicubic_psnr": None}) + "\n"
    (tmp_path / "log.jsonl").write_text(exact)
    plot_curves(tmp_path / "log.jsonl", tmp_path / "curves.png")
    assert (tmp_path / "curves.png").exists()


def test_the_axis_of_a_network_of_chroma_says_so(tmp_path: Path) -> None:
    (tmp_path / "log.jsonl").write_text(line(10, 28.5))
    drawn: list[bytes] = []
    for colour in ("luma", "rgb", "chroma"):
        plot_curves(tmp_path / "log.jsonl", tmp_path / "curves.png", colour)
        with Image.open(tmp_path / "curves.png") as picture:
            drawn.append(picture.tobytes())
    assert drawn[0] == drawn[1] != drawn[2]


def test_a_network_to_start_from_is_drawn_without_loss(tmp_path: Path) -> None:
    start = json.dumps({"step": 0, "loss": None, "validation_psnr": 30.5, "bicubic_psnr": 27.0}) + "\n"
    pictures = []
    for content in (line(10, 28.5), start + line(10, 28.5)):
        (tmp_path / "log.jsonl").write_text(content)
        plot_curves(tmp_path / "log.jsonl", tmp_path / "curves.png")
        with Image.open(tmp_path / "curves.png") as picture:
            pictures.append(np.asarray(picture))
    assert (pictures[0] != pictures[1]).any()


def test_a_link_is_replaced_and_what_it_points_to_stays(tmp_path: Path) -> None:
    (tmp_path / "log.jsonl").write_text(line(10, 28.5))
    (tmp_path / "mine.png").write_bytes(b"mine")
    for name in ("curves.png", "filters.png"):
        (tmp_path / name).symlink_to("mine.png")
    plot_curves(tmp_path / "log.jsonl", tmp_path / "curves.png")
    plot_filters(random_model(), tmp_path / "filters.png")
    assert (tmp_path / "mine.png").read_bytes() == b"mine"
    assert not (tmp_path / "curves.png").is_symlink()
    assert not (tmp_path / "filters.png").is_symlink()


def test_filters_are_drawn_large_and_those_of_colour_side_by_side(tmp_path: Path) -> None:
    spec = srcnn(name="rgb", scale=2, kernel_sizes=(3, 3), widths=(2,), colour="rgb")
    weights = {name: np.zeros(shape, np.float32) for name, shape in spec.tensor_shapes().items()}
    weights["conv1.weight"][:, 2, :, :] = 1
    plot_filters(Model(spec, weights), tmp_path / "filters.png")
    with Image.open(tmp_path / "filters.png") as picture:
        pixels = np.asarray(picture)
    kernel = [0] * 6 + [255] * 3
    row = np.array([*kernel, 255, *kernel], np.uint8)  # between the kernels it is white
    np.testing.assert_array_equal(pixels, np.tile(row, (3, 1)).repeat(800 // 19, 0).repeat(800 // 19, 1))


@pytest.mark.parametrize("content", [None, ""])
def test_a_log_that_is_lost_leaves_nothing_to_draw(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "log.jsonl").write_text(content)
    assert not plot_curves(tmp_path / "log.jsonl", tmp_path / "curves.png")
    assert not (tmp_path / "curves.png").exists()
