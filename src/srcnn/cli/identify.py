"""`srcnn explain --image-psnr`: which picture, scale and network two numbers belong to."""

import re
from collections.abc import Callable, Sequence
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from srcnn.cli.progress import progress_bar
from srcnn.cli.say import say, say_json
from srcnn.errors import ModelFileError
from srcnn.runtime.engines import Engine
from srcnn.zoo.cards import is_shipped

if TYPE_CHECKING:
    from srcnn.evaluation.identify import PictureMatch
    from srcnn.evaluation.planes import Enlarger
    from srcnn.zoo.model_file import Model

_SCALES = (2, 3, 4)

Decibels = tuple[float, float]
"""A number of dB, and half a unit of the last digit it was given with."""


def identify(
    folder: Path,
    bicubic: Decibels,
    psnr: Decibels,
    *,
    scale: int | None,
    weights: Path | None,
    engine: Engine,
    threads: int,
    as_json: bool,
) -> None:
    """Find and print the picture, scale and network behind the bicubic PSNR and the PSNR of a network."""
    from srcnn.evaluation.identify import identify_picture
    from srcnn.evaluation.search import SLACK_DB

    scales = _SCALES if scale is None else (scale,)
    found = {**_shipped(scales), **(_in_folder(weights, scales) if weights else {})}
    methods = {key: _when_used(load, engine, threads) for key, load in found.items()}
    with progress_bar("looking at pictures") as advance:
        matches = identify_picture(
            folder,
            methods,
            bicubic_psnr=bicubic[0],
            psnr=psnr[0],
            tolerance=bicubic[1] + SLACK_DB,
            progress=advance,
        )
    # Each number in its own accuracy; those that fit come first, since all bicubics do.
    matches = sorted(matches, key=lambda match: abs(match.psnr - psnr[0]))
    fitting = sum(abs(match.psnr - psnr[0]) <= psnr[1] + SLACK_DB for match in matches)
    text = _text(matches, fitting, (bicubic[0], psnr[0]), f"{folder} at x{', x'.join(map(str, scales))}")
    if as_json:
        shown = [
            {
                "picture": match.picture,
                "scale": match.scale,
                "method": match.method,
                "bicubic_psnr": match.bicubic_psnr,
                "psnr": match.psnr,
            }
            for match in matches
        ]
        say_json({"text": text, "fitting": fitting, "matches": shown})
    else:
        say(text)


def _text(matches: Sequence["PictureMatch"], fitting: int, given: tuple[float, float], searched: str) -> str:
    """One paragraph."""
    bicubic, psnr = given
    if not matches:
        return (
            f"No picture of {searched} has {bicubic} dB by bicubic under the SRCNN authors' protocol. It may be "
            f"measured otherwise: name the picture and ask for --picture NAME --psnr {bicubic}."
        )
    best = matches[0]
    found = f"{best.picture} at x{best.scale}, where bicubic has {best.bicubic_psnr:.6f} dB"
    if fitting:
        others = "".join(
            f" So has {match.method} on {match.picture} at x{match.scale}: {match.psnr:.6f} dB."
            for match in matches[1:fitting]
        )
        return (
            f"{bicubic} and {psnr} dB belong to {found} and {best.method} {best.psnr:.6f} dB under the SRCNN authors' "
            f"protocol.{others}"
        )
    nearest = ", ".join(f"{match.method} on {match.picture} x{match.scale} {match.psnr:.3f}" for match in matches[:3])
    return (
        f"{bicubic} dB belongs to {found}, but no network that was tried gives {psnr} dB; the nearest are "
        f"{nearest} dB. Name a folder with more networks by --weights."
    )


def _shipped(scales: Sequence[int]) -> dict[tuple[str, int], Callable[[], "Model"]]:
    """The shipped models, to be loaded, by name and scale."""
    from srcnn.zoo.cards import shipped_cards
    from srcnn.zoo.shipped import load_model

    cards = [card for card in shipped_cards() if card.scale in scales]
    return {(card.name, card.scale): partial(load_model, card.name, card.scale) for card in cards}


def _in_folder(folder: Path, scales: Sequence[int]) -> dict[tuple[str, int], Callable[[], "Model"]]:
    """Every model file, MATLAB file and Caffe model below a folder, by its path and scale.

    The path is without its ending, unless another file or a shipped model has that name.

    The two foreign formats do not say their scale. It is taken from a name that ends like x3; others
    are tried at every scale.
    """
    paths = sorted(path for path in folder.rglob("*") if path.suffix in (".safetensors", ".mat", ".caffemodel"))
    if not paths:
        raise ModelFileError(
            f"expected networks in {folder}, got none; name a folder with .safetensors, .mat or .caffemodel files"
        )
    models: dict[tuple[str, int], Callable[[], Model]] = {}
    names = [path.relative_to(folder).with_suffix("").as_posix() for path in paths]
    for path, name in zip(paths, names, strict=True):
        if is_shipped(name) or names.count(name) > 1:
            name = path.relative_to(folder).as_posix()
        for scale in scales:
            model = _read(path, scale)
            if model is not None:
                models[name, scale] = lambda model=model: model
    return models


def _read(path: Path, scale: int) -> "Model | None":
    """The network of a file for one scale, or None where it is for another, or gives chroma alone."""
    from srcnn.zoo.authors import read_authors_mat
    from srcnn.zoo.caffe import read_caffe_model
    from srcnn.zoo.model_file import read_model

    if path.suffix == ".safetensors":
        model = read_model(path)
        return model if model.spec.scale == scale and model.spec.colour != "chroma" else None
    named = re.search(r"x(\d)$", path.stem)
    if named and int(named[1]) != scale:
        return None
    read = read_authors_mat if path.suffix == ".mat" else read_caffe_model
    return read(path, name=path.stem, scale=scale)


def _when_used(load: Callable[[], "Model"], engine: Engine, threads: int) -> "Enlarger":
    """A method that makes its engine at its first picture, since most are never given one."""

    @cache
    def luma() -> "Enlarger":
        from srcnn.upscaler import Upscaler

        return Upscaler(load(), engine=engine, threads=threads).luma

    return lambda small: luma()(small)
