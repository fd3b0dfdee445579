"""What the bands of a libvips image are: colours, transparency, inks, or something that no picture shows.

Tests: tests/pictures/test_tiff.py, tests/pictures/test_cmyk.py, tests/pictures/test_read.py.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from srcnn.errors import InvalidImageError
from srcnn.pictures import tiff
from srcnn.pictures.codecs.libvips_metadata import METADATA_FIELDS, field_of

if TYPE_CHECKING:
    import pyvips

_YCBCR, _OTHER_LAB, _ALPHA = 6, (9, 10), ((1,), (2,))
"""TIFF's numbers for what samples are."""
WHITE = {"float": 1, "uint": 2**32 - 1}
"""Of samples of more than 16 bit. Source: TIFF 6.0, section 3, PhotometricInterpretation, for integers."""


def known_samples(path: Path, image: "pyvips.Image", page: tiff.Page | None, notes: list[str]) -> "pyvips.Image":
    """The colours of a TIFF's page, and what it says is transparency; libvips takes all else for transparency too.

    Source: TIFF 6.0, section 18, ExtraSamples; Adobe Photoshop TIFF technical notes 2002, ICCLab.
    """
    if page is None:
        return image
    if page.photometric in _OTHER_LAB:
        raise InvalidImageError(
            f"expected RGB, grey, CMYK or CIELab in {path}, got ICCLab or ITULab, which cannot be read; "
            "convert it to RGB first"
        )
    known = image.bands
    if page.photometric == _YCBCR:  # where it is subsampled, libvips adds transparency
        known = min(known, page.samples)
    # With more of them than colours it is no picture with something beside it, but one of many channels.
    if image.bands == page.samples and 2 * len(page.extra) <= page.samples:
        has_alpha = page.extra[:1] in _ALPHA
        known -= len(page.extra) - has_alpha
    if known < image.bands:
        if page.samples > known:
            notes.append("samples beside the colours that are no transparency (infrared, spot colours) were left out")
        image = image.extract_band(0, n=known)
    return image


def to_rgb_or_grey(image: "pyvips.Image", notes: list[str]) -> "pyvips.Image":
    """CMYK and Lab become sRGB; everything else stays as it is."""
    if image.interpretation == "cmyk":
        profile: bytes = field_of(image, METADATA_FIELDS["icc"], b"")
        own = "its own is not of CMYK" if profile else "it has none"
        source = "its profile" if profile[16:20] == b"CMYK" else f"a standard profile, as {own}"
        notes.append(f"CMYK was converted to sRGB through {source}")
        if image.format in WHITE:  # libvips takes them for 0 to 255
            image = (image * (65535 / WHITE[str(image.format)])).rint().cast("ushort")
        depth = 16 if image.format == "ushort" else 8
        return image.icc_transform("srgb", embedded=True, input_profile="cmyk", depth=depth)
    if image.interpretation in ("lab", "labs", "labq", "xyz"):
        notes.append(f"{image.interpretation} colours were converted to sRGB")
        return image.colourspace("rgb16")
    return image
