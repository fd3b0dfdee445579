"""Why inks are enlarged one by one: a trip to sRGB and back costs more than the network gains."""

from pathlib import Path

import numpy as np
import pytest
import pyvips
from PIL import Image

from srcnn.batch.enlarge import Upscalers, enlarge
from srcnn.batch.size import Size
from srcnn.imaging import from_float, imresize, psnr, to_float
from srcnn.pictures.strips import whole

pytestmark = pytest.mark.slow


def convert(pixels: np.ndarray, source: str, target: str) -> np.ndarray:
    image = pyvips.Image.new_from_array(pixels, interpretation=source)
    return image.icc_transform(target, input_profile=source, depth=8).numpy()


def test_each_ink_by_itself_is_1_to_5_db_above_a_trip_to_srgb(shared_data: Path) -> None:
    upscalers = Upscalers("fine", threads=1)
    gains = []
    for path in sorted((shared_data / "test" / "Set5").glob("*.png")):
        with Image.open(path) as file:
            rgb = np.asarray(file.convert("RGB"))
        inks = convert(rgb[: len(rgb) // 2 * 2, : rgb.shape[1] // 2 * 2], "srgb", "cmyk")
        truth = convert(inks, "cmyk", "srgb")
        small = from_float(imresize(to_float(inks), 0.5), "uint8")
        target = Size(scale=2).target(*small.shape[:2])
        kept = whole(enlarge(small, target, upscalers[2], inks=True))
        travelled = whole(enlarge(convert(small, "cmyk", "srgb"), target, upscalers[2]))
        travelled = convert(travelled, "srgb", "cmyk")
        kept, travelled = (convert(each, "cmyk", "srgb") for each in (kept, travelled))
        gains.append(psnr(kept, truth, data_range=255, border=4) - psnr(travelled, truth, data_range=255, border=4))
    assert len(gains) == 5
    assert min(gains) == pytest.approx(1.0, abs=0.1)
    assert max(gains) == pytest.approx(4.9, abs=0.2)
