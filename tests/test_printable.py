import pytest

from srcnn.printable import printable, some_of, to_json


@pytest.mark.parametrize("text", ["photo.jpg", "Größe 漢字 😀.png", "C:\\a b", ""])
def test_ordinary_names_stay(text: str) -> None:
    assert printable(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [("\x1b[31mred", "\\x1b[31mred"), ("a\nb", "a\\nb"), ("a\u2028b", "a\\u2028b"), ("caf\udce9", "caf\\udce9")],
)
def test_what_ends_a_line_or_commands_the_terminal_is_escaped(text: str, shown: str) -> None:
    assert printable(text) == shown


@pytest.mark.parametrize(("count", "text"), [(0, ""), (2, "0, 1"), (8, "0, 1, 2, 3, 4, 5, 6, 7")])
def test_a_few_things_are_all_named(count: int, text: str) -> None:
    assert some_of([str(number) for number in range(count)]) == text


def test_of_many_things_the_rest_is_counted() -> None:
    assert some_of([str(number) for number in range(1000)], "; ") == "0; 1; 2; 3; 4; 5; 6; 7 and 992 more"


def test_json_has_null_for_what_is_not_finite() -> None:
    assert to_json({"a": (1.5, float("inf")), "b": [float("nan")]}) == '{"a": [1.5, null], "b": [null]}'
