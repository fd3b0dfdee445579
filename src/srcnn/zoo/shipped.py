"""The models inside the package by their names, others by their paths. This module knows nothing of engines."""

import os
from pathlib import Path

from srcnn.errors import InvalidConfigError, ModelFileError
from srcnn.zoo.cards import model_file, shipped_cards
from srcnn.zoo.model_file import Model, parse_model, read_model


def load_model(name: str | Path, scale: int | None = None) -> Model:
    """Load a shipped model by its name, or any model file by its path.

    Args:
        name: a shipped name such as "srcnn-915", or the path of a model file.
        scale: the enlargement; None takes a file's own. A shipped name needs it.

    Returns:
        Spec and weights.

    Raises:
        ModelFileError: no such name or file (the message lists the names and suggests a close one), or not
            a model file.
        InvalidConfigError: the model does not have this scale; the message lists those it has.

    Tests: tests/zoo/test_shipped.py.
    """
    text = str(name)
    scales = [card.scale for card in shipped_cards() if card.name == text]
    if scales:
        if scale not in scales:
            got = "none" if scale is None else scale
            raise InvalidConfigError(
                f"expected one of the scales {', '.join(map(str, scales))} of {text}, got {got}; choose one of them"
            )
        file = model_file(text, scales[scales.index(scale)])  # 2.0 is 2
        return parse_model(file.read_bytes(), file.name)
    path = Path(name)
    if path.suffix != ".safetensors" and not os.path.exists(path):  # noqa: PTH110 (Path.exists raises without access)
        from difflib import get_close_matches

        names = list(dict.fromkeys(card.name for card in shipped_cards()))
        close = get_close_matches(text.lower(), names, n=1)
        advice = f"did you mean {close[0]}?" if close else "choose one of them"
        raise ModelFileError(
            f"expected a model file or one of the shipped models {', '.join(names)}, got {text!r}; {advice}"
        )
    model = read_model(path)
    if scale not in (None, model.spec.scale):
        raise InvalidConfigError(
            f"expected the scale {model.spec.scale} of {path}, got {scale}; ask for that scale or use another model"
        )
    return model
