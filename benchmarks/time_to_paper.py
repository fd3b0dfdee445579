"""Train 9-1-5 x3 on T91 from nothing, and report when Set5 passes the authors' 32.39 dB.

python benchmarks/time_to_paper.py DATA [--steps 3000] [--threads 2]

DATA is a folder with train/T91 and test/Set5. Set5 decides nothing: the schedule is fixed by the number
of steps, and the clock stops while Set5 is measured.
"""

import argparse
import json
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path

import torch
from timing import Row

from srcnn.evaluation.evaluate import evaluate
from srcnn.evaluation.protocol import AUTHORS
from srcnn.machine import describe_machine
from srcnn.training.config_file import config_from_dict
from srcnn.training.data import load_data
from srcnn.training.loop import train
from srcnn.upscaler import load
from srcnn.zoo.model_file import MODEL_FILE

PAPER_PSNR = 32.39  # Set5 at x3, 9-1-5 trained on T91: the authors' weights, measured


def main() -> None:
    """Train, measure, print a line for every measurement and the answer."""
    parser = argparse.ArgumentParser(description="time to the paper's PSNR")
    parser.add_argument("data", type=Path)
    parser.add_argument("--steps", type=int, default=3000)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    started = time.perf_counter()
    config = config_from_dict(
        {
            "model": "time-to-paper",
            "scale": 3,
            "steps": options.steps,
            "learning_rate": 1e-2,
            "fp32_share": 0.0,
            "augment_scales": [1.0, 0.9, 0.8, 0.7, 0.6],
            "validation_pictures": 1,
            "validate_every": options.steps,
            "checkpoint_every": max(1, options.steps // 12),
        },
        "time_to_paper.py",
    )
    data = load_data(config, [options.data / "train" / "T91"], lambda done, total: None)
    measured: list[tuple[float, float]] = []
    paused = 0.0
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder)

        def measure() -> None:
            nonlocal paused
            before = time.perf_counter()
            upscaler = load(run / MODEL_FILE, threads=options.threads)
            psnr = evaluate(upscaler.luma, options.data / "test" / "Set5", 3, AUTHORS).mean.psnr
            measured.append((before - started - paused, psnr))
            paused += time.perf_counter() - before
            if not options.json:
                sys.stdout.write(f"{measured[-1][0]:7.1f} s  Set5 {psnr:.3f} dB\n")
                sys.stdout.flush()

        def progress(step: int) -> None:
            if step > 1 and (step - 1) % config.checkpoint_every == 0:
                measure()

        train(config, data, run, progress=progress)
        measure()
    reached = next((seconds for seconds, psnr in measured if psnr >= PAPER_PSNR), None)
    if options.json:
        rows = [Row("9-1-5 x3 on T91 to 32.39 dB", "ours", reached, 1.0)] if reached else []
        report = {"machine": describe_machine(), "rows": [asdict(row) for row in rows], "curve": measured}
        sys.stdout.write(json.dumps(report) + "\n")
    else:
        answer = f"after {reached:.0f} s" if reached else "not reached; try more --steps"
        sys.stdout.write(f"{PAPER_PSNR} dB: {answer}, data included, {options.threads} threads\n")


if __name__ == "__main__":
    main()
