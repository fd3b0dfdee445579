"""Which files of a folder are pictures. Knows nothing of their content."""

import os
from pathlib import Path

from srcnn.errors import InvalidImageError
from srcnn.pictures.formats import SUFFIXES


def find_pictures(folder: Path, *, recursive: bool = True) -> list[Path]:
    """Every picture file below a folder, by its ending, in the order of paths.

    Args:
        folder: searched. Hidden files and folders are left out, and so is what lies behind a symbolic
            link that leads out of the folder or in a circle.
        recursive: also search the folders inside.

    Returns:
        Paths below `folder`, sorted.

    Raises:
        InvalidImageError: not a folder, or one that cannot be read.

    Tests: tests/pictures/test_find.py.
    """
    if not folder.is_dir():
        raise InvalidImageError(f"expected a folder of pictures at {folder}, got no folder there; check the path")
    root = folder.resolve()
    found: list[Path] = []
    # Folders behind links are never entered: what they hold inside the tree is found there.
    for parent, folders, names in os.walk(folder, onerror=_refuse, followlinks=False):
        folders[:] = [name for name in folders if recursive and not name.startswith(".")]
        paths = (Path(parent, name) for name in names if not name.startswith("."))
        found += [path for path in paths if path.suffix.lower() in SUFFIXES and _is_file_inside(path, root)]
    return sorted(found)


def _is_file_inside(path: Path, root: Path) -> bool:
    return path.is_file() and (not path.is_symlink() or path.resolve().is_relative_to(root))


def _refuse(error: OSError) -> None:
    raise InvalidImageError(
        f"expected to look into the folder {error.filename}, got: {error.strerror}; check its permissions"
    ) from error
