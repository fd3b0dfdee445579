"""The published bicubic numbers, which prove the whole path from file to decibel. They need the standard sets."""

import numpy as np
import pytest

from srcnn.evaluation.evaluate import evaluate
from srcnn.evaluation.planes import enlarge_bicubic, measure_psnr, shrink, truth_planes
from srcnn.evaluation.protocol import AUTHORS, PROTOCOLS
from srcnn.evaluation.published import find_published, published_psnr
from srcnn.pictures.named import named_pictures
from srcnn.pictures.read import read_array

# Measured by an independent program under each protocol; x2, x3, x4.
FINGERPRINTS = {
    "authors": ((33.661, 30.392, 28.421), (30.232, 27.541, 26.000)),
    "old-matlab": ((33.662, 30.394, 28.422), (30.234, 27.543, 26.003)),
    "no-border": ((33.668, 30.396, 28.429), (30.010, 27.336, 25.794)),
    "border-6": ((33.667, 30.412, 28.431), (30.240, 27.552, 26.014)),
    "lr-8bit": ((33.652, 30.388, 28.418), (30.227, 27.539, 25.999)),
    "float-luma": ((33.690, 30.408, 28.432), (30.242, 27.546, 26.004)),
    "basicsr": ((33.682, 30.405, 28.431), (30.330, 27.634, 26.092)),
    "pillow-like": ((33.679, 30.399, 28.431), (30.081, 27.402, 25.860)),
    "full-range": ((32.356, 29.081, 27.107), (29.019, 26.322, 24.780)),
    "opencv-full-range": ((33.090, 28.305, 26.356), (29.492, 25.185, 23.667)),
    "opencv-limited-range": ((34.370, 29.601, 27.648), (30.681, 26.385, 24.857)),
    "sharp-enlargement": ((33.950, 30.613, 28.617), (30.441, 27.686, 26.117)),
    "rgb": ((31.800, 28.626, 26.696), (28.525, 25.948, 24.465)),
}
# Bicubic under the authors' protocol, by the same independent program; x2, x3, x4.
PER_PICTURE = {
    "Set5": {
        "baby": (37.066, 33.910, 31.776),
        "bird": (36.806, 32.572, 30.177),
        "butterfly": (27.433, 24.037, 22.098),
        "head": (34.858, 32.879, 31.590),
        "woman": (32.144, 28.563, 26.462),
    },
    "Set14": {
        "baboon": (24.858, 23.209, 22.437),
        "barbara": (27.998, 26.249, 25.146),
        "bridge": (26.575, 24.403, 23.146),
        "coastguard": (29.122, 26.553, 25.475),
        "comic": (26.016, 23.115, 21.692),
        "face": (34.831, 32.819, 31.554),
        "flowers": (30.365, 27.230, 25.524),
        "foreman": (34.138, 31.157, 29.383),
        "lenna": (34.697, 31.678, 29.835),
        "man": (29.247, 27.008, 25.697),
        "monarch": (32.938, 29.426, 27.457),
        "pepper": (34.953, 32.380, 30.595),
        "ppt3": (26.873, 23.707, 21.981),
        "zebra": (30.634, 26.634, 24.081),
    },
}
# A Keras reproduction's own bicubic numbers, Set5 x3.
KERAS = {"baby": 32.541, "bird": 31.320, "butterfly": 22.741, "head": 31.530, "woman": 27.321}


def bicubic_psnr(folder, scale, protocol):
    values = {}
    for name, path in named_pictures(folder).items():
        truth = truth_planes(read_array(path), scale, protocol)
        large = enlarge_bicubic(shrink(truth, scale, protocol), scale, protocol)
        values[name] = measure_psnr(large, truth, scale, protocol)
    return values


def assert_fingerprint(shared_data, dataset, scale, name):
    mean = np.mean(list(bicubic_psnr(shared_data / "test" / dataset, scale, PROTOCOLS[name]).values()))
    tolerance = 0.002 if name == "authors" else 0.003
    assert mean == pytest.approx(FINGERPRINTS[name][dataset == "Set14"][scale - 2], abs=tolerance)


@pytest.mark.parametrize("scale", [pytest.param(2, marks=pytest.mark.slow), 3, pytest.param(4, marks=pytest.mark.slow)])
@pytest.mark.parametrize("name", FINGERPRINTS)
def test_bicubic_means_of_set5_are_those_of_the_protocol(shared_data, name, scale):
    assert_fingerprint(shared_data, "Set5", scale, name)


@pytest.mark.slow
@pytest.mark.parametrize("scale", [2, 3, 4])
@pytest.mark.parametrize("name", FINGERPRINTS)
def test_bicubic_means_of_set14_are_those_of_the_protocol(shared_data, name, scale):
    assert_fingerprint(shared_data, "Set14", scale, name)


@pytest.mark.parametrize("dataset", PER_PICTURE)
@pytest.mark.parametrize("scale", [2, 3, 4])
def test_bicubic_is_the_papers_and_right_for_each_picture(shared_data, dataset, scale):
    values = bicubic_psnr(shared_data / "test" / dataset, scale, AUTHORS)
    assert values == pytest.approx({name: v[scale - 2] for name, v in PER_PICTURE[dataset].items()}, abs=0.001)
    # The paper prints two digits.
    assert round(float(np.mean(list(values.values()))), 2) == published_psnr("bicubic", dataset, scale)


def test_the_keras_reproduction_is_reproduced_picture_by_picture(shared_data):
    values = bicubic_psnr(shared_data / "test" / "Set5", 3, PROTOCOLS["keras-pillow"])
    assert values == pytest.approx(KERAS, abs=0.002)


def test_bicubic_ssim_of_set5_is_the_published_one(shared_data):
    result = evaluate(None, shared_data / "test" / "Set5", 3, AUTHORS)
    assert result.mean.ssim == pytest.approx(find_published("bicubic", "Set5", 3, "ssim").value, abs=2e-4)
