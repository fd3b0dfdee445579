from pathlib import Path

import numpy as np
import pytest
from PIL import Image as PillowImage
from tiny_datasets import tiny_picture

from srcnn.datasets.pixels import pixel_hash
from srcnn.pictures.read import read_array


@pytest.mark.parametrize("name", ["ant", "cat"])
def test_lossless_copies_in_other_formats_are_the_same(tmp_path: Path, name: str) -> None:
    image = tiny_picture(name)
    hashes = {pixel_hash(image)}
    for suffix in ("png", "bmp", "tiff"):
        PillowImage.fromarray(image).save(tmp_path / f"a.{suffix}")
        hashes.add(pixel_hash(read_array(tmp_path / f"a.{suffix}")))
    if image.ndim == 3:  # WebP has no grey
        PillowImage.fromarray(image).save(tmp_path / "a.webp", lossless=True)
        hashes.add(pixel_hash(read_array(tmp_path / "a.webp")))
    assert len(hashes) == 1


def test_an_axis_for_the_one_channel_does_not_count() -> None:
    assert pixel_hash(tiny_picture("cat")) == pixel_hash(tiny_picture("cat")[:, :, None])


def test_everything_else_counts() -> None:
    grey = tiny_picture("cat")
    changed = grey.copy()
    changed[3, 4] ^= 1
    others = [changed, grey.T, np.repeat(grey[:, :, None], 3, 2), grey.astype(np.uint16), grey[:-1]]
    assert len({pixel_hash(image) for image in (grey, *others)}) == 1 + len(others)


def test_the_order_in_memory_does_not_count() -> None:
    image = tiny_picture("ant")
    assert pixel_hash(np.asfortranarray(image)) == pixel_hash(image)
    deep = image.astype(np.uint16)
    assert pixel_hash(deep.astype(">u2")) == pixel_hash(deep)
