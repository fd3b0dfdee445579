"""`srcnn import`."""

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING

import click

from srcnn.cli.options import FilePath, check_output_file
from srcnn.cli.say import say
from srcnn.errors import MissingExtraError

if TYPE_CHECKING:
    from srcnn.zoo.model_file import Model

_TORCH_SUFFIXES, _PICKLE = (".pth", ".pt", ".ckpt"), b"\x80"
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
    """Make a model file from weights of other programs.

    These are the SRCNN authors' files for MATLAB (x2.mat to x4.mat) or Caffe, and state dicts of PyTorch.

    What the file is follows from its content. MATLAB files need the extra: pip install '.[paper]', those of PyTorch
    '.[train]'.

    The authors' own weights are in their test code, SRCNN_v1.zip: http://mmlab.ie.cuhk.edu.hk/projects/SRCNN.html
    """
    from srcnn.atomic import make_folder
    from srcnn.zoo.model_file import save_model

    check_output_file(output, file, ".safetensors")
    model = _read(file, name or output.stem, scale, transposed=patches == _MATLAB)
    make_folder(output.parent, "choose another with -o")
    save_model(output, model)
    kernels = "-".join(str(layer.kernel_size) for layer in model.spec.layers)
    say(f"{output}: {model.spec.name} x{scale}, kernels {kernels}, {model.spec.weight_count:,} weights")


def _read(file: Path, name: str, scale: int, *, transposed: bool) -> "Model":
    """The network of a file in any of the formats."""
    from srcnn.zoo.authors import read_authors_mat
    from srcnn.zoo.caffe import is_caffe_model, read_caffe_model

    if _is_of_torch(file):
        if importlib.util.find_spec("torch") is None:
            raise MissingExtraError("torch", "train")
        from srcnn.models.state_dict import read_state_dict

        return read_state_dict(file, name=name, scale=scale)
    if is_caffe_model(file):
        return read_caffe_model(file, name=name, scale=scale, transposed=transposed)
    return read_authors_mat(file, name=name, scale=scale)


def _is_of_torch(file: Path) -> bool:
    """A pickle, alone or in a ZIP file, or a file of such a name."""
    from srcnn.zoo.zip_entries import unpacked_sizes

    if file.suffix in _TORCH_SUFFIXES or any(name.endswith("/data.pkl") for name in unpacked_sizes(file)):
        return True
    try:
        with file.open("rb") as content:
            return content.read(1) == _PICKLE
    except OSError:
        return False
