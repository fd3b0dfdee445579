"""`srcnn import`."""

from pathlib import Path

import click

from srcnn.cli.options import FilePath, check_output_file
from srcnn.cli.say import say

_MATLAB, _ROW_BY_ROW = "matlab", "row-by-row"


@click.command("import")
@click.argument("file", type=FilePath())
@click.option("-o", "--output", required=True, type=FilePath(dir_okay=False), help="A model file.")
@click.option("-s", "--scale", type=click.IntRange(min=1), required=True, help="The enlargement it was trained for.")
@click.option("--name", help="What the model is called; default: as the output.")
@click.option(
    "--patches",
    type=click.Choice([_MATLAB, _ROW_BY_ROW]),
    default=_MATLAB,
    show_default=True,
    help="How a Caffe model's training patches were written: MATLAB exchanges rows and columns.",
)
def import_command(file: Path, output: Path, scale: int, name: str | None, patches: str) -> None:
    """Make a model file from weights in the formats of the SRCNN authors: MATLAB (x2.mat to x4.mat) or Caffe.

    What the file is follows from its content. MATLAB files need the extra: pip install '.[paper]'.

    The authors' own weights are in their test code, SRCNN_v1.zip: http://mmlab.ie.cuhk.edu.hk/projects/SRCNN.html
    """
    from srcnn.atomic import make_folder
    from srcnn.zoo.authors import read_authors_mat
    from srcnn.zoo.caffe import is_caffe_model, read_caffe_model
    from srcnn.zoo.model_file import save_model

    check_output_file(output, file, ".safetensors")
    name = name or output.stem
    if is_caffe_model(file):
        model = read_caffe_model(file, name=name, scale=scale, transposed=patches == _MATLAB)
    else:
        model = read_authors_mat(file, name=name, scale=scale)
    make_folder(output.parent, "choose another with -o")
    save_model(output, model)
    kernels = "-".join(str(layer.kernel_size) for layer in model.spec.layers)
    say(f"{output}: {model.spec.name} x{scale}, kernels {kernels}, {model.spec.weight_count:,} weights")
