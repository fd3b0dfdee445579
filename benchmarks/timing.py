"""How every benchmark here measures: implementations in turn, in one process, medians, ratios."""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

from srcnn.machine import describe_machine


@dataclass(frozen=True, slots=True)
class Row:
    """One measured case.

    Attributes:
        case: what is computed.
        implementation: by whom; the first of a case is what the ratios refer to.
        seconds: median of the rounds.
        ratio: how many times faster than the case's first implementation.
    """

    case: str
    implementation: str
    seconds: float
    ratio: float


def measure(case: str, implementations: dict[str, Callable[[], object]], rounds: int) -> list[Row]:
    """Time implementations in turn, A B C A B C ..., so that a drifting machine is fair to all.

    Args:
        case: what is computed.
        implementations: name to function; the first is the reference of the ratios.
        rounds: how often each is timed, after two calls that are not.

    Returns:
        A row each, in order.
    """
    from srcnn.bench.rounds import median_seconds  # here, because some programs must stay small

    medians = median_seconds(implementations, rounds)
    reference = next(iter(medians.values()))
    return [Row(case, name, seconds, reference / seconds) for name, seconds in medians.items()]


def arguments(description: str, *, threads: int, model: str | None = None) -> argparse.Namespace:
    """The options every benchmark has: --json, --threads, --rounds; and --model, of those with one for any model."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--threads", type=int, default=threads)
    parser.add_argument("--rounds", type=int, default=9)
    if model:
        parser.add_argument("--model", default=model, help="a shipped one")
    return parser.parse_args()


def show(rows: Sequence[Row], *, as_json: bool) -> None:
    """Print the rows as a table or as JSON."""
    if as_json:
        sys.stdout.write(json.dumps({"machine": describe_machine(), "rows": [asdict(row) for row in rows]}) + "\n")
        return
    for row in rows:
        sys.stdout.write(f"{row.case:<28} {row.implementation:<34} {row.seconds * 1e3:9.2f} ms {row.ratio:6.2f}x\n")
