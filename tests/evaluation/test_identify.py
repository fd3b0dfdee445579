import numpy as np
import pytest
from PIL import Image as PillowImage

from srcnn.errors import InvalidConfigError, InvalidImageError
from srcnn.evaluation.evaluate import evaluate
from srcnn.evaluation.identify import identify_picture
from srcnn.evaluation.protocol import AUTHORS
from srcnn.imaging import imresize


def darker(share, scale):
    return lambda lr: imresize(lr, scale) * np.float32(share)


METHODS = {(f"{share}", scale): darker(share, scale) for share in (0.99, 0.98) for scale in (2, 3)}


@pytest.fixture
def folder(tmp_path):
    rng = np.random.default_rng(0)
    for name in ("a", "b", "c"):
        image = imresize(rng.integers(0, 256, (15, 15, 3), np.uint8), size=(60, 60))
        PillowImage.fromarray(image).save(tmp_path / f"{name}.png")
    return tmp_path


@pytest.mark.parametrize(("method", "scale"), METHODS)
def test_picture_scale_and_method_are_found(folder, method, scale):
    image = evaluate(METHODS[method, scale], folder, scale, AUTHORS).images[1]
    matches = identify_picture(folder, METHODS, bicubic_psnr=image.bicubic_psnr, psnr=image.psnr)
    best = matches[0]
    assert (best.picture, best.scale, best.method) == ("b", scale, method)
    assert best.distance < 1e-9
    assert best.bicubic_psnr == pytest.approx(image.bicubic_psnr)
    assert [match.distance for match in matches] == sorted(match.distance for match in matches)


def test_no_method_at_all_is_refused(folder):
    with pytest.raises(InvalidConfigError, match="expected networks for the scale, got none; name a folder"):
        identify_picture(folder, {}, bicubic_psnr=30, psnr=31)


def test_methods_see_only_pictures_whose_bicubic_fits(folder):
    image = evaluate(None, folder, 3, AUTHORS).images[0]
    calls = []

    def counted(lr):
        calls.append(lr.shape)
        return imresize(lr, 3)

    identify_picture(folder, {("counted", 3): counted}, bicubic_psnr=image.bicubic_psnr, psnr=40)
    assert len(calls) == 1


def test_numbers_of_no_picture_find_nothing(folder):
    assert identify_picture(folder, METHODS, bicubic_psnr=80, psnr=80) == ()


def test_progress_is_told_after_each_picture(folder):
    told = []
    identify_picture(folder, METHODS, bicubic_psnr=80, psnr=80, progress=lambda *step: told.append(step))
    assert told == [(1, 3), (2, 3), (3, 3)]


def test_a_method_that_cannot_be_measured_is_refused_with_the_pictures_name(folder):
    with pytest.raises(InvalidImageError, match=r"a: .*got shape"):
        identify_picture(folder, {("same", 2): lambda lr: lr}, bicubic_psnr=30, psnr=30, tolerance=100)
