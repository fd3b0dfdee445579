import json
from dataclasses import fields
from pathlib import Path

import pytest

from srcnn.errors import InvalidConfigError
from srcnn.training.config import TrainConfig
from srcnn.training.config_file import config_from_dict, read_config, with_defaults
from srcnn.zoo.shipped import load_model

REQUIRED = {"model": "tiny", "scale": 3, "steps": 10}
REQUIRED_TOML = 'model = "tiny"\nscale = 3\nsteps = 10\n'


def written(tmp_path: Path, text: str) -> Path:
    (tmp_path / "config.toml").write_text(text, encoding="utf-8")
    return tmp_path / "config.toml"


def test_a_byte_order_mark_of_an_editor_is_no_key(tmp_path: Path) -> None:
    assert read_config(written(tmp_path, "\ufeff" + REQUIRED_TOML), {}).scale == 3


def test_three_keys_are_enough_and_the_network_is_then_the_papers(tmp_path: Path) -> None:
    config = read_config(written(tmp_path, REQUIRED_TOML), {})
    assert config == TrainConfig(model="tiny", scale=3, steps=10)
    assert [layer.weight_shape for layer in config.spec().layers] == [(64, 1, 9, 9), (32, 64, 1, 1), (1, 32, 5, 5)]
    assert (config.spec().name, config.spec().scale) == ("tiny", 3)


def test_every_key_is_read(tmp_path: Path) -> None:
    text = REQUIRED_TOML + (
        "recipe = 'fast'\ninput_space = 'lr'\ncolour = 'rgb'\nexpansion = 8\nbranches = false\n"
        "activation = 'relu'\ndeconvolution = false\nresidual = false\n"
        "loss = 'l1'\nloss_channels = [1]\n"
        "device = 'cpu'\n"
        "kernel_sizes = [5, 3]\nwidths = [7]\nbatch_size = 4\npatch_size = 20\n"
        "optimiser = 'adam'\nlearning_rate = 1e-4\n"
        "warmup_steps = 0\nseed = 9\nprecision = 'bf16'\nfp32_share = 1\nema_decay = 0\naugment_scales = [1, 0.5]\n"
        "blur_sigma = [0.5, 2]\nblur_kernel = '/kernel.txt'\ndownscale = 'box'\nnoise_sigma = [0, 25]\n"
        "jpeg_quality = []\nclean_share = 0.5\ndegradations_per_picture = 3\nmemory_mb = 100\n"
        "sampling = 'pictures'\nvalidation_pictures = 2\nvalidate_every = 3\ncheckpoint_every = 4\nthreads = 1\n"
    )
    config = read_config(written(tmp_path, text), {})
    assert config == TrainConfig(
        model="tiny",
        scale=3,
        steps=10,
        input_space="lr",
        colour="rgb",
        residual=False,
        expansion=8,
        loss="l1",
        loss_channels=(1,),
        device="cpu",
        kernel_sizes=(5, 3),
        widths=(7,),
        batch_size=4,
        patch_size=20,
        optimiser="adam",
        learning_rate=1e-4,
        warmup_steps=0,
        seed=9,
        precision="bf16",
        fp32_share=1,
        ema_decay=0,
        augment_scales=(1, 0.5),
        sampling="pictures",
        blur_sigma=(0.5, 2),
        blur_kernel="/kernel.txt",
        downscale="box",
        noise_sigma=(0, 25),
        jpeg_quality=(),
        clean_share=0.5,
        degradations_per_picture=3,
        memory_mb=100,
        validation_pictures=2,
        validate_every=3,
        checkpoint_every=4,
        threads=1,
    )
    assert sum(" = " in line for line in text.splitlines()) == len(fields(TrainConfig))


def test_a_config_survives_its_plain_form() -> None:
    config = config_from_dict(REQUIRED | {"kernel_sizes": [5, 3], "widths": [4], "augment_scales": [0.5]}, "here")
    assert config_from_dict(config.to_dict(), "there") == config
    assert config.to_dict()["kernel_sizes"] == [5, 3]


@pytest.mark.parametrize(
    ("key", "text", "value"),
    [
        ("steps", "20", 20),
        ("learning_rate", "1e-3", 1e-3),
        ("model", '"other"', "other"),
        ("model", "other-name_2", "other-name_2"),
        ("precision", "fp32", "fp32"),
        ("kernel_sizes", "[9, 3, 5]", (9, 3, 5)),
        ("branches", "false", False),
    ],
)
def test_the_command_line_replaces_a_value_of_the_file(tmp_path: Path, key: str, text: str, value: object) -> None:
    assert getattr(read_config(written(tmp_path, REQUIRED_TOML), {key: text}), key) == value


def test_the_kernels_file_lies_beside_the_configs(tmp_path: Path) -> None:
    path = written(tmp_path, REQUIRED_TOML + 'blur_kernel = "kernel.txt"\n')
    assert read_config(path, {}).blur_kernel == str(tmp_path / "kernel.txt")
    assert read_config(path, {"blur_kernel": '"other.txt"'}).blur_kernel == str(tmp_path / "other.txt")
    assert read_config(path, {"blur_kernel": '"/other.txt"'}).blur_kernel == "/other.txt"
    assert read_config(path, {"blur_kernel": '""'}).blur_kernel == ""
    assert read_config(written(tmp_path, REQUIRED_TOML), {}).blur_kernel == ""


def test_the_kernels_file_is_the_same_from_every_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "inner").mkdir()
    written(tmp_path / "inner", REQUIRED_TOML + 'blur_kernel = "kernel.txt"\n')
    found: set[str] = set()
    for folder, path in ((".", "inner/config.toml"), ("inner", "config.toml"), ("inner", "../inner/config.toml")):
        monkeypatch.chdir(tmp_path / folder)
        found.add(read_config(Path(path), {}).blur_kernel)
    assert found == {str(tmp_path / "inner" / "kernel.txt")}


@pytest.mark.parametrize("overrides", [{}, {"blur_kernel": "3"}])
def test_a_kernel_that_is_no_text_is_refused(tmp_path: Path, overrides: dict[str, str]) -> None:
    with pytest.raises(InvalidConfigError, match="expected blur_kernel to be a text, got 3"):
        read_config(written(tmp_path, REQUIRED_TOML + "blur_kernel = 3\n"), overrides)


def test_an_older_config_has_the_defaults_of_the_keys_that_came_later() -> None:
    config = config_from_dict(REQUIRED | {"steps": 7}, "here")
    assert with_defaults(REQUIRED | {"steps": 7}) == config.to_dict() | {"optimiser": "adam"}  # there was no other
    assert with_defaults(config.to_dict() | {"seed": 5})["seed"] == 5


def test_unknown_keys_are_refused_all_of_them_with_those_there_are(tmp_path: Path) -> None:
    path = written(tmp_path, REQUIRED_TOML + "lerning_rate = 1.0\nnesterov = true\n[nested]\na = 1\n")
    with pytest.raises(InvalidConfigError) as caught:
        read_config(path, {})
    message = str(caught.value)
    assert message.startswith(
        f"expected only known keys in {path}, got lerning_rate (did you mean learning_rate?), "
        "nesterov, nested; the keys are "
    )
    for field in fields(TrainConfig):
        assert field.name in message


def test_missing_keys_are_refused_all_of_them() -> None:
    with pytest.raises(
        InvalidConfigError, match="expected the keys model, scale, steps in here, got no model, steps; "
    ):
        config_from_dict({"scale": 2}, "here")


@pytest.mark.parametrize("content", [b"steps = ", b"steps: 3", b"\xff\xfe", b'{"steps": 3}', b"steps = 1\nsteps = 2"])
def test_what_is_no_toml_is_refused_with_one_sentence(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "config.toml").write_bytes(content)
    with pytest.raises(InvalidConfigError, match=r"^expected TOML in .*config\.toml, got something else: ") as caught:
        read_config(tmp_path / "config.toml", {})
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["none.toml", "folder"])
def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(InvalidConfigError, match=r"^expected a config file at .*, got: .*; check the path"):
        read_config(tmp_path / name, {})


@pytest.mark.parametrize("text", ["", "[1", "a b", "1 2", "'x"])
def test_a_value_on_the_command_line_that_is_no_toml_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(InvalidConfigError, match="expected a TOML value for steps, got ") as caught:
        read_config(written(tmp_path, REQUIRED_TOML), {"steps": text})
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("key", "example"),
    [
        ("kernel_sizes", "'kernel_sizes=[9, 1, 5]'"),
        ("blur_kernel", "'blur_kernel=\"text\"'"),
        ("blur_sigma", "'blur_sigma=[1, 2]'"),
        ("model", "'model=\"text\"'"),
        ("residual", "'residual=true'"),
    ],
)
def test_the_example_of_a_value_is_one_that_the_key_can_have(tmp_path: Path, key: str, example: str) -> None:
    with pytest.raises(InvalidConfigError, match="for example ") as caught:
        read_config(written(tmp_path, REQUIRED_TOML), {key: "9,3.,5"})
    assert str(caught.value).endswith(f"write it as in the file, for example {example}")


@pytest.mark.parametrize(("key", "meant"), [("lr", "learning_rate"), ("optimizer", "optimiser"), ("epochs", "steps")])
def test_what_other_programs_call_a_key_is_led_to_its_name(tmp_path: Path, key: str, meant: str) -> None:
    with pytest.raises(InvalidConfigError, match=rf"and --set, got {key} [(]did you mean {meant}[?][)]; "):
        read_config(written(tmp_path, REQUIRED_TOML), {key: "3"})


def test_an_unknown_key_on_the_command_line_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        InvalidConfigError, match=r"expected only known keys in .*, got step [(]did you mean steps[?][)]; "
    ):
        read_config(written(tmp_path, REQUIRED_TOML), {"step": "3"})


def test_the_keys_of_the_papers_recipe_in_the_manual_are_those_of_its_config(tmp_path: Path) -> None:
    root = Path(__file__).parents[2]
    manual = (root / "docs" / "training.md").read_text(encoding="utf-8")
    keys = manual.partition("The keys of the authors' recipe")[2].partition("```toml\n")[2].partition("```")[0]
    ours = read_config(written(tmp_path, REQUIRED_TOML + keys), {})
    theirs = read_config(root / "runs" / "srcnn-915-paper_x3.toml", {})
    free = {"model", "steps", "validate_every", "checkpoint_every"}
    assert {key for key, value in theirs.to_dict().items() if ours.to_dict()[key] != value} <= free


def test_the_config_for_fine_tuning_in_the_manual_fits_the_shipped_network(tmp_path: Path) -> None:
    manual = (Path(__file__).parents[2] / "docs" / "training.md").read_text(encoding="utf-8")
    toml = manual.partition("## Fine-tuning")[2].partition("```toml\n")[2].partition("```")[0]
    (tmp_path / "mine.toml").write_text(toml)
    config = read_config(tmp_path / "mine.toml", {})
    fine = load_model("fine", config.scale).spec
    assert (config.spec().layers, config.spec().input_space) == (fine.layers, fine.input_space)
    assert [json.dumps(getattr(config, key)) for key in ("expansion", "loss")] == [
        fine.training[key] for key in ("expansion", "loss")
    ]
