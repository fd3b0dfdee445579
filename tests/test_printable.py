import pytest

from srcnn.printable import printable


@pytest.mark.parametrize("text", ["photo.jpg", "Größe 漢字 😀.png", "C:\\a b", ""])
def test_ordinary_names_stay(text: str) -> None:
    assert printable(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [("\x1b[31mred", "\\x1b[31mred"), ("a\nb", "a\\nb"), ("a\u2028b", "a\\u2028b"), ("caf\udce9", "caf\\udce9")],
)
def test_what_ends_a_line_or_commands_the_terminal_is_escaped(text: str, shown: str) -> None:
    assert printable(text) == shown
