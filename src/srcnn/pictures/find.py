"""Which files of a folder are pictures. Knows nothing of their content."""

import os
from collections.abc import Callable
from pathlib import Path

from srcnn.errors import InvalidImageError
from srcnn.pictures.formats import SUFFIXES


def find_pictures(
    folder: Path,
    *,
    recursive: bool = True,
    follow_links: bool = False,
    on_unreadable: Callable[[Path, InvalidImageError], None] | None = None,
) -> list[Path]:
    """Every picture file below a folder, by its ending, in the order of paths.

    Args:
        folder: searched. Hidden files and folders are left out, and so is what lies behind a symbolic
            link that leads out of the folder or in a circle.
        recursive: also search the folders inside.
        follow_links: also take files and folders behind links that lead out; each folder is searched once.
        on_unreadable: called with every folder that cannot be looked into, and why; the rest is searched.
            None raises the error.

    Returns:
        Paths below `folder`, sorted.

    Raises:
        InvalidImageError: not a folder, or one that cannot be read and nobody is called.

    Tests: tests/pictures/test_find.py.
    """
    if not os.path.isdir(folder):  # noqa: PTH112 (False where access is denied, where Path.is_dir raises)
        if os.path.isfile(folder):  # noqa: PTH113 (likewise)
            raise InvalidImageError(f"expected a folder of pictures at {folder}, got a file; name the folder it is in")
        raise InvalidImageError(f"expected a folder of pictures at {folder}, got no folder there; check the path")

    def refuse(error: OSError) -> None:
        unreadable = InvalidImageError(
            f"expected to look into the folder {error.filename}, got: {error.strerror}; check its permissions"
        )
        if on_unreadable is None:
            raise unreadable from error
        on_unreadable(Path(error.filename), unreadable)

    root = folder.resolve()
    found: list[Path] = []
    entered: set[Path] = set()
    # Else folders behind links are never entered: what they hold inside the tree is found there.
    for parent, folders, names in os.walk(folder, onerror=refuse, followlinks=follow_links):
        if follow_links:
            whole = Path(parent).resolve()
            if whole in entered:  # reached by a second link, or in a circle
                folders.clear()
                continue
            entered.add(whole)
        folders[:] = [name for name in folders if recursive and not name.startswith(".")]
        paths = (Path(parent, name) for name in names if not name.startswith("."))
        found += [path for path in paths if path.suffix.lower() in SUFFIXES and _is_file(path, root, follow_links)]
    return sorted(found)


def _is_file(path: Path, root: Path, follow_links: bool) -> bool:
    try:
        return path.is_file() and (follow_links or not path.is_symlink() or path.resolve().is_relative_to(root))
    except PermissionError:  # it is there, and whoever reads it is told
        return True
