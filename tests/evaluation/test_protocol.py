import json
from dataclasses import replace

import pytest

from srcnn.errors import InvalidConfigError
from srcnn.evaluation.protocol import AUTHORS, PROTOCOLS, protocol_named


def test_every_protocol_is_found_by_its_name():
    assert all(protocol_named(name) is protocol and protocol.name == name for name, protocol in PROTOCOLS.items())


def test_no_two_protocols_are_the_same():
    fields = [tuple(value for key, value in p.to_dict().items() if key != "name") for p in PROTOCOLS.values()]
    assert len(set(fields)) == len(fields)


def test_an_unknown_name_is_refused_with_the_names_there_are():
    with pytest.raises(InvalidConfigError, match=r"authors, old-matlab, no-border.*'mathlab'"):
        protocol_named("mathlab")


def test_a_protocol_is_plain_json():
    assert json.loads(json.dumps(AUTHORS.to_dict()))["measured"] == "luma_bt601"


def test_the_border_is_the_scale_unless_it_is_a_number():
    assert AUTHORS.border_pixels(3) == 3
    assert replace(AUTHORS, border=6).border_pixels(3) == 6


@pytest.mark.parametrize("change", [{"measured": "rgb"}, {"resize_in": "uint8"}, {"border": -1}])
def test_an_impossible_combination_is_refused(change):
    with pytest.raises(InvalidConfigError, match=r"expected .*, got .*; "):
        replace(AUTHORS, **change)
