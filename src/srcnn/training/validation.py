"""What a network makes of the pictures that were kept out, and how good that is by the authors' protocol."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.backends import cudnn
from torch.nn import functional

from srcnn.imaging import from_float, psnr, rgb_to_ycbcr_bt601, ycbcr_to_rgb_bt601
from srcnn.imaging.metrics import comparable
from srcnn.models.srcnn import Srcnn
from srcnn.spec import Colour, ModelSpec
from srcnn.training.data import to_maps
from srcnn.training.degradation import Plane
from srcnn.training.pairs import Pair

CHANNELS = ("Y", "Cb", "Cr", "RGB")


@dataclass(frozen=True, slots=True)
class Quality:
    """Mean PSNR of pictures, dB in 8 bits.

    Attributes:
        luma: limited-range BT.601; None without pictures.
        channels: those of `CHANNELS`, for pictures of colour; None for others.
    """

    luma: float | None = None
    channels: tuple[float, ...] | None = None

    def of(self, colour: Colour) -> float | None:
        """What a network of this colour is judged by: luma; one of chroma by the mean of Cb and Cr."""
        if colour != "chroma" or self.channels is None:
            return self.luma
        _, cb, cr, _ = self.channels
        return (cb + cr) / 2


@torch.no_grad()
@cudnn.flags(enabled=True, deterministic=True, allow_tf32=False)
def enlarge(spec: ModelSpec, weights: dict[str, Tensor], pairs: Sequence[Pair]) -> list[Plane]:
    """Apply a network to whole pictures.

    Args:
        spec: of the network.
        weights: its tensors, named as in the model file; on the device to work on.
        pairs: the pictures.

    Returns:
        The network's version of every picture, of the size of its truth, unclipped.

    Tests: tests/training/test_validation.py.
    """
    device = next(iter(weights.values())).device
    network = Srcnn(spec).to(device)
    network.load_state_dict(weights)
    return [_apply(network, pair, device) for pair in pairs]


def _apply(network: Srcnn, pair: Pair, device: torch.device) -> Plane:
    seen = pair.enlarged if network.spec.input_space == "hr" else pair.lr
    output = network.same(torch.from_numpy(to_maps(seen[None])).to(device))
    maps = functional.pixel_shuffle(output, network.spec.shuffle)[0].cpu().numpy()
    picture = maps[0] if network.spec.channels == 1 else maps.transpose(1, 2, 0)
    if network.spec.colour == "chroma":
        picture = np.pad(picture, ((0, 0), (0, 0), (1, 0)))  # luma stays bicubic's
    return pair.enlarged + picture if network.spec.adds_to_bicubic else picture


def measure(pictures: Sequence[Plane], pairs: Sequence[Pair], *, colour: Colour, border: int) -> NDArray[np.float64]:
    """Measure pictures against their truths.

    Args:
        pictures: H x W luma or H x W x 3, one for each pair.
        pairs: with the truths.
        colour: of pictures and truths.
        border: pixels left out on every side; the authors leave out as many as the scale.

    Returns:
        PSNR in dB: a row for every picture, of luma, or of `CHANNELS`; infinite for what equals the truth.

    Tests: tests/training/test_validation.py.
    """
    return np.array(
        [
            [
                psnr(ours, true, data_range=255, border=border)
                for ours, true in zip(_in_8_bits(sr, colour), _in_8_bits(pair.hr, colour), strict=True)
            ]
            for sr, pair in zip(pictures, pairs, strict=True)
        ]
    )


def compare(network: NDArray[np.float64], bicubic: NDArray[np.float64]) -> tuple[Quality, Quality]:
    """The means of two methods, each channel's over the pictures that neither gives exactly.

    Args:
        network: from `measure`.
        bicubic: from `measure`, of the same pictures.

    Returns:
        The network's and bicubic's; infinite where there is nothing else to count.

    Tests: tests/training/test_validation.py.
    """
    if not len(network):
        return Quality(), Quality()
    counts = np.transpose([comparable(*both) for both in zip(network.T, bicubic.T, strict=True)])
    means = [tuple(psnr.mean(axis=0, where=counts).tolist()) for psnr in (network, bicubic)]
    ours, theirs = (Quality(each[0], each if len(each) > 1 else None) for each in means)
    return ours, theirs


def to_shown(picture: Plane, colour: Colour) -> NDArray[np.uint8]:
    """A picture in 8 bits: luma as it is, anything else in RGB."""
    return from_float(ycbcr_to_rgb_bt601(picture) if colour == "ycbcr" else picture, np.uint8)


def _in_8_bits(picture: Plane, colour: Colour) -> list[NDArray[np.uint8]]:
    """What is measured: luma; or luma, Cb, Cr, and the RGB picture."""
    shown = to_shown(picture, colour)
    if colour == "luma":
        return [shown]
    ycbcr = from_float(rgb_to_ycbcr_bt601(picture) if colour == "rgb" else picture, np.uint8)
    return [*np.moveaxis(ycbcr, 2, 0), shown]
