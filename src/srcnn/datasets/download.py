"""Fetch a file over HTTP: resumed where it broke off, checked, and there whole or not at all.

This module knows nothing of pictures.
"""

import http.client
import shutil
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

from srcnn import __version__
from srcnn.atomic import atomic_path
from srcnn.errors import DownloadError, OutputError

ATTEMPTS = 4
MAX_BYTES = 64 << 20  # of one file
_BLOCK = 1 << 16
_TIMEOUT_S = 30.0
_PARTIAL, _RANGE_NOT_SATISFIABLE = 206, 416
_PASSING = (408, 429, 500, 502, 503, 504)  # answers that another attempt may not get


class _InterruptedError(Exception):
    """The transfer broke off; what has come is kept, and another attempt goes on from there."""


def download(url: str, target: Path, check: Callable[[Path], str], *, pause_s: float = 1.0) -> None:
    """Fetch a file, unless the network stays away.

    What has come of it is kept in a hidden file beside the target, also when the program ends, and
    the next attempt asks for the rest. A file that fails its check is fetched once more from the start.

    Args:
        url: http or https.
        target: the file to come; an existing one is replaced.
        check: what is wrong with a fetched file, in words; empty where nothing is.
        pause_s: seconds before the second attempt, and twice as many before each further one.

    Raises:
        DownloadError: no network, no such file there, or one that fails its check.
        OutputError: the target cannot be written.

    Tests: tests/datasets/test_download.py.
    """
    if urlsplit(url).scheme not in ("http", "https"):
        raise DownloadError(f"expected an address that begins with http:// or https://, got {url}; correct it")
    part = target.with_name(f".srcnn-{target.name}.part")
    resumed = _fetch(url, part, pause_s)
    problem = check(part)
    if problem and resumed:  # the beginning may have been of another version
        part.unlink()
        _fetch(url, part, pause_s)
        problem = check(part)
    if problem:
        part.unlink()
        raise DownloadError(
            f"expected the published picture from {url}, got {problem}; the source has changed or a proxy alters "
            "pictures, get it from elsewhere and take it in with --from"
        )
    with atomic_path(target) as temporary:
        shutil.copyfile(part, temporary)
    part.unlink()


def _fetch(url: str, part: Path, pause_s: float) -> bool:
    """Fill the partial file, in several attempts; tell whether an earlier part was used."""
    resumed = part.exists() and part.stat().st_size > 0
    for attempt in range(1, ATTEMPTS + 1):
        try:
            _go_on(url, part)
            break
        except _InterruptedError as error:
            if attempt == ATTEMPTS:
                raise DownloadError(
                    f"expected to fetch {url}, got after {ATTEMPTS} attempts: {error}; check the network, and run the "
                    "same command again to go on from there"
                ) from error
            resumed = True
            time.sleep(pause_s * 2 ** (attempt - 1))
    return resumed


def _go_on(url: str, part: Path) -> None:
    """One attempt: ask for what is missing and add it to the partial file."""
    start = part.stat().st_size if part.exists() else 0
    headers = {"User-Agent": f"srcnn/{__version__}"} | ({"Range": f"bytes={start}-"} if start else {})
    try:
        answer = urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=_TIMEOUT_S)
    except urllib.error.HTTPError as error:
        error.close()
        if error.code == _RANGE_NOT_SATISFIABLE and start:
            part.unlink()
            raise _InterruptedError("the part that had come is no part of the file") from error
        if error.code in _PASSING:
            raise _InterruptedError(f"HTTP status {error.code}") from error
        raise DownloadError(
            f"expected a file at {url}, got HTTP status {error.code} ({error.reason}); it has moved, get it from "
            "elsewhere and take it in with --from"
        ) from error
    except (OSError, http.client.HTTPException) as error:
        raise _unreachable(url, error) from error
    with answer:
        goes_on = answer.status == _PARTIAL and answer.headers.get("Content-Range", "").startswith(f"bytes {start}-")
        try:
            with part.open("ab" if goes_on else "wb") as file:
                for block in _blocks(answer):
                    if file.tell() + len(block) > MAX_BYTES:
                        raise DownloadError(
                            f"expected a picture, got more than {MAX_BYTES >> 20} MiB from {url}; get it from "
                            "elsewhere and take it in with --from"
                        )
                    file.write(block)
        except DownloadError:
            part.unlink()
            raise
        except OSError as error:
            raise OutputError(
                f"expected to write {part}, got: {error.strerror or error}; "
                "choose a folder that can be written and has room"
            ) from error


def _unreachable(url: str, error: Exception) -> Exception:
    """What a request that got no answer becomes: final where there is no network at all."""
    reason = error.reason if isinstance(error, urllib.error.URLError) else error
    host = urlsplit(url).netloc
    if isinstance(reason, socket.gaierror):
        return DownloadError(
            f"expected to reach {host}, got no network ({reason.strerror}); connect to one and run the same command "
            "again, or take in pictures you have with --from"
        )
    return _InterruptedError(f"no answer from {host} ({reason})")


def _blocks(answer: http.client.HTTPResponse) -> Iterator[bytes]:
    """The answer's body, with notice when it ends early."""
    announced, came = answer.headers.get("Content-Length"), 0
    try:
        while block := answer.read(_BLOCK):
            came += len(block)
            yield block
    except (OSError, http.client.HTTPException) as error:
        raise _InterruptedError(f"the connection broke off after {came} bytes ({error})") from error
    if announced is not None and came < int(announced):
        raise _InterruptedError(f"the connection broke off after {came} of {announced} bytes")
