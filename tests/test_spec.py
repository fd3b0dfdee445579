import json
import math
from dataclasses import replace
from typing import Any

import pytest

from srcnn.errors import ModelFileError
from srcnn.layer import ConvLayer
from srcnn.spec import ModelSpec, srcnn

NINE_ONE_FIVE = srcnn(name="srcnn-915", scale=3)


def test_915_is_the_network_of_the_paper() -> None:
    assert [(c.in_channels, c.out_channels, c.kernel_size, c.relu) for c in NINE_ONE_FIVE.layers] == [
        (1, 64, 9, True),
        (64, 32, 1, True),
        (32, 1, 5, False),
    ]


# Weights without biases as the paper's authors count them: SRCNN_net.prototxt; 57K also in later papers' tables.
@pytest.mark.parametrize(
    ("kernel_sizes", "macs", "reach"), [((9, 1, 5), 8032, 6), ((9, 3, 5), 24416, 7), ((9, 5, 5), 57184, 8)]
)
def test_cost_and_reach_are_those_of_the_paper(kernel_sizes: tuple[int, ...], macs: int, reach: int) -> None:
    spec = srcnn(name="n", scale=2, kernel_sizes=kernel_sizes)
    assert spec.macs_per_pixel == macs
    assert spec.reach == reach
    assert spec.weight_count == macs + 64 + 32 + 1


def test_the_tensors_have_the_names_and_shapes_of_the_model_file() -> None:
    assert NINE_ONE_FIVE.tensor_shapes() == {
        "conv1.weight": (64, 1, 9, 9),
        "conv1.bias": (64,),
        "conv2.weight": (32, 64, 1, 1),
        "conv2.bias": (32,),
        "conv3.weight": (1, 32, 5, 5),
        "conv3.bias": (1,),
    }


@pytest.mark.parametrize(
    "spec",
    [
        NINE_ONE_FIVE,
        srcnn(name="ä b", scale=1, kernel_sizes=(3,), widths=(), training={"steps": "12", "note": "ü"}),
        srcnn(name="four", scale=4, kernel_sizes=(3, 1, 1, 5), widths=(2, 3, 4), colour="rgb"),
        srcnn(name="colour", scale=3, colour="ycbcr"),
        srcnn(name="chroma", scale=3, colour="chroma", input_space="lr"),
    ],
)
def test_a_spec_survives_json(spec: ModelSpec) -> None:
    assert ModelSpec.from_json(spec.to_json()) == spec


def test_json_of_a_spec_is_plain_and_the_same_every_time() -> None:
    spec = srcnn(name="n", scale=2, kernel_sizes=(3,), widths=(), training={"b": "2", "a": "1"})
    assert spec.to_json() == replace(spec, training={"a": "1", "b": "2"}).to_json()
    assert json.loads(spec.to_json()) == {
        "name": "n",
        "scale": 2,
        "input_space": "hr",
        "residual": True,
        "channels": 1,
        "colour": "luma",
        "layers": [
            {"in_channels": 1, "out_channels": 1, "kernel_size": 3, "activation": "none", "upsampling": 1},
        ],
        "training": {"a": "1", "b": "2"},
    }


def test_a_file_older_than_the_key_is_of_luma() -> None:
    fields = json.loads(NINE_ONE_FIVE.to_json())
    del fields["colour"]
    assert ModelSpec.from_json(json.dumps(fields)) == NINE_ONE_FIVE


def changed(**values: object) -> str:
    return json.dumps(json.loads(NINE_ONE_FIVE.to_json()) | values)


def changed_layer(**values: object) -> str:
    fields = json.loads(NINE_ONE_FIVE.to_json())
    fields["layers"][1] |= values
    return json.dumps(fields)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "expected the JSON of a model spec, got something else"),
        ("{", "expected the JSON of a model spec, got something else"),
        ("[]", "expected the JSON of a model spec, got something else"),
        ("3", "expected the JSON of a model spec, got something else"),
        ("{}", "expected the JSON of a model spec, got something else .*layers"),
        (changed(layers=None), "expected the JSON of a model spec, got something else"),
        (changed(layers=[3]), "expected the JSON of a model spec, got something else"),
        (changed(novelty=1), "expected the JSON of a model spec, got something else .*novelty"),
        (changed_layer(stride=2), "expected the JSON of a model spec, got something else .*stride"),
        (changed(scale="3"), "expected the JSON of a model spec, got something else"),
        (changed(scale=2.5), "expected the JSON of a model spec, got something else"),
        (changed_layer(kernel_size=1.0), "expected the JSON of a model spec, got something else"),
        (changed_layer(kernel_size="1"), "expected the JSON of a model spec, got something else"),
        (changed(name=None), "something else .name is no text"),
        (changed(residual="no"), "something else .residual is no truth value"),
        (changed(channels=1.0), "something else .channels is no whole number"),
        (changed(training=[1]), "something else .training is no object"),
        (changed(training={"steps": 1}), "something else .training holds something else than texts"),
        (changed_layer(in_channels=64.0), "something else .in_channels of a layer is no whole number"),
        (changed_layer(upsampling=True), "something else .upsampling of a layer is no whole number"),
        (changed(scale=0), "expected a scale from 1 to 64, got 0"),
        (changed(input_space="yuv"), "expected input_space 'hr' or 'lr', got 'yuv'; update srcnn"),
        (
            changed(colour="yuv"),
            "expected colour 'luma' with 1 channel, or 'ycbcr', 'rgb' or 'chroma' with 3, got 'yuv' with 1; check",
        ),
        (
            changed(colour="rgb"),
            "expected colour 'luma' with 1 channel, or 'ycbcr', 'rgb' or 'chroma' with 3, got 'rgb' with 1; check",
        ),
        (changed(input_space="lr"), "expected the last layer to give 9 channels, got 1"),
        (changed_layer(upsampling=3), "expected layer 2 not to enlarge, got 3 times"),
        (changed_layer(activation="gelu"), "expected an activation of none, relu, prelu, tanh in layer 2, got 'gelu'"),
        (changed(layers=[]), "expected at least one layer, got none"),
        (changed(channels=2), "with 3, got 'luma' with 2; check"),
        (changed(colour="rgb", channels=3), "expected layer 1 to take 3 channels, got 1"),
        (changed_layer(in_channels=63), "expected layer 2 to take 64 channels, got 63"),
        (changed_layer(kernel_size=2), "expected layer 2 to have an odd kernel size .* got kernel size 2"),
        (changed_layer(kernel_size=-1), "expected layer 2 to have an odd kernel size .* got kernel size -1"),
        (changed_layer(out_channels=0), "expected layer 2 .* at least one channel, got kernel size 1 and 0 channels"),
    ],
)
def test_json_that_is_no_possible_spec_is_refused_with_one_sentence(text: str, message: str) -> None:
    with pytest.raises(ModelFileError, match=message) as caught:
        ModelSpec.from_json(text)
    assert "\n" not in str(caught.value)


def test_a_transposed_layer_has_no_prelu() -> None:
    layer = ConvLayer(in_channels=1, out_channels=1, kernel_size=9, activation="prelu", upsampling=3)
    with pytest.raises(ModelFileError, match="expected layer 1, which enlarges, to end without PReLU"):
        ModelSpec(name="n", scale=3, input_space="lr", layers=(layer,))


def test_a_network_that_gives_another_number_of_channels_is_refused() -> None:
    layer = ConvLayer(in_channels=1, out_channels=3, kernel_size=3, activation="none")
    with pytest.raises(ModelFileError, match="expected the last layer to give 1 channels, got 3"):
        ModelSpec(name="n", scale=2, layers=(layer,))


@pytest.mark.parametrize(("scale", "kernel"), [(2, 1), (3, 3), (4, 3), (5, 5), (3, 9)])
def test_a_transposed_kernel_reaches_nearly_across_the_square_of_a_pixel(scale: int, kernel: int) -> None:
    spec = srcnn(name="n", scale=scale, kernel_sizes=(3, kernel), widths=(2,), input_space="lr", deconvolution=True)
    assert spec.layers[-1].crop >= 0


@pytest.mark.parametrize(("scale", "kernel"), [(3, 1), (4, 1), (5, 3), (8, 5)])
def test_a_transposed_kernel_that_does_not_is_refused(scale: int, kernel: int) -> None:
    message = f"expected layer 2 to have a kernel of at least {scale - 1} to enlarge {scale} times, got {kernel}; "
    with pytest.raises(ModelFileError, match=message):
        srcnn(name="n", scale=scale, kernel_sizes=(3, kernel), widths=(2,), input_space="lr", deconvolution=True)


@pytest.mark.parametrize("widths", [(), (64,), (64, 32, 16)])
def test_widths_that_do_not_fit_the_kernels_are_refused(widths: tuple[int, ...]) -> None:
    with pytest.raises(ModelFileError, match="expected one width fewer than kernel sizes, got widths"):
        srcnn(name="n", scale=2, widths=widths)


def test_a_file_of_the_first_releases_says_relu_and_means_the_activation() -> None:
    fields = json.loads(NINE_ONE_FIVE.to_json())
    for layer in fields["layers"]:
        layer["relu"] = layer.pop("activation") == "relu"
        del layer["upsampling"]
    del fields["residual"]
    assert ModelSpec.from_json(json.dumps(fields)) == NINE_ONE_FIVE


# Of Dong et al. 2016, "Accelerating the Super-Resolution Convolutional Neural Network", section 3.2 and table 1:
# 9 m s^2 + 2 d s + 106 d kernel weights for m mapping layers, 12,464 for (d, s, m) = (56, 12, 4).
def test_fsrcnn_has_the_weights_its_paper_counts() -> None:
    fsrcnn = srcnn(
        name="fsrcnn",
        scale=3,
        kernel_sizes=(5, 1, 3, 3, 3, 3, 1, 9),
        widths=(56, 12, 12, 12, 12, 12, 56),
        input_space="lr",
        residual=False,
        activation="prelu",
        deconvolution=True,
    )
    shapes = fsrcnn.tensor_shapes()
    assert sum(math.prod(shape) for name, shape in shapes.items() if name.endswith(".weight")) == 12464
    assert shapes["conv8.weight"] == (56, 1, 9, 9)
    assert shapes["conv1.slope"] == (56,)
    assert [layer.reach for layer in fsrcnn.layers] == [2, 0, 1, 1, 1, 1, 0, 1]
    assert fsrcnn.macs_per_pixel == -(-12464 // 9)


@pytest.mark.parametrize("deconvolution", [False, True])
def test_a_network_of_chroma_sees_three_channels_and_gives_two(deconvolution: bool) -> None:
    kinds = {"scale": 3, "kernel_sizes": (5, 3), "widths": (4,), "input_space": "lr", "deconvolution": deconvolution}
    spec = srcnn(name="n", colour="chroma", **kinds)
    assert (spec.channels, spec.channels_out) == (spec.layers[0].in_channels, 2) == (3, 2)
    assert spec.layers[-1].out_channels == (2 if deconvolution else 2 * 9)
    assert srcnn(name="n", colour="ycbcr", **kinds).channels_out == 3


@pytest.mark.parametrize("kind", [{"input_space": "hr"}, {"input_space": "lr", "residual": False}])
def test_a_network_of_chroma_is_added_to_bicubic(kind: dict[str, Any]) -> None:
    with pytest.raises(ModelFileError, match="expected a network of chroma in 'lr' whose output is added to bicubic"):
        srcnn(name="n", scale=2, colour="chroma", **kind)
