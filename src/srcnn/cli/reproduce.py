"""`srcnn reproduce`."""

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from srcnn.atomic import check_folder, make_folder
from srcnn.cli.options import FilePath, json_option, names_between_commas, threads_option
from srcnn.cli.progress import progress_bar
from srcnn.cli.say import say, say_json
from srcnn.errors import InvalidConfigError

if TYPE_CHECKING:
    from srcnn.reproduce.files import ReportFiles
    from srcnn.reproduce.plan import Plan
    from srcnn.reproduce.report import Report
    from srcnn.reproduce.run import Workshop

_RUNS = Path("runs")


@click.command("reproduce")
@click.argument("folder", metavar="DIR", type=FilePath())
@click.option("-o", "--output", metavar="REPORT", required=True, type=FilePath(), help="The page.")
@click.option("--sets", metavar="A,B", help="Default: Set5, Set14 and BSD100, as far as they are there.")
@click.option("--scales", metavar="N,N", default="2,3,4", show_default=True, help="The enlargements.")
@click.option("--methods", metavar="A,B", help="Default: bicubic, the earlier methods and every shipped model.")
@click.option("--model", "models", multiple=True, type=FilePath(), help="Your own model file.")
@click.option("--runs", type=FilePath(), help="Folder of training logs; default: runs, if it is there.")
@click.option("--pictures", type=FilePath(), help="Show these pictures instead of test pictures.")
@click.option("--no-pictures", is_flag=True, help="Show no part of any picture.")
@click.option("--cache", type=FilePath(), help="Folder of results; default: REPORT.cache.")
@threads_option
@json_option
def reproduce_command(
    folder: Path,
    output: Path,
    sets: str | None,
    scales: str,
    methods: str | None,
    models: tuple[Path, ...],
    runs: Path | None,
    pictures: Path | None,
    no_pictures: bool,
    cache: Path | None,
    threads: int,
    as_json: bool,
) -> int:
    """Make the paper's tables and figures again from the picture sets in DIR, as one HTML page.

    DIR holds test/Set5, test/Set14, test/BSD100 and train/T91, or the sets' folders themselves. The
    tables are also written as CSV and Markdown. What was computed is kept: run it again to go on after
    an interruption, or to add methods, scales and sets.
    """
    from srcnn.reproduce.cache import Cache
    from srcnn.reproduce.files import report_files, write_report
    from srcnn.reproduce.fits import Fits
    from srcnn.reproduce.page import origin
    from srcnn.reproduce.plan import make_plan
    from srcnn.reproduce.run import Workshop

    if no_pictures and pictures:
        raise click.UsageError("expected --pictures or --no-pictures, got both; choose one of them")
    plan = make_plan(
        folder,
        sets=names_between_commas(sets),
        scales=_numbers(scales),
        methods=names_between_commas(methods),
        models=models,
    )
    files = report_files(output)
    for file in (files.page, files.csv, files.markdown):
        if file.is_dir():
            raise click.UsageError(f"expected a file at {file}, got a folder there; choose another name")
    make_folder(output.parent, "choose another place for the report")
    check_folder(output.parent, "choose another place for the report")
    kept = Cache(cache or files.cache)
    workshop = Workshop(cache=kept, fits=Fits(kept, plan.training), threads=threads)
    report = _report(plan, workshop, logs=_logs(runs), shown=pictures, picture_free=no_pictures)
    options = ["--no-pictures"] * no_pictures + (["--pictures", "FOLDER"] if pictures else [])
    options += ["--threads", str(threads)] if threads else []
    write_report(report, origin(_command(plan, options)), files)
    if as_json:
        say_json(_to_dict(report, files))
    else:
        _show(report, files)
    return 1 if report.failures else 0


def _report(
    plan: "Plan", workshop: "Workshop", *, logs: Path | None, shown: Path | None, picture_free: bool
) -> "Report":
    """Compute everything, each stage with a progress bar."""
    from srcnn.reproduce.logs import ABLATION_FOLDER, group_ablations, read_runs
    from srcnn.reproduce.report import Report, feature_maps, filter_sheets, main_scale
    from srcnn.reproduce.run import measure_all, missing_fits
    from srcnn.reproduce.scenes import make_scenes
    from srcnn.reproduce.subjects import prepare_subjects
    from srcnn.reproduce.summary import suspicious_sets
    from srcnn.reproduce.tables import build_tables

    runs, remarks = read_runs(logs) if logs else ((), ())
    ablation_logs = logs / ABLATION_FOLDER if logs else None
    ablations, more = read_runs(ablation_logs) if ablation_logs and ablation_logs.is_dir() else ((), ())
    scale = main_scale([method.scale for method in plan.methods])
    methods = plan.methods_at(scale)
    subjects = () if picture_free else prepare_subjects(plan.sets, shown, scale)
    for method in missing_fits(workshop, plan.methods):
        with progress_bar(f"fitting {method.name} x{method.scale}") as advance:
            workshop.fits.fit(method, advance)
    with progress_bar("measuring") as advance:
        cells = measure_all(workshop, plan.methods, plan.sets, advance)
    with progress_bar("comparing") as advance:
        scenes = make_scenes(workshop, subjects, methods, advance)
    tables = build_tables(cells, plan.methods, plan.sets, plan.scales)
    return Report(
        tables=tables,
        notices=(*plan.notices, *suspicious_sets(tables), *remarks, *more),
        scenes=scenes,
        runs=runs,
        ablations=group_ablations(ablations),
        filters=filter_sheets(methods),
        features=feature_maps(methods, subjects[0]) if subjects else (),
    )


def _show(report: "Report", files: "ReportFiles") -> None:
    for notice in (*report.notices, *report.failures):
        say(f"note: {notice}", err=True)
    for sentence in report.summary.sentences:
        say(sentence)
    say(f"{files.page}, {files.csv.name}, {files.markdown.name}")


def _to_dict(report: "Report", files: "ReportFiles") -> dict[str, Any]:
    return {
        "page": str(files.page),
        "csv": str(files.csv),
        "markdown": str(files.markdown),
        "notices": report.notices,
        "failures": report.failures,
        "rows": [
            {
                "set": table.pictures.name,
                "scale": table.scale,
                "method": row.method.name,
                "seconds": row.seconds,
                "values": {value.metric.name: value.ours for value in row.values},
                "published": {v.metric.name: v.published.value for v in row.values if v.published},
            }
            for table in report.tables
            for row in table.rows
        ],
    }


def _command(plan: "Plan", options: Sequence[str]) -> str:
    """The command that makes the report again, on whatever folder the reader has."""
    names = dict.fromkeys(method.name for method in plan.methods if method.kind != "user")
    words = ["srcnn", "reproduce", "DATA", "-o", "REPORT.html", "--sets", ",".join(item.name for item in plan.sets)]
    words += ["--scales", ",".join(map(str, plan.scales)), "--methods", ",".join(names)]
    words += [word for method in plan.methods if method.kind == "user" for word in ("--model", "FILE")]
    return shlex.join([*words, *options])


def _logs(runs: Path | None) -> Path | None:
    """The folder named, or that of a checkout."""
    return runs or (_RUNS if _RUNS.is_dir() else None)


def _numbers(text: str) -> list[int]:
    names = names_between_commas(text) or []
    if not names or not all(name.isdecimal() for name in names):
        raise InvalidConfigError(f"expected whole numbers between commas, got {text!r}; write for example --scales 2,3")
    return [int(name) for name in names]
