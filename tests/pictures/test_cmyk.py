"""CMYK: kept for formats that hold it, else converted to sRGB."""

from pathlib import Path

import numpy as np
import pytest
import pyvips
import tifffile
from PIL import Image

from srcnn.errors import InvalidImageError
from srcnn.pictures.picture import Picture
from srcnn.pictures.read import read_picture
from srcnn.pictures.write import write_picture


def inks(dtype: str = "uint8", *, rows: int = 6) -> np.ndarray:
    """Noise in four channels."""
    values = np.random.default_rng(0).random((rows, 9, 4), np.float32)
    return values if dtype == "float32" else (values * np.iinfo(dtype).max).astype(dtype)


@pytest.fixture(scope="module")
def profile() -> bytes:
    """The CMYK profile that libvips brings along."""
    pixel = pyvips.Image.new_from_array(np.zeros((1, 1, 3), np.uint8), interpretation="srgb")
    return bytes(pyvips.Operation.call("icc_transform", pixel, "cmyk").get("icc-profile-data"))


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize("orientation", [1, 6])
def test_every_sample_and_the_profile_come_back_from_tiff(
    tmp_path: Path, profile: bytes, dtype: str, orientation: int
) -> None:
    picture = Picture(frames=(inks(dtype),), inks=True, icc=profile, orientation=orientation)
    assert write_picture(tmp_path / "a.tif", picture) == ()
    again = read_picture(tmp_path / "a.tif", inks=True, turn=False)
    assert (again.inks, again.icc, again.orientation, again.notes) == (True, profile, orientation, ())
    assert again.image.dtype == dtype
    np.testing.assert_array_equal(again.image, inks(dtype))
    with tifffile.TiffFile(tmp_path / "a.tif") as file:  # as another program sees it
        assert file.pages[0].photometric == tifffile.PHOTOMETRIC.SEPARATED
        assert "ExtraSamples" not in file.pages[0].tags
        if dtype != "float32":  # whose predictor it does not know
            np.testing.assert_array_equal(file.pages[0].asarray(), inks(dtype))


def test_jpeg_holds_cmyk_too(tmp_path: Path, profile: bytes) -> None:
    flat = np.full((16, 16, 4), (200, 30, 90, 10), np.uint8)
    assert write_picture(tmp_path / "a.jpg", Picture(frames=(flat,), inks=True, icc=profile)) == ()
    again = read_picture(tmp_path / "a.jpg", inks=True)
    assert (again.inks, again.icc) == (True, profile)
    np.testing.assert_allclose(again.image, flat, atol=2)
    with Image.open(tmp_path / "a.jpg") as independent:
        assert independent.mode == "CMYK"
        np.testing.assert_allclose(np.asarray(independent), flat, atol=2)


def test_16_bit_inks_become_8_bit_in_jpeg_and_a_note_says_so(tmp_path: Path) -> None:
    notes = write_picture(tmp_path / "a.jpg", Picture(frames=(inks("uint16"),), inks=True))
    assert notes == ("16 bit was reduced to 8 bit: JPEG holds no more",)
    assert read_picture(tmp_path / "a.jpg", inks=True).inks


def test_pages_of_inks_are_kept_and_mixed_ones_are_all_converted(tmp_path: Path) -> None:
    frames = (inks(), inks(rows=4))
    write_picture(tmp_path / "a.tif", Picture(frames=frames, inks=True))
    again = read_picture(tmp_path / "a.tif", inks=True)
    assert again.inks
    for frame, written in zip(again.frames, frames, strict=True):
        np.testing.assert_array_equal(frame, written)
    Image.fromarray(inks(), "CMYK").save(tmp_path / "b.tif", save_all=True, append_images=[Image.new("RGB", (3, 2))])
    mixed = read_picture(tmp_path / "b.tif", inks=True)
    assert not mixed.inks
    assert [frame.shape for frame in mixed.frames] == [(6, 9, 3), (2, 3, 3)]
    assert mixed.notes == ("CMYK was converted to sRGB through a standard profile, as it has none",)


def test_cmyk_is_converted_unless_asked_for(tmp_path: Path) -> None:
    write_picture(tmp_path / "a.tif", Picture(frames=(inks(),), inks=True))
    picture = read_picture(tmp_path / "a.tif")
    assert (picture.inks, picture.image.shape) == (False, (6, 9, 3))


def test_inks_of_32_bit_integers_are_read_too(tmp_path: Path) -> None:
    deep = (inks("float32").astype(np.float64) * (2**32 - 1)).astype(np.uint32)
    tifffile.imwrite(tmp_path / "a.tif", deep, photometric="separated")
    write_picture(tmp_path / "b.tif", Picture(frames=(inks("float32"),), inks=True))
    np.testing.assert_allclose(read_picture(tmp_path / "a.tif", inks=True).image, inks("float32"), atol=1e-6)
    converted, expected = (read_picture(tmp_path / f"{name}.tif").image.astype(int) for name in ("a", "b"))
    np.testing.assert_allclose(converted, expected, atol=2)


def test_cmyk_with_transparency_is_converted_and_keeps_it(tmp_path: Path) -> None:
    five = np.dstack([inks(), np.full((6, 9), 77, np.uint8)])
    tifffile.imwrite(tmp_path / "a.tif", five, photometric="separated", extrasamples=["unassalpha"])
    picture = read_picture(tmp_path / "a.tif", inks=True)
    assert (picture.inks, picture.image.shape) == (False, (6, 9, 4))
    assert (picture.image[..., 3] == 77).all()


@pytest.mark.parametrize("dtype", ["uint16", "float32"])
def test_inks_of_any_depth_become_the_same_srgb(tmp_path: Path, dtype: str) -> None:
    eight = inks()
    deep = (eight.astype(np.float32) / 255) if dtype == "float32" else eight.astype(np.uint16) * 257
    write_picture(tmp_path / "8.tif", Picture(frames=(eight,), inks=True))
    write_picture(tmp_path / "deep.tif", Picture(frames=(deep,), inks=True))
    expected, found = (read_picture(tmp_path / f"{name}.tif").image for name in ("8", "deep"))
    assert found.dtype == np.uint16
    np.testing.assert_allclose(found / 257.0, expected, atol=1.5)


def test_a_profile_for_rgb_is_not_put_beside_inks(tmp_path: Path, samples) -> None:
    notes = write_picture(tmp_path / "a.tif", Picture(frames=(inks(),), inks=True, icc=samples.icc))
    assert notes == ("the ICC profile was left out: it belongs to other channels",)


def test_inks_for_a_format_without_them_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidImageError, match=r"expected grey or RGB for .*a\.png, got CMYK; read the picture"):
        write_picture(tmp_path / "a.png", Picture(frames=(inks(),), inks=True))
    assert list(tmp_path.iterdir()) == []
