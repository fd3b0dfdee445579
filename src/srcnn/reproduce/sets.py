"""Which picture sets lie in a data folder, and whether published numbers may stand beside them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from srcnn.errors import InvalidConfigError
from srcnn.evaluation.published import DATASETS, recognise_dataset
from srcnn.pictures.named import named_pictures, standard_name
from srcnn.printable import printable, some_of

TRAINING_SET = "T91"


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureSet:
    """The pictures of one set.

    Attributes:
        name: the folder's name, such as "Set5".
        pictures: name to file, in order of names.
        published_as: the standard set they are, complete; None where published numbers do not hold.
    """

    name: str
    pictures: dict[str, Path]
    published_as: str | None


def find_sets(folder: Path, names: Sequence[str] | None) -> tuple[tuple[PictureSet, ...], tuple[str, ...]]:
    """Find the test sets of a data folder.

    Args:
        folder: holds the sets' folders, itself or in a folder `test`.
        names: the sets wanted, those of the paper in capitals or not; None takes those of Set5, Set14 and BSD100
            that are there.

    Returns:
        The sets in the order of names, and sentences on what is missing or was left out.

    Raises:
        InvalidConfigError: a set asked for, or every one, is not there; the message lists the folders there.
        InvalidImageError: a folder that cannot be read.

    Tests: tests/reproduce/test_sets.py.
    """
    sets: list[PictureSet] = []
    notices: list[str] = []
    for name in dict.fromkeys(_standard_name(given) for given in names or DATASETS):
        place = _place(folder, name, "test")
        if place is not None:
            found, remarks = _picture_set(name, place)
            sets.append(found)
            notices += remarks
        elif names:
            raise _missing(folder, name)
        else:
            notices.append(f"{name} is not in the data folder and was left out.")
    if not sets:
        raise _missing(folder, " or ".join(DATASETS))
    return tuple(sets), tuple(notices)


def find_training_pictures(folder: Path) -> Path | None:
    """The folder of T91, from which the earlier methods learn, or None."""
    return _place(folder, TRAINING_SET, "train")


def _place(folder: Path, name: str, kind: str) -> Path | None:
    """Where a set lies: below `test` or `train`, in the folder, or the folder itself."""
    places = [folder / kind / name, folder / name, *([folder] if folder.resolve().name == name else [])]
    return next((place for place in places if place.is_dir()), None)


def _standard_name(given: str) -> str:
    """The paper's sets in its capitals."""
    return next((each for each in DATASETS if each.lower() == given.lower()), given)


def _picture_set(name: str, folder: Path) -> tuple[PictureSet, list[str]]:
    """A set's pictures; of a standard set its own only."""
    pictures = {printable(picture): path for picture, path in named_pictures(folder).items()}
    standard = DATASETS.get(name, frozenset[str]())
    dataset = recognise_dataset(name, pictures)
    if dataset and len(pictures) != len(DATASETS[dataset]):  # two copies of a picture
        dataset = None
    if dataset or not standard:
        return PictureSet(name=name, pictures=pictures, published_as=dataset), []
    # Of two copies of a picture, such as baby.png beside baby_GT.bmp, the first is the set's.
    first = {standard_name(picture): picture for picture in reversed(pictures)}
    own = {first[name]: pictures[first[name]] for name in first if name in standard}
    missing = sorted(standard - {standard_name(picture) for picture in own})
    extra = [picture for picture in pictures if picture not in own]
    if not own:
        return PictureSet(name=name, pictures=pictures, published_as=None), [
            f"The folder {name} holds other pictures than {name}'s; they were measured, without published values."
        ]
    notices: list[str] = []
    if extra:
        notices.append(
            f"{some_of(extra)} in the folder {name} {_are(extra)} not of that set and {_was(extra)} left out."
        )
    if missing:
        notices.append(f"{name} lacks {some_of(missing)}: its means stand without published values.")
    return PictureSet(name=name, pictures=dict(sorted(own.items())), published_as=None if missing else name), notices


def _missing(folder: Path, name: str) -> InvalidConfigError:
    inside = [path.name for place in (folder, folder / "test") if place.is_dir() for path in sorted(place.iterdir())]
    return InvalidConfigError(
        f"expected a folder {name} of pictures in {folder} or {folder / 'test'}, "
        f"got {some_of(inside) or 'nothing'} there; name the folder that holds the picture sets"
    )


def _are(names: Sequence[str]) -> str:
    return "is" if len(names) == 1 else "are"


def _was(names: Sequence[str]) -> str:
    return "was" if len(names) == 1 else "were"
