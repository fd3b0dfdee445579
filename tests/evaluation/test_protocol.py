import json
from dataclasses import replace

import numpy as np
import pytest

from srcnn.errors import InvalidConfigError
from srcnn.evaluation.habits import variations
from srcnn.evaluation.protocol import AUTHORS, PROTOCOLS, protocol_named, varied


def test_every_protocol_is_found_by_its_name():
    assert all(protocol_named(name) is protocol and protocol.name == name for name, protocol in PROTOCOLS.items())


def test_no_two_protocols_are_the_same():
    fields = [tuple(value for key, value in p.to_dict().items() if key != "name") for p in PROTOCOLS.values()]
    assert len(set(fields)) == len(fields)


def test_an_unknown_name_is_refused_with_the_names_there_are():
    with pytest.raises(InvalidConfigError, match=r"authors, old-matlab, no-border.*'mathlab'"):
        protocol_named("mathlab")


@pytest.mark.parametrize("name", PROTOCOLS)
def test_every_variation_is_found_by_its_name(name):
    for variation in variations(PROTOCOLS[name]):
        assert protocol_named(variation.name) == variation
        assert protocol_named(varied(variation, border=8).name) == varied(variation, border=8)


def test_a_changed_protocol_says_what_was_changed():
    changed = varied(varied(AUTHORS, border=6), lr_rounded=True)
    assert changed.name == "authors with border=6, lr_rounded=True"
    assert changed == replace(AUTHORS, name=changed.name, border=6, lr_rounded=True)
    assert protocol_named("authors with border=scale, kernel_a_up=-0.75").kernel_a_up == -0.75


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("bordr=6", "protocol's fields measured, .* got 'bordr'"),
        ("name=mine", "protocol's fields measured, .* got 'name'"),
        ("border=-1", "expected scale or a number for border, got '-1'"),
        ("lr_rounded=1", "expected True or False for lr_rounded, got '1'"),
        ("crop", "expected before or after for crop, got ''"),
        ("kernel_a_up=sharp", "expected a number for kernel_a_up, got 'sharp'"),
        ("measured=rgb", "expected resized='rgb'"),
        ("border=6, border=8", "expected each field of a protocol once, got border twice"),
    ],
)
def test_a_change_that_cannot_be_is_refused(change, message):
    with pytest.raises(InvalidConfigError, match=message):
        protocol_named(f"authors with {change}")


@pytest.mark.parametrize("name", ["authors with border = 6,lr_rounded=true", "authors with lr_rounded=TRUE, border=6 "])
def test_spaces_and_case_do_not_matter(name):
    named = protocol_named(name)
    assert replace(named, name="mine") == replace(AUTHORS, name="mine", border=6, lr_rounded=True)
    assert protocol_named(varied(named, border=8, antialias=False).name).border == 8


def test_a_number_may_end_in_its_point():
    assert protocol_named("authors with kernel_a_down=-1.").kernel_a_down == -1


@pytest.mark.parametrize("text", ["-.5", "-0.5", "-0.50"])
def test_numbers_are_written_as_anywhere(text):
    assert protocol_named(f"authors with kernel_a_up={text}").kernel_a_up == -0.5


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"measured": "lab"}, "expected luma_bt601 or .* or rgb for measured, got 'lab'"),
        ({"crop": "never"}, "expected before or after for crop, got 'never'"),
        ({"antialias": "no"}, "expected True or False for antialias, got 'no'"),
        ({"antialias": 1}, "expected True or False for antialias, got 1"),
        ({"border": "4"}, "expected scale or a number for border, got '4'"),
        ({"border": 4.5}, "expected scale or a number for border, got 4.5"),
        ({"kernel_a_up": "sharp"}, "expected a number for kernel_a_up, got 'sharp'"),
        ({"kernel_a_up": True}, "expected .*number for kernel_a_up, got True"),
        ({"kernel_a_up": float("nan")}, "expected a number for kernel_a_up, got nan"),
    ],
)
def test_a_value_that_no_step_knows_is_refused_in_python_too(change, message):
    for make in (replace, varied):
        with pytest.raises(InvalidConfigError, match=message):
            make(AUTHORS, **change)


def test_numbers_of_numpy_are_numbers():
    assert replace(AUTHORS, border=np.int64(4), kernel_a_up=np.float32(-0.5)).border_pixels(3) == 4


def test_a_name_is_a_text():
    with pytest.raises(InvalidConfigError, match="expected a text for name, got 3"):
        replace(AUTHORS, name=3)


def test_a_field_that_is_changed_again_is_named_once():
    assert varied(varied(AUTHORS, border=6, crop="after"), border=8).name == "authors with border=8, crop=after"


def test_a_protocol_is_plain_json():
    assert json.loads(json.dumps(AUTHORS.to_dict()))["measured"] == "luma_bt601"


def test_the_border_is_the_scale_unless_it_is_a_number():
    assert AUTHORS.border_pixels(3) == 3
    assert replace(AUTHORS, border=6).border_pixels(3) == 6


@pytest.mark.parametrize("change", [{"measured": "rgb"}, {"resize_in": "uint8"}, {"border": -1}])
def test_an_impossible_combination_is_refused(change):
    with pytest.raises(InvalidConfigError, match=r"expected .*, got .*; "):
        replace(AUTHORS, **change)
