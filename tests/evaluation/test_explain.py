import re
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image as PillowImage
from scipy.optimize import brentq

from srcnn.errors import InvalidConfigError, InvalidImageError
from srcnn.evaluation.evaluate import evaluate
from srcnn.evaluation.explain import explain
from srcnn.evaluation.pasted_patches import uses_of_a_network
from srcnn.evaluation.planes import OnEnlarged
from srcnn.evaluation.protocol import AUTHORS, PROTOCOLS
from srcnn.evaluation.search import Observation
from srcnn.imaging import imresize

# The table of fingerprints in test_standard_sets.py; here its values are somebody's numbers.
SET5 = {
    "authors": (33.661, 30.392, 28.421),
    "old-matlab": (33.662, 30.394, 28.422),
    "no-border": (33.668, 30.396, 28.429),
    "border-6": (33.667, 30.412, 28.431),
    "lr-8bit": (33.652, 30.388, 28.418),
    "float-luma": (33.690, 30.408, 28.432),
    "basicsr": (33.682, 30.405, 28.431),
    "pillow-like": (33.679, 30.399, 28.431),
    "full-range": (32.356, 29.081, 27.107),
    "opencv-full-range": (33.090, 28.305, 26.356),
    "opencv-limited-range": (34.370, 29.601, 27.648),
    "sharp-enlargement": (33.950, 30.613, 28.617),
    "rgb": (31.800, 28.626, 26.696),
}
SET14_X3 = {
    "authors": 27.541,
    "old-matlab": 27.543,
    "no-border": 27.336,
    "border-6": 27.552,
    "lr-8bit": 27.539,
    "float-luma": 27.546,
    "basicsr": 27.634,
    "pillow-like": 27.402,
    "full-range": 26.322,
    "opencv-full-range": 25.185,
    "opencv-limited-range": 26.385,
    "sharp-enlargement": 27.686,
    "rgb": 25.948,
}


@pytest.fixture
def folder(tmp_path):
    rng = np.random.default_rng(0)
    for number, size in enumerate([(60, 51), (46, 68)]):
        image = imresize(rng.integers(0, 256, (15, 15, 3), np.uint8), size=size)
        PillowImage.fromarray(image).save(tmp_path / f"picture{number}.png")
    return tmp_path


def bicubic(folder, name, scale=3):
    return Observation(scale=scale, psnr=evaluate(None, folder, scale, PROTOCOLS[name]).mean.psnr)


@pytest.mark.parametrize("name", PROTOCOLS)
def test_every_protocol_explains_its_own_numbers(folder, name):
    explanation = explain(folder, [bicubic(folder, name, scale) for scale in (2, 3)], tolerance=1e-6)
    assert name in [match.protocol.name for match in explanation.matches[: explanation.fitting]]
    assert min(match.distance for match in explanation.matches) < 1e-9


def test_the_authors_numbers_are_told_to_be_kept(folder):
    explanation = explain(folder, [bicubic(folder, "authors")])
    assert explanation.matches[0].protocol is AUTHORS
    assert "keep it" in explanation.text


def test_full_range_is_told_to_become_limited(folder):
    explanation = explain(folder, [bicubic(folder, "full-range")])
    right = evaluate(None, folder, 3, AUTHORS).mean.psnr
    assert explanation.matches[0].protocol.name == "full-range"
    assert "full range" in explanation.text
    assert f"{right:.3f} dB of the paper's protocol: take BT.601 luma in limited range" in explanation.text


def test_another_border_is_found_by_its_name(folder):
    observed = evaluate(None, folder, 3, replace(PROTOCOLS["full-range"], border=8)).mean.psnr
    best = explain(folder, [Observation(scale=3, psnr=observed)], tolerance=1e-6).matches[0]
    assert best.protocol.name == "full-range with border=8"


@pytest.mark.parametrize(
    ("scales", "name"),
    [((3,), "full-range"), ((2, 3), "full-range with border=3"), ((3, 2), "full-range with border=3")],
)
def test_a_border_that_is_one_of_the_scales_is_told_from_the_scale_by_another(folder, scales, name):
    protocol = replace(PROTOCOLS["full-range"], border=3)
    observed = [Observation(scale=scale, psnr=evaluate(None, folder, scale, protocol).mean.psnr) for scale in scales]
    explanation = explain(folder, observed, tolerance=1e-6)
    assert explanation.matches[0].protocol.name == name
    assert explanation.matches[0].distance < 1e-9


def test_a_decision_without_a_name_is_found_in_the_second_round(folder):
    observed = evaluate(None, folder, 3, replace(AUTHORS, crop="after")).mean.psnr
    rounds = []
    explanation = explain(
        folder,
        [Observation(scale=3, psnr=observed)],
        tolerance=1e-6,
        progress=lambda done, total: rounds.append((done, total)),
    )
    assert explanation.matches[0].protocol.name == "authors with crop=after"
    assert "crop the picture to a multiple of the scale before shrinking" in explanation.text
    assert rounds[0] == (1, len(PROTOCOLS))
    assert len({total for _, total in rounds}) == 2
    assert rounds[-1][0] == rounds[-1][1]


def test_of_protocols_that_fit_the_one_with_fewest_departures_is_the_likeliest(folder):
    """Though another is nearer: somebody's number is rounded, and protocols hardly differ."""
    explanation = explain(folder, [bicubic(folder, "lr-8bit")], tolerance=1.0)
    found = [match.protocol.name for match in explanation.matches[: explanation.fitting]]
    assert found.index("authors") == 0
    assert explanation.matches[found.index("lr-8bit")].distance < explanation.matches[0].distance


@pytest.mark.parametrize(("share", "likeliest"), [(1.01, "authors"), (0.99, "lr-8bit")])
def test_what_rounds_to_a_number_is_no_likelier_for_being_nearer(folder, share, likeliest):
    """But what is farther than rounding accounts for is less likely than what is not."""
    observed = bicubic(folder, "lr-8bit")
    apart = abs(observed.psnr - bicubic(folder, "authors").psnr)
    tried = explain(folder, [observed], tolerance=share * apart)
    fitting = {match.protocol.name: match.distance for match in tried.matches[: tried.fitting]}
    assert fitting["lr-8bit"] < 0.1 * fitting["authors"]
    assert next(iter(fitting)) == likeliest


@pytest.mark.parametrize("tolerance", [0.0001, 5.0])
def test_four_of_those_that_give_the_same_are_named_and_the_others_counted(folder, tolerance):
    explanation = explain(folder, [bicubic(folder, "authors")], tolerance=tolerance)
    others = [match.protocol.name for match in explanation.matches[1 : explanation.fitting]]
    text = explanation.text.partition("The same also comes from ")[2]
    assert re.findall(r"'([\w =-]+)' \(bicubic \d+\.\d{3} dB\)", text) == others[:4]
    assert re.findall(r"and (\d+) more;", text) == ([str(len(others) - 4)] if tolerance > 1 else [])
    assert (len(others) > 4) == (tolerance > 1)


def test_a_number_nothing_gives_is_admitted(folder):
    explanation = explain(folder, [Observation(scale=3, psnr=80.0)])
    assert explanation.fitting == 0
    assert explanation.text.startswith("No protocol that was tried gives 80.0 dB at x3; the nearest are ")


def test_no_protocol_is_tried_under_two_names(folder):
    matches = explain(folder, [Observation(scale=3, psnr=5.0)]).matches
    tried = [(match.method, replace(match.protocol, name="")) for match in matches]
    assert len(tried) == len(set(tried)) > 100


def test_the_number_of_a_single_picture_is_enough(folder):
    image = evaluate(None, folder, 3, PROTOCOLS["rgb"]).images[1]
    observation = Observation(scale=3, psnr=image.psnr, picture="picture1")
    assert explain(folder, [observation], tolerance=1e-6).matches[0].protocol.name == "rgb"


@pytest.mark.parametrize("use", range(7))
def test_a_network_that_is_applied_wrongly_is_recognised(folder, use):
    uses = uses_of_a_network(lambda plane: np.roll(plane, 1, 0) * np.float32(0.9))
    name = list(uses)[use]
    protocol = PROTOCOLS["no-border"]
    observed = evaluate(uses[name], folder, 3, protocol).mean.psnr
    explanation = explain(folder, [Observation(scale=3, psnr=observed)], methods=uses, tolerance=1e-6)
    best = explanation.matches[0]
    assert (best.method, best.protocol.name) == (name, "no-border")
    assert (f"There {next(iter(uses))} gives" in explanation.text) == (use > 0)


def test_a_wrong_use_by_a_protocol_with_a_name_is_likelier_than_a_right_one_with_an_odd_border(folder):
    def right(plane):
        return imresize(plane, 3)

    def brighter(by):
        return lambda plane: right(plane) + by

    def value(method, **changes):
        return evaluate(method, folder, 3, replace(AUTHORS, **changes)).mean.psnr

    observed = min(value(right, border=border) for border in (2, 4, 8))
    as_bad = brentq(lambda by: value(brighter(by)) - observed, 0, 0.1)
    methods = {"right": right, "wrong": brighter(as_bad)}
    given = [Observation(scale=3, psnr=observed)]
    alone = explain(folder, given, methods={"right": right}, tolerance=1e-4)
    assert alone.matches[0].protocol.name.startswith("authors with border=")
    best = explain(folder, given, methods=methods, tolerance=1e-4).matches[0]
    assert (best.method, best.protocol.name) == ("wrong", "authors")


@pytest.mark.parametrize("name", ["sharp-enlargement", "opencv-full-range", "old-matlab", "pillow"])
def test_what_a_network_makes_of_the_protocols_own_enlargement_is_recognised(folder, name):
    uses = uses_of_a_network(lambda plane: 3 * plane - np.roll(plane, 1, 0) - np.roll(plane, 1, 1))
    observed = evaluate(next(iter(uses.values())), folder, 3, PROTOCOLS[name]).mean.psnr
    explanation = explain(folder, [Observation(scale=3, psnr=observed)], methods=uses, tolerance=1e-6)
    best = explanation.matches[0]
    assert (best.protocol.name, best.method, best.distance < 1e-9) == (name, "the network on the whole picture", True)


def test_the_paper_that_prints_a_number_is_named_and_a_network_asked_for(shared_data):
    explanation = explain(shared_data / "test" / "Set5", [Observation(scale=2, psnr=36.66)])
    assert "if a network gave the number, name it" in explanation.text
    assert explanation.text.endswith("It is what Set5 has by srcnn-955 trained on ImageNet (SRCNN TPAMI 2016).")
    both = [Observation(scale=2, psnr=36.66, picture="woman"), Observation(scale=2, psnr=33.0)]
    assert "It is what" not in explain(shared_data / "test" / "Set5", both).text  # printed is the mean


def test_wrong_ways_are_not_tried_where_the_right_one_fits(folder):
    def broken(enlarged):
        raise AssertionError

    methods = {"right": OnEnlarged(lambda enlarged: enlarged), "wrong": OnEnlarged(broken)}
    assert explain(folder, [bicubic(folder, "authors")], methods=methods).matches[0].method == "right"
    with pytest.raises(AssertionError):
        explain(folder, [Observation(scale=3, psnr=80.0)], methods=methods)


def test_nothing_to_explain_and_unknown_pictures_are_refused(folder):
    with pytest.raises(InvalidConfigError, match="got none"):
        explain(folder, [])
    with pytest.raises(InvalidConfigError, match="got 'zebra'; the pictures are picture0, picture1"):
        explain(folder, [Observation(scale=3, psnr=30.0, picture="zebra")])


def test_a_method_that_returns_nan_is_refused_with_the_pictures_name(folder):
    methods = {"broken": lambda lr: np.full((lr.shape[0] * 3, lr.shape[1] * 3), np.nan, np.float32)}
    with pytest.raises(InvalidImageError, match=r"picture0: .*NaN"):
        explain(folder, [Observation(scale=3, psnr=30.0)], methods=methods)


def test_small_pictures_leave_the_large_borders_out(tmp_path):
    PillowImage.fromarray(np.random.default_rng(0).integers(0, 256, (19, 19, 3), np.uint8)).save(tmp_path / "a.png")
    explanation = explain(tmp_path, [bicubic(tmp_path, "no-border")])
    assert explanation.fitting
    assert not [match for match in explanation.matches if match.protocol.border == 8]


@pytest.mark.parametrize("side", [12, 14])
def test_protocols_whose_border_small_pictures_do_not_have_are_left_out(tmp_path, side):
    pixels = np.random.default_rng(0).integers(0, 256, (side, side, 3), np.uint8)
    PillowImage.fromarray(pixels).save(tmp_path / "a.png")
    explanation = explain(tmp_path, [bicubic(tmp_path, "no-border", 2)])
    assert explanation.matches[0].protocol.name == "no-border"
    assert all(2 * match.protocol.border_pixels(2) < side for match in explanation.matches)


@pytest.mark.parametrize("gain", [None, OnEnlarged(lambda enlarged: enlarged + np.float32(0.004))])
def test_a_picture_that_bicubic_gives_exactly_is_not_in_the_mean_here_either(folder, gain):
    PillowImage.fromarray(np.full((40, 40, 3), 90, np.uint8)).save(folder / "flat.png")
    observed = evaluate(gain, folder, 3, AUTHORS).mean.psnr
    methods = None if gain is None else {"brighter": gain}
    best = explain(folder, [Observation(scale=3, psnr=observed)], methods=methods, tolerance=1e-6).matches[0]
    assert (best.protocol.name, best.distance) == ("authors", pytest.approx(0, abs=1e-9))


@pytest.mark.slow
@pytest.mark.parametrize("name", SET5)
def test_the_means_of_set5_at_three_scales_name_their_protocol(shared_data, name):
    observations = [Observation(scale=scale, psnr=psnr) for scale, psnr in zip((2, 3, 4), SET5[name], strict=True)]
    explanation = explain(shared_data / "test" / "Set5", observations, tolerance=0.0005)
    assert explanation.matches[0].protocol.name == name


@pytest.mark.slow
@pytest.mark.parametrize("name", SET14_X3)
def test_one_mean_of_set14_names_its_protocol(shared_data, name):
    observation = Observation(scale=3, psnr=SET14_X3[name])
    explanation = explain(shared_data / "test" / "Set14", [observation], tolerance=0.0005)
    assert explanation.matches[0].protocol.name == name


def test_the_keras_reproduction_is_recognised_from_its_pictures(shared_data):
    numbers = {"baby": 32.541, "bird": 31.320, "butterfly": 22.741, "head": 31.530, "woman": 27.321}
    observations = [Observation(scale=3, psnr=psnr, picture=name) for name, psnr in numbers.items()]
    explanation = explain(shared_data / "test" / "Set5", observations, tolerance=0.0005)
    assert explanation.fitting == 1
    assert explanation.matches[0].protocol.name == "keras-pillow"
    assert explanation.matches[0].distance < 0.002
    # By weight: the range of luma first, then the border.
    assert explanation.text.index("full range") < explanation.text.index("a border of 6 pixels")


@pytest.mark.slow
def test_the_keras_reproductions_mean_is_recognised(shared_data):
    explanation = explain(shared_data / "test" / "Set5", [Observation(scale=3, psnr=29.09)])
    assert explanation.matches[0].protocol.name == "keras-pillow"
