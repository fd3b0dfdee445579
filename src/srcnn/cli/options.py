"""Options that several commands share, with one meaning."""

import click

from srcnn.runtime.session import ENGINES
from srcnn.zoo.shipped import is_shipped

DEFAULT_SCALE = 2

scale_option = click.option(
    "-s", "--scale", type=click.IntRange(min=1), default=None, help="The enlargement; default 2, or the file's."
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON for machines instead of text.")
engine_option = click.option(
    "--engine", type=click.Choice(ENGINES), default="auto", show_default=True, help="What computes."
)
threads_option = click.option(
    "--threads", type=click.IntRange(min=0), default=0, help="Of the network; default: all cores."
)


def choose_scale(model: str, scale: int | None) -> int | None:
    """Shipped models default to 2; a file knows its own scale."""
    return DEFAULT_SCALE if scale is None and is_shipped(model) else scale
