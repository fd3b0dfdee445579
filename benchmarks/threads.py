"""Two threads against one, 1920x1080 from small luma to enlarged luma.

python benchmarks/threads.py [--threads 2]

The reference of each case is one thread. The last case is the machine's own limit: a thousand million
multiply-accumulates on data that never leaves the nearest cache.
"""

import numpy as np
from timing import Row, arguments, measure, show

from srcnn import load
from srcnn.bench.peak import peak_probe
from srcnn.zoo.cards import shipped_cards

SCALE = 3


def main() -> None:
    """Print the table."""
    options = arguments("two threads against one", threads=2)
    luma = np.random.default_rng(0).random((1080 // SCALE, 1920 // SCALE), np.float32)
    rows = []
    # One of each architecture: the same arithmetic takes the same time.
    names = {card.architecture: card.name for card in reversed(shipped_cards()) if card.scale == SCALE}
    for name in names.values():
        implementations = {}
        for threads in (1, options.threads):
            upscaler = load(name, SCALE, threads=threads)
            implementations[f"ours, {threads} threads"] = lambda upscaler=upscaler: upscaler.luma(luma)
        rows += measure(f"{name} x{SCALE}", implementations, options.rounds)
    one, many = (max(peak_probe(threads)() for _ in range(20)) for threads in (1, options.threads))
    rows += [
        Row("the machine: 1 GMAC", "1 threads", 1e9 / one, 1.0),
        Row("the machine: 1 GMAC", f"{options.threads} threads", 1e9 / many, many / one),
    ]
    show(rows, as_json=options.json)


if __name__ == "__main__":
    main()
