"""What libvips says of a file beside its pixels, put right where it says too much or too little.

Tests: tests/pictures/test_libvips_decode.py, tests/pictures/test_write.py.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from srcnn.pictures import exif, exif_in_tiff, iptc
from srcnn.pictures.codecs import png
from srcnn.pictures.formats import PictureFormat
from srcnn.pictures.picture import Picture

if TYPE_CHECKING:
    import pyvips

METADATA_FIELDS = {"icc": "icc-profile-data", "exif": "exif-data", "xmp": "xmp-data", "iptc": "iptc-data"}
MM_PER_INCH = 25.4
UNKNOWN_DPI = 72
"""libvips writes a resolution into every file; this one means "unknown" by convention."""
_EXIF_NO_UNIT = "1 "


def metadata(path: Path, image: "pyvips.Image", kind: PictureFormat) -> Picture:
    """A picture without frames: everything else that the file says."""
    blobs = {name: field_of(image, field, None) for name, field in METADATA_FIELDS.items()}
    if kind.name == "TIFF":  # libvips reads no EXIF there, and of IPTC a quarter
        blobs["exif"], blobs["iptc"] = exif_in_tiff.read_from_tiff(path)
    orientation = field_of(image, "orientation", 1)
    if kind.name == "PNG" and not (blobs["exif"] and blobs["xmp"]):
        also = png.read_exif_and_xmp(path)
        if not blobs["exif"] and also[0]:
            blobs["exif"], orientation = also[0], exif.orientation_of(also[0])
        blobs["xmp"] = blobs["xmp"] or also[1]
    blobs["exif"] = exif.without_prefix(blobs["exif"] or b"") or None
    blobs["iptc"] = iptc.records_of(blobs["iptc"] or b"")
    return Picture(
        frames=(),
        format=kind.name,
        orientation=orientation,
        dpi=_resolution(path, image, kind) if "dpi" in kind.keeps else None,
        **blobs,
    )


def _resolution(path: Path, image: "pyvips.Image", kind: PictureFormat) -> tuple[float, float] | None:
    """Pixels per inch along (height, width), if the file says it in a unit: libvips takes millimetres else."""
    dpi = png.resolution(path) if kind.name == "PNG" else None  # libvips would rather take that of EXIF
    if dpi is None:
        in_a_unit = image.get_typeof("resolution-unit")
        without = field_of(image, "exif-ifd0-ResolutionUnit", "").startswith(_EXIF_NO_UNIT)
        # 1 pixel per mm is what libvips says of a file that says nothing.
        if not in_a_unit or without or (image.yres, image.xres) == (1.0, 1.0):
            return None
        dpi = (image.yres * MM_PER_INCH, image.xres * MM_PER_INCH)
    # And of PNG and JPEG 72 to the inch.
    return dpi if [round(density) for density in dpi] != [UNKNOWN_DPI] * 2 and 0 not in dpi else None


def field_of(image: "pyvips.Image", name: str, default: Any) -> Any:
    """What libvips says of an image under a name, if it says anything."""
    return image.get(name) if image.get_typeof(name) else default
