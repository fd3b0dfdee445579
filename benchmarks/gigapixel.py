"""A result of 0.9 gigapixel: how long it takes from file to file, and the most memory that is resident.

python benchmarks/gigapixel.py
python benchmarks/gigapixel.py --height 1200 --model srcnn-955

The second is a short run: with PNG, TIFF and JPEG the memory depends on the width alone.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

# Nothing large is imported here: what this process holds would count as the most that its children held.
from srcnn.machine import describe_machine

MAKE_PICTURE = """
import sys
import pyvips
source, width, height, target = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
flowers = pyvips.Image.new_from_file(source)
tiles = flowers.replicate(width // flowers.width + 1, height // flowers.height + 1)
tiles.crop(0, 0, width, height).write_to_file(target, compression=1, filter="sub")
"""


def run(*command: str) -> tuple[float, float]:
    """Run a program to its end; seconds, and the MiB that were resident at most."""
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"expected {' '.join(command[:4])} ... to end well, got exit code {process.returncode}")
    unit = 1 if sys.platform == "darwin" else 1024
    return time.perf_counter() - started, usage.ru_maxrss * unit / 2**20


def arguments() -> argparse.Namespace:
    """The options."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--width", type=int, default=30_000, help="of the result, in pixels")
    parser.add_argument("--height", type=int, default=30_000, help="of the result, in pixels")
    parser.add_argument("-s", "--scale", type=int, default=3)
    parser.add_argument("-m", "--model", default="srcnn-915")
    parser.add_argument("--engine", default="auto")
    parser.add_argument("--format", default="png", help="png, tif or jpg (at most 65,535 pixels a side)")
    parser.add_argument("--threads", type=int, default=0, help="0 takes all cores")
    return parser.parse_args()


def main() -> None:
    """Make a picture, enlarge it in a process of its own, and print what that took."""
    options = arguments()
    flowers = Path(__file__).parents[1] / "examples" / "flowers.png"
    with tempfile.TemporaryDirectory(prefix="srcnn-gigapixel-") as folder:
        source, target = Path(folder) / "small.png", Path(folder) / f"large.{options.format}"
        sides = [str(side // options.scale) for side in (options.width, options.height)]
        run(sys.executable, "-c", MAKE_PICTURE, str(flowers), *sides, str(source))
        names = ("--model", options.model, "--scale", str(options.scale), "--threads", str(options.threads))
        upscale = ("-m", "srcnn", "upscale", str(source), "-o", str(target), *names, "--engine", options.engine)
        seconds, peak_mib = run(sys.executable, *upscale)
        bytes_written = target.stat().st_size
    row = {
        "case": f"{options.width}x{options.height} {options.format} {options.model}_x{options.scale}",
        "implementation": "ours",
        "seconds": seconds,
        "ratio": 1.0,
        "peak_mib": peak_mib,
        "megapixels_per_second": options.width * options.height / 1e6 / seconds,
        "bytes_written": bytes_written,
    }
    if options.json:
        print(json.dumps({"machine": describe_machine(), "rows": [row]}))
    else:
        print(f"{row['case']}: {seconds:.1f} s, {row['megapixels_per_second']:.2f} Mpx/s, {peak_mib:.0f} MiB resident")


if __name__ == "__main__":
    main()
