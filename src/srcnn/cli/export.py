"""`srcnn export`."""

from pathlib import Path

import click

from srcnn.cli.options import choose_scale, scale_option


@click.command("export")
@click.argument("model")
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path, dir_okay=False), help="FILE.onnx")
@scale_option
def export_command(model: str, output: Path, scale: int | None) -> None:
    """Write a model as ONNX for other programs.

    The network takes limited-range BT.601 luma / 255, already enlarged by bicubic, as N x 1 x H x W
    float32, and returns the same shape. Borders are replicated in every layer.
    """
    from srcnn.atomic import write_atomically
    from srcnn.runtime.graph import replicated_graph
    from srcnn.runtime.onnx import encode_onnx
    from srcnn.zoo.shipped import load_model

    loaded = load_model(model, choose_scale(model, scale))
    graph = replicated_graph(loaded)
    write_atomically(output, encode_onnx(graph, loaded.spec.channels, {"spec": loaded.spec.to_json()}))
    click.echo(f"{output}: {loaded.spec.name} x{loaded.spec.scale}")
