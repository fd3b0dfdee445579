import sys
from pathlib import Path

import numpy as np
import pytest

from srcnn.errors import MissingExtraError, ModelFileError
from srcnn.evaluation.evaluate import evaluate
from srcnn.evaluation.identify import identify_picture
from srcnn.evaluation.metrics import ms_ssim, nqm
from srcnn.evaluation.planes import enlarge, shrink, truth_planes
from srcnn.evaluation.protocol import AUTHORS, PROTOCOLS
from srcnn.evaluation.published import find_published, published_psnr
from srcnn.evaluation.resize_variants import CubicResize, resize_cubic
from srcnn.imaging import imresize
from srcnn.pictures.named import named_pictures
from srcnn.pictures.read import read_array
from srcnn.zoo.authors import read_authors_mat
from srcnn.zoo.model_file import read_model, save_model

pytest.importorskip("scipy.io", reason="needs SciPy, of the extra 'paper'")

# Measured with the authors' weights by an independent program under their protocol: Set5, Set14.
AUTHORS_PSNR = {
    ("9-1-5_91images", 2): (36.342, 32.176),
    ("9-1-5_91images", 3): (32.390, 29.003),
    ("9-1-5_91images", 4): (30.081, 27.202),
    ("9-1-5_ImageNet", 3): (32.516, 29.131),
    ("9-3-5_ImageNet", 3): (32.654, 29.237),
    ("9-5-5_ImageNet", 2): (36.656, 32.454),
    ("9-5-5_ImageNet", 3): (32.749, 29.292),
    ("9-5-5_ImageNet", 4): (30.484, 27.502),
}
QUICK = ("9-1-5_91images", 3, "Set5")


def convolve(planes, weight, bias):
    """Correlation with a replicated border, by gathering the shifted planes: C x H x W, float32."""
    count, channels, size, _ = weight.shape
    reach = size // 2
    height, width = planes.shape[1:]
    padded = np.pad(planes, ((0, 0), (reach, reach), (reach, reach)), "edge")
    result = np.empty((count, height, width), np.float32)
    kernel = weight.transpose(0, 2, 3, 1).reshape(count, -1)
    for top in range(0, height, 32):  # strips keep the gathered columns small
        rows = min(32, height - top)
        columns = [
            padded[:, top + y : top + y + rows, x : x + width].reshape(channels, -1)
            for y in range(size)
            for x in range(size)
        ]
        result[:, top : top + rows] = (kernel @ np.concatenate(columns)).reshape(count, rows, width)
    return result + bias[:, None, None]


def reference_method(model, resize=imresize):
    """The network in NumPy: bicubic, then each layer with its border replicated, as SRCNN.m does."""

    def enlarge(lr):
        planes = resize(lr, model.spec.scale)[None]
        for number, layer in enumerate(model.spec.layers, 1):
            planes = convolve(planes, model.weights[f"conv{number}.weight"], model.weights[f"conv{number}.bias"])
            planes = np.maximum(planes, 0) if layer.relu else planes
        return planes[0]

    return enlarge


def variables(kernel_sizes=(5, 3, 3), widths=(6, 4)):
    (f1, f2, f3), (n1, n2) = kernel_sizes, widths
    shapes = {
        "weights_conv1": (f1 * f1, n1),
        "biases_conv1": (n1, 1),
        "weights_conv2": (n1, f2 * f2, n2),
        "biases_conv2": (n2, 1),
        "weights_conv3": (n2, f3 * f3),
        "biases_conv3": (1, 1),
    }
    rng = np.random.default_rng(0)
    return {name: rng.standard_normal(shape) for name, shape in shapes.items()}


@pytest.fixture
def write_mat(tmp_path):
    from scipy.io import savemat

    def write(content):
        savemat(tmp_path / "x3.mat", content)
        return tmp_path / "x3.mat"

    return write


def test_the_layers_and_their_sizes_are_read_from_the_shapes(write_mat):
    model = read_authors_mat(write_mat(variables((9, 1, 5), (64, 32))), name="paper", scale=3)
    assert [layer.kernel_size for layer in model.spec.layers] == [9, 1, 5]
    assert [layer.out_channels for layer in model.spec.layers] == [64, 32, 1]
    assert (model.spec.name, model.spec.scale) == ("paper", 3)
    assert {name: weight.shape for name, weight in model.weights.items()} == model.spec.tensor_shapes()
    assert all(weight.dtype == np.float32 for weight in model.weights.values())


def test_kernels_are_taken_column_by_column(write_mat):
    content = variables()
    model = read_authors_mat(write_mat(content), name="paper", scale=3)
    # SRCNN.m: reshape(weights_conv1(:, i), f1, f1), which fills columns first.
    first = content["weights_conv1"][:, 2].reshape(5, 5, order="F")
    second = content["weights_conv2"][1, :, 3].reshape(3, 3, order="F")
    third = content["weights_conv3"][3].reshape(3, 3, order="F")
    np.testing.assert_allclose(model.weights["conv1.weight"][2, 0], first, rtol=1e-6)
    np.testing.assert_allclose(model.weights["conv2.weight"][3, 1], second, rtol=1e-6)
    np.testing.assert_allclose(model.weights["conv3.weight"][0, 3], third, rtol=1e-6)


def test_an_imported_model_is_a_model_file_like_any_other(write_mat, tmp_path):
    model = read_authors_mat(write_mat(variables()), name="paper", scale=3)
    save_model(tmp_path / "paper.safetensors", model)
    again = read_model(tmp_path / "paper.safetensors")
    assert again.spec == model.spec
    assert all(np.array_equal(again.weights[name], model.weights[name]) for name in model.weights)


def test_the_reference_network_correlates_and_replicates_the_border(write_mat):
    from scipy.ndimage import correlate

    model = read_authors_mat(write_mat(variables()), name="paper", scale=3)
    planes = np.random.default_rng(1).random((1, 40, 37)).astype(np.float32)
    ours = convolve(planes, model.weights["conv1.weight"], model.weights["conv1.bias"])
    expected = correlate(planes[0], model.weights["conv1.weight"][4, 0], mode="nearest")
    np.testing.assert_allclose(ours[4], expected + model.weights["conv1.bias"][4], atol=1e-4)


def test_a_file_with_other_variables_is_refused_with_those_expected_and_found(write_mat):
    with pytest.raises(
        ModelFileError, match=r"weights_conv1 \(f1 x f1, n1\).*got no .*among the variables net \(1, 3\)"
    ):
        read_authors_mat(write_mat({"net": np.zeros((1, 3))}), name="paper", scale=3)


def test_a_fourth_layer_is_not_left_out(write_mat):
    more = {"weights_conv4": np.zeros((1, 9)), "biases_conv4": np.zeros((1, 1)), "note": np.zeros((1, 1))}
    with pytest.raises(ModelFileError, match=r"got more than three layers: (weights_conv4, biases_conv4|biases.*4); "):
        read_authors_mat(write_mat(variables() | more), name="paper", scale=3)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("weights_conv1", np.zeros((24, 6))),
        ("weights_conv2", np.zeros((5, 9, 4))),
        ("weights_conv3", np.zeros((4, 8))),
        ("biases_conv2", np.zeros((3, 1))),
        ("biases_conv3", np.zeros((2, 1))),
    ],
)
def test_shapes_that_do_not_fit_are_refused_by_name(write_mat, key, value):
    with pytest.raises(ModelFileError, match=rf"do not fit together: .*{key} \({value.shape[0]}, "):
        read_authors_mat(write_mat({**variables(), key: value}), name="paper", scale=3)


@pytest.mark.parametrize("value", ["text", np.full((6, 1), np.nan), np.full((6, 1), -np.inf), np.full((6, 1), 1e39)])
def test_variables_without_finite_numbers_are_refused(write_mat, value):
    with pytest.raises(ModelFileError, match="biases_conv1 without finite numbers"):
        read_authors_mat(write_mat({**variables(), "biases_conv1": value}), name="paper", scale=3)


@pytest.mark.parametrize("name", ["more", "weights_conv2"])
def test_what_would_fill_the_memory_is_never_unpacked(tmp_path, monkeypatch, name):
    from scipy.io import loadmat, savemat

    loaded = []
    savemat(tmp_path / "x3.mat", {**variables(), name: np.zeros((1, 1 << 25, 1), np.uint8)}, do_compression=True)
    monkeypatch.setattr("scipy.io.loadmat", lambda *a, **options: loaded.append(loadmat(*a, **options)) or loaded[-1])
    if name == "more":
        assert read_authors_mat(tmp_path / "x3.mat", name="paper", scale=3).spec.scale == 3
        assert not {key for key in loaded[0] if not key.startswith("__")} - variables().keys()
    else:
        with pytest.raises(ModelFileError, match=r"more numbers than any network has in weights_conv2 \(1, 33554432"):
            read_authors_mat(tmp_path / "x3.mat", name="paper", scale=3)
        assert not loaded


@pytest.mark.parametrize("content", [b"", b"not a mat file", b"MATLAB 7.3 MAT-file" + bytes(400)])
def test_what_is_no_matlab_file_is_refused(tmp_path, content):
    path = tmp_path / "x3.mat"
    path.write_bytes(content)
    with pytest.raises(ModelFileError, match=r"expected a MATLAB v5 file .*, got .*; give"):
        read_authors_mat(path, name="paper", scale=3)


def test_a_truncated_file_is_refused(write_mat):
    path = write_mat(variables())
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(ModelFileError, match=r"expected a MATLAB v5 file"):
        read_authors_mat(path, name="paper", scale=3)


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(ModelFileError, match="No such file"):
        read_authors_mat(tmp_path / "x9.mat", name="paper", scale=3)


def test_without_scipy_the_extra_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "scipy.io", None)
    with pytest.raises(MissingExtraError, match=r"\.\[paper\]"):
        read_authors_mat(tmp_path / "x3.mat", name="paper", scale=3)


def authors_file(shared_data: Path, network: str, scale: int) -> Path:
    path = shared_data.parent / "reference" / "weights" / "srcnn_authors" / network / f"x{scale}.mat"
    if not path.is_file():
        pytest.skip("needs the SRCNN authors' released weights, which the project does not ship")
    return path


@pytest.mark.parametrize(
    ("network", "scale", "dataset"),
    [
        pytest.param(*key, dataset, marks=() if (*key, dataset) == QUICK else pytest.mark.slow)
        for key in AUTHORS_PSNR
        for dataset in ("Set5", "Set14")
    ],
)
def test_the_authors_weights_give_their_numbers(shared_data, network, scale, dataset):
    model = read_authors_mat(authors_file(shared_data, network, scale), name="authors", scale=scale)
    result = evaluate(reference_method(model), shared_data / "test" / dataset, scale, AUTHORS)
    assert result.mean.psnr == pytest.approx(AUTHORS_PSNR[network, scale][dataset == "Set14"], abs=0.002)
    if network == "9-5-5_ImageNet":
        # The paper prints four digits.
        assert round(result.mean.ssim, 4) == find_published("srcnn-955", dataset, scale, "ssim").value


@pytest.mark.slow
@pytest.mark.parametrize(("dataset", "scale"), [("Set5", 4), ("Set14", 3)])
def test_the_papers_last_digit_comes_with_the_border_repeated(shared_data, dataset, scale):
    # Mirrored, these two are 30.484 and 29.292; the paper prints 30.49 and 29.30.
    def resize(lr, factor):
        kind = CubicResize(kernel_a=-0.5, antialias=True, border="replicate")
        return resize_cubic(lr, (lr.shape[0] * factor, lr.shape[1] * factor), kind)

    model = read_authors_mat(authors_file(shared_data, "9-5-5_ImageNet", scale), name="authors", scale=scale)
    protocol = PROTOCOLS["old-matlab"]
    result = evaluate(reference_method(model, resize), shared_data / "test" / dataset, scale, protocol)
    assert round(result.mean.psnr, 2) == published_psnr("srcnn-955", dataset, scale)


@pytest.mark.slow
def test_the_authors_best_weights_give_the_papers_ms_ssim_and_nqm(shared_data):
    # Table 2 of the TPAMI paper, Set5 x3, 9-5-5: MSSSIM 0.987, NQM 33.21 dB. NQM has hard thresholds:
    # repeating the border in the resize instead of mirroring it, as older MATLAB did, gives 33.20.
    model = read_authors_mat(authors_file(shared_data, "9-5-5_ImageNet", 3), name="authors", scale=3)
    values = []
    for path in named_pictures(shared_data / "test" / "Set5").values():
        truth = truth_planes(read_array(path), 3, AUTHORS)
        large = enlarge(shrink(truth, 3, AUTHORS), 3, AUTHORS, reference_method(model))
        values.append((ms_ssim(large * 255, truth * 255, border=3), nqm(large * 255, truth * 255, border=3)))
    mean_ms_ssim, mean_nqm = np.mean(values, 0)
    assert round(float(mean_ms_ssim), 3) == 0.987
    assert mean_nqm == pytest.approx(33.21, abs=0.05)


@pytest.mark.slow
def test_two_numbers_of_a_digest_are_zebra_by_the_authors_best_weights(shared_data):
    # A digest of the paper prints 26.633759 and 29.290147 dB and says neither picture nor weights.
    methods = {}
    for network, scale in (("9-1-5_91images", 3), ("9-1-5_ImageNet", 3), ("9-5-5_ImageNet", 3), ("9-5-5_ImageNet", 4)):
        model = read_authors_mat(authors_file(shared_data, network, scale), name=network, scale=scale)
        methods[network, scale] = reference_method(model)
    matches = identify_picture(
        shared_data / "test" / "Set14", methods, bicubic_psnr=26.633759, psnr=29.290147, tolerance=0.001
    )
    assert (matches[0].picture, matches[0].scale, matches[0].method) == ("zebra", 3, "9-5-5_ImageNet")
    assert matches[0].distance < 1e-4
    assert matches[1].distance > 0.1
