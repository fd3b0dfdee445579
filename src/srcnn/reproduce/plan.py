"""What a report is to show, checked before anything is computed."""

import importlib.util
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from srcnn.errors import InvalidConfigError, MissingExtraError
from srcnn.reproduce.methods import ReportMethod, choose_methods
from srcnn.reproduce.sets import TRAINING_SET, PictureSet, find_sets, find_training_pictures

SCALES = (2, 3, 4)
_NEEDED = {"jinja2": "Jinja2", "matplotlib": "matplotlib", "pyrtools": "pyrtools", "scipy": "SciPy"}
_NEEDED_BY_RIVALS = {"sklearn": "scikit-learn"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to measure.

    Attributes:
        sets: the pictures.
        scales: the enlargements.
        methods: every method at every scale it has.
        training: the folder of T91, if a method learns from it.
        notices: sentences on what is missing.
    """

    sets: tuple[PictureSet, ...]
    scales: tuple[int, ...]
    methods: tuple[ReportMethod, ...]
    training: Path | None
    notices: tuple[str, ...]

    def methods_at(self, scale: int) -> tuple[ReportMethod, ...]:
        """The methods of one scale."""
        return tuple(method for method in self.methods if method.scale == scale)


def make_plan(
    folder: Path,
    *,
    sets: Sequence[str] | None = None,
    scales: Sequence[int] = SCALES,
    methods: Sequence[str] | None = None,
    models: Sequence[Path] = (),
) -> Plan:
    """Decide what to measure.

    Args:
        folder: the data: test/Set5 and so on, or the sets' folders themselves.
        sets: names of sets; None takes the standard ones that are there.
        scales: the enlargements, each at least 2.
        methods: names; None takes bicubic, the rivals (if T91 is there) and the shipped models.
        models: the user's model files.

    Returns:
        The plan.

    Raises:
        InvalidConfigError: no such set, scale or method, or no T91 for a rival that was asked for.
        InvalidImageError: a folder that cannot be read.
        ModelFileError: a file that is no model file.
        MissingExtraError: a library that the report needs is not installed.

    Tests: tests/reproduce/test_reproduce_plan.py.
    """
    _require(_NEEDED)
    if not scales or min(scales) < 2:
        raise InvalidConfigError(f"expected scales of at least 2, got {list(scales)}; choose among 2, 3 and 4")
    chosen = tuple(dict.fromkeys(scales))
    found, notices = find_sets(folder, sets)
    wanted = choose_methods(chosen, methods, models)
    rivals = list(dict.fromkeys(method.name for method in wanted if method.kind == "rival"))
    training = find_training_pictures(folder) if rivals else None
    if rivals and training is None:
        if methods:
            raise InvalidConfigError(
                f"expected {TRAINING_SET} in {folder} or {folder / 'train'} to fit {', '.join(rivals)}, "
                "got none there; add it or leave these methods out"
            )
        wanted = tuple(method for method in wanted if method.kind != "rival")
        notices = (*notices, f"{TRAINING_SET} is not in the data folder: {', '.join(rivals)} were left out.")
    elif rivals:
        _require(_NEEDED_BY_RIVALS)
    return Plan(sets=found, scales=chosen, methods=wanted, training=training, notices=notices)


def _require(packages: dict[str, str]) -> None:
    """Say now, not after hours, that a library is missing."""
    for module, name in packages.items():
        if importlib.util.find_spec(module) is None:
            raise MissingExtraError(name, "paper")
