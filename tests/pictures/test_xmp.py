import pytest

from srcnn.pictures.xmp import updated

ATTRIBUTES = (
    b'<rdf:Description tiff:Orientation="%d" tiff:ImageWidth = \'%d\' tiff:ImageLength="%d" '
    b'exif:PixelXDimension="%d" exif:PixelYDimension="%d" dc:title="8 x 6"/>'
)
ELEMENTS = (
    b"<tiff:Orientation>%d</tiff:Orientation><tiff:ImageWidth> %d </tiff:ImageWidth>"
    b"<tiff:ImageLength>%d</tiff:ImageLength>\n<exif:PixelXDimension>%d</exif:PixelXDimension>"
    b"<exif:PixelYDimension>%d</exif:PixelYDimension><dc:title>8 x 6</dc:title>"
)


@pytest.mark.parametrize("form", [ATTRIBUTES, ELEMENTS], ids=["attributes", "elements"])
def test_size_and_orientation_become_the_pictures_and_all_else_stays(form: bytes) -> None:
    assert updated(form % (6, 8, 6, 8, 6), 12_000, 16) == form % (1, 16, 12_000, 16, 12_000)
    assert updated(form % (6, 8, 6, 8, 6), 12, 16, orientation=8) == form % (8, 16, 12, 16, 12)


@pytest.mark.parametrize(
    "packet",
    [b"", b"<x:xmpmeta/>", b'tiff:ImageWidths="8"', b'tiff:ImageWidth="8 px"', b"<tiff:ImageWidth/>", b"\xff\0"],
)
def test_what_says_nothing_of_them_stays(packet: bytes) -> None:
    assert updated(packet, 12, 16) == packet
