from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from srcnn.errors import ModelFileError
from srcnn.models.state_dict import model_of_state_dict, read_state_dict
from srcnn.spec import Colour
from srcnn.upscaler import Upscaler
from srcnn.zoo.model_file import Model


def port(channels: int = 1) -> nn.Sequential:
    """An SRCNN as programs in PyTorch have it, but with the border repeated."""
    torch.manual_seed(0)

    def convolution(inputs: int, outputs: int, size: int) -> nn.Conv2d:
        return nn.Conv2d(inputs, outputs, size, padding=size // 2, padding_mode="replicate")

    return nn.Sequential(
        convolution(channels, 6, 9), nn.ReLU(), convolution(6, 4, 1), nn.ReLU(), convolution(4, channels, 5)
    )


def enlarged(model: Model, planes: np.ndarray) -> np.ndarray:
    """By the runtime, at scale 1: what the network makes of an enlarged picture."""
    upscaler = Upscaler(model, threads=1)
    return upscaler.luma(planes) if planes.ndim == 2 else upscaler(planes)


@pytest.mark.parametrize(("channels", "colour"), [(1, "luma"), (3, "rgb")])
def test_the_model_is_the_network_in_torch(channels: int, colour: Colour) -> None:
    network = port(channels)
    picture = np.random.default_rng(0).random((20, 23, channels), np.float32) * np.float32(0.4)
    with torch.no_grad():
        network[-1].bias += 0.5  # inside [0, 1], which pictures are clipped to
        expected = network(torch.from_numpy(picture.transpose(2, 0, 1)[None].copy()))[0].numpy().transpose(1, 2, 0)
    assert 0 < expected.min() < expected.max() < 1
    model = model_of_state_dict(network.state_dict(), name="port", scale=1)
    assert (model.spec.name, model.spec.colour, model.spec.input_space) == ("port", colour, "hr")
    result = enlarged(model, picture[:, :, 0] if channels == 1 else picture)
    np.testing.assert_allclose(result.reshape(picture.shape), expected, atol=1e-5)


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize(
    "wrapped",
    [
        lambda state: state,
        lambda state: {"state_dict": state, "epoch": 3, "optimizer": {"state": {0: {"step": torch.zeros(1)}}}},
        lambda state: {"state_dict": state, "losses": torch.zeros(10, 2), "history": {"mean": torch.zeros(3, 1, 1)}},
        lambda state: OrderedDict((f"module.{key}", array.double()) for key, array in state.items()),
    ],
    ids=["plain", "checkpoint", "with other arrays", "of several GPUs, double"],
)
def test_files_of_torch_save_are_read(tmp_path: Path, wrapped, zipped: bool) -> None:
    state = port().state_dict()
    torch.save(wrapped(state), tmp_path / "port.pth", _use_new_zipfile_serialization=zipped)
    model = read_state_dict(tmp_path / "port.pth", name="mine", scale=3)
    assert (model.spec.name, model.spec.scale) == ("mine", 3)
    assert model.spec.training == {"source": "imported from port.pth, by PyTorch"}
    assert [layer.kernel_size for layer in model.spec.layers] == [9, 1, 5]
    np.testing.assert_array_equal(model.weights["conv2.weight"], state["2.weight"].numpy())
    np.testing.assert_array_equal(model.weights["conv3.bias"], state["4.bias"].numpy())


def test_layers_without_a_bias_have_one_of_zeros() -> None:
    state = {key: array for key, array in port().state_dict().items() if key != "2.bias"}
    model = model_of_state_dict(state, name="port", scale=3)
    np.testing.assert_array_equal(model.weights["conv2.bias"], np.zeros(4, np.float32))


def weights(*shapes: tuple[int, ...]) -> dict[str, torch.Tensor]:
    return {f"{number}.weight": torch.zeros(shape) for number, shape in enumerate(shapes)}


@pytest.mark.parametrize(
    ("state", "found"),
    [
        ({}, "got none;"),
        ({"bias": torch.zeros(2)}, "got bias;"),
        (
            {**weights((2, 1, 3, 3), (1, 2, 3, 3)), "prelu.weight": torch.zeros(2)},
            r"prelu.weight \(2,\), which is no odd square kernel",
        ),
        (weights((2, 1, 3, 3), (9, 2, 3, 3)), "9 channels as the result of 1"),  # ESPCN
        (weights((2, 2, 3, 3), (2, 2, 3, 3)), r"0.weight \(2, 2, 3, 3\) as the first"),
        (weights((2, 1, 3, 3), (1, 3, 3, 3)), r"1.weight \(1, 3, 3, 3\) for 2 maps"),
        (weights((1, 1, 3, 5)), r"0.weight \(1, 1, 3, 5\), which is no odd square kernel"),
        (weights((1, 1, 4, 4)), r"0.weight \(1, 1, 4, 4\), which is no odd square kernel"),
        (weights(*[(2, 1, 3, 3), (1, 2, 3, 3)] * 2), r"2.weight \(2, 1, 3, 3\) behind a layer that gives 1 again"),
        ({"0.weight": torch.zeros((1, 1, 3, 3), dtype=torch.int8)}, "no plain numbers in 0.weight"),
        ({"0.weight": torch.zeros((1, 1, 3, 3)).to_sparse()}, "no plain numbers in 0.weight"),
        ({"0.weight": torch.zeros((1, 1, 3, 3), device="meta")}, "no plain numbers in 0.weight"),
        ({"0.weight": torch.zeros((1, 1, 3, 3)), "0.bias": torch.zeros(2)}, r"a bias \(2,\) for 0.weight"),
        ({"0.weight": torch.zeros((1, 1, 3, 3)), "1.bias": torch.zeros(1)}, "got 1.bias;"),
        ({"0.weight": torch.full((1, 1, 3, 3), torch.nan)}, "numbers that are not finite in 0.weight"),
        ({"0.weight": torch.zeros((1, 1, 3, 3)), "0.bias": torch.tensor(0.7)}, r"a bias \(\) for 0.weight"),
        ({"0.weight": torch.zeros((1, 1, 3, 3)), "scale": torch.tensor(0.1)}, r"scale \(\), which is no odd"),
        (weights(*[(1, 1, 1, 1)] * 101), "got 101 of them"),
        ({"0.weight_v": torch.zeros((1, 1, 3, 3))}, "0.weight_v .*, which is no odd square kernel"),
        (
            {"0.weight": torch.zeros(1).expand(4096, 1, 9, 9), "1.weight": torch.zeros(1).expand(4096, 4096, 1, 1)},
            "17,108,992 numbers up to 1.weight",
        ),
    ],
)
def test_other_networks_are_refused(state: dict[str, torch.Tensor], found: str) -> None:
    with pytest.raises(ModelFileError, match=found) as caught:
        model_of_state_dict(state, name="other", scale=3)
    assert "\n" not in str(caught.value)


def test_names_of_any_length_are_shortened() -> None:
    with pytest.raises(ModelFileError) as caught:
        model_of_state_dict({"n" * 100_000: torch.zeros(1)}, name="other", scale=3)
    assert len(str(caught.value)) < 400


def test_counters_are_no_weights() -> None:
    state = {"n_averaged": torch.tensor(3), **port().state_dict()}
    assert len(model_of_state_dict(state, name="port", scale=3).spec.layers) == 3


def test_the_weights_are_copies_in_single_precision() -> None:
    state = {key: nn.Parameter(array.double()) for key, array in port().state_dict().items()}
    model = model_of_state_dict(state, name="port", scale=3)
    before = model.weights["conv1.weight"].copy()
    with torch.no_grad():
        state["0.weight"].zero_()
    np.testing.assert_array_equal(model.weights["conv1.weight"], before)
    assert {weight.dtype for weight in model.weights.values()} == {np.dtype(np.float32)}


def test_files_that_hold_no_state_dict_are_refused_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "a.pth"
    torch.save(port(), path)
    messages = []
    for content in (b"PK\x03\x04 damaged", b"", path.read_bytes()[:200]):
        path.write_bytes(content)
        with pytest.raises(
            ModelFileError, match=r"expected a state dict in .*a.pth, got something else, or a damaged file;"
        ) as caught:
            read_state_dict(path, name="a", scale=3)
        messages.append(str(caught.value))
    assert not any("\n" in message for message in messages)
    with pytest.raises(ModelFileError, match=r"expected a file of torch.save at .*b.pth, got: No such file"):
        read_state_dict(tmp_path / "b.pth", name="a", scale=3)


def test_what_keeps_torch_from_reading_a_file_is_named(tmp_path: Path) -> None:
    torch.save({"state_dict": port().state_dict(), "best": np.float64(30.1)}, tmp_path / "a.pth")
    with pytest.raises(ModelFileError, match=r"got a numpy\S+scalar in it; write it with torch.save"):
        read_state_dict(tmp_path / "a.pth", name="a", scale=3)


def test_a_file_that_would_fill_the_memory_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    torch.save(port().state_dict(), tmp_path / "a.pth")
    monkeypatch.setattr("srcnn.models.state_dict._MAX_BYTES", 1000)
    with pytest.raises(ModelFileError, match=r"expected a state dict in .*, got 0.0 GB when it is unpacked"):
        read_state_dict(tmp_path / "a.pth", name="a", scale=3)


@pytest.mark.parametrize(
    ("content", "got"),
    [
        ([1, 2], "none"),
        ({"a": 1}, "none"),
        ({"params": port().state_dict(), "params_ema": port().state_dict()}, r"2 \(params, params_ema\)"),
    ],
)
def test_one_state_dict_is_wanted(tmp_path: Path, content: object, got: str) -> None:
    torch.save(content, tmp_path / "a.pth")
    with pytest.raises(ModelFileError, match=f"a.pth: expected one state dict, got {got}; write it with torch.save"):
        read_state_dict(tmp_path / "a.pth", name="a", scale=3)
