from importlib import metadata
from pathlib import Path

import pytest
from tiny_models import gentle_model, random_model

from srcnn.errors import InvalidConfigError, ModelFileError
from srcnn.reproduce.methods import choose_methods
from srcnn.rivals import RIVALS
from srcnn.zoo.cards import shipped_cards
from srcnn.zoo.model_file import save_model


def names(*arguments: object) -> list[tuple[str, int]]:
    return [(method.name, method.scale) for method in choose_methods(*arguments)]


def test_without_names_there_are_bicubic_the_rivals_and_every_shipped_model() -> None:
    chosen = names([2, 3], None)
    shipped = [(card.name, card.scale) for card in shipped_cards() if card.scale in (2, 3)]
    assert chosen[:2] == [("bicubic", 2), ("bicubic", 3)]
    assert set(chosen) == {(name, scale) for name in ("bicubic", *RIVALS) for scale in (2, 3)} | set(shipped)


def test_methods_come_in_the_order_they_were_named() -> None:
    assert names([3], ["srcnn-955", "bicubic"]) == [("srcnn-955", 3), ("bicubic", 3)]


def test_an_unknown_name_is_refused_with_those_there_are() -> None:
    with pytest.raises(InvalidConfigError, match=r"expected methods of bicubic, .*srcnn-915, .*got 'vdsr'; .*--model"):
        choose_methods([3], ["vdsr"])


def test_a_shipped_model_without_any_of_the_scales_is_refused() -> None:
    with pytest.raises(InvalidConfigError, match="expected one of the scales x2, x3, x4 of srcnn-915, got x5"):
        choose_methods([5], ["srcnn-915"])


def test_rivals_have_the_scales_they_are_fitted_for() -> None:
    assert names([3, 8], [RIVALS[0], "bicubic"]) == [(RIVALS[0], 3), ("bicubic", 3), ("bicubic", 8)]
    assert names([8], None) == [("bicubic", 8)]
    with pytest.raises(InvalidConfigError, match="expected one of the scales x2, x3, x4 of sc, got x8"):
        choose_methods([8], ["sc"])


def test_every_file_has_a_name_of_its_own_and_its_own_scale(tmp_path: Path) -> None:
    files = [tmp_path / name for name in ("a.safetensors", "b.safetensors", "c.safetensors")]
    for file, scale in zip(files, (2, 3, 3), strict=True):
        save_model(file, gentle_model(scale=scale))
    (tmp_path / "deep").mkdir()
    save_model(tmp_path / "deep" / "c.safetensors", gentle_model(scale=3, seed=1))
    chosen = choose_methods([2, 3], ["bicubic"], [*files, files[0], tmp_path / "deep" / "c.safetensors"])[2:]
    assert [(method.name, method.scale) for method in chosen] == [
        ("tiny", 2),
        ("tiny", 3),
        ("tiny (c)", 3),
        ("tiny (deep/c)", 3),
    ]
    assert {method.kind for method in chosen} == {"user"}
    assert {method.published_as for method in chosen} == {""}


def test_what_is_printed_beside_a_network_follows_from_its_layers(tmp_path: Path) -> None:
    nine_five_five = random_model((9, 5, 5), (64, 32), scale=3)
    object.__setattr__(nine_five_five.spec, "name", "srcnn-915-wide")
    save_model(tmp_path / "mine.safetensors", nine_five_five)
    chosen = choose_methods([3], ["srcnn-915-t91", "fine"], [tmp_path / "mine.safetensors"])
    assert [(method.name, method.published_as) for method in chosen] == [
        ("srcnn-915-t91", "srcnn-915"),
        ("fine", "fine"),
        ("srcnn-915-wide", "srcnn-955"),
    ]


def test_a_file_that_calls_itself_like_another_method_is_told_apart(tmp_path: Path) -> None:
    model = gentle_model(scale=3)
    object.__setattr__(model.spec, "name", "bicubic")
    save_model(tmp_path / "mine.safetensors", model)
    assert names([3], ["bicubic"], [tmp_path / "mine.safetensors"]) == [("bicubic", 3), ("bicubic (mine)", 3)]


def test_a_file_for_another_scale_or_of_another_kind_is_refused(tmp_path: Path) -> None:
    save_model(tmp_path / "mine.safetensors", gentle_model(scale=4))
    with pytest.raises(
        InvalidConfigError, match=r"expected a model for one of the scales x2, x3, got x4 in .*--scales"
    ):
        choose_methods([2, 3], None, [tmp_path / "mine.safetensors"])
    save_model(tmp_path / "deblock.safetensors", gentle_model(scale=1))
    with pytest.raises(InvalidConfigError, match=r"expected a model that enlarges, got x1 in .*docs/training.md"):
        choose_methods([2, 3], None, [tmp_path / "deblock.safetensors"])
    save_model(tmp_path / "chroma.safetensors", gentle_model(scale=2, colour="chroma", input_space="lr"))
    with pytest.raises(ModelFileError, match="gives chroma alone"):
        choose_methods([2, 3], None, [tmp_path / "chroma.safetensors"])
    (tmp_path / "bad.safetensors").write_bytes(b"no model")
    with pytest.raises(ModelFileError):
        choose_methods([2], None, [tmp_path / "bad.safetensors"])


@pytest.mark.parametrize("library", ["numpy", "onnxruntime", "openvino"])
def test_a_network_is_another_in_another_engine_and_a_rival_is_not(
    library: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = metadata.version
    bicubic, rival, network = choose_methods([3], ["bicubic", RIVALS[0], "srcnn-915"])
    before = bicubic.made_of, rival.made_of, network.made_of
    monkeypatch.setattr(metadata, "version", lambda name: "99.0" if name == library else version(name))
    assert (bicubic.made_of, rival.made_of) == before[:2]
    assert network.made_of != before[2]


def test_a_method_is_known_by_its_weights(tmp_path: Path) -> None:
    seen: set[str] = set()
    for seed, scale in ((0, 2), (1, 2), (0, 3)):
        save_model(tmp_path / "m.safetensors", random_model(scale=scale, seed=seed))
        made_of = choose_methods([2, 3], ["bicubic"], [tmp_path / "m.safetensors"])[-1].made_of
        assert made_of == choose_methods([2, 3], ["bicubic"], [tmp_path / "m.safetensors"])[-1].made_of
        seen.add(made_of)
    seen |= {method.made_of for method in choose_methods([2, 3], ["bicubic"])}
    assert len(seen) == 5


def test_a_method_named_twice_is_taken_once() -> None:
    assert len(choose_methods([2], ["bicubic", "bicubic"])) == 1


def test_a_network_of_colour_is_a_method_too(tmp_path: Path) -> None:
    save_model(tmp_path / "rgb.safetensors", random_model(colour="rgb"))
    assert choose_methods([2, 3], ["bicubic"], [tmp_path / "rgb.safetensors"])[-1].name == "tiny"
