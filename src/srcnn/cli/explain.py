"""`srcnn explain`."""

import json
import re
from functools import partial
from pathlib import Path

import click

from srcnn.cli.options import json_option
from srcnn.cli.progress import progress_bar

_SHOWN = 5


@click.command("explain")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("-s", "--scale", type=click.IntRange(min=2), required=True, help="The enlargement.")
@click.option("--psnr", required=True, help="The number somebody got, in dB, with the digits it was given with.")
@click.option("--picture", help="The picture it belongs to; default: the mean of the folder.")
@click.option("-m", "--model", help="The model that gave the number; default: bicubic.")
@json_option
def explain_command(folder: Path, scale: int, psnr: str, picture: str | None, model: str | None, as_json: bool) -> None:
    """Find out how a PSNR was measured, and what to change to obtain the paper's.

    FOLDER holds the pictures that the number belongs to, such as Set5. The commonest habits are tried:
    range of the luma, rounding, border, antialiasing, kernel, colour, order of cropping; with -m also
    wrong ways to apply a network.
    """
    from srcnn.evaluation.explain import explain
    from srcnn.evaluation.pasted_patches import uses_of_a_network
    from srcnn.evaluation.search import Observation
    from srcnn.runtime.network import StripNetwork
    from srcnn.zoo.shipped import load_model

    value, tolerance = _decibels(psnr)
    methods = None
    if model is not None:
        network = StripNetwork(load_model(model, scale), engine="auto", threads=0)
        apply = partial(network, top=True, bottom=True)
        methods = uses_of_a_network(apply, scale, reach=network.reach)
    observation = Observation(scale=scale, psnr=value, picture=picture)
    with progress_bar("trying protocols") as advance:
        explanation = explain(folder, [observation], methods=methods, tolerance=tolerance, progress=advance)
    if as_json:
        matches = [
            {"protocol": match.protocol.to_dict(), "method": match.method, "psnr": match.psnr[0]}
            for match in explanation.matches[: max(explanation.fitting, _SHOWN)]
        ]
        click.echo(json.dumps({"text": explanation.text, "fitting": explanation.fitting, "matches": matches}))
    else:
        click.echo(explanation.text)


def _decibels(text: str) -> tuple[float, float]:
    """A number of dB, and half a unit of the last digit it was given with."""
    if not re.fullmatch(r"\d+(\.\d*)?", text):
        raise click.BadParameter(f"expected a number of dB, got {text!r}; write for example --psnr 29.08")
    return float(text), 0.5 * 10.0 ** -len(text.partition(".")[2])
