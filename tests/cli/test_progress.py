import io
import sys

import pytest

from srcnn.cli.progress import progress_bar


class Terminal(io.StringIO):
    """A standard error that a person looks at, and that may go."""

    gone = False

    def isatty(self) -> bool:
        return not self.gone

    def write(self, text: str) -> int:
        if self.gone:
            raise OSError(5, "Input/output error")
        return super().write(text)


def test_where_nobody_is_looking_nothing_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    with progress_bar("working") as advance:
        advance(1, 2)
        advance(2, 2)
    assert capsys.readouterr() == ("", "")


def test_a_person_sees_the_label_and_the_share_on_standard_error(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    with progress_bar("working") as advance:
        advance(1, 4)
        advance(3, 4)
    text = terminal.getvalue()
    assert "working" in text
    assert "25%" in text
    assert "75%" in text
    assert capsys.readouterr().out == ""


def test_progress_may_go_back_and_need_not_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", Terminal())
    with progress_bar("working") as advance:
        advance(3, 4)
        advance(1, 4)
        advance(0.5, 4.0)


@pytest.mark.parametrize("late", [False, True])
def test_a_terminal_that_goes_ends_no_work(monkeypatch: pytest.MonkeyPatch, late: bool) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    with progress_bar("working") as advance:
        advance(1, 4)
        terminal.gone = True
        if not late:
            advance(3, 4)
            advance(4, 4)
    assert "25%" in terminal.getvalue()
