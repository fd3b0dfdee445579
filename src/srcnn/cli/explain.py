"""`srcnn explain`."""

import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from srcnn.cli.identify import Decibels, identify
from srcnn.cli.methods import load_method, load_zero_padded
from srcnn.cli.options import FilePath, engine_option, json_option, threads_option
from srcnn.cli.progress import progress_bar
from srcnn.cli.say import say, say_json
from srcnn.runtime.engines import Engine
from srcnn.zoo.cards import BICUBIC

if TYPE_CHECKING:
    from srcnn.evaluation.planes import Method

_SHOWN = 5


@click.command("explain")
@click.argument("folder", type=FilePath())
@click.option(
    "-s", "--scale", type=click.IntRange(min=2), help="The enlargement; with --image-psnr default 2, 3 and 4."
)
@click.option("--psnr", help="The number somebody got, in dB, with the digits it was given with.")
@click.option("--picture", help="The picture it belongs to; default: the mean of the folder.")
@click.option("-m", "--model", help="The model that gave the number; default: bicubic.")
@click.option(
    "--image-psnr",
    metavar="BICUBIC,PSNR",
    help="Instead of --psnr, two numbers of one unknown picture: bicubic's and a network's.",
)
@click.option(
    "--weights",
    type=FilePath(exists=True, file_okay=False),
    help="A folder of networks that may have made the second number, beside the shipped ones.",
)
@engine_option
@threads_option
@json_option
def explain_command(
    folder: Path,
    scale: int | None,
    psnr: str | None,
    picture: str | None,
    model: str | None,
    image_psnr: str | None,
    weights: Path | None,
    engine: Engine,
    threads: int,
    as_json: bool,
) -> None:
    """Find out how a PSNR was measured, and what to change to obtain the paper's.

    FOLDER holds the pictures that the number belongs to, such as Set5. The commonest habits are tried:
    range of the luma, rounding, border, antialiasing, kernel, colour, order of cropping; with -m also
    wrong ways to apply a network, if it is one that sees the enlarged picture.

    With --image-psnr, find which picture of FOLDER, which scale and which network two numbers belong to.
    """
    if (psnr is None) == (image_psnr is None):
        raise click.UsageError("expected one of --psnr and --image-psnr, got none or both; give the number you have")
    if image_psnr is not None:
        if picture or model:
            raise click.UsageError(
                "expected --image-psnr without --picture and --model, which it finds, got one of them; leave it out"
            )
        bicubic, comma, network_psnr = image_psnr.partition(",")
        if not comma:
            raise click.UsageError(
                f"expected two numbers of --image-psnr, bicubic's and a network's, got {image_psnr!r}; "
                "write for example --image-psnr 26.63,29.29"
            )
        given = _decibels(bicubic, "--image-psnr 26.63,29.29"), _decibels(network_psnr, "--image-psnr 26.63,29.29")
        identify(folder, *given, scale=scale, weights=weights, engine=engine, threads=threads, as_json=as_json)
        return
    if scale is None or psnr is None:
        raise click.UsageError("expected -s with --psnr, got none; give the scale the number was measured at")
    if weights:
        raise click.UsageError("expected --weights with --image-psnr, got it with --psnr; name one model by -m")
    value = _decibels(psnr, "--psnr 29.08")
    methods = None if model in (None, BICUBIC) else _uses(model, scale, engine, threads)
    _explain(folder, scale, value, picture, methods, as_json=as_json)


def _explain(
    folder: Path,
    scale: int,
    given: Decibels,
    picture: str | None,
    methods: "dict[str, Method] | None",
    *,
    as_json: bool,
) -> None:
    """Find and print the protocol behind one number."""
    from srcnn.evaluation.explain import explain
    from srcnn.evaluation.search import Observation
    from srcnn.pictures.named import named_pictures

    value, tolerance = given
    if picture is not None:  # the file's name will do
        picture = next((name for name, path in named_pictures(folder).items() if path == folder / picture), picture)
    observation = Observation(scale=scale, psnr=value, picture=picture)
    with progress_bar("trying protocols") as advance:
        explanation = explain(folder, [observation], methods=methods, tolerance=tolerance, progress=advance)
    if as_json:
        matches = [
            {"protocol": match.protocol.to_dict(), "method": match.method, "psnr": match.psnr[0]}
            for match in explanation.matches[: max(explanation.fitting, _SHOWN)]
        ]
        say_json({"text": explanation.text, "fitting": explanation.fitting, "matches": matches})
    else:
        say(explanation.text)


def _uses(name: str, scale: int, engine: Engine, threads: int) -> dict[str, "Method"]:
    """The ways to apply a model that are tried, the right one first.

    The wrong ones are those of networks of luma on the enlarged picture; nobody pastes what one on the small picture
    gives.
    """
    from srcnn.evaluation.pasted_patches import WHOLE_PICTURE, uses_of_a_network
    from srcnn.evaluation.planes import OfPictures, OnEnlarged
    from srcnn.zoo.shipped import load_model

    model = load_model(name, scale)
    method = load_method(model, engine=engine, threads=threads)
    of_luma = method.luma if isinstance(method, OfPictures) else method
    if not isinstance(of_luma, OnEnlarged) or isinstance(of_luma.network, OfPictures):
        return {WHOLE_PICTURE: method}
    zero_padded = load_zero_padded(model, engine=engine, threads=threads)
    uses = uses_of_a_network(of_luma.network, reach=model.spec.reach, zero_padded=zero_padded)
    return dict[str, "Method"](uses) | {WHOLE_PICTURE: method}


def _decibels(text: str, example: str) -> Decibels:
    if not re.fullmatch(r"\d{1,9}(\.\d*)?", text):
        raise click.BadParameter(f"expected a number of dB, got {text!r}; write for example {example}")
    return float(text), 0.5 * 10.0 ** -len(text.partition(".")[2])
