"""Look for files that break the picture reader: bytes are changed wherever that reaches new code.

    pip install atheris
    python fuzz/read_picture.py FOLDER -max_total_time=600

FOLDER keeps the files that reached something new, so that the next run goes on from there; an empty one
is filled with whole files of every format. Further arguments are libFuzzer's. A file that breaks the
reader is written as crash-... and named; so are slow ones and those that need more than 1 GiB.
Guided is only what is written in Python; the libraries' own code is run but not followed.
"""

import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.append(str(ROOT / "tests" / "pictures"))

try:
    import atheris
except ImportError:
    sys.exit("expected atheris to be installed, got none; run: pip install atheris")

with atheris.instrument_imports(include=["srcnn", "PIL"]):
    import corruption

SECONDS, MEGABYTES = 10, 1024


def main() -> None:
    """Fuzz until a file breaks the reader or the time is over."""
    arguments = sys.argv[1:]
    if not arguments or arguments[0].startswith("-"):
        sys.exit(f"expected a folder for the files, got {arguments[:1] or 'nothing'}; run: {sys.argv[0]} FOLDER")
    seeds = Path(arguments[0])
    seeds.mkdir(parents=True, exist_ok=True)
    if not any(seeds.iterdir()):
        corruption.make_sources(seeds)
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "fuzzed.tga"  # TGA is known by its suffix alone, all else by content

        def check(content: bytes) -> None:
            path.write_bytes(content)
            corruption.check(path)

        limits = [f"-timeout={SECONDS}", f"-rss_limit_mb={MEGABYTES}", "-max_len=65536"]
        atheris.Setup([sys.argv[0], *limits, *arguments], check)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
