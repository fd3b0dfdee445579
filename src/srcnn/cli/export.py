"""`srcnn export`."""

from pathlib import Path

import click

from srcnn.cli.options import FilePath, check_output_file, choose_scale, scale_option
from srcnn.cli.say import say


@click.command("export")
@click.argument("model")
@click.option("-o", "--output", required=True, type=FilePath(dir_okay=False), help="FILE.onnx")
@scale_option
def export_command(model: str, output: Path, scale: int | None) -> None:
    """Write a model as ONNX for other programs.

    The network takes limited-range BT.601 luma / 255 as N x 1 x H x W float32, or of colour as N x 3 x H x W RGB
    or luma, Cb and Cr. One of the SRCNN family takes it already enlarged by bicubic and returns the same shape,
    borders replicated in every layer; one on the low-resolution plane takes the small picture, at least 2 x 2
    pixels, and returns the large one. A network of chroma beside one of luma is left out.
    """
    from srcnn.atomic import make_folder, write_atomically
    from srcnn.runtime.graph import enlarging_graph, replicated_graph
    from srcnn.runtime.onnx import encode_onnx
    from srcnn.zoo.model_file import check_enlarges
    from srcnn.zoo.shipped import load_model

    check_output_file(output, Path(model), ".onnx")
    loaded = load_model(model, choose_scale(model, scale))
    check_enlarges(loaded)
    graph = replicated_graph(loaded) if loaded.spec.input_space == "hr" else enlarging_graph(loaded)
    make_folder(output.parent, "choose another with -o")
    write_atomically(output, encode_onnx(graph, loaded.spec.channels, {"spec": loaded.spec.to_json()}))
    left_out = ", without its network of chroma" if loaded.chroma else ""
    say(f"{output}: {loaded.spec.name} x{loaded.spec.scale}{left_out}")
