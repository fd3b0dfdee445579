"""Put a finished training into the package: weights, card and log.

    python runs/publish.py srcnn-915-t91_x3 DATA

reads runs/srcnn-915-t91_x3/model.safetensors, measures it on DATA/test/Set5 and DATA/test/Set14 by the
authors' protocol, and writes src/srcnn/zoo/weights/srcnn-915-t91_x3.{safetensors,json} and
runs/srcnn-915-t91_x3.jsonl.
"""

import json
import sys
from dataclasses import asdict, replace
from pathlib import Path

from srcnn.evaluation.evaluate import evaluate
from srcnn.evaluation.protocol import AUTHORS
from srcnn.evaluation.published import method_of, published_psnr
from srcnn.spec import ModelSpec
from srcnn.upscaler import load
from srcnn.zoo.cards import Card, file_name
from srcnn.zoo.model_file import Model, save_model

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
    folders, init = comment(config, "data").split(), comment(config, "init")
    upscaler = load(run / "model.safetensors")
    spec = upscaler.model.spec
    record = {**spec.training, "data": " ".join(folders)} | ({"init": init} if init else {})
    set5, set14 = (evaluate(upscaler.luma, data / "test" / s, spec.scale, AUTHORS).mean for s in ("Set5", "Set14"))
    log = (run / "log.jsonl").read_text()
    card = Card(
        name=spec.name,
        scale=spec.scale,
        architecture=architecture(spec),
        weights=spec.weight_count,
        macs_per_pixel=spec.macs_per_pixel,
        protocol=AUTHORS.name,
        set5_psnr=round(set5.psnr, 4),
        set5_ssim=round(set5.ssim, 4),
        set14_psnr=round(set14.psnr, 4),
        set14_ssim=round(set14.ssim, 4),
        paper_set5_psnr=published_psnr(method_of(spec), "Set5", spec.scale),
        paper_set14_psnr=published_psnr(method_of(spec), "Set14", spec.scale),
        licence="MIT for the weights; the pictures' own terms are beside them",
        training_sets=tuple(folders),
        training_data="; ".join(TRAINING_DATA[folder] for folder in folders),
        recipe=f"runs/{config.name}",
        seed=int(spec.training["seed"]),
        started_from=init or None,
        training_minutes=round(json.loads(log.splitlines()[-1])["seconds"] / 60, 1),
        tried=comment(config, "tried"),
    )
    weights = root.parent / "src" / "srcnn" / "zoo" / "weights"
    weights.mkdir(exist_ok=True)
    target = weights / file_name(spec.name, spec.scale)
    save_model(target, Model(replace(spec, training=record), upscaler.model.weights))
    target.with_suffix(".json").write_text(json.dumps(asdict(card), indent=2) + "\n")
    (root / f"{name}.jsonl").write_text(log)
    sys.stdout.write(f"{target.name}: Set5 {set5.psnr:.3f} dB, Set14 {set14.psnr:.3f} dB\n")


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
