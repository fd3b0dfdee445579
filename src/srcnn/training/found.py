"""Which files a training reads: the large pictures, and the small ones if they are given instead of made."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from srcnn.errors import InvalidConfigError
from srcnn.pictures.find import find_pictures
from srcnn.pictures.named import named_pictures, names_below, versions_of
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
        small_folders: searched for the small ones, recursively, links followed; if there are as many as folders, each
            first for those of the folder in its place.
        skipped: receives large pictures without a small one, with several, or with one that others have too.

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
    small_folders = list({folder.resolve(): folder for folder in small_folders}.values())
    small = {folder: named_pictures(folder) for folder in small_folders}
    everywhere: dict[str, list[Path]] = {}
    for name, path in (item for named in small.values() for item in named.items()):
        everywhere.setdefault(name, []).append(path)
    own = dict(zip(folders, small_folders, strict=True)) if len(folders) == len(small_folders) else {}
    given: dict[Path, Path] = {}
    for folder, large in _by_folder(folders, paths).items():
        near = small[own[folder]] if folder in own else {}
        versions_near, versions = versions_of(large, near), versions_of(large, everywhere)
        for name, path in large.items():
            files = [near[version] for version in versions_near[name]]
            files = files or [file for version in versions[name] for file in everywhere[version]]
            if len(files) == 1:
                given[path] = files[0]
            else:
                got = some_of([str(file) for file in files]) or "none"
                skipped[path] = f"{path}: expected one small picture of its name, got {got}"
    uses = Counter(given.values())
    for path, file in list(given.items()):
        if uses[file] > 1:
            skipped[path] = f"{path}: expected a small picture of its own, got {file}, which belongs to others too"
            del given[path]
    return given


def _by_folder(folders: Sequence[Path], paths: Sequence[Path]) -> dict[Path, dict[str, Path]]:
    """Pictures by name, apart for every folder: of two inside each other the inner one."""
    groups: dict[Path, list[Path]] = {}
    for path in paths:
        holding = [folder for folder in folders if path.is_relative_to(folder)]
        groups.setdefault(max(holding, key=lambda folder: len(folder.parts)), []).append(path)
    return {folder: names_below(folder, group) for folder, group in groups.items()}
