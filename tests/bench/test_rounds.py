from srcnn.bench.rounds import median_seconds


def test_functions_take_turns_and_the_first_two_calls_are_not_timed(monkeypatch) -> None:
    calls: list[str] = []
    clock = 0.0

    def takes(name: str, seconds: list[float]):
        durations = iter(seconds)

        def call() -> None:
            nonlocal clock
            calls.append(name)
            clock += next(durations)

        return call

    monkeypatch.setattr("time.perf_counter", lambda: clock)
    functions = {"a": takes("a", [9, 9, 1, 5, 2]), "b": takes("b", [8, 8, 3, 3, 7])}
    reports: list[int] = []
    result = median_seconds(functions, 3, lambda: reports.append(len(calls)))
    assert calls == ["a", "b"] * 5
    assert result == {"a": 2, "b": 3}
    assert reports == [2, 4, 6, 8, 10]
