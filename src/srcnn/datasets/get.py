"""Bring a standard set into a folder: what is there already, what somebody has, and the rest from its public source."""

import hashlib
from pathlib import Path, PurePosixPath

from srcnn.atomic import make_folder, write_atomically
from srcnn.datasets.download import download
from srcnn.datasets.manifest import Dataset, StandardPicture
from srcnn.datasets.pixels import pixel_hash
from srcnn.datasets.take import take_pictures
from srcnn.errors import InvalidImageError
from srcnn.pictures.find import find_pictures
from srcnn.pictures.read import read_array
from srcnn.progress import Progress

SERVER = "https://raw.githubusercontent.com"
_TERMS_FILE = "TERMS.txt"


def missing_pictures(dataset: Dataset, folder: Path, progress: Progress | None = None) -> list[StandardPicture]:
    """Find which pictures of a set are not in a folder under their name with the right samples.

    Args:
        dataset: the set.
        folder: need not exist.
        progress: called after each picture with (pictures done, pictures in all).

    Returns:
        The missing ones, in the order of the set.

    Tests: tests/datasets/test_get.py.
    """
    files: dict[str, list[Path]] = {}
    for path in find_pictures(folder, recursive=False, follow_links=True) if folder.is_dir() else []:
        files.setdefault(path.stem, []).append(path)
    missing: list[StandardPicture] = []
    for done, picture in enumerate(dataset.pictures.values(), 1):
        if not any(_problem(path, picture) == "" for path in files.get(picture.name, [])):
            missing.append(picture)
        if progress is not None:
            progress(done, len(dataset.pictures))
    return missing


def get_pictures(
    dataset: Dataset,
    wanted: list[StandardPicture],
    folder: Path,
    *,
    server: str = SERVER,
    progress: Progress | None = None,
) -> None:
    """Fetch pictures of a set from its public source, and check each.

    Interrupted in any way, the same call goes on where it ended.

    Args:
        dataset: the set.
        wanted: those of its pictures to fetch.
        folder: where they go; made if it is not there. A file of a wanted name and ending is replaced.
        server: what has the files under owner/name/HEAD/path.
        progress: called after each picture with (pictures done, pictures in all).

    Raises:
        DownloadError: no network, or a file that has moved or fails its check.
        OutputError: the folder or a file cannot be written.

    Tests: tests/datasets/test_get.py.
    """
    make_folder(folder, "choose another name")
    for done, picture in enumerate(wanted, 1):
        url = f"{server.rstrip('/')}/{dataset.repository}/HEAD/{picture.path}"
        target = folder / f"{picture.name}{PurePosixPath(picture.path).suffix}"
        download(url, target, lambda path, picture=picture: _problem(path, picture))
        if progress is not None:
            progress(done, len(wanted))


def take_from(source: Path, wanted: list[StandardPicture], folder: Path) -> list[StandardPicture]:
    """Copy pictures of a set out of a folder or an archive, and tell which are still missing.

    Raises:
        InvalidConfigError: neither a folder nor a readable archive.
        OutputError: the folder or a file cannot be written.
    """
    make_folder(folder, "choose another name")
    found = take_pictures(source, wanted, folder)
    return [picture for picture in wanted if picture.name not in found]


def terms(dataset: Dataset) -> str:
    """What to know before a set is used, for people."""
    return (
        f"{dataset.name}: {dataset.title}, {len(dataset.pictures)} pictures\n"
        f"from:  https://github.com/{dataset.repository}\n"
        f"terms: {dataset.terms}\n"
        f"cite:  {dataset.cite}\n"
    )


def terms_accepted(dataset: Dataset, folder: Path) -> bool:
    """Whether the terms of a set, as they are now, were accepted for a folder."""
    try:
        return (folder / _TERMS_FILE).read_text(encoding="utf-8") == terms(dataset)
    except (OSError, UnicodeDecodeError):
        return False


def accept_terms(dataset: Dataset, folder: Path) -> None:
    """Write the terms beside the pictures, which is the record of their acceptance.

    Raises:
        OutputError: the folder or the file cannot be written.
    """
    make_folder(folder, "choose another name")
    write_atomically(folder / _TERMS_FILE, terms(dataset).encode())


def _problem(path: Path, picture: StandardPicture) -> str:
    """What is wrong with a file, in words; empty where it is the original or has the same samples."""
    try:
        if picture.sha256 is not None and hashlib.sha256(path.read_bytes()).hexdigest() == picture.sha256:
            return ""
        image = read_array(path)
    except InvalidImageError as error:
        return f"what cannot be read ({error})"
    return "" if pixel_hash(image) == picture.pixels else f"other samples, {'x'.join(map(str, image.shape))}"
