"""`srcnn join`."""

from dataclasses import replace
from pathlib import Path

import click

from srcnn.cli.options import FilePath, check_output_file
from srcnn.cli.say import say
from srcnn.zoo.cards import is_shipped


@click.command("join")
@click.argument("luma")
@click.argument("chroma", type=FilePath())
@click.option("-o", "--output", required=True, type=FilePath(dir_okay=False), help="A model file.")
@click.option("-s", "--scale", type=click.IntRange(min=1), help="Of a shipped model; default: that of CHROMA.")
def join_command(luma: str, chroma: Path, output: Path, scale: int | None) -> None:
    """Put a network of chroma beside one of luma.

    LUMA is a shipped model or a model file, CHROMA the file of a network trained with colour = "chroma". Every command
    takes the result: it enlarges brightness with the one and colours with the other.
    """
    from srcnn.atomic import make_folder
    from srcnn.zoo.model_file import read_model, save_model
    from srcnn.zoo.shipped import load_model

    for source in (Path(luma), chroma):
        check_output_file(output, source, ".safetensors")
    beside = read_model(chroma)
    model = replace(load_model(luma, scale or (beside.spec.scale if is_shipped(luma) else None)), chroma=beside)
    make_folder(output.parent, "choose another with -o")
    save_model(output, model)
    say(f"{output}: {model.spec.name} x{model.spec.scale} with chroma")
