import time

from srcnn.bench.peak import peak_probe


def test_the_peak_counts_what_was_multiplied_in_the_best_of_its_runs(monkeypatch) -> None:
    probe = peak_probe(1)
    products = 16 * 64 * 15**2 * 12 * 48
    # A clock on which each run takes a second, and the last half a second.
    instants = iter([t for start in range(20) for t in (start, start + (1 if start < 19 else 0.5))])
    monkeypatch.setattr(time, "perf_counter", lambda: next(instants))
    assert probe() == products / 0.5


def test_more_threads_get_more_to_do(monkeypatch) -> None:
    probe = peak_probe(2)
    instants = iter(range(40))
    monkeypatch.setattr(time, "perf_counter", lambda: next(instants))
    assert probe() == 2 * 16 * 64 * 15**2 * 12 * 48
