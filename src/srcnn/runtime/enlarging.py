"""A network as the upscaler uses it: from strips of small planes to strips of large ones."""

from typing import Protocol

from srcnn.imaging.depth import Planes
from srcnn.runtime.engines import Engine
from srcnn.runtime.fold import can_fold, fold_enlargement
from srcnn.runtime.folded_network import FoldedNetwork
from srcnn.runtime.graph import products_per_pixel, valid_graph
from srcnn.runtime.hr_network import HrNetwork
from srcnn.runtime.lr_network import LrNetwork
from srcnn.runtime.rewrite import BLOCK, block_last_layer
from srcnn.zoo.model_file import Model


class EnlargingNetwork(Protocol):
    """A network loaded into an engine, for planes of any size.

    Attributes:
        reach: rows of the small plane that a strip needs of its neighbours.
        columns: of the small plane that the engine sees at a time, but for what it needs beside them.
        pixels: of the small plane that the engine is best given at a time.
    """

    reach: int
    columns: int
    pixels: int

    def __call__(self, window: Planes, *, top: bool, bottom: bool) -> Planes:
        """The strip enlarged, from it and `reach` rows more on each side that is no edge of the picture."""
        ...


def open_network(model: Model, *, engine: Engine, threads: int) -> EnlargingNetwork:
    """Load a network in the form that takes the least arithmetic.

    Args:
        model: spec and weights.
        engine: as for `open_session`.
        threads: that compute tiles at the same time; 0 takes all cores.

    Returns:
        The network; a residual one in "lr" gives what to add to the bicubic enlargement.

    Raises:
        InvalidConfigError: an unknown engine, or fewer than 0 threads.
        MissingExtraError: the engine is not installed.
        BackendError: the engine refuses the network.

    Tests: tests/runtime/test_enlarging.py.
    """
    if model.spec.input_space == "lr":
        return LrNetwork(model, engine=engine, threads=threads)
    if can_fold(model):
        folded = fold_enlargement(model)
        if products_per_pixel(folded.graph) < products_per_pixel(block_last_layer(valid_graph(model), BLOCK)):
            return FoldedNetwork(model, folded, engine=engine, threads=threads)
    return HrNetwork(model, engine=engine, threads=threads)


def enlarge_rows(network: EnlargingNetwork, planes: Planes, start: int, stop: int, scale: int) -> Planes:
    """Enlarge some rows of planes, with as much of their neighbours as the network needs.

    Args:
        network: from `open_network`.
        planes: h x w float32, or C x h x w for a network of C channels; their first and last rows are the
            picture's, or `reach` away from these rows.
        start: the first of the rows.
        stop: the end of them.
        scale: by which the network enlarges.

    Returns:
        What the network makes of them: scale x (stop - start), scale x w, or C of them, float32.

    Tests: tests/runtime/test_enlarging.py.
    """
    first, last = max(0, start - network.reach), min(planes.shape[-2], stop + network.reach)
    top, bottom = start - first < network.reach, last - stop < network.reach
    output = network(planes[..., first:last, :], top=top, bottom=bottom)
    skipped = (start - first) * scale if top else 0
    return output[..., skipped : skipped + (stop - start) * scale, :]
