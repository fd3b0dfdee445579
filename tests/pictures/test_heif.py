import base64
from pathlib import Path

import numpy as np
import pytest
import pyvips

from srcnn.errors import InvalidImageError
from srcnn.pictures.read import read_picture

# 16 x 16 pixels, the left half (200, 40, 40), the right half (40, 40, 200), coded as HEVC.
# Made with pillow-heif 1.8.1 (libheif 1.23.6, x265 4.3): pillow_heif.from_pillow(image).save(path, quality=50).
HEIC = """
AAAAHGZ0eXBoZWljAAAAAG1pZjFoZWljbWlhZgAAAXxtZXRhAAAAAAAAACFoZGxyAAAAAAAAAABwaWN0AAAAAAAAAAAAAAAAAAAAACJpbG9jAA
AAAERAAAEAAQAAAAABoAABAAAAAAAAADsAAAAjaWluZgAAAAAAAQAAABVpbmZlAgAAAAABAABodmMxAAAAAA5waXRtAAAAAAABAAAA/GlwcnAA
AADcaXBjbwAAAHVodmNDAQNwAAAAkAAAAAAAHvAA/P34+AAADwNgAAEAGEABDAH//wNwAAADAJAAAAMAAAMAHroCQGEAAQApQgEBA3AAAAMAkA
AAAwAAAwAeoCCBBZbqrprm4CGgwIAAAAyAAAADAIRiAAEABkQBwXPBiQAAABNjb2xybmNseAABAA0ABoAAAAAUaXNwZQAAAAAAAABAAAAAQAAA
AChjbGFwAAAAEAAAAAEAAAAQAAAAAf///9AAAAAC////0AAAAAIAAAAQcGl4aQAAAAADCAgIAAAAGGlwbWEAAAAAAAAAAQABBYECAwWEAAAAQ2
1kYXQAAAA3KAGvEyF0Y0DlNVP9KpdSAWAkz7pPrBL6d9L9KjFhl39Ml9DzRq8c/e2g43/gzyLUgKSDtRFEkA==
"""


@pytest.fixture
def heic(tmp_path: Path) -> Path:
    (tmp_path / "a.heic").write_bytes(base64.b64decode(HEIC))
    return tmp_path / "a.heic"


def libvips_knows_hevc(path: Path) -> bool:
    try:
        pyvips.Image.heifload(str(path)).avg()
    except pyvips.Error:
        return False
    return True


def test_heic_is_read_or_the_coding_that_is_missing_is_named(heic: Path) -> None:
    if libvips_knows_hevc(heic):
        image = read_picture(heic).image
        assert image.shape == (16, 16, 3)
        np.testing.assert_allclose(image[8, [3, 12]], [(200, 40, 40), (40, 40, 200)], atol=12)
        return
    with pytest.raises(
        InvalidImageError, match=r"expected HEIF in a coding .* at .*a\.heic, got: .*HEVC.*; convert it to PNG or JPEG"
    ):
        read_picture(heic)


def test_a_heic_cut_short_is_refused_as_one(heic: Path) -> None:
    heic.write_bytes(heic.read_bytes()[:300])
    with pytest.raises(InvalidImageError, match=r"expected a whole HEIF file at .*a\.heic"):
        read_picture(heic)
