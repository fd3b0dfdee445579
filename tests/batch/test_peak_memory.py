"""The formula of docs/upscaling.md: beside a strip, memory holds the input, and of the result nothing that streams."""

import subprocess
import sys
from pathlib import Path

import pytest
import pyvips
from tiny_models import gentle_model

from srcnn.zoo.model_file import save_model

PROGRAM = """
import sys
from srcnn.cli import main
code = main(sys.argv[1:])
status = open("/proc/self/status").read()
sys.stderr.write(status.split("VmHWM:")[1].split()[0])
sys.exit(code)
"""
WIDTH = 2000
MIB = 2**20


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("model") / "tiny.safetensors"
    save_model(path, gentle_model(scale=3))
    return path


def peak(*arguments: object) -> float:
    """Bytes that were resident at most in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, "upscale", *map(str, arguments)], capture_output=True, text=True, check=True
    )
    return 1024 * int(done.stderr.splitlines()[-1])


def noise(path: Path, width: int, height: int) -> Path:
    """A file of RGB, made row by row."""
    grey = pyvips.Image.gaussnoise(width, height, mean=128, sigma=30).cast("uchar")
    grey.bandjoin([128, 77]).copy(interpretation="srgb").pngsave(str(path), compression=1)
    return path


pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not Path("/proc/self/status").is_file(), reason="only Linux tells the most that was resident"),
]


@pytest.mark.parametrize(
    ("scale", "suffix"), [(3, "png"), (3, "tif"), (3, "jpg"), (3, "ppm"), (2.5, "png"), (0.5, "png")]
)
def test_a_taller_picture_takes_no_more_memory_but_for_the_input(
    tmp_path: Path, model: Path, scale: float, suffix: str
) -> None:
    # Between scales the input is held in floating point too, and by chance a strip of 32 MiB more or less is there.
    heights, sample_bytes, room = ((1500, 5000), 5, 57 * MIB) if scale == 2.5 else ((1000, 2500), 1, 25 * MIB)
    low, high = (
        peak(
            noise(tmp_path / f"{height}.png", WIDTH, height),
            *("-m", model, "--width", round(scale * WIDTH), "-o", tmp_path / f"b.{suffix}"),
        )
        for height in heights
    )
    # The result, if it were held, would be another 81 MB in 8 bit at x3, and 131 MB between scales.
    assert high - low < 3 * WIDTH * (heights[1] - heights[0]) * sample_bytes + room


def test_a_large_input_lies_in_a_file(tmp_path: Path) -> None:
    small = peak(noise(tmp_path / "small.png", 7000, 700), "-s", 1, "-o", tmp_path / "b.png")
    large = peak(noise(tmp_path / "large.png", 7000, 7000), "-s", 1, "-o", tmp_path / "b.png")
    # It grows from 15 to 147 MB.
    assert large - small < 25 * MIB
