import math

import pytest

from srcnn.cli.say import say, say_json


def test_lines_and_json_are_printed_whatever_is_in_them(capsys: pytest.CaptureFixture[str]) -> None:
    say("a\x1b[31m\nb\udcff")
    say_json({"a": [1.5, math.inf, {"b": math.nan}], "c": "\x1b", "d": (True, None)})
    assert capsys.readouterr().out == (
        "a\\x1b[31m\\nb\\udcff\n" + '{"a": [1.5, null, {"b": null}], "c": "\\u001b", "d": [true, null]}\n'
    )
