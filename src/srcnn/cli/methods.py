"""A model as evaluation takes it."""

from dataclasses import replace
from typing import TYPE_CHECKING

from srcnn.runtime.engines import Engine

if TYPE_CHECKING:
    from srcnn.evaluation.pasted_patches import Network
    from srcnn.evaluation.planes import Method
    from srcnn.zoo.model_file import Model


def load_method(model: "Model", *, engine: Engine = "auto", threads: int = 0, ensemble: bool = False) -> "Method":
    """Load a model as a method: a network on the enlarged picture sees what the protocol enlarges, whichever it is.

    With a network of chroma beside it only luma does; where RGB is shrunk, the picture is enlarged as by `Upscaler`.

    Args:
        model: of luma, with a network of chroma or without, or of colour.
        engine: as for `Upscaler`.
        threads: as for `Upscaler`.
        ensemble: as for `Upscaler`.

    Raises:
        ModelFileError, InvalidConfigError, BackendError: as `Upscaler` does.

    Tests: tests/cli/test_cli_evaluate.py.
    """
    from srcnn.evaluation.planes import OfPictures, OnEnlarged
    from srcnn.upscaler import Upscaler

    def load(model: "Model") -> Upscaler:
        return Upscaler(model, engine=engine, threads=threads, ensemble=ensemble)

    on_enlarged = model.spec.input_space == "hr"
    at_scale_1 = replace(model, spec=replace(model.spec, scale=1), chroma=None) if on_enlarged else model
    if model.chroma:  # which sees the small picture, whatever the network of luma sees
        upscaler = load(model)
        return OfPictures(upscaler, OnEnlarged(load(at_scale_1).luma) if on_enlarged else upscaler.luma)
    upscaler = load(at_scale_1)
    method = upscaler.luma if model.spec.colour == "luma" else OfPictures(upscaler, upscaler.luma)
    return OnEnlarged(method) if on_enlarged else method


def load_zero_padded(model: "Model", *, engine: Engine, threads: int) -> "Network":
    """Load a network on the enlarged picture with zeros around every layer, as in ports that pad by k // 2.

    Args:
        model: in "hr".
        engine: as for `Upscaler`.
        threads: as for `Upscaler`.

    Raises:
        ModelFileError, InvalidConfigError, BackendError: as `Upscaler` does.

    Tests: tests/cli/test_cli_explain.py.
    """
    from srcnn.upscaler import Upscaler
    from srcnn.zoo.model_file import Model

    # Networks on the small picture have such borders, and at scale 1 it is as large as the enlarged one.
    spec = replace(model.spec, scale=1, input_space="lr", residual=False)
    return Upscaler(Model(spec, model.weights), engine=engine, threads=threads).luma
