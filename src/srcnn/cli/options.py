"""Options that several commands share, with one meaning."""

import os
from pathlib import Path

import click

from srcnn.errors import OutputError
from srcnn.runtime.engines import ENGINES
from srcnn.zoo.cards import is_shipped

DEFAULT_SCALE = 2


class FilePath(click.Path):
    """A file or folder, which need not be readable: whoever reads it says so, and goes on with the others."""

    def __init__(self, *, exists: bool = False, file_okay: bool = True, dir_okay: bool = True) -> None:
        super().__init__(exists=exists, file_okay=file_okay, dir_okay=dir_okay, readable=False, path_type=Path)

    def convert(
        self, value: str | os.PathLike[str], param: click.Parameter | None, ctx: click.Context | None
    ) -> str | bytes | os.PathLike[str]:
        """Refuse what a shell makes of a variable that is not set, which as a path would be the current folder."""
        if not os.fspath(value):
            self.fail("expected a name, got an empty one; write . for the current folder", param, ctx)
        if os.fspath(value) != "-" and Path(value) == Path("-"):  # ./-, a file, not standard input
            value = Path(value).absolute()
        return super().convert(value, param, ctx)


scale_option = click.option(
    "-s", "--scale", type=click.IntRange(min=1), default=None, help="The enlargement; default 2, or the file's."
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON for machines instead of text.")
engine_option = click.option(
    "--engine", type=click.Choice(ENGINES), default="auto", show_default=True, help="What computes."
)
threads_option = click.option(
    "--threads", type=click.IntRange(min=0), default=0, help="Of the network; default: as many as cores."
)
ensemble_option = click.option(
    "--ensemble",
    is_flag=True,
    help="Mean over the picture mirrored and turned eight ways: better, and eight to ten times as long.",
)


def choose_scale(model: str, scale: int | None) -> int | None:
    """Shipped models default to 2; a file knows its own scale."""
    return DEFAULT_SCALE if scale is None and is_shipped(model) else scale


def names_between_commas(text: str | None) -> list[str] | None:
    """Names without the spaces and commas around them; None stays None.

    Raises:
        click.UsageError: there are none.
    """
    if text is None:
        return None
    names = [name.strip() for name in text.split(",") if name.strip()]
    if not names:
        raise click.UsageError(f"expected names with commas between them, got {text!r}; name some, or leave it out")
    return names


def check_output_file(output: Path, source: Path, suffix: str) -> None:
    """Refuse an output that replaces the input, or whose name says that it is something else.

    Args:
        output: as named by the user.
        source: what it is made from; need not be a file.
        suffix: that its name is to end in.

    Raises:
        OutputError: what is the matter.

    Tests: tests/cli/test_cli_export.py.
    """
    if output.suffix.lower() != suffix:
        raise OutputError(f"expected an output that ends in {suffix}, got {output}; choose another with -o")
    if output.exists() and source.exists() and output.samefile(source):
        raise OutputError(f"expected an output that is not the input, got {output}; choose another with -o")
