import sys
from functools import partial
from statistics import fmean

import numpy as np
import pytest

from srcnn.errors import InvalidImageError, MissingExtraError
from srcnn.evaluation.metrics import ifc
from srcnn.evaluation.planes import OnEnlarged, enlarge, shrink, truth_planes
from srcnn.evaluation.protocol import AUTHORS
from srcnn.imaging import crop_to_multiple, imresize, rgb_to_luma_bt601
from srcnn.pictures.named import named_pictures
from srcnn.pictures.read import read_array
from srcnn.runtime.network import StripNetwork
from srcnn.zoo.authors import read_authors_mat

corr_dn = pytest.importorskip("pyrtools.pyramids.c.wrapper", reason="needs pyrtools, of the extra 'paper'").corrDn

TRUTH = imresize(np.random.default_rng(0).random((40, 36)), size=(100, 91)).clip(0, 1) * 255


def noisy(sigma):
    return TRUTH + np.random.default_rng(1).normal(0, sigma, TRUTH.shape)


def by_the_released_program(x, y):
    """Sheikh's steps in his order: windows by the pyramid's own correlation, blocks by loops, a plain inverse."""
    from pyrtools.pyramids import SteerablePyramidSpace

    pyramids = [SteerablePyramidSpace(image, height=4, order=5, edge_type="reflect1").pyr_coeffs for image in (x, y)]
    bits = 0.0
    for level, window in enumerate((17, 9, 5, 3)):
        for orientation in (0, 3):
            rows, columns = (length // 3 * 3 for length in pyramids[0][level, orientation].shape)
            sr, hr = (pyramid[level, orientation][:rows, :columns] for pyramid in pyramids)
            box = np.ones((window, window))

            def total(band, box=box, stop=(rows - 1, columns - 1)):
                return corr_dn(np.ascontiguousarray(band), box, "reflect1", step=(3, 3), start=(1, 1), stop=stop)

            n = window**2
            covariance = total(sr * hr) - total(sr) * total(hr) / n
            of_sr, of_hr = (total(band**2) - total(band) ** 2 / n for band in (sr, hr))
            gain = covariance / (of_hr + 1e-15)
            noise = np.where(gain < 0, of_sr, (of_sr - gain * covariance) / n)
            gain = np.maximum(gain, 0)
            vectors = np.array([hr[i : i + 3, j : j + 3].ravel() for i in range(rows - 2) for j in range(columns - 2)])
            shared = np.cov(vectors.T, bias=True)
            inverse = np.linalg.inv(shared)
            margin = int(np.ceil((window - 1) / 2 / 3))
            for i in range(margin, rows // 3 - margin):
                for j in range(margin, columns // 3 - margin):
                    block = hr[3 * i : 3 * i + 3, 3 * j : 3 * j + 3].ravel()
                    ratio = gain[i, j] ** 2 * (block @ inverse @ block / 9) / (max(noise[i, j], 1e-15) + 1e-10)
                    bits += sum(np.log2(1 + ratio * eigenvalue) for eigenvalue in np.linalg.eigvalsh(shared))
    return bits / y.size


@pytest.mark.parametrize("sigma", [2, 20])
def test_it_is_the_released_program(sigma):
    assert ifc(noisy(sigma), TRUTH) == pytest.approx(by_the_released_program(noisy(sigma), TRUTH), abs=1e-9)


def test_more_noise_shares_fewer_bits():
    assert ifc(TRUTH, TRUTH) > ifc(noisy(2), TRUTH) > ifc(noisy(20), TRUTH) > 0


def test_a_negative_and_a_flat_picture_share_nothing():
    assert ifc(255 - TRUTH, TRUTH) == 0
    assert ifc(np.full_like(TRUTH, 90), TRUTH) == 0
    assert ifc(TRUTH, np.full_like(TRUTH, 90)) == 0


def test_brightness_does_not_count():
    assert ifc(noisy(5) + 30, TRUTH) == pytest.approx(ifc(noisy(5), TRUTH), rel=1e-6)


def test_the_border_is_left_out():
    sr, hr = noisy(5), TRUTH
    assert ifc(sr, hr, border=3) == ifc(sr[3:-3, 3:-3], hr[3:-3, 3:-3])


def test_the_smallest_picture_is_measured_and_a_smaller_one_refused():
    assert ifc(noisy(2)[:72, :72], TRUTH[:72, :72]) > 0
    with pytest.raises(InvalidImageError, match="at least 72"):
        ifc(noisy(2)[:71], TRUTH[:71])


def test_two_shapes_are_refused():
    with pytest.raises(InvalidImageError, match="one shape"):
        ifc(TRUTH, TRUTH[1:])


def test_without_pyrtools_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "pyrtools.pyramids", None)
    with pytest.raises(MissingExtraError, match=r"\.\[paper\]"):
        ifc(TRUTH, TRUTH)


# Means over Set5 in quant_eval/result of jbhuang0604/SelfExSR, which took the released program.
@pytest.mark.slow
@pytest.mark.parametrize(("scale", "published"), [(2, 5.7156), (3, 3.4528), (4, 2.2787)])
def test_bicubic_has_the_values_of_the_selfexsr_authors(shared_data, scale, published):
    values = []
    for name, path in named_pictures(shared_data / "test" / "Set5").items():
        hr = crop_to_multiple(read_array(path), scale)
        # Their pipeline: 8-bit RGB enlarged by MATLAB, then luma in 8 bits.
        sr = imresize(read_array(shared_data / "matlab_lr" / "Set5" / f"x{scale}" / f"{name}.png"), scale)
        values.append(ifc(rgb_to_luma_bt601(sr), rgb_to_luma_bt601(hr), border=scale))
    assert fmean(values) == pytest.approx(published, abs=1e-4)


@pytest.mark.slow
def test_the_papers_value_is_that_of_another_border(shared_data):
    # Table 2 of the TPAMI paper: 4.58 for 9-5-5 on Set5 at x3.
    pytest.importorskip("scipy.io", reason="needs SciPy, of the extra 'paper'")
    path = shared_data.parent / "reference" / "weights" / "srcnn_authors" / "9-5-5_ImageNet" / "x3.mat"
    if not path.is_file():
        pytest.skip("needs the SRCNN authors' released weights, which the project does not ship")
    network = StripNetwork(read_authors_mat(path, name="authors", scale=3), engine="auto", threads=1)
    method = OnEnlarged(partial(network, top=True, bottom=True))
    values = []
    for picture in named_pictures(shared_data / "test" / "Set5").values():
        truth = truth_planes(read_array(picture), 3, AUTHORS)
        large = enlarge(shrink(truth, 3, AUTHORS), 3, AUTHORS, method)
        values.append([ifc(large * 255, truth * 255, border=border) for border in (1, 3)])
    in_border_1, in_border_3 = np.mean(values, 0)
    assert in_border_1 == pytest.approx(4.58, abs=0.005)
    assert in_border_3 == pytest.approx(4.66, abs=0.005)
