"""The cards of the models inside the package: what there is to choose from. Data; this module opens no networks."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

BICUBIC = "bicubic"
"""In the place of a model's name: no network, and any size."""
DEFAULT_MODEL = "fine"
LOSSY_MODEL = "photo"
"""What enlarges files of lossy formats, where no model is named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChromaCard:
    """What a card says of the network of chroma beside the one of luma.

    Attributes:
        architecture: as of the card.
        weights: likewise.
        macs_per_pixel: likewise; of grey pictures none of it is computed.
        set5_rgb_gain: what it adds to the mean PSNR of RGB on Set5, dB, by the protocol "rgb".
        set14_rgb_gain: on Set14.
        training_sets: as of the card.
        recipe: likewise.
        seed: likewise.
        started_from: likewise.
        training_minutes: likewise.
        tried: likewise.
    """

    architecture: str
    weights: int
    macs_per_pixel: int
    set5_rgb_gain: float
    set14_rgb_gain: float
    training_sets: tuple[str, ...]
    recipe: str
    seed: int
    started_from: str | None
    training_minutes: float
    tried: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """What a shipped model's card says; `runs/publish.py` writes it from a finished training.

    Attributes:
        name: of the model.
        scale: the enlargement.
        architecture: kernel sizes and widths, such as "9-1-5, 64 and 32 maps".
        weights: number of weights and biases.
        macs_per_pixel: multiply-accumulates per output pixel.
        protocol: of the four numbers that follow, as `srcnn evaluate --protocol` names it.
        set5_psnr: mean PSNR on Set5 in dB, by `srcnn evaluate`.
        set5_ssim: mean SSIM likewise.
        set14_psnr: on Set14.
        set14_ssim: likewise.
        paper_set5_psnr: what the authors' own network of these kernels reaches, or None.
        paper_set14_psnr: likewise.
        licence: of the weights.
        training_sets: names of the sets of pictures.
        training_data: the pictures and their terms.
        recipe: the config file that made it.
        seed: of that config.
        started_from: the model whose weights training started from, or None.
        training_minutes: how long that took, after that start.
        tried: what was trained beside and not shipped.
        chroma: the network beside it for colours, or None: bicubic and the colours' slopes on luma.
    """

    name: str
    scale: int
    architecture: str
    weights: int
    macs_per_pixel: int
    protocol: str
    set5_psnr: float
    set5_ssim: float
    set14_psnr: float
    set14_ssim: float
    paper_set5_psnr: float | None
    paper_set14_psnr: float | None
    licence: str
    training_sets: tuple[str, ...]
    training_data: str
    recipe: str
    seed: int
    started_from: str | None
    training_minutes: float
    tried: str = ""
    chroma: ChromaCard | None = None


@cache
def shipped_cards() -> tuple[Card, ...]:
    """The cards of all shipped models, by name and scale.

    Tests: tests/zoo/test_cards.py.
    """
    files = (file for file in _folder().iterdir() if file.name.endswith(".json"))
    cards = (_parse_card(file.read_text(encoding="utf-8")) for file in files)
    return tuple(sorted(cards, key=lambda card: (card.name, card.scale)))


def markdown_table() -> str:
    """The shipped models as the README shows them: a row for each, the authors' network below ours."""
    rows = ["| model | MAC / pixel, x2 / x3 / x4 | Set5 | Set14 | trained on |", "|---|---|---|---|---|"]
    for name in dict.fromkeys(card.name for card in shipped_cards()):
        cards = [card for card in shipped_cards() if card.name == name]
        macs = " / ".join(dict.fromkeys(f"{card.macs_per_pixel:,}" for card in cards))
        ours = (_psnrs([card.set5_psnr for card in cards]), _psnrs([card.set14_psnr for card in cards]))
        sets = dict.fromkeys(each for card in cards for each in card.training_sets)  # of any of the scales
        rows.append(f"| **`{name}`** | {macs} | **{ours[0]}** | **{ours[1]}** | {', '.join(sets)} |")
        if any(card.paper_set5_psnr for card in cards):
            paper = (_psnrs([c.paper_set5_psnr for c in cards]), _psnrs([c.paper_set14_psnr for c in cards]))
            rows.append(f"| the authors' own | {macs} | {paper[0]} | {paper[1]} | |")
    return "\n".join(rows) + "\n"


def _psnrs(values: Sequence[float | None]) -> str:
    return " / ".join(f"{value:.2f}" if value else "-" for value in values)


def is_shipped(name: str | Path) -> bool:
    """Whether a name is that of a shipped model; anything else is the path of a model file."""
    return any(card.name == str(name) for card in shipped_cards())


def _parse_card(text: str) -> Card:
    values: dict[str, Any] = json.loads(text)
    chroma = values.pop("chroma", None)
    return Card(**_with_sets(values), chroma=ChromaCard(**_with_sets(chroma)) if chroma else None)


def _with_sets(values: dict[str, Any]) -> dict[str, Any]:
    return values | {"training_sets": tuple(values["training_sets"])}


def model_file(name: str, scale: int) -> "Traversable":
    """The weights of a shipped model, beside its card."""
    return _folder() / file_name(name, scale)


def file_name(name: str, scale: int) -> str:
    """What the file of a shipped model is called."""
    return f"{name}_x{scale}.safetensors"


def _folder() -> "Traversable":
    from importlib import resources  # whoever only asks for help need not wait for it

    return resources.files("srcnn.zoo") / "weights"
