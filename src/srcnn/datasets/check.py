"""Whether a folder is a standard set: which picture is missing, extra or differs, and how.

Pictures are compared by their samples, so that PNG, BMP and lossless WebP copies are all the same, and
renamed copies are found. This module changes nothing.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from srcnn.datasets.manifest import Dataset, StandardPicture, datasets
from srcnn.datasets.pixels import pixel_hash
from srcnn.errors import InvalidConfigError, InvalidImageError
from srcnn.pictures.find import find_pictures
from srcnn.pictures.named import standard_name
from srcnn.pictures.read import read_array
from srcnn.progress import Progress

Verdict = Literal["same", "renamed", "differs", "missing", "extra"]
_SMALL = (2, 3, 4, 8)  # scales by which a low-resolution copy may be smaller


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One picture.

    Attributes:
        picture: its name in the set; None for an extra file.
        file: where it was found; None for a missing picture.
        verdict: "same" and "renamed" are the standard picture.
        detail: what differs, in words; empty where nothing does.
    """

    picture: str | None
    file: Path | None
    verdict: Verdict
    detail: str = ""

    def to_dict(self) -> dict[str, str | None]:
        """The values of the JSON of `srcnn data check`."""
        file = self.file.name if self.file else None
        return {"picture": self.picture, "file": file, "verdict": self.verdict, "detail": self.detail}


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """What a folder holds.

    Attributes:
        folder: that was checked.
        dataset: the name of the set it is, or comes nearest to; None where it resembles none.
        findings: one for each picture of the set and each extra file.
    """

    folder: Path
    dataset: str | None
    findings: tuple[Finding, ...]

    @property
    def is_standard(self) -> bool:
        """Whether every picture of the set is there as it should be, and nothing else."""
        good = all(finding.verdict in ("same", "renamed") for finding in self.findings)
        return self.dataset is not None and good

    def to_dict(self) -> dict[str, Any]:
        """The JSON of `srcnn data check`."""
        return {
            "folder": str(self.folder),
            "set": self.dataset,
            "standard": self.is_standard,
            "pictures": [finding.to_dict() for finding in self.findings],
        }


@dataclass(frozen=True, slots=True)
class _File:
    """A picture file, without its samples."""

    path: Path
    shape: tuple[int, ...]
    pixels: str
    problem: str

    @property
    def name(self) -> str:
        return standard_name(self.path.name)


def check_folder(folder: Path, dataset: Dataset | None = None, *, progress: Progress | None = None) -> Check:
    """Compare the pictures of a folder with a standard set.

    Args:
        folder: pictures; folders inside are not looked into.
        dataset: the set it should be; None finds the one it resembles most.
        progress: called after each picture with (pictures done, pictures in all).

    Returns:
        A finding for each picture of the set, and for each extra one.

    Raises:
        InvalidConfigError: no picture in the folder.
        InvalidImageError: no folder there.

    Tests: tests/datasets/test_check.py.
    """
    paths = find_pictures(folder, recursive=False, follow_links=True)
    if not paths:
        raise InvalidConfigError(
            f"expected pictures in {folder}, got none; give a folder with PNG, BMP or other pictures"
        )
    files: list[_File] = []
    for done, path in enumerate(paths, 1):
        files.append(_look_at(path))
        if progress is not None:
            progress(done, len(paths))
    dataset = dataset or _most_alike(files)
    if dataset is None:
        return Check(
            folder=folder,
            dataset=None,
            findings=tuple(Finding(picture=None, file=file.path, verdict="extra") for file in files),
        )
    return Check(folder=folder, dataset=dataset.name, findings=tuple(_compare(files, dataset)))


def _look_at(path: Path) -> _File:
    try:
        image = read_array(path)
    except InvalidImageError as error:
        return _File(path, (), "", f"cannot be read: {error}")
    return _File(path, tuple(image.shape), pixel_hash(image), "")


def _most_alike(files: Iterable[_File]) -> Dataset | None:
    """The set with most pictures among the files: by samples, by known copies, and else by names."""

    def score(dataset: Dataset) -> tuple[int, int]:
        known = {pixels for p in dataset.pictures.values() for pixels in (p.pixels, *p.copies)}
        names = {name.lower() for name in dataset.pictures}
        return sum(file.pixels in known for file in files), sum(file.name in names for file in files)

    best = max(datasets().values(), key=score)
    return best if any(score(best)) else None


def _compare(files: list[_File], dataset: Dataset) -> list[Finding]:
    """Give each picture of the set its file: the right one of the right name, a renamed one, or a wrong one."""
    left = dict(dataset.pictures)
    found: dict[str, Finding] = {}
    tests: list[tuple[Verdict, Callable[[_File, StandardPicture], bool]]] = [
        ("same", lambda file, picture: file.pixels == picture.pixels and file.name == picture.name.lower()),
        ("renamed", lambda file, picture: file.pixels == picture.pixels),
        ("differs", lambda file, picture: file.name == picture.name.lower()),
        ("differs", lambda file, picture: file.pixels in picture.copies),
    ]
    for verdict, belongs in tests:
        for file in list(files):
            name = next((name for name, picture in left.items() if belongs(file, picture)), None)
            if name is not None:
                picture = left.pop(name)
                detail = _difference(file, picture) if verdict == "differs" else ""
                found[name] = Finding(picture=name, file=file.path, verdict=verdict, detail=detail)
                files = [other for other in files if other is not file]
    for name in left:
        found[name] = Finding(picture=name, file=None, verdict="missing")
    extra = [Finding(picture=None, file=file.path, verdict="extra", detail=file.problem) for file in files]
    return [*(found[name] for name in dataset.pictures), *extra]


def _difference(file: _File, picture: StandardPicture) -> str:
    """How a file differs from the picture it should be."""
    if file.problem or file.pixels in picture.copies:
        return file.problem or picture.copies[file.pixels]
    (height, width), (wanted_height, wanted_width) = file.shape[:2], picture.shape[:2]
    sizes = f"{width} x {height} pixels instead of {wanted_width} x {wanted_height}"
    for scale in _SMALL:
        if (height, width) == (wanted_height // scale, wanted_width // scale):
            return f"1/{scale} of the size, as the small pictures that methods enlarge: {sizes}"
    if (height, width) != (wanted_height, wanted_width):
        return f"cropped or resized: {sizes}"
    if file.shape != picture.shape:
        channels, wanted = (1 if len(shape) == 2 else shape[2] for shape in (file.shape, picture.shape))
        return f"{channels} channels instead of {wanted}"
    return "other samples in a picture of the right size, as after JPEG compression"
