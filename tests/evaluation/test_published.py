import pytest

from srcnn.evaluation.published import (
    DATASETS,
    find_published,
    method_of,
    methods_printed_with,
    published_psnr,
    published_values,
    recognise_dataset,
)
from srcnn.rivals import RIVALS
from srcnn.spec import srcnn


@pytest.mark.parametrize(
    ("method", "dataset", "scale", "psnr"),
    [
        ("bicubic", "Set5", 2, 33.66),
        ("bicubic", "Set5", 3, 30.39),
        ("bicubic", "Set5", 4, 28.42),
        ("bicubic", "Set14", 2, 30.23),
        ("bicubic", "Set14", 3, 27.54),
        ("bicubic", "Set14", 4, 26.00),
        ("srcnn-955", "Set5", 3, 32.75),
        ("srcnn-955", "Set14", 4, 27.50),
        ("a+", "Set5", 3, 32.59),
        ("sc", "Set5", 3, 31.42),
        ("ne-lle", "Set5", 3, 31.84),
    ],
)
def test_the_papers_values_are_found(method, dataset, scale, psnr):
    # Dong et al., TPAMI 2016, tables of Set5 and Set14.
    assert published_psnr(method, dataset, scale) == psnr


def test_the_authors_t91_values_say_that_they_were_measured():
    values = [value for value in published_values() if value.method == "srcnn-915"]
    assert [value.value for value in values] == [36.342, 32.390, 30.081, 32.176, 29.003, 27.202]
    assert all(value.source.startswith("measured") and value.training == "T91" for value in values)


def test_every_earlier_method_finds_its_own_value():
    assert {rival for rival in RIVALS if published_psnr(rival, "Set5", 3) is None} == set()


def test_a_value_is_found_with_its_sources():
    found = find_published("ne-lle", "Set5", 3, "psnr")
    assert (found.method, found.value, found.paper) == ("ne-lle", 31.84, "SRCNN TPAMI 2016 Tab.2")
    assert found.source


def test_a_longer_name_is_not_mistaken_for_a_shorter_one():
    assert [published_psnr(name, "Set5", 3) for name in ("fsrcnn-s", "kk-mine", "bicubic-plus")] == [None] * 3
    assert published_psnr("srcnn-915-imagenet", "Set5", 3) == 32.516


@pytest.mark.parametrize(
    ("method", "dataset", "scale"),
    [
        ("swift", "Set5", 3),
        ("srcnn", "Set5", 3),
        ("bicubic", "Urban100", 3),
        ("bicubic", "Set5", 8),
        ("bicubic", None, 3),
    ],
)
def test_what_is_not_printed_is_none(method, dataset, scale):
    assert published_psnr(method, dataset, scale) is None


@pytest.mark.parametrize(
    ("psnr", "tolerance", "methods"),
    [(36.65, 0.01, ["srcnn-955"]), (36.7, 0.05, ["srcnn-955"]), (36.3, 0.05, ["srcnn-915"]), (36.6, 0.005, [])],
)
def test_a_number_is_found_among_the_printed_ones(psnr, tolerance, methods):
    found = methods_printed_with(psnr, "Set5", 2, tolerance=tolerance)
    assert [value.method for value in found] == methods
    assert methods_printed_with(psnr, None, 2, tolerance=tolerance) == ()


@pytest.mark.parametrize(
    ("spec", "method"),
    [
        (srcnn(name="mine", scale=3, kernel_sizes=(9, 5, 5)), "srcnn-955"),
        (srcnn(name="srcnn-915-t91", scale=3), "srcnn-915"),
        (srcnn(name="srcnn-955", scale=3, widths=(32, 16)), ""),
        (srcnn(name="srcnn-915", scale=3, activation="prelu"), ""),
        (srcnn(name="srcnn-915", scale=3, colour="rgb"), ""),
        (srcnn(name="srcnn-915", scale=3, kernel_sizes=(9, 3, 3, 5), widths=(64, 32, 32)), ""),
        (srcnn(name="fsrcnn", scale=3, input_space="lr"), "fsrcnn"),
        (srcnn(name="srcnn-915", scale=3, input_space="lr"), ""),
    ],
)
def test_an_srcnn_is_known_by_its_layers(spec, method):
    assert method_of(spec) == method


def test_ssim_is_its_own_metric():
    assert find_published("srcnn-955", "Set5", 3, "ssim").value == 0.9090


def test_the_papers_other_metrics_of_its_own_network():
    assert [find_published("srcnn-955", "Set5", 3, metric).value for metric in ("ifc", "nqm")] == [4.58, 33.21]


def test_every_value_has_its_source_and_stands_once():
    values = published_values()
    keys = [(value.method, value.dataset, value.scale, value.metric) for value in values]
    assert len(set(keys)) == len(keys)
    assert all(value.source and value.paper and value.dataset in DATASETS for value in values)
    assert {value.scale for value in values} == {2, 3, 4}
    ranges = {"psnr": (20, 40), "ssim": (0.6, 1), "ifc": (3, 6), "nqm": (27, 35)}
    assert [v for v in values if not ranges[v.metric][0] < v.value < ranges[v.metric][1]] == []


def test_the_sets_have_their_sizes():
    assert {name: len(pictures) for name, pictures in DATASETS.items()} == {"Set5": 5, "Set14": 14, "BSD100": 100}


def test_a_set_is_recognised_by_the_names_of_its_pictures():
    assert recognise_dataset("anything", [f"{name}_GT.bmp" for name in DATASETS["Set5"]]) == "Set5"
    assert recognise_dataset("anything", [f"sub/{name}.png" for name in DATASETS["Set14"]]) == "Set14"


def test_a_renamed_copy_is_recognised_by_its_folder_if_complete():
    assert recognise_dataset("set5", [f"img_{i:03}" for i in range(1, 6)]) == "Set5"
    assert recognise_dataset("Set5", [f"img_{i:03}" for i in range(1, 5)]) is None


def test_other_pictures_are_no_set():
    assert recognise_dataset("holidays", ["a", "b", "c", "d", "e"]) is None


def test_the_shared_sets_are_recognised(shared_data):
    for dataset in DATASETS:
        names = [path.name for path in (shared_data / "test" / dataset).iterdir()]
        assert recognise_dataset("", names) == dataset


def test_what_follows_a_dot_in_a_name_is_no_ending() -> None:
    names = ["baby", "bird", "butterfly", "head", "woman"]
    assert recognise_dataset("x", [f"{name}.png" for name in names]) == "Set5"
    assert recognise_dataset("x", [f"{name}.v2" for name in names]) is None
