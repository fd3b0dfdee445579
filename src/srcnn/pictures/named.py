"""Pictures of a folder by their names, and which of another folder belong to them."""

import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path, PurePath

from srcnn.errors import InvalidConfigError
from srcnn.pictures.find import find_pictures
from srcnn.pictures.formats import stem

_AFTER_THE_NAME = re.compile(r"x\d|_|[^\w/]")
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
    return names_below(folder, paths)


def names_below(folder: Path, paths: Iterable[Path]) -> dict[str, Path]:
    """Pictures of a folder by their paths in it without their endings, in order; those that collide keep them."""
    whole = {path.relative_to(folder).as_posix(): path for path in paths}
    short = {name: PurePath(name).with_suffix("").as_posix() for name in whole}
    counts = Counter(short.values())  # above 1 for such as a.png beside a.bmp
    named = {short[name] if counts[short[name]] == 1 else name: path for name, path in whole.items()}
    return dict(sorted(named.items()))


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
