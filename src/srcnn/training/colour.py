"""What networks of luma and of colour do to each channel, measured alike: the paper's table 5."""

from pathlib import Path

import numpy as np
import torch

from srcnn.errors import InvalidConfigError
from srcnn.imaging import rgb_to_ycbcr_bt601, ycbcr_to_rgb_bt601
from srcnn.pictures.find import find_pictures
from srcnn.training.config import TrainConfig
from srcnn.training.degradation import Plane
from srcnn.training.pairs import Pair, Sample, make_pair, read_rgb
from srcnn.training.validation import Quality, compare, enlarge, measure
from srcnn.zoo.model_file import Model


def measure_colour(model: Model, folder: Path) -> tuple[Quality, Quality]:
    """Shrink every picture of a folder by bicubic, enlarge it by a network and measure each channel.

    Args:
        model: of luma, with a network of chroma beside it or else bicubic; or of colour.
        folder: pictures, also in folders below.

    Returns:
        Bicubic's and the network's mean PSNR of luma, Cb, Cr (limited-range BT.601) and RGB in 8 bits,
        `scale` pixels left out on every side. The channels are not rounded before they are shrunk.

    Raises:
        InvalidConfigError: no picture in the folder, or a network of scale 1.
        InvalidImageError: a picture that cannot be read.

    Source: section 4.5 of the paper. Tests: tests/training/test_colour.py.
    """
    spec = model.spec
    if spec.scale == 1:
        raise InvalidConfigError(
            f"expected a network that enlarges, got {spec.name} for x1; measure it by its degradations"
        )
    config = TrainConfig(model=spec.name, scale=spec.scale, steps=1, colour="ycbcr")
    pairs = [make_pair(path.name, Sample(read_rgb(path)), config) for path in find_pictures(folder, follow_links=True)]
    if not pairs:
        raise InvalidConfigError(f"expected pictures in {folder}, got none; name another folder")
    pictures = [_in_ycbcr(model, pair) for pair in pairs]
    network, bicubic = compare(
        *(
            measure(versions, pairs, colour="ycbcr", border=spec.scale)
            for versions in (pictures, [pair.enlarged for pair in pairs])
        )
    )
    return bicubic, network


def _in_ycbcr(model: Model, pair: Pair) -> Plane:
    """What a network of any colour makes of a pair in YCbCr, in YCbCr."""
    planes = (pair.lr, pair.enlarged, pair.hr)
    if model.spec.colour == "luma":
        (luma,) = _enlarge(model, Pair(pair.name, *(plane[:, :, 0] for plane in planes)))
        beside = _enlarge(model.chroma, pair)[0] if model.chroma else pair.enlarged
        return np.concatenate([luma[:, :, None], beside[:, :, 1:]], axis=2)
    if model.spec.colour == "rgb":
        (rgb,) = _enlarge(model, Pair(pair.name, *(ycbcr_to_rgb_bt601(plane) for plane in planes)))
        return rgb_to_ycbcr_bt601(rgb)
    return _enlarge(model, pair)[0]


def _enlarge(model: Model, pair: Pair) -> list[Plane]:
    return enlarge(model.spec, {name: torch.from_numpy(weight) for name, weight in model.weights.items()}, [pair])
