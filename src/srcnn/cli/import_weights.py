"""`srcnn import`."""

from pathlib import Path

import click


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path, dir_okay=False), help="A model file.")
@click.option("-s", "--scale", type=click.IntRange(min=1), required=True, help="The enlargement it was trained for.")
@click.option("--name", help="What the model is called; default: the file's name.")
def import_command(file: Path, output: Path, scale: int, name: str | None) -> None:
    """Make a model file from the weights of the SRCNN authors' package (MATLAB, x2.mat to x4.mat).

    Needs the extra: pip install 'srcnn[paper]'.
    """
    from srcnn.zoo.authors import read_authors_mat
    from srcnn.zoo.model_file import save_model

    model = read_authors_mat(file, name=name or file.stem, scale=scale)
    save_model(output, model)
    kernels = "-".join(str(layer.kernel_size) for layer in model.spec.layers)
    click.echo(f"{output}: {model.spec.name} x{scale}, kernels {kernels}, {model.spec.weight_count:,} weights")
