"""`srcnn data get` and `srcnn data check`."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from srcnn.cli.options import FilePath, json_option
from srcnn.cli.progress import progress_bar
from srcnn.cli.say import say, say_json
from srcnn.printable import some_of

if TYPE_CHECKING:
    from srcnn.datasets.check import Check
    from srcnn.datasets.manifest import Dataset

_SOME_FAILED = 1
_NAMED = 20


@click.group("data")
def data_command() -> None:
    """Get the standard picture sets, and check whether a folder is one."""


@data_command.command("get")
@click.argument("names", nargs=-1, required=True, metavar="SET...")
@click.option("-o", "--output", required=True, type=FilePath(file_okay=False), help="A folder.")
@click.option("--accept-terms", is_flag=True, help="You have read the terms of the pictures; else you are asked.")
@click.option(
    "--from",
    "source",
    type=FilePath(exists=True),
    help="A folder or an archive with the pictures, under any names; instead of the network.",
)
@click.option("--mirror", metavar="URL", help="Another server with the files of raw.githubusercontent.com.")
def get_command(
    names: tuple[str, ...], output: Path, accept_terms: bool, source: Path | None, mirror: str | None
) -> int:
    """Get each SET into a folder of its name.

    The sets are T91, BSD200, BSDS500_test200, CID22_512, GB82, Set5, Set14, BSD100 and Kodak24. Pictures
    that are there already are kept. Every picture is checked by its samples. Interrupted, the same command
    goes on where it ended.
    """
    from srcnn.datasets.get import SERVER, get_pictures, missing_pictures, take_from
    from srcnn.datasets.manifest import dataset_named

    incomplete = False
    for dataset in [dataset_named(name) for name in dict.fromkeys(names)]:
        folder = output / dataset.name
        with progress_bar(f"looking at {dataset.name}") as advance:
            missing = missing_pictures(dataset, folder, advance)
        if missing:
            _agree(dataset, folder, accept_terms)
        if missing and source is not None:
            missing = take_from(source, missing, folder)
            incomplete |= bool(missing)
        elif missing:
            with progress_bar(f"getting {dataset.name}") as advance:
                get_pictures(dataset, missing, folder, server=mirror or SERVER, progress=advance)
            missing = []
        there = len(dataset.pictures) - len(missing)
        say(f"{folder}: {there} of {len(dataset.pictures)} pictures{', all checked' if there else ''}")
        if missing:
            say(f"not in {source}: {some_of([picture.name for picture in missing], most=_NAMED)}", err=True)
    return _SOME_FAILED if incomplete else 0


@data_command.command("check")
@click.argument("folder", type=FilePath(exists=True, file_okay=False))
@click.option("--set", "name", help="The set it should be; default: the one it resembles most.")
@json_option
def check_command(folder: Path, name: str | None, as_json: bool) -> int:
    """Tell whether FOLDER, or each folder inside it, is a standard set, and what differs.

    Exit code 1 if anything does.
    """
    from srcnn.datasets.check import check_folder
    from srcnn.datasets.manifest import dataset_named
    from srcnn.pictures.find import find_pictures

    dataset = dataset_named(name) if name else None
    holding = sorted({path.parent for path in find_pictures(folder, follow_links=True)})
    folders = [folder] if folder in holding or not holding else holding
    checks: list[Check] = []
    for each in folders:
        with progress_bar(f"checking {each.name}") as advance:
            checks.append(check_folder(each, dataset, progress=advance))
    if as_json:
        say_json([check.to_dict() for check in checks])
    else:
        for check in checks:
            _show(check)
    return 0 if all(check.is_standard for check in checks) else _SOME_FAILED


def _agree(dataset: "Dataset", folder: Path, accepted: bool) -> None:
    """Show the terms before the first picture comes, and ask."""
    from srcnn.datasets.get import accept_terms, terms, terms_accepted

    if terms_accepted(dataset, folder):
        return
    click.echo(terms(dataset), nl=False, err=True)
    if not accepted:
        if not sys.stdin.isatty():
            raise click.UsageError(
                f"expected --accept-terms for {dataset.name}, got none; add it to accept these terms"
            )
        if not click.confirm("Do you accept these terms?", err=True):
            raise click.ClickException(f"the terms of {dataset.name} were not accepted; nothing was fetched")
    accept_terms(dataset, folder)


def _show(check: "Check") -> None:
    """One line where all is well; else a line for each picture that is not."""
    if check.dataset is None:
        say(f"{check.folder}: no standard set; none of its {len(check.findings)} pictures belongs to one")
        return
    good = sum(finding.verdict in ("same", "renamed") for finding in check.findings)
    wanted = sum(finding.picture is not None for finding in check.findings)
    verdict = f"the standard {check.dataset}" if check.is_standard else f"not the standard {check.dataset}"
    say(f"{check.folder}: {verdict}, {good} of {wanted} pictures are right")
    for finding in check.findings:
        name = finding.file.name if finding.file else ""
        if finding.verdict in ("renamed", "differs"):
            say(f"  {finding.picture}: {finding.detail or 'right, but renamed'} ({name})")
        elif finding.verdict == "extra":
            say(f"  extra: {name} {finding.detail}".rstrip())
    if missing := [finding.picture or "" for finding in check.findings if finding.verdict == "missing"]:
        say(f"  missing: {some_of(missing, most=_NAMED)}")
