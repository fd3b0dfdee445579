from collections.abc import Callable
from pathlib import Path

from srcnn.reproduce.measure import Cell
from srcnn.reproduce.methods import ReportMethod
from srcnn.reproduce.sets import PictureSet
from srcnn.reproduce.summary import summarise, suspicious_sets
from srcnn.reproduce.tables import Table, build_tables


def tables(
    make: Callable[..., Cell], means: dict[tuple[str, int], float], published_as: str | None = "Set5"
) -> tuple[Table, ...]:
    """Tables of one picture, so that its PSNR is the mean."""
    methods = [ReportMethod(name=name, scale=scale, kind="shipped", published_as=name) for name, scale in means]
    cells = {(name, scale, "Set5", "a"): make(value) for (name, scale), value in means.items()}
    return build_tables(
        cells, methods, [PictureSet(name="Set5", pictures={"a": Path("a")}, published_as=published_as)], [2, 3]
    )


def test_the_sentences_count_and_name_the_lowest_and_the_best(cell: Callable[..., Cell]) -> None:
    # printed: 33.66, 30.39, 36.66, 32.75
    means = {("bicubic", 2): 33.66, ("bicubic", 3): 30.40, ("srcnn-955", 2): 36.5, ("srcnn-955", 3): 32.8}
    summary = summarise(tables(cell, means))
    assert summary.sentences == (
        "Mean PSNRs beside a printed value: 4. Agreeing: 2, above: 1, below: 1. "
        "The lowest is srcnn-955 on Set5 \N{MULTIPLICATION SIGN}2, by 0.16 dB.",
        "On Set5 \N{MULTIPLICATION SIGN}3 the best is srcnn-955 with 32.80 dB; "
        "the best in print of these methods is 32.75 dB (srcnn-955, SRCNN TPAMI 2016).",
    )


def test_the_table_has_a_column_a_set_and_scale_and_a_gap_where_a_method_has_no_such_scale(
    cell: Callable[..., Cell],
) -> None:
    summary = summarise(tables(cell, {("bicubic", 2): 33.0, ("mine", 3): 31.0}))
    assert [table.scale for table in summary.tables] == [2, 3]
    ours = {name: [value and value.ours for value in values] for name, values in summary.rows}
    assert ours == {"bicubic": [33.0, None], "mine": [None, 31.0]}


def test_without_printed_values_it_says_so(cell: Callable[..., Cell]) -> None:
    summary = summarise(tables(cell, {("bicubic", 3): 30.0}, published_as=None))
    assert summary.sentences[0] == "No printed value belongs to these pictures and methods."


def test_a_bicubic_mean_that_is_not_the_printed_one_raises_doubt(cell: Callable[..., Cell]) -> None:
    assert suspicious_sets(tables(cell, {("bicubic", 3): 30.43, ("srcnn-955", 3): 20.0})) == ()
    (doubt,) = suspicious_sets(tables(cell, {("bicubic", 2): 33.66, ("bicubic", 3): 30.30}))
    assert doubt.startswith("Set5 \N{MULTIPLICATION SIGN}3: bicubic has 30.30 dB, 30.39 are printed; ")
