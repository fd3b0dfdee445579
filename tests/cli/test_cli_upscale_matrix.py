"""Every format, depth, kind of channels, profile and orientation through the command line and back."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms

from srcnn.pictures.formats import FORMATS, PictureFormat
from srcnn.pictures.picture import Picture
from srcnn.pictures.read import read_picture
from srcnn.pictures.write import write_picture
from srcnn.upscaler import Upscaler, load

CHANNELS = {"grey": (), "RGB": (3,), "grey and alpha": (2,), "RGBA": (4,)}
"""The last two have alpha."""
ALWAYS_COLOUR = ("GIF", "WebP", "AVIF")
CASES = [
    pytest.param(kind, dtype, channels, with_profile, tag, id=f"{kind.name}-{dtype}-{channels}-{with_profile}-{tag}")
    for kind in FORMATS
    for dtype in kind.writes
    for channels in list(CHANNELS)[: 4 if kind.alpha else 2]
    if channels.startswith("RGB") or kind.name not in ALWAYS_COLOUR
    for with_profile in ([False, True] if channels.startswith("RGB") and "icc" in kind.keeps else [False])
    for tag in ([1, 6] if "orientation" in kind.keeps else [1])
]
MEAN_DIFFERENCE = {"JPEG": 0.01, "WebP": 0.01, "AVIF": 0.01, "GIF": 0.01}
"""Of the formats that do not give back every sample, as a share of the whole range."""


@pytest.fixture(scope="module")
def upscaler(model_file: Path) -> Upscaler:
    return load(model_file)


@pytest.fixture(scope="module")
def profile() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def squares(shape: tuple[int, ...], dtype: str) -> np.ndarray:
    """A few large squares, each of one colour, the first of them half transparent where there is alpha."""
    rows, columns = np.mgrid[: shape[0], : shape[1]]
    number = rows // 12 + 2 * (columns // 12)
    image = 0.1 + 0.8 * np.dstack([(number * (3 + channel)) % 7 / 6 for channel in range((*shape, 1)[2])])
    if image.shape[2] in (2, 4):
        image[..., -1] = np.where(number == 0, 0.5, 1)
    image = image.reshape(shape)
    return image.astype(dtype) if dtype == "float32" else np.rint(image * np.iinfo(dtype).max).astype(dtype)


@pytest.mark.parametrize(("kind", "dtype", "channels", "with_profile", "orientation"), CASES)
def test_what_the_format_holds_comes_out(
    srcnn: Callable,
    model_file: Path,
    upscaler: Upscaler,
    profile: bytes,
    tmp_path: Path,
    *,
    kind: PictureFormat,
    dtype: str,
    channels: str,
    with_profile: bool,
    orientation: int,
) -> None:
    exif = Image.Exif()
    exif[0x010F] = "Maker"
    exif[0x0112] = orientation
    image = squares((24, 36, *CHANNELS[channels]), dtype)
    if kind.name == "GIF" and channels == "RGBA":
        image[..., 3] = 255  # between opaque and transparent it holds nothing
    picture = Picture(
        frames=(image,),
        orientation=orientation,
        icc=profile if with_profile else None,
        exif=exif.tobytes() if "exif" in kind.keeps else None,
        dpi=(300.0, 150.0) if "dpi" in kind.keeps else None,
    )
    source, target = tmp_path / f"a{kind.suffixes[0]}", tmp_path / f"b{kind.suffixes[0]}"
    write_picture(source, picture)
    before = read_picture(source)
    outcome = srcnn("upscale", source, "-m", model_file, "-o", target)
    after = read_picture(target, turn=False)
    assert (outcome.code, notes(outcome.err, kind)) == (0, [])
    expected = upscaler(before.image)
    assert (after.image.dtype, after.image.shape) == (expected.dtype, expected.shape)
    assert after.image.dtype == dtype
    top = 1 if dtype == "float32" else np.iinfo(dtype).max
    difference = np.abs(after.image.astype(np.float64) - expected).mean() / top
    assert difference <= MEAN_DIFFERENCE.get(kind.name, 0)
    assert (after.icc, after.orientation) == (picture.icc, 1)
    assert after.dpi == pytest.approx(before.dpi, abs=0.02)
    assert b"Maker" in (after.exif or b"") or "exif" not in kind.keeps


def notes(err: str, kind: PictureFormat) -> list[str]:
    """What was said, but for what AVIF and GIF have to say of every enlarged picture."""
    known = {"AVIF": "reduced to 12 bit", "GIF": "colours were reduced to 256"}.get(kind.name)
    return [line for line in err.splitlines() if not known or known not in line]
