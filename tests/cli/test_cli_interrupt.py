"""An interrupt while an engine computes: 130, and nothing is left of what was begun."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tiny_models import random_model

from srcnn.zoo.model_file import save_model

PROGRAM = """
import os, signal, sys, threading
from srcnn import upscaler
strips = upscaler.Upscaler.strips_to_join
def interrupted(self, image):
    for number, strip in enumerate(strips(self, image)):
        if number == 1:
            for press in range(int(os.environ["PRESSES"])):
                threading.Timer(0.02 + 0.02 * press, os.kill, (os.getpid(), signal.SIGINT)).start()
        yield strip
upscaler.Upscaler.strips_to_join = interrupted
from srcnn.cli import main
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.parametrize("engine", ["onnxruntime", "openvino"])
@pytest.mark.parametrize(("kernel_sizes", "presses"), [((9, 1, 5), 1), ((9, 5, 5), 1), ((9, 5, 5), 3)])
def test_an_interrupt_amid_the_strips_is_130_and_leaves_nothing(
    tmp_path: Path, engine: str, kernel_sizes: tuple[int, ...], presses: int
) -> None:
    model, picture, output = tmp_path / "model.safetensors", tmp_path / "a.ppm", tmp_path / "out.png"
    save_model(model, random_model(kernel_sizes, (64, 32), scale=3))
    picture.write_bytes(b"P6 700 2000 255\n" + bytes(3 * 700 * 2000))
    arguments = ["upscale", str(picture), "-m", str(model), "-o", str(output), "--engine", engine, "--threads", "1"]
    environment = {**os.environ, "PRESSES": str(presses)}
    command = [sys.executable, "-c", PROGRAM, *arguments]
    result = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert result.returncode == 128 + signal.SIGINT
    assert result.stderr.endswith("interrupted\n")
    assert "Traceback" not in result.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.ppm", "model.safetensors"]
