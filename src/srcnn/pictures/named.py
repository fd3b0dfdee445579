"""Pictures of a folder by their names, and which of another folder belong to them."""

import re
from collections.abc import Iterable
from pathlib import Path, PurePath

from srcnn.errors import InvalidConfigError
from srcnn.pictures.find import find_pictures
from srcnn.pictures.formats import stem

_AFTER_THE_NAME = re.compile(r"x\d|[^0-9A-Za-z]")
"""What follows a picture's name in that of another version: `baby_x3`, `0801x3`; not `img_10` for `img_1`."""


def named_pictures(folder: Path) -> dict[str, Path]:
    """The pictures of a folder by name: the path in the folder without its ending, in order.

    Raises:
        InvalidConfigError: no picture there.
        InvalidImageError: no folder there.

    Tests: tests/pictures/test_named.py.
    """
    paths = find_pictures(folder, follow_links=True)
    if not paths:
        raise InvalidConfigError(
            f"expected pictures in {folder}, got none; give a folder with PNG, BMP or other pictures"
        )
    names = [name_below(folder, path) for path in paths]
    if len(set(names)) < len(names):  # such as a.png beside a.bmp
        names = [path.relative_to(folder).as_posix() for path in paths]
    return dict(sorted(zip(names, paths, strict=True)))


def name_below(folder: Path, path: Path) -> str:
    """A picture's path in its folder without its ending."""
    return path.relative_to(folder).with_suffix("").as_posix()


def standard_name(name: str) -> str:
    """A picture's name as the standard sets have it, without folders and ending: "baby" for "x/baby_GT.png"."""
    return stem(PurePath(name)).lower().removesuffix("_gt").removesuffix("_hr")


def versions_of(names: Iterable[str], others: Iterable[str]) -> dict[str, list[str]]:
    """Find other versions of pictures by their names: enlarged ones, or small ones.

    Args:
        names: of pictures, such as "baby".
        others: of their versions and what else there is: the same, or with something behind, such as "baby_x3".

    Returns:
        For every name its versions; only the one of the very same name if there is one.

    Tests: tests/pictures/test_named.py.
    """
    found: dict[str, list[str]] = {name: [] for name in names}
    longest = max(map(len, found), default=0)
    for other in others:
        # The longest name that it begins with: `a_b_x3` belongs to `a_b`, not to `a`.
        ends = range(min(len(other), longest), 0, -1)
        name = next((other[:end] for end in ends if other[:end] in found and _may_follow(other[end:])), None)
        if name is not None:
            found[name].append(other)
    return {name: [name] if name in versions else versions for name, versions in found.items()}


def _may_follow(rest: str) -> bool:
    return not rest or _AFTER_THE_NAME.match(rest) is not None
