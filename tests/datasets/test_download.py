import socket
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from tiny_datasets import REPOSITORY, Server, encoded, tiny_picture

from srcnn.datasets import download as module
from srcnn.datasets.download import ATTEMPTS, download
from srcnn.errors import DownloadError, OutputError

ANT = encoded(tiny_picture("ant"))
PATH = f"/{REPOSITORY}/HEAD/Test/ant_GT.bmp"


def is_ant(path: Path) -> str:
    return "" if path.read_bytes() == ANT else "something else"


@pytest.fixture
def fetch(server: Server, tmp_path: Path) -> Callable[..., Path]:
    def run(check: Callable[[Path], str] = is_ant) -> Path:
        download(server.url + PATH, tmp_path / "ant.bmp", check, pause_s=0)
        return tmp_path / "ant.bmp"

    return run


def left_behind(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_comes_whole_and_nothing_else_stays(server: Server, fetch: Callable[..., Path], tmp_path: Path) -> None:
    assert fetch().read_bytes() == ANT
    assert server.requests == [(PATH, None)]
    assert left_behind(tmp_path) == ["ant.bmp"]


def test_an_interrupted_transfer_goes_on_where_it_broke_off(server: Server, fetch: Callable[..., Path]) -> None:
    server.break_after = [1000, 2000]
    assert fetch().read_bytes() == ANT
    assert server.requests == [(PATH, None), (PATH, "bytes=1000-"), (PATH, "bytes=3000-")]


def test_a_server_that_knows_no_ranges_sends_it_all_again(server: Server, fetch: Callable[..., Path]) -> None:
    server.break_after, server.ignores_ranges = [1000], True
    assert fetch().read_bytes() == ANT
    assert len(server.requests) == 2


def test_what_had_come_is_kept_for_the_next_command(server: Server, fetch: Callable[..., Path], tmp_path: Path) -> None:
    server.break_after = [500] * ATTEMPTS
    with pytest.raises(DownloadError, match=r"broke off after 500 of \d+ bytes.*run the same command again"):
        fetch()
    assert left_behind(tmp_path) == [".srcnn-ant.bmp.part"]
    server.requests.clear()
    assert fetch().read_bytes() == ANT
    assert server.requests == [(PATH, f"bytes={500 * ATTEMPTS}-")]
    assert left_behind(tmp_path) == ["ant.bmp"]


def test_a_wrong_beginning_is_found_and_fetched_again(
    server: Server, fetch: Callable[..., Path], tmp_path: Path
) -> None:
    (tmp_path / ".srcnn-ant.bmp.part").write_bytes(b"another version"[:10])
    assert fetch().read_bytes() == ANT
    assert server.requests == [(PATH, "bytes=10-"), (PATH, None)]


def test_a_beginning_longer_than_the_file_is_thrown_away(fetch: Callable[..., Path], tmp_path: Path) -> None:
    (tmp_path / ".srcnn-ant.bmp.part").write_bytes(ANT + b"more")
    assert fetch().read_bytes() == ANT


def test_a_corrupted_file_is_refused_and_the_old_one_stays(
    server: Server, fetch: Callable[..., Path], tmp_path: Path
) -> None:
    (tmp_path / "ant.bmp").write_bytes(b"old")
    server.files[PATH] = ANT[:-1] + b"?"
    with pytest.raises(DownloadError, match=r"expected the published picture from http.*got something else; .*--from"):
        fetch()
    assert (tmp_path / "ant.bmp").read_bytes() == b"old"
    assert left_behind(tmp_path) == ["ant.bmp"]


def test_passing_failures_of_the_server_are_waited_out(server: Server, fetch: Callable[..., Path]) -> None:
    server.statuses = [503, 429]
    assert fetch().read_bytes() == ANT
    assert len(server.requests) == 3


def test_a_file_that_has_moved_is_one_sentence(server: Server, fetch: Callable[..., Path]) -> None:
    del server.files[PATH]
    with pytest.raises(DownloadError, match=r"got HTTP status 404 \(Not Found\); it has moved"):
        fetch()
    assert len(server.requests) == 1


def test_without_a_network_the_first_attempt_is_the_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(time, "sleep", lambda _: pytest.fail("waited"))
    with pytest.raises(DownloadError, match=r"reach files\.example, got no network \(Name or service not known\)"):
        download("https://files.example/ant.bmp", tmp_path / "ant.bmp", is_ant)
    assert left_behind(tmp_path) == []


def test_a_server_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(DownloadError, match=rf"after {ATTEMPTS} attempts: no answer from 127.0.0.1:{port}"):
        download(f"http://127.0.0.1:{port}/ant.bmp", tmp_path / "ant.bmp", is_ant, pause_s=0)


def test_an_endless_answer_is_cut(
    server: Server, fetch: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_BYTES", 1000)
    for attempt in (1, 2):  # the second does not go on from what the first has left
        with pytest.raises(DownloadError, match="got more than"):
            fetch()
        assert len(server.requests) == attempt
        assert left_behind(tmp_path) == []


def test_a_folder_that_cannot_be_written_is_one_sentence(server: Server, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OutputError, match="expected to write"):
        download(server.url + PATH, tmp_path / "file" / "ant.bmp", is_ant)


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://host/a", "ant.bmp"])
def test_other_addresses_are_refused(tmp_path: Path, url: str) -> None:
    with pytest.raises(DownloadError, match="begins with http"):
        download(url, tmp_path / "ant.bmp", is_ant)
