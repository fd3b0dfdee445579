"""Measure `photo` and what it competes with on pictures of the web.

    python runs/measure_photo.py 2 DATA/test/Set14 DATA/test/BSD100 DATA/test/Kodak24

degrades the pictures of every folder, in colour, as runs/photo_x2.toml does, from its seed, with one JPEG quality at a
time, and prints the mean PSNR of luma and of RGB of every method as a row of Markdown; "clean" is bicubic's
down-scaling alone. "Deblocked" is examples/deblock_x1.safetensors before `fine`; "without chroma" is `photo` without
its network for that.
"""

import sys
from dataclasses import replace
from pathlib import Path

from srcnn.imaging import imresize
from srcnn.training.config import TrainConfig
from srcnn.training.config_file import read_config
from srcnn.training.degradation import Plane
from srcnn.training.measure import measure_degraded
from srcnn.upscaler import Upscaler, load

ROOT = Path(__file__).parent.parent
QUALITIES = (40, 60, 80, 95)


def main(scale: int, folders: list[Path]) -> None:
    """Print one row for each folder and quality."""
    config = read_config(ROOT / "runs" / f"photo_x{scale}.toml", {})
    deblock = load(ROOT / "examples" / "deblock_x1.safetensors")
    fine, photo = (load(name, scale=scale) for name in ("fine", "photo"))
    alone = Upscaler(replace(photo.model, chroma=None))

    def bicubic(picture: Plane) -> Plane:
        return imresize(picture, scale)

    def deblocked(picture: Plane) -> Plane:
        return fine(deblock(picture))

    sys.stdout.write(
        "| pictures | JPEG quality | bicubic | fine | deblocked, then fine | photo without chroma | photo |\n"
    )
    sys.stdout.write("|---" * 7 + "|\n")
    for folder in folders:
        for name, setting in settings(config).items():
            psnrs: list[str] = []
            for method in (bicubic, fine, deblocked, alone, photo):
                _, (luma, rgb) = measure_degraded(method, folder, setting)
                psnrs.append(f"{luma:.2f} / {rgb:.2f}")
            sys.stdout.write(f"| {folder.name} | {name} | {' | '.join(psnrs)} |\n")
            sys.stdout.flush()


def settings(config: TrainConfig) -> dict[str, TrainConfig]:
    """The config with one quality at a time, and with no degradation at all."""
    clean = replace(
        config,
        colour="rgb",
        blur_sigma=(),
        downscale="bicubic",
        noise_sigma=(),
        jpeg_quality=(),
        clean_share=0,
        degradations_per_picture=1,
    )
    return {str(q): replace(config, colour="rgb", jpeg_quality=(q, q), clean_share=0) for q in QUALITIES} | {
        "clean": clean
    }


if __name__ == "__main__":
    main(int(sys.argv[1]), [Path(folder) for folder in sys.argv[2:]])
