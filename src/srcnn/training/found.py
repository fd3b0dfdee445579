"""Which files a training reads: the large pictures, and the small ones if they are given instead of made."""

from collections.abc import Sequence
from pathlib import Path

from srcnn.errors import InvalidConfigError
from srcnn.pictures.find import find_pictures
from srcnn.pictures.named import name_below, named_pictures, versions_of
from srcnn.printable import some_of
from srcnn.training.config import TrainConfig
from srcnn.training.log import LOG_FILE
from srcnn.training.plots import CURVES_FILE, FILTERS_FILE


def find_undrawn(folders: Sequence[Path], skipped: dict[Path, str]) -> list[Path]:
    """Every picture of the folders once, without what trainings have drawn, which `skipped` receives."""
    # A folder named twice must not put a picture into training and validation both.
    found = [path for folder in folders for path in find_pictures(folder, follow_links=True)]
    drawn = [path for path in found if path.name in (CURVES_FILE, FILTERS_FILE) and (path.parent / LOG_FILE).exists()]
    skipped |= {path: f"{path}: drawn by a training, and no picture to learn from" for path in drawn}
    return list({path.resolve(): path for path in found if path not in drawn}.values())


def find_given(
    config: TrainConfig,
    folders: Sequence[Path],
    paths: Sequence[Path],
    small_folders: Sequence[Path],
    skipped: dict[Path, str],
) -> dict[Path, Path]:
    """Find the small picture of every large one by its name below its folder.

    Args:
        config: whose `downscale` is "given" if there are small pictures.
        folders: where the large ones were found.
        paths: the large ones.
        small_folders: searched for the small ones, recursively, links followed.
        skipped: receives large pictures without a small one or with several.

    Returns:
        Small picture by large one; nothing where none are given.

    Raises:
        InvalidConfigError: small pictures are given and the config makes them, or the other way round.

    Tests: tests/training/test_found.py.
    """
    if bool(small_folders) != (config.downscale == "given"):
        wanted = 'downscale = "given" in the config' if small_folders else "folders of small pictures (--small)"
        got = f"downscale = {config.downscale!r}" if small_folders else "none"
        raise InvalidConfigError(
            f"expected {wanted} to learn from given small pictures, got {got}; give both or neither"
        )
    if not small_folders:
        return {}
    small: dict[str, list[Path]] = {}
    for folder in small_folders:
        for name, path in named_pictures(folder).items():
            small.setdefault(name, []).append(path)
    names = {
        path: name_below(next(folder for folder in folders if path.is_relative_to(folder)), path) for path in paths
    }
    versions = versions_of(names.values(), small)
    given: dict[Path, Path] = {}
    for path, name in names.items():
        files = [file for version in versions[name] for file in small[version]]
        if len(files) == 1:
            given[path] = files[0]
        else:
            got = some_of([str(file) for file in files]) or "none"
            skipped[path] = f"{path}: expected one small picture of its name, got {got}"
    return given
