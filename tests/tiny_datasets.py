"""A standard set of three small pictures, and a web server that has them and breaks off when told to."""

import hashlib
import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO

import numpy as np
from PIL import Image as PillowImage

from srcnn.datasets.manifest import Dataset, StandardPicture
from srcnn.datasets.pixels import pixel_hash
from srcnn.imaging import imresize
from srcnn.imaging.depth import Image

NAMES = ("ant", "bee", "cat")
REPOSITORY = "owner/insects"


def tiny_picture(name: str) -> Image:
    """35 x 41 pixels; the cat is grey."""
    seed = NAMES.index(name)
    shape = (9, 11, 3) if name != "cat" else (9, 11)
    return imresize(np.random.default_rng(seed).integers(0, 256, shape, np.uint8), size=(35, 41))


def encoded(image: Image, kind: str = "BMP") -> bytes:
    """A picture as a file."""
    file = BytesIO()
    PillowImage.fromarray(image).save(file, kind)
    return file.getvalue()


def tiny_dataset(*, with_sha256: bool = False) -> Dataset:
    """The set, with BMP files in its public source."""
    pictures: dict[str, StandardPicture] = {}
    for name in NAMES:
        image = tiny_picture(name)
        content = encoded(image)
        copies = {pixel_hash(np.ascontiguousarray(image[:34, :40])): "cropped to a multiple of 2"}
        pictures[name] = StandardPicture(
            name=name,
            path=f"Test/{name}_GT.bmp",
            shape=image.shape,
            size=len(content) if with_sha256 else None,
            sha256=hashlib.sha256(content).hexdigest() if with_sha256 else None,
            pixels=pixel_hash(image),
            copies=copies,
        )
    return Dataset(
        name="Insects",
        title="insects and a cat",
        repository=REPOSITORY,
        terms="Free for anything.",
        cite="Nobody",
        pictures=pictures,
    )


@dataclass
class Server:
    """What the server has, what it does wrong, and what it was asked.

    Attributes:
        url: of its root.
        files: by path.
        break_after: bytes of each answer's body after which the connection ends, one for each answer to come.
        statuses: answers to come instead of files.
        ignores_ranges: sends the whole file always.
        requests: path and range of every request.
    """

    url: str = ""
    files: dict[str, bytes] = field(default_factory=dict[str, bytes])
    break_after: list[int] = field(default_factory=list[int])
    statuses: list[int] = field(default_factory=list[int])
    ignores_ranges: bool = False
    requests: list[tuple[str, str | None]] = field(default_factory=list[tuple[str, "str | None"]])


@contextmanager
def serving() -> Generator[Server]:
    """Run a server on this machine until the block ends."""
    state = Server()
    for name in NAMES:
        state.files[f"/{REPOSITORY}/HEAD/Test/{name}_GT.bmp"] = encoded(tiny_picture(name))

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # the name http.server asks for
            wanted = self.headers.get("Range")
            state.requests.append((self.path, wanted))
            if state.statuses:
                self.send_error(state.statuses.pop(0))
                return
            content = state.files.get(self.path)
            if content is None:
                self.send_error(404)
                return
            start = int(wanted.removeprefix("bytes=").removesuffix("-")) if wanted and not state.ignores_ranges else 0
            if start >= len(content):
                self.send_error(416)
                return
            self.send_response(206 if start else 200)
            if start:
                self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
            self.send_header("Content-Length", str(len(content) - start))
            self.end_headers()
            end = start + state.break_after.pop(0) if state.break_after else len(content)
            self.wfile.write(content[start:end])

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        state.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield state
        finally:
            server.shutdown()
            thread.join()
