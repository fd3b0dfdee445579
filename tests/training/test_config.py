import math
import re
from dataclasses import MISSING, fields
from inspect import cleandoc
from pathlib import Path

import pytest

from srcnn.errors import InvalidConfigError
from srcnn.training.config import TrainConfig
from srcnn.training.config_file import config_from_dict, read_config

REQUIRED = {"model": "tiny", "scale": 3, "steps": 10}


@pytest.mark.parametrize(("colour", "channels"), [("luma", 1), ("ycbcr", 3), ("rgb", 3)])
def test_the_colour_decides_the_channels(colour: str, channels: int) -> None:
    spec = config_from_dict(REQUIRED | {"colour": colour}, "here").spec()
    assert (spec.colour, spec.channels) == (colour, channels)
    assert (spec.layers[0].in_channels, spec.layers[-1].out_channels) == (channels, channels)


def test_the_record_of_a_training_goes_into_the_spec() -> None:
    assert config_from_dict(REQUIRED, "here").spec({"a": "b"}).training == {"a": "b"}


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"scale": 0}, "expected scale to be above 0, got 0"),
        ({"scale": 2.5}, "expected scale to be a whole number, got 2.5"),
        ({"scale": "3"}, "expected scale to be a whole number, got '3'"),
        ({"scale": True}, "expected scale to be a whole number, got True"),
        ({"model": 3}, "expected model to be a text, got 3"),
        ({"steps": 0}, "expected steps to be above 0, got 0"),
        ({"steps": -5}, "expected steps to be above 0, got -5"),
        ({"batch_size": 0}, "expected batch_size to be above 0, got 0"),
        ({"learning_rate": 0.0}, "expected learning_rate to be above 0, got 0.0"),
        ({"learning_rate": "fast"}, "expected learning_rate to be a number, got 'fast'"),
        ({"learning_rate": math.inf}, "expected learning_rate to be a number, got inf"),
        ({"learning_rate": math.nan}, "expected learning_rate to be a number, got nan"),
        ({"validate_every": 0}, "expected validate_every to be above 0, got 0"),
        ({"checkpoint_every": 0}, "expected checkpoint_every to be above 0, got 0"),
        ({"seed": -1}, "expected seed to be 0 or more, got -1"),
        ({"threads": -1}, "expected threads to be 0 or more, got -1"),
        ({"threads": 5_000_000_000}, "expected threads to be at most 1024, got 5000000000"),
        ({"learning_rate": 10**400}, "expected learning_rate to be a number, got 1000000"),
        ({"batch_size": 10**400}, r"expected batch_size to be below 2\^40, got 1000000"),
        ({"learning_rate": 1e308}, r"expected learning_rate to be below 1e38, as weights, got 1e\+308"),
        ({"augment_scales": (0.5,) * 1001}, "expected augment_scales to be a list of numbers"),
        ({"memory_mb": 10**400}, r"expected memory_mb to be below 2\^40, got 1000000"),
        ({"augment_scales": [0.0]}, r"expected augment_scales to be at least one size in \(0, 1\], got \[0.0\]"),
        ({"warmup_steps": -1}, "expected warmup_steps to be 0 or more, got -1"),
        ({"validation_pictures": 0}, "expected validation_pictures to be at least 1, got 0"),
        ({"fp32_share": 1.1}, "expected fp32_share to be from 0 to 1, got 1.1"),
        ({"fp32_share": -0.1}, "expected fp32_share to be from 0 to 1, got -0.1"),
        ({"ema_decay": 1.0}, "expected ema_decay to be from 0 to below 1, got 1.0"),
        ({"deconvolution": True}, "expected deconvolution to be false in 'hr', got True"),
        ({"residual": 1}, "expected residual to be a truth value, got 1"),
        (
            {"activation": "tanh", "expansion": 8},
            "expected expansion to be 0 beside other layers than convolutions and ReLUs, got 8",
        ),
        (
            {"branches": True, "expansion": 8},
            "expected branches to be false beside expansion and other layers than convolutions and ReLUs, got True",
        ),
        (
            {"activation": "prelu", "branches": True},
            "expected branches to be false beside expansion and other layers than convolutions and ReLUs, got True",
        ),
        ({"branches": True}, "expected optimiser to be 'adam' beside branches, got 'muon'"),
        ({"precision": "fp16"}, "expected precision to be one of 'auto', 'fp32', 'bf16', got 'fp16'"),
        ({"precision": ["fp32"]}, "expected precision to be one of"),
        ({"augment_scales": []}, r"expected augment_scales to be at least one size in \(0, 1\], got \[\]"),
        (
            {"augment_scales": [1.0, 1.5]},
            r"expected augment_scales to be at least one size in \(0, 1\], got \[1.0, 1.5",
        ),
        ({"augment_scales": 0.5}, "expected augment_scales to be a list of numbers, got 0.5"),
        ({"colour": "yuv"}, "expected colour to be one of 'luma', 'ycbcr', 'rgb', 'chroma', got 'yuv'"),
        ({"device": "gpu"}, "expected device to be one of 'auto', 'cpu', 'cuda', got 'gpu'"),
        (
            {"loss_channels": [1]},
            r"expected loss_channels to be some of \[0\], each once, in 'luma', got \[1\]",
        ),
        (
            {"loss_channels": [0, 3], "colour": "rgb"},
            r"expected loss_channels to be some of \[0, 1, 2\], each once, in 'rgb', got \[0, 3\]",
        ),
        ({"loss_channels": [1, 1], "colour": "rgb"}, "expected loss_channels to be some of .* each once"),
        ({"loss_channels": ["Y"]}, "expected loss_channels to be a list of whole numbers"),
        ({"kernel_sizes": 9}, "expected kernel_sizes to be a list of whole numbers, got 9"),
        ({"kernel_sizes": [9, "1", 5]}, "expected kernel_sizes to be a list of whole numbers, got "),
        ({"kernel_sizes": [9, 2, 5]}, "expected layer 2 to have an odd kernel size .* got kernel size 2"),
        ({"kernel_sizes": [9, 5]}, "expected one width fewer than kernel sizes"),
        (
            {"kernel_sizes": [3, 1], "widths": [4], "scale": 4, "input_space": "lr", "deconvolution": True},
            "expected layer 2 to have a kernel of at least 3 to enlarge 4 times, got 1; ",
        ),
        ({"widths": [64, 0]}, "expected layer 2 to have .* at least one channel"),
        (
            {"patch_size": 12},
            r"expected patch_size to be above 12, since kernels \(9, 1, 5\) need 6 pixels on each side",
        ),
        ({"scale": 1}, "expected scale to be above 1 without a degradation to undo, got 1; "),
        ({"scale": 1, "downscale": "box"}, "expected scale to be above 1 without a degradation to undo"),
        ({"scale": 1, "noise_sigma": [0, 0]}, "expected scale to be above 1 without a degradation to undo"),
        (
            {"degradations_per_picture": 2},
            "expected degradations_per_picture to be 1 where every version is the same, got 2; ",
        ),
        ({"clean_share": 0.5}, "expected clean_share to be 0 without degradations, got 0.5; "),
        ({"residual": False}, "expected residual to be true in 'hr', got False; "),
        ({"seed": 2**63}, r"expected seed to be below 2\^63, got 9223372036854775808; "),
        ({"patch_size": 16, "kernel_sizes": [9, 5, 5]}, "expected patch_size to be above 16, .* got 16"),
    ],
)
def test_an_impossible_value_is_refused_with_one_sentence(values: dict[str, object], message: str) -> None:
    with pytest.raises(InvalidConfigError, match=f"^{message}") as caught:
        config_from_dict(REQUIRED | values, "here")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("degraded", [{"noise_sigma": [5, 5]}, {"downscale": "mixed"}, {"blur_kernel": "kernel.txt"}])
def test_versions_may_be_several_where_they_can_differ(degraded: dict[str, object]) -> None:
    values = REQUIRED | degraded | {"degradations_per_picture": 2}
    assert config_from_dict(values, "here").degradations_per_picture == 2


PAPER = {"recipe": "paper", "precision": "fp32", "ema_decay": 0.0}


def test_what_is_not_the_papers_recipe_is_refused_with_every_key_at_once() -> None:
    with pytest.raises(InvalidConfigError) as caught:
        config_from_dict(REQUIRED | {"recipe": "paper"}, "here")
    assert str(caught.value) == (
        'expected precision = "fp32", ema_decay = 0.0 in the paper\'s recipe, got precision = "auto", '
        "ema_decay = 0.999; correct the config"
    )
    assert config_from_dict(REQUIRED | PAPER, "here").recipe == "paper"


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"input_space": "lr"}, 'expected input_space = "hr" in the paper\'s recipe, got input_space = "lr"; '),
        ({"activation": "prelu"}, 'expected activation = "relu" in the paper'),
        ({"expansion": 8}, "expected expansion = 0 in the paper"),
        ({"branches": True}, "expected branches = false in the paper"),
        ({"loss": "l1"}, 'expected loss = "mse" in the paper'),
        ({"precision": "bf16"}, 'expected precision = "fp32" in the paper'),
        ({"ema_decay": 0.9}, "expected ema_decay = 0.0 in the paper"),
        (
            {"optimiser": "adam", "warmup_steps": 0, "fp32_share": 0.02, "sampling": "pictures", "memory_mb": 5},
            'expected nothing that the paper\'s recipe has no use for, got optimiser = "adam", warmup_steps = 0, '
            'fp32_share = 0.02, sampling = "pictures", memory_mb = 5; leave it out',
        ),
        (
            {"augment_scales": [1, 0.5]},
            r"expected augment_scales = \[1.0\] in the paper's recipe, got .* = \[1, 0.5\]; ",
        ),
    ],
)
def test_each_part_of_the_papers_recipe_is_held(values: dict[str, object], message: str) -> None:
    with pytest.raises(InvalidConfigError, match=f"^{message}"):
        config_from_dict(REQUIRED | PAPER | values, "here")


def test_every_config_of_the_project_is_one() -> None:
    configs = sorted((Path(__file__).parents[2] / "runs").rglob("*.toml"))
    assert {read_config(path, {}).recipe for path in configs} == {"fast", "paper"}


def test_the_smallest_patch_gives_a_label_of_one_pixel() -> None:
    assert config_from_dict(REQUIRED | {"patch_size": 13}, "here").patch_size == 13


def key_table() -> str:
    """The attributes of the docstring, with their defaults as TOML writes them."""
    assert TrainConfig.__doc__
    attributes = cleandoc(TrainConfig.__doc__).split("Attributes:\n")[1]
    meanings = dict(re.findall(r"^    (\w+): (.*(?:\n        .*)*)", attributes, re.MULTILINE))
    lines = ["| key | default | |", "|---|---|---|"]
    for field in fields(TrainConfig):
        default = "" if field.default is MISSING else f"`{toml(field.default)}`"
        lines.append(f"| `{field.name}` | {default} | {' '.join(meanings[field.name].split())} |")
    return "\n".join(lines) + "\n"


def toml(value: object) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(map(toml, value))}]"
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) else str(value)


def test_the_table_of_keys_is_that_of_the_config() -> None:
    docs = Path(__file__).parents[2] / "docs" / "training.md"
    table = re.search(r"<!-- keys -->\n(.*)<!-- end of keys -->", docs.read_text(encoding="utf-8"), re.DOTALL)
    assert table
    assert table[1] == key_table()
