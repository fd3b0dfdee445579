"""`srcnn join`."""

from dataclasses import replace
from pathlib import Path

import click

from srcnn.cli.options import FilePath, check_output_file
from srcnn.cli.say import say
from srcnn.zoo.cards import is_shipped


@click.command("join")
@click.argument("luma")
@click.argument("chroma")
@click.option("-o", "--output", required=True, type=FilePath(dir_okay=False), help="A model file.")
@click.option("-s", "--scale", type=click.IntRange(min=1), help="Of a shipped model; default: that of the other one.")
def join_command(luma: str, chroma: str, output: Path, scale: int | None) -> None:
    """Put a network of chroma beside one of luma.

    Both are shipped models or model files. CHROMA was trained with colour = "chroma", or has such a network beside its
    own of luma, as fine has. Every command takes the result: it enlarges brightness with the one and colours with the
    other.
    """
    from srcnn.atomic import make_folder
    from srcnn.zoo.model_file import save_model
    from srcnn.zoo.shipped import load_model

    files = [each for each in (luma, chroma) if not is_shipped(each)]
    for source in files:
        check_output_file(output, Path(source), ".safetensors")
    models = {file: load_model(file) for file in files}
    scale = scale or next((model.spec.scale for model in models.values()), None)
    of_luma, beside = (models.get(each) or load_model(each, scale) for each in (luma, chroma))
    model = replace(of_luma, chroma=beside.chroma or beside)
    make_folder(output.parent, "choose another with -o")
    save_model(output, model)
    say(f"{output}: {model.spec.name} x{model.spec.scale} with chroma")
