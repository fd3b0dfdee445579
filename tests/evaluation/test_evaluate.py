import json
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image as PillowImage

from srcnn.errors import InvalidConfigError, InvalidImageError, OutputError
from srcnn.evaluation.evaluate import evaluate, evaluate_results
from srcnn.evaluation.metrics.paper import METRICS
from srcnn.evaluation.planes import OnEnlarged
from srcnn.evaluation.protocol import AUTHORS, PROTOCOLS
from srcnn.imaging import imresize, psnr, rgb_to_luma_bt601, to_float
from srcnn.pictures.named import named_pictures


@pytest.fixture
def folder(tmp_path):
    rng = np.random.default_rng(0)
    for name, size in (("b.png", (50, 41)), ("a.png", (36, 48)), ("sub/c.bmp", (40, 40))):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        image = imresize(rng.integers(0, 256, (7, 7, 3), np.uint8), size=size)
        PillowImage.fromarray(image).save(tmp_path / name)
    return tmp_path


def test_bicubic_as_the_method_equals_the_baseline(folder):
    result = evaluate(lambda lr: imresize(lr, 3), folder, 3, AUTHORS)
    assert [image.name for image in result.images] == ["a", "b", "sub/c"]
    for image in (*result.images, result.mean):
        assert image.psnr == pytest.approx(image.bicubic_psnr, abs=1e-9)
        assert image.ssim == pytest.approx(image.bicubic_ssim, abs=1e-12)


def test_without_a_method_it_measures_the_protocols_bicubic(folder):
    sharp = evaluate(None, folder, 2, replace(AUTHORS, kernel_a_up=-0.75))
    assert sharp.mean.psnr == sharp.mean.bicubic_psnr
    assert sharp.mean.psnr != evaluate(None, folder, 2, AUTHORS).mean.psnr


def test_the_mean_is_the_plain_mean_over_pictures(folder):
    result = evaluate(None, folder, 2, AUTHORS)
    assert result.mean.psnr == pytest.approx(np.mean([image.psnr for image in result.images]))
    assert result.mean.ssim == pytest.approx(np.mean([image.ssim for image in result.images]))


def test_the_json_is_the_contract(folder):
    result = json.loads(json.dumps(evaluate(None, folder, 2, AUTHORS).to_dict("bicubic"), allow_nan=False))
    assert list(result) == ["model", "scale", "protocol", "images", "mean"]
    assert (result["model"], result["scale"], result["protocol"]["name"]) == ("bicubic", 2, "authors")
    assert list(result["images"][0]) == ["name", "psnr", "ssim", "bicubic_psnr"]
    assert list(result["mean"]) == ["psnr", "ssim", "bicubic_psnr"]


def test_equal_pictures_have_no_number_in_json(tmp_path):
    PillowImage.fromarray(np.full((30, 30, 3), 128, np.uint8)).save(tmp_path / "flat.png")
    result = evaluate(None, tmp_path, 2, AUTHORS)
    assert result.mean.psnr == np.inf
    assert result.left_out == ()  # there would be nothing left
    assert result.to_dict("bicubic")["mean"]["psnr"] is None


def test_means_are_over_the_pictures_that_bicubic_does_not_give_exactly(folder):
    PillowImage.fromarray(np.full((30, 30, 3), 128, np.uint8)).save(folder / "flat.png")
    result = evaluate(lambda lr: imresize(lr, 2) + np.float32(0.01), folder, 2, AUTHORS)
    assert result.left_out == ("flat",)
    counted = [image for image in result.images if image.name != "flat"]
    for value in ("psnr", "ssim", "bicubic_psnr", "bicubic_ssim"):
        assert getattr(result.mean, value) == pytest.approx(np.mean([getattr(image, value) for image in counted]))
    # Nor those that the method gives exactly, and bicubic does not.
    patch = np.full((36, 36), 100, np.uint8)
    patch[14:20, 14:20] = 103
    PillowImage.fromarray(patch).save(folder / "nearly_flat.png")
    exact = evaluate(lambda lr: to_float(patch) if lr.shape == (18, 18) else imresize(lr, 2), folder, 2, AUTHORS)
    assert exact.left_out == ("flat", "nearly_flat")
    assert exact.mean.psnr == exact.mean.bicubic_psnr < np.inf
    (folder / "flat.png").unlink()
    (folder / "nearly_flat.png").unlink()
    assert evaluate(None, folder, 2, AUTHORS).left_out == ()


def test_progress_is_told_after_each_picture(folder):
    told = []
    evaluate(None, folder, 2, AUTHORS, progress=lambda done, total: told.append((done, total)))
    assert told == [(1, 3), (2, 3), (3, 3)]


def test_a_folder_without_pictures_is_refused(tmp_path):
    with pytest.raises(InvalidConfigError, match=f"expected pictures in {tmp_path}, got none"):
        evaluate(None, tmp_path, 2, AUTHORS)


def test_a_scale_below_two_is_refused(folder):
    with pytest.raises(InvalidConfigError, match="got 1"):
        evaluate(None, folder, 1, AUTHORS)


def test_all_pictures_that_cannot_be_read_are_named_at_once(folder):
    (folder / "a1.png").write_bytes(b"no picture")
    (folder / "sub" / "d.png").write_bytes(b"nor this")
    told = []
    with pytest.raises(InvalidImageError, match=r"got 2 that cannot: a1, sub/d \(the first: expected .*no pictu"):
        evaluate(None, folder, 2, AUTHORS, progress=lambda done, total: told.append(done))
    assert told == [1]  # nothing is measured for a mean that there will not be


@pytest.mark.parametrize("size", [(2, 40), (5, 5), (12, 12)])
def test_a_picture_that_is_too_small_is_named(folder, size):
    PillowImage.fromarray(np.zeros((*size, 3), np.uint8)).save(folder / "tiny.png")
    with pytest.raises(InvalidImageError, match=r"tiny: expected .*, got .*; "):
        evaluate(None, folder, 3, AUTHORS)


def test_a_method_that_returns_nan_is_refused_with_the_pictures_name(folder):
    def one_nan(lr):
        large = imresize(lr, 2)
        if lr.shape == (25, 20):
            large[3, 4] = np.nan
        return large

    with pytest.raises(InvalidImageError, match=r"b: .*got NaN or infinity in 1 of 2000 pixels"):
        evaluate(one_nan, folder, 2, AUTHORS)


def test_a_method_that_returns_another_shape_is_refused_with_the_pictures_name(folder):
    with pytest.raises(InvalidImageError, match=r"a: .*got shape"):
        evaluate(lambda lr: lr, folder, 2, AUTHORS)


@pytest.mark.parametrize("protocol", [name for name in PROTOCOLS if name != "float-luma"])
def test_what_is_saved_measures_as_it_did(folder, protocol):
    PillowImage.fromarray(np.random.default_rng(1).integers(0, 256, (36, 36), np.uint8)).save(folder / "grey.png")

    def method(lr):
        return imresize(lr, 3) * np.float32(0.98)

    kept = folder.parent / f"{folder.name}_kept"
    measured = evaluate(method, folder, 3, PROTOCOLS[protocol], save=kept)
    assert sorted(path.relative_to(kept).as_posix() for path in kept.rglob("*.*")) == [
        "a.png",
        "b.png",
        "grey.png",
        "sub/c.png",
    ]
    again = evaluate_results(kept, folder, 3, PROTOCOLS[protocol])
    assert again == measured


def test_results_are_read_from_the_files_of_their_names(folder, tmp_path):
    for name, path in named_pictures(folder).items():
        picture = np.asarray(PillowImage.open(path))
        result = imresize(imresize(picture[: len(picture) // 2 * 2, : picture.shape[1] // 2 * 2], 1 / 2), 2)
        (tmp_path.parent / f"{tmp_path.name}_of" / name).parent.mkdir(parents=True, exist_ok=True)
        PillowImage.fromarray(result).save(tmp_path.parent / f"{tmp_path.name}_of" / f"{name}_x2.png")
    told = []
    result = evaluate_results(
        tmp_path.parent / f"{tmp_path.name}_of",
        folder,
        2,
        AUTHORS,
        progress=lambda done, total: told.append((done, total)),
    )
    assert [image.name for image in result.images] == ["a", "b", "sub/c"]
    assert told == [(1, 3), (2, 3), (3, 3)]
    assert result.mean.bicubic_psnr == evaluate(None, folder, 2, AUTHORS).mean.psnr
    assert abs(result.mean.psnr - result.mean.bicubic_psnr) < 0.5  # RGB in 8 bits, not luma


def test_a_result_of_another_size_is_refused_with_its_name(folder, tmp_path):
    evaluate(None, folder, 2, AUTHORS, save=tmp_path.parent / f"{tmp_path.name}_kept")
    PillowImage.fromarray(np.zeros((36, 47), np.uint8)).save(tmp_path.parent / f"{tmp_path.name}_kept" / "a.png")
    with pytest.raises(InvalidImageError, match="a: expected a result of 36 x 48 pixels"):
        evaluate_results(tmp_path.parent / f"{tmp_path.name}_kept", folder, 2, AUTHORS)


@pytest.mark.parametrize("place", [".", "sub", "new"])
def test_results_are_not_saved_among_the_pictures(folder, place):
    before = {path: path.read_bytes() for path in folder.rglob("*.*")}
    with pytest.raises(OutputError, match="expected a folder for the results apart from the pictures"):
        evaluate(None, folder, 2, AUTHORS, save=folder / place)
    assert {path: path.read_bytes() for path in folder.rglob("*.*")} == before


def test_nor_where_links_among_the_pictures_lead_to(folder):
    elsewhere = folder.parent / f"{folder.name}_elsewhere"
    elsewhere.mkdir()
    (folder / "sub" / "c.bmp").rename(elsewhere / "c.bmp")
    (folder / "link").symlink_to(elsewhere, target_is_directory=True)
    with pytest.raises(OutputError, match="apart from the pictures"):
        evaluate(None, folder, 2, AUTHORS, save=elsewhere / "new")


def test_results_replace_no_files(folder):
    kept = folder.parent / f"{folder.name}_kept"
    kept.mkdir()
    (kept / ".hidden").touch()
    evaluate(None, folder, 2, AUTHORS, save=kept)
    with pytest.raises(OutputError, match=r"expected a new or empty folder for results, got .*_kept with files in it"):
        evaluate(None, folder, 2, AUTHORS, save=kept)


def test_metrics_with_a_border_of_their_own_have_no_value_where_results_lack_a_wider_one(folder):
    kept, cut = (folder.parent / f"{folder.name}_{name}" for name in ("kept", "cut"))
    whole = evaluate(None, folder, 2, PROTOCOLS["border-6"], metrics=METRICS, save=kept)
    for path in kept.rglob("*.png"):
        (cut / path.relative_to(kept)).parent.mkdir(parents=True, exist_ok=True)
        pixels = np.asarray(PillowImage.open(path))[6:-6, 6:-6]
        PillowImage.fromarray(pixels).save(cut / path.relative_to(kept))
    shaved = evaluate_results(cut, folder, 2, PROTOCOLS["border-6"], metrics=METRICS)
    for name, value in whole.mean.more.items():
        assert shaved.mean.more[name] == (None if name == "ifc" else value)
    assert shaved.mean.psnr == whole.mean.psnr


def test_further_metrics_of_luma_that_comes_from_rgb(folder):
    measured = evaluate(None, folder, 2, PROTOCOLS["basicsr"], metrics=METRICS)
    assert measured.mean.more["psnr"] == measured.mean.psnr


def test_further_metrics_see_what_psnr_sees(folder):
    for name in ("b", "sub/c"):
        (folder / name).with_suffix(".png" if name == "b" else ".bmp").unlink()
    PillowImage.fromarray(imresize(np.random.default_rng(0).integers(0, 256, (50, 50), np.uint8), 4)).save(
        folder / "large.png"
    )
    result = evaluate(lambda lr: imresize(lr, 2) + np.float32(0.01), folder, 2, AUTHORS, metrics=METRICS)
    for image in result.images:
        for name, value in {"psnr": image.psnr, "bicubic_psnr": image.bicubic_psnr}.items():
            assert image.more[name] == value
        assert (image.more["ssim"], image.more["bicubic_ssim"]) == (image.ssim, image.bicubic_ssim)
        assert image.more["wpsnr"] < image.more["bicubic_wpsnr"]
    small, large = result.images
    assert (small.more["ms_ssim"], result.mean.more["ms_ssim"]) == (None, None)  # too small for it
    assert large.more["ms_ssim"] > 0.9
    assert result.mean.more["nqm"] == pytest.approx((small.more["nqm"] + large.more["nqm"]) / 2)


def test_results_are_measured_by_further_metrics_too(folder, tmp_path):
    kept = tmp_path.parent / f"{tmp_path.name}_kept"
    saved = evaluate(None, folder, 2, AUTHORS, metrics=METRICS, save=kept)
    assert evaluate_results(kept, folder, 2, AUTHORS, metrics=METRICS) == saved


def test_further_metrics_of_rgb_are_refused(folder):
    with pytest.raises(InvalidConfigError, match=r"expected a protocol that measures luma for psnr, .*got rgb; "):
        evaluate(None, folder, 2, PROTOCOLS["rgb"], metrics=METRICS)


def save_small(folder, place, scale, change=lambda small: small):
    for name, path in named_pictures(folder).items():
        picture = np.asarray(PillowImage.open(path))
        height, width = (side // scale * scale for side in picture.shape[:2])
        small = picture[:height, :width] if scale == 1 else imresize(picture[:height, :width], 1 / scale)
        file = place / f"{name}x{scale}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        PillowImage.fromarray(change(small)).save(file)
    return place


def test_given_small_pictures_are_enlarged_in_place_of_shrunk_ones(folder, tmp_path):
    small = save_small(folder, tmp_path.parent / f"{tmp_path.name}_small", 2)
    seen = []

    def method(lr):
        seen.append(lr)
        return imresize(lr, 2) * np.float32(0.9)

    given = evaluate(method, folder, 2, AUTHORS, small=small)
    np.testing.assert_array_equal(seen[0], to_float(rgb_to_luma_bt601(np.asarray(PillowImage.open(small / "ax2.png")))))
    shrunk = evaluate(method, folder, 2, AUTHORS)
    assert given.mean.bicubic_psnr != shrunk.mean.bicubic_psnr
    assert given.mean.psnr == pytest.approx(shrunk.mean.psnr, abs=0.1)


def test_at_scale_1_pictures_are_mended(folder, tmp_path):
    worse = save_small(folder, tmp_path.parent / f"{tmp_path.name}_worse", 1, lambda picture: picture // 2 + 20)
    for method in (lambda luma: luma * np.float32(0.9), OnEnlarged(lambda luma: luma * np.float32(0.9))):
        measured = evaluate(method, folder, 1, AUTHORS, small=worse)
        assert measured.mean.psnr < measured.mean.bicubic_psnr < 30
    unchanged = evaluate(None, folder, 1, AUTHORS, small=worse).images[0]
    luma = [rgb_to_luma_bt601(np.asarray(PillowImage.open(path))) for path in (worse / "ax1.png", folder / "a.png")]
    assert unchanged.psnr == pytest.approx(psnr(*luma, data_range=255, border=1))


def test_a_picture_without_a_small_one_is_named(folder, tmp_path):
    small = save_small(folder, tmp_path.parent / f"{tmp_path.name}_small", 2)
    (small / "bx2.png").unlink()
    with pytest.raises(InvalidImageError, match=r"expected a small picture in .* got none for b; "):
        evaluate(None, folder, 2, AUTHORS, small=small)
    with pytest.raises(InvalidConfigError, match="expected a scale of at least 1, got 0"):
        evaluate(None, folder, 0, AUTHORS, small=small)
