"""Put a finished training into the package: weights, card and log.

    python runs/publish.py srcnn-915-t91_x3 DATA

reads runs/srcnn-915-t91_x3/model.safetensors, measures it on DATA/test/Set5 and DATA/test/Set14 by the
authors' protocol, and writes src/srcnn/zoo/weights/srcnn-915-t91_x3.{safetensors,json} and
runs/srcnn-915-t91_x3.jsonl. A network of chroma, such as fine-chroma_x2, goes into the files of the model that the
config's line "# beside:" names.
"""

import json
import sys
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from srcnn.evaluation.evaluate import evaluate
from srcnn.evaluation.planes import OfPictures
from srcnn.evaluation.protocol import AUTHORS, protocol_named
from srcnn.evaluation.published import method_of, published_psnr
from srcnn.spec import ModelSpec
from srcnn.upscaler import Upscaler
from srcnn.zoo.cards import Card, ChromaCard, file_name, shipped_cards
from srcnn.zoo.model_file import Model, read_model, save_model
from srcnn.zoo.shipped import load_model

TRAINING_DATA = {
    "T91": "T91 (Yang et al. 2010; 91 pictures, no licence stated, research use customary)",
    "BSD200": "BSDS500 train (200 pictures, non-commercial research customary; one of them, 302003, is Set5's woman)",
    "BSDS500_test200": "BSDS500 test (200 pictures, the BSD200 of SRCNN's paper; non-commercial research customary)",
    "CID22_512": "CID22 (208 pictures, Cloudinary, CC BY-SA 4.0)",
    "GB82": "GB82 (25 pictures, CC0 1.0)",
}


def main(name: str, data: Path) -> None:
    """Measure a run and write its three files."""
    root = Path(__file__).parent
    run, config = root / name, root / f"{name}.toml"
    model, log = read_model(run / "model.safetensors"), (run / "log.jsonl").read_text()
    folders, init = comment(config, "data").split(), comment(config, "init")
    record = {**model.spec.training, "data": " ".join(folders)} | ({"init": init} if init else {})
    model = replace(model, spec=replace(model.spec, training=record))
    facts = {
        "architecture": architecture(model.spec),
        "weights": model.spec.weight_count,
        "macs_per_pixel": model.spec.macs_per_pixel,
        "training_sets": tuple(folders),
        "recipe": f"runs/{config.name}",
        "seed": int(model.spec.training["seed"]),
        "started_from": init or None,
        "training_minutes": round(json.loads(log.splitlines()[-1])["seconds"] / 60, 1),
        "tried": comment(config, "tried"),
    }
    if model.spec.colour == "chroma":
        told = put_beside(model, facts, comment(config, "beside"), data)
    else:
        told = publish_network(model, facts, data)
    sys.stdout.write(told)
    (root / f"{name}.jsonl").write_text(log)


def publish_network(model: Model, facts: dict[str, Any], data: Path) -> str:
    """Write a model's file and card; a network of chroma that was beside the one before stays."""
    spec, shipped = model.spec, shipped_card(model.spec.name, model.spec.scale)
    chroma = shipped.chroma if shipped else None
    if chroma:
        model = replace(model, chroma=load_model(spec.name, spec.scale).chroma)
        chroma = replace(chroma, **rgb_gains(model, data))
    set5, set14 = (
        evaluate(Upscaler(model).luma, data / "test" / name, spec.scale, AUTHORS).mean for name in ("Set5", "Set14")
    )
    card = Card(
        name=spec.name,
        scale=spec.scale,
        protocol=AUTHORS.name,
        set5_psnr=round(set5.psnr, 4),
        set5_ssim=round(set5.ssim, 4),
        set14_psnr=round(set14.psnr, 4),
        set14_ssim=round(set14.ssim, 4),
        paper_set5_psnr=published_psnr(method_of(spec), "Set5", spec.scale),
        paper_set14_psnr=published_psnr(method_of(spec), "Set14", spec.scale),
        licence="MIT for the weights; the pictures' own terms are beside them",
        training_data="; ".join(TRAINING_DATA[folder] for folder in facts["training_sets"]),
        chroma=chroma,
        **facts,
    )
    write(model, card)
    return f"{file_name(spec.name, spec.scale)}: Set5 {set5.psnr:.3f} dB, Set14 {set14.psnr:.3f} dB\n"


def put_beside(chroma: Model, facts: dict[str, Any], name: str, data: Path) -> str:
    """Put a network of chroma into the file and onto the card of the model that it is for."""
    scale = chroma.spec.scale
    card = shipped_card(name, scale)
    if card is None:
        raise SystemExit(f"expected a shipped model after '# beside:', got {name!r}")
    model = replace(load_model(name, scale), chroma=chroma)
    gains = rgb_gains(model, data)
    write(model, replace(card, chroma=ChromaCard(**gains, **facts)))
    return f"{file_name(name, scale)}, gain in RGB: {', '.join(f'{key} {gain:+.3f}' for key, gain in gains.items())}\n"


def rgb_gains(model: Model, data: Path) -> dict[str, float]:
    """What the network of chroma adds, as a card has it."""
    alone, gains = replace(model, chroma=None), dict[str, float]()
    for folder in ("Set5", "Set14"):
        without, with_chroma = (rgb_psnr(each, data / "test" / folder) for each in (alone, model))
        gains[f"{folder.lower()}_rgb_gain"] = round(with_chroma - without, 4)
    return gains


def rgb_psnr(model: Model, folder: Path) -> float:
    """Of pictures that were shrunk in RGB, dB."""
    upscaler = Upscaler(model)
    return evaluate(OfPictures(upscaler), folder, upscaler.scale, protocol_named("rgb")).mean.psnr


def shipped_card(name: str, scale: int) -> Card | None:
    """What is there of a model."""
    return next((card for card in shipped_cards() if (card.name, card.scale) == (name, scale)), None)


def write(model: Model, card: Card) -> None:
    """Write both files."""
    weights = Path(__file__).parent.parent / "src" / "srcnn" / "zoo" / "weights"
    weights.mkdir(exist_ok=True)
    target = weights / file_name(card.name, card.scale)
    save_model(target, model)
    target.with_suffix(".json").write_text(json.dumps(asdict(card), indent=2) + "\n")


def comment(config: Path, key: str) -> str:
    """The rest of the config's comment line "# key: ...", or nothing."""
    lines = config.read_text().splitlines()
    return next((line.partition(": ")[2] for line in lines if line.startswith(f"# {key}: ")), "")


def architecture(spec: ModelSpec) -> str:
    """Kernel sizes and widths, as people write them."""
    kernels = "-".join(str(layer.kernel_size) for layer in spec.layers)
    widths = [str(layer.out_channels) for layer in spec.layers[:-1]]
    maps = widths[0] if len(set(widths)) == 1 else " and ".join(widths)
    return f"{kernels}, {maps} maps" + (", on the small picture" if spec.input_space == "lr" else "")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
