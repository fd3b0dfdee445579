"""Which output belongs to which input. Looks into folders, and writes nothing."""

import glob
import os
import re
import sys
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

from srcnn.batch.size import Size
from srcnn.errors import InvalidConfigError, InvalidImageError, OutputError
from srcnn.pictures.find import find_pictures
from srcnn.pictures.formats import SUFFIXES, WRITTEN, format_to_write, stem
from srcnn.pictures.recognise import suffix_of

_EXAMPLE = "out/{stem}_{size}{ext}"
_FIELDS = re.compile(r"{{|}}|{(parent|stem|ext|size|scale)(:\.\d{1,4})?}")  # of all that Python's formats can do


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One picture to enlarge.

    Attributes:
        source: the input file.
        target: the output file; its suffix names the format.
        error: why nothing can be done, if that is known already: a folder that cannot be looked into.
    """

    source: Path
    target: Path
    error: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Where pictures are looked for, and where results go.

    Attributes:
        output: a file (for one input), a folder, or a pattern with {parent}, {stem}, {scale}, {size} and {ext}.
            None puts a file's result beside it as NAME_x3.EXT, and a folder's results in a folder
            FOLDER_x3 beside it.
        suffix: of outputs whose name is not given, such as ".png"; None keeps that of the input, and
            takes .png where that format cannot be written.
        in_place: results replace the inputs.
        recursive: also take the folders below a folder, and keep the tree.
        follow_links: also take what lies behind symbolic links that lead out of an input folder.
        renames: existing outputs get another name, so that two inputs may ask for one output.
    """

    output: str | None = None
    suffix: str | None = None
    in_place: bool = False
    recursive: bool = False
    follow_links: bool = False
    renames: bool = False

    def __post_init__(self) -> None:
        if self.output == "":
            raise InvalidConfigError("expected a name for the output, got an empty one; write . for the current folder")
        for name, value in (("-o", self.output), ("--format", self.suffix), ("--exists rename", self.renames)):
            if self.in_place and value:
                raise InvalidConfigError(f"expected --in-place or {name}, got both; leave one of them out")


def plan_jobs(inputs: Sequence[Path], size: Size, places: Places) -> list[Job]:
    """Decide the output of every input.

    Args:
        inputs: files, folders, and patterns with *, ? and [] where no file has that very name. A file
            that is missing is planned, and fails alone later; so is a folder that cannot be looked into.
        size: for the names.
        places: where to look and where to write.

    Returns:
        Jobs in the order of the inputs, and of names within each; a job that comes twice is taken once, however
        it is spelt. In place a symbolic link to a file that is replaced too is none: it shows what becomes of
        that. Folders that cannot be looked into come last.

    Raises:
        InvalidConfigError: one output file for several inputs, a pattern that is none, two inputs with one
            output, an output that is a file but no picture, or for one file one that ends like no format.
        OutputError: an output that is an input, or a format that is not written.

    Tests: tests/batch/test_plan.py.
    """
    if places.output is not None and "{" not in places.output:
        _check_output_name(places.output, alone=len(inputs) == 1 and not _is_folder(inputs[0]))
    unreadable: dict[Path, InvalidImageError] = {}
    found = _find(inputs, places, unreadable)
    jobs = _once(Job(source=file, target=_target(file, folder, size, places)) for file, folder in found)
    output = places.output
    if output is not None and "{" not in output and _is_file_name(output) and len(jobs) > 1:
        raise InvalidConfigError(
            f"expected one input for the output file {output}, got {len(jobs)}; name a folder or a pattern such as "
            f"{_EXAMPLE}"
        )
    if places.in_place:
        jobs = _without_links_to_others(jobs)
    else:
        _check_targets(jobs, places)
    return jobs + [Job(source=folder, target=folder, error=str(error)) for folder, error in unreadable.items()]


def _find(
    inputs: Sequence[Path], places: Places, unreadable: dict[Path, InvalidImageError]
) -> Iterator[tuple[Path, Path | None]]:
    """Every input file, and the input folder it was found in; folders that cannot be looked into are noted."""
    results = _real(Path(places.output)) if places.output and "{" not in places.output else None

    def is_result(file: Path, searched: Path) -> bool:
        """Whether an earlier run put it into an output folder inside the place where pictures are searched."""
        return results is not None and results != _real(searched) and results in _real(file).parents

    for path in (each for given in inputs for each in _expand(given, is_result)):
        if not _is_folder(path):
            yield path, None
            continue
        for file in find_pictures(
            path,
            recursive=places.recursive,
            follow_links=places.follow_links,
            on_unreadable=unreadable.__setitem__,
        ):
            if not is_result(file, path):
                yield file, path


def _real(path: Path) -> Path:
    """Without symbolic links; `Path.resolve` raises for those in a ring."""
    return Path(os.path.realpath(path))


def _expand(path: Path, is_result: Callable[[Path, Path], bool]) -> list[Path]:
    """The files a pattern stands for, as a shell would; anything else stands for itself."""
    if not glob.has_magic(str(path)) or os.path.lexists(path):
        return [path]
    if "**" in path.parts:
        return _expand_trees(path, is_result) or [path]
    return [Path(name) for name in sorted(glob.glob(str(path)))] or [path]  # noqa: PTH207 (absolute patterns too)


def _expand_trees(pattern: Path, is_result: Callable[[Path, Path], bool]) -> list[Path]:
    """The files of a pattern with `**`, which enters neither hidden folders nor symbolic links: these go in circles."""
    fixed = list(takewhile(lambda part: not glob.has_magic(part), pattern.parts))
    rest = pattern.parts[len(fixed) :]
    if rest[-1] == "**":
        rest = (*rest, "*")
    hidden = any(part.startswith(".") for part in rest)
    root = Path(*fixed)
    found = (path for path in root.glob("/".join(rest)) if not _is_folder(path) and not is_result(path, root))
    # A name without an ending, such as *, stands for pictures.
    return sorted(
        path
        for path in found
        if (hidden or not any(part.startswith(".") for part in path.relative_to(root).parts))
        and ("." in rest[-1] or path.suffix.lower() in SUFFIXES)
    )


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:  # a name too long for the file system
        return False


def _is_file_name(output: str) -> bool:
    """Whether an output is a file and not a folder."""
    path = Path(output)
    return path.suffix.lower() in SUFFIXES and not output.endswith(("/", os.sep)) and not _is_folder(path)


def _check_output_name(output: str, *, alone: bool) -> None:
    """Refuse an output that would become a folder and was hardly meant to."""
    path = Path(output)
    if _is_file_name(output) or _is_folder(path):
        return
    if path.exists():
        raise InvalidConfigError(
            f"expected a folder, or a name that ends like a picture such as .png, got {output}, which is another file; "
            "choose another output"
        )
    if alone and path.suffix and not output.endswith(("/", os.sep)):
        raise InvalidConfigError(
            f"expected an output that ends in one of {', '.join(WRITTEN)}, got {output}; "
            f"for a folder of that name write {output}/"
        )


def _target(file: Path, folder: Path | None, size: Size, places: Places) -> Path:
    if places.in_place:
        return file
    place = file.relative_to(folder) if folder else Path(file.name)
    suffix = file.suffix if file.suffix.lower() in SUFFIXES else suffix_of(file)
    ext = places.suffix or (suffix if suffix.lower() in WRITTEN else ".png")
    output = places.output
    if output is None:
        if folder is None:
            return file.with_name(f"{stem(file)}_{size.label}{ext}")
        whole = folder if folder.name not in ("", "..") else folder.resolve()
        return whole.with_name(f"{whole.name}_{size.label}") / place.with_name(stem(file) + ext)
    if "{" in output:
        filled = _fill_in(output, file, ext, size)
        if output.endswith(("/", os.sep)):
            return Path(filled) / place.with_name(stem(file) + ext)
        last = output.rpartition("/")[2]
        return Path(filled if "." in last.rpartition("}")[2] or "{ext" in last else filled + ext)
    return Path(output) if _is_file_name(output) else Path(output) / place.with_name(stem(file) + ext)


def _fill_in(pattern: str, file: Path, ext: str, size: Size) -> str:
    """What a pattern makes of an input's name."""
    values = {"parent": str(file.parent), "stem": stem(file), "ext": ext, "size": size.label}
    if size.scale is not None:
        values["scale"] = f"{size.scale:g}"
    try:
        if re.search("[{}]", _FIELDS.sub("", pattern)):
            raise ValueError(pattern)
        return pattern.format_map(values)
    except (LookupError, ValueError) as error:
        raise InvalidConfigError(
            "expected a pattern with {parent}, {stem}, {size} and {ext}, and {scale} where a scale is asked for, "
            f"got {pattern!r}; write for example {_EXAMPLE}"
        ) from error


def _once(jobs: Iterable[Job]) -> list[Job]:
    """Jobs without those that read and write the same files as one before them."""
    first: dict[object, Job] = {}
    for job in jobs:
        first.setdefault((_place(job.source), _place(job.target)), job)
    return list(first.values())


def _without_links_to_others(jobs: Sequence[Job]) -> list[Job]:
    """Jobs in place but for those of symbolic links whose file has a job of its own: it would be enlarged twice."""
    links = [os.path.islink(job.source) for job in jobs]  # noqa: PTH114 (False for names no file system holds)
    files = {_identity(job.source) for job, link in zip(jobs, links, strict=True) if not link} - {None}
    return [job for job, link in zip(jobs, links, strict=True) if not (link and _identity(job.source) in files)]


def _check_targets(jobs: Sequence[Job], places: Places) -> None:
    inputs = {identity for job in jobs if (identity := _identity(job.source))}
    seen: dict[tuple[Path, str], Path] = {}
    for job in jobs:
        if _identity(job.target) in inputs:
            raise OutputError(
                f"expected an output that is not an input, got {job.target} for {job.source}; choose another output, "
                "or replace the inputs with --in-place"
            )
        kind = format_to_write(job.target)
        if places.suffix and kind is not format_to_write(Path("a" + places.suffix)):
            raise InvalidConfigError(
                f"expected an output of the format {places.suffix.lstrip('.')}, got {job.target}; "
                "leave the format out, or name the output so"
            )
        target = _real(job.target.parent), _spelt(job.target.name)
        if target in seen and not places.renames:
            raise InvalidConfigError(
                f"expected an output for each input, got {job.target} for both {seen[target]} and {job.source}; "
                "use a pattern with {parent}, {stem} and {ext}, or --exists rename"
            )
        seen[target] = job.source


def _spelt(name: str) -> str:
    """A name as file systems compare it: on macOS and Windows case does not count, nor how accents are put together."""
    if sys.platform not in ("darwin", "win32"):
        return name
    return unicodedata.normalize("NFC", name).casefold()


def _place(path: Path) -> tuple[tuple[int, int] | Path, str]:
    """The entry of a folder that a name stands for, however the folder is spelt; a link is an entry of its own."""
    return _identity(path.parent) or path.parent, path.name


def _identity(path: Path) -> tuple[int, int] | None:
    """What a name stands for: the same for links, and for names that differ only in case where case does not count."""
    try:
        found = path.stat()
    except (OSError, ValueError):
        return None
    return found.st_dev, found.st_ino
