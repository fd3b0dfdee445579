"""What `srcnn upscale` keeps or carries on: orientation tags, names, folders that cannot be read."""

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image, ImageCms, ImageOps
from small_pictures import save_noise

QUADRANTS = np.repeat(np.array([[0, 80, 160], [200, 240, 40]], np.uint8), 16, 0).repeat(16, 1)


def save(path: Path, orientation: int) -> Path:
    """Six grey squares, stored as they are, with a tag."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(np.dstack([QUADRANTS] * 3)).save(path, exif=exif, quality=100)
    return path


def stored(path: Path) -> tuple[np.ndarray, int]:
    """Grey pixels as they are in the file, and the tag; of TIFF, Pillow shows only turned ones."""
    if path.suffix == ".tif":
        with tifffile.TiffFile(path) as file:
            tag = file.pages[0].tags.get(0x0112)
            return file.pages[0].asarray()[..., 0], int(tag.value) if tag else 1
    with Image.open(path) as image:
        return np.asarray(image.convert("L")), image.getexif().get(0x0112, 1)


def seen(pixels: np.ndarray, tag: int) -> np.ndarray:
    """The pixels as a viewer shows them, by Pillow."""
    image = Image.fromarray(pixels)
    image.getexif()[0x0112] = tag
    return np.asarray(ImageOps.exif_transpose(image))


def levels(pixels: np.ndarray) -> np.ndarray:
    """The grey level in the middle of each square."""
    return pixels[24::48, 24::48].astype(int)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", ["jpg", "png", "tif", "webp"])
def test_the_picture_looks_the_same_with_the_tag_kept_or_applied(
    srcnn: Callable, model_file: Path, tmp_path: Path, suffix: str, orientation: int
) -> None:
    source = save(tmp_path / f"a.{suffix}", orientation)
    looks = seen(QUADRANTS, orientation)[8::16, 8::16]
    for name, options, tag in (("kept", ["--keep-orientation-tag"], orientation), ("turned", [], 1)):
        target = tmp_path / f"{name}.{suffix}"
        outcome = srcnn("upscale", source, "-m", model_file, "-o", target, *options)
        assert (outcome.code, outcome.err) == (0, "")
        pixels, found = stored(target)
        assert found == tag
        upright = seen(pixels, found)
        assert f"({upright.shape[1]} x {upright.shape[0]}, " in outcome.out
        np.testing.assert_allclose(levels(upright), looks, atol=12)
        if name == "kept":
            np.testing.assert_allclose(levels(pixels), QUADRANTS[8::16, 8::16], atol=12)


@pytest.mark.parametrize("suffix", ["bmp", "avif"])
def test_a_format_without_the_tag_gets_the_pixels_turned_and_says_so(
    srcnn: Callable, model_file: Path, tmp_path: Path, suffix: str
) -> None:
    source, target = save(tmp_path / "a.png", 6), tmp_path / f"b.{suffix}"
    outcome = srcnn("upscale", source, "-m", model_file, "-o", target, "--keep-orientation-tag")
    assert outcome.code == 0
    assert ": the pixels were turned upright: " in outcome.err
    with Image.open(target) as after:
        assert after.size == (96, 144)
        np.testing.assert_allclose(
            levels(np.asarray(after.convert("L"))), np.rot90(QUADRANTS, -1)[8::16, 8::16], atol=12
        )


@pytest.mark.parametrize("suffix", ["tif", "jpg", "png"])
def test_cmyk_is_kept_where_the_output_holds_it_and_either_way_said(
    srcnn: Callable, model_file: Path, tmp_path: Path, suffix: str
) -> None:
    inks = np.full((8, 12, 4), (200, 30, 90, 0), np.uint8)  # no black is not transparent
    inks[:, 6:] = (10, 220, 60, 255)
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    profile = profile[:16] + b"CMYK" + profile[20:]
    Image.fromarray(inks, "CMYK").save(tmp_path / "a.tif", icc_profile=profile)
    outcome = srcnn("upscale", tmp_path / "a.tif", "-m", model_file, "-o", tmp_path / f"b.{suffix}")
    assert outcome.code == 0
    with Image.open(tmp_path / f"b.{suffix}") as after:
        assert after.size == (36, 24)
        if suffix == "png":
            assert after.mode == "RGB"
            assert ": CMYK was converted to sRGB through " in outcome.err
            return
        assert after.mode == "CMYK"
        assert after.info["icc_profile"] == profile
        np.testing.assert_allclose(np.asarray(after)[12, [4, 31]], inks[0, [0, 11]], atol=12)  # the network's change
    assert outcome.err == f"note: {tmp_path / 'a.tif'}: CMYK was kept: each ink was enlarged as a grey picture\n"


@pytest.mark.parametrize(("suffix", "name"), [("jp2", "JPEG 2000"), ("pcx", "PCX")])
def test_formats_with_a_bad_record_are_read_only_where_that_is_allowed(
    srcnn: Callable, model_file: Path, tmp_path: Path, suffix: str, name: str
) -> None:
    source = save_noise(tmp_path / "in" / f"a.{suffix}", (4, 4))
    save_noise(tmp_path / "in" / "b.png", (4, 4))
    arguments = ("upscale", source.parent, "-m", model_file, "-o", tmp_path / "out")
    outcome = srcnn(*arguments)
    assert outcome.code == 1
    assert f"at {source}, got {name}, whose decoder has a bad security record; convert it, or if" in outcome.err
    assert f"trust it use --allow-formats {suffix}\n" in outcome.err
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["b.png"]
    for value in (suffix, " JP2 , pcx"):
        assert srcnn(*arguments, "--allow-formats", value).code == 0
        with Image.open(tmp_path / "out" / "a.png") as after:
            assert after.size == (12, 12)
            after.load()
        (tmp_path / "out" / "a.png").unlink()


def test_only_formats_that_are_off_can_be_allowed(srcnn: Callable, model_file: Path, picture: Path) -> None:
    outcome = srcnn("upscale", picture, "-m", model_file, "--allow-formats", "jp2,svg")
    assert (outcome.code, outcome.out) == (2, "")
    assert "expected formats out of jp2, pcx, got 'svg'; all others are read unasked or not at all" in outcome.err


def test_a_name_that_is_not_utf_8_is_enlarged(srcnn: Callable, model_file: Path, tmp_path: Path) -> None:
    source = tmp_path / "in" / os.fsdecode(b"\xff.png")
    try:
        save_noise(tmp_path / "in" / "a.png", (4, 4)).rename(source)
    except OSError:
        pytest.skip("this file system refuses the name")
    outcome = srcnn("upscale", source.parent, "-m", model_file)
    assert (outcome.code, outcome.err) == (0, "")
    with Image.open(os.fsencode(tmp_path / "in_x3") + b"/\xff.png") as after:
        assert after.size == (12, 12)


def test_a_folder_that_cannot_be_looked_into_is_one_failed_input(
    srcnn: Callable, model_file: Path, picture: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    locked = picture.parent / "locked"
    locked.mkdir()
    scandir = os.scandir

    def refuse(path: str) -> object:
        if Path(path) == locked:
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr("os.scandir", refuse)
    outcome = srcnn("upscale", picture.parent, "-m", model_file, "--recursive")
    assert outcome.code == 1
    assert outcome.out.endswith("\n2 pictures: 1 enlarged, 1 failed\n")
    assert f"error: expected to look into the folder {locked}, got: Permission denied; check its" in outcome.err
    assert outcome.err.endswith(f"failed:\n  {locked}\n")
