"""The methods of a report: bicubic, the paper's rivals, the shipped models and the user's own, each for one scale."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from srcnn.errors import InvalidConfigError
from srcnn.evaluation.published import method_of
from srcnn.printable import printable
from srcnn.reproduce.cache import bytes_digest, code_digest, digest
from srcnn.reproduce.machine import versions
from srcnn.rivals import RIVALS
from srcnn.rivals.fit import SCALES as RIVAL_SCALES
from srcnn.zoo.cards import BICUBIC, is_shipped, shipped_cards
from srcnn.zoo.model_file import Model, check_enlarges, read_model
from srcnn.zoo.shipped import load_model

_NETWORK_LIBRARIES = ("numpy", "onnxruntime", "openvino")  # decide how long a network takes
Kind = Literal["bicubic", "rival", "shipped", "user"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportMethod:
    """A method at one scale.

    Attributes:
        name: of its row or column.
        scale: the enlargement.
        kind: where it comes from.
        published_as: what published.csv may call it.
        model: spec and weights of a network, else None.
    """

    name: str
    scale: int
    kind: Kind
    published_as: str
    model: Model | None = None

    @property
    def made_of(self) -> str:
        """The hash of its weights and of the code and libraries that apply them; of a rival, its code and name."""
        if self.model is not None:
            weights = {name: bytes_digest(array.tobytes()) for name, array in self.model.weights.items()}
            return digest(
                self.model.spec.to_json(), weights, code_digest("runtime", "upscaler.py"), versions(_NETWORK_LIBRARIES)
            )
        return digest(self.name, self.scale, code_digest("rivals") if self.kind == "rival" else "")


def choose_methods(
    scales: Sequence[int], names: Sequence[str] | None, files: Sequence[Path] = ()
) -> tuple[ReportMethod, ...]:
    """List the methods of a report, in the order of its tables.

    Args:
        scales: the enlargements wanted.
        names: "bicubic", rivals and shipped models; None takes all there are.
        files: model files, each for its own scale.

    Returns:
        A method for every name and scale that there is; then the user's own.

    Raises:
        InvalidConfigError: an unknown name, or a model that has none of the scales.
        ModelFileError: a file that is no model file.

    Tests: tests/reproduce/test_methods.py.
    """
    shipped = dict.fromkeys(card.name for card in shipped_cards() if card.scale in scales)
    methods: list[ReportMethod] = []
    every = (BICUBIC, *(RIVALS if set(scales) & set(RIVAL_SCALES) else ()), *shipped)
    for name in dict.fromkeys(names or every):
        if name == BICUBIC:
            methods += [ReportMethod(name=name, scale=scale, kind="bicubic", published_as=name) for scale in scales]
        elif name in RIVALS:
            there = _common(name, RIVAL_SCALES, scales)
            methods += [ReportMethod(name=name, scale=scale, kind="rival", published_as=name) for scale in there]
        elif is_shipped(name):
            there = _common(name, [card.scale for card in shipped_cards() if card.name == name], scales)
            methods += [_network(name, "shipped", load_model(name, scale)) for scale in there]
        else:
            known = (BICUBIC, *RIVALS, *dict.fromkeys(card.name for card in shipped_cards()))
            raise InvalidConfigError(
                f"expected methods of {', '.join(known)}, got {name!r}; choose among them, "
                "and name model files with --model"
            )
    return (*methods, *_users(files, scales, {method.name for method in methods}))


def _common(name: str, there: Sequence[int], wanted: Sequence[int]) -> list[int]:
    """The scales wanted that a method has."""
    common = [scale for scale in wanted if scale in there]
    if not common:
        raise InvalidConfigError(
            f"expected one of the scales {_list(there)} of {name}, got {_list(wanted)}; add a scale or leave it out"
        )
    return common


def _users(files: Sequence[Path], scales: Sequence[int], taken: set[str]) -> list[ReportMethod]:
    """The user's model files, each under a name that no other method has at its scale."""
    methods: list[ReportMethod] = []
    used: set[tuple[str, int]] = set()
    for file in dict.fromkeys(files):
        model = read_model(file)
        check_enlarges(model)
        name, scale = model.spec.name, model.spec.scale
        if scale == 1:
            raise InvalidConfigError(
                f"expected a model that enlarges, got x1 in {file}; for its measure see docs/training.md, degradations"
            )
        if scale not in scales:
            raise InvalidConfigError(
                f"expected a model for one of the scales {_list(scales)}, got x{scale} in {file}; add it to --scales"
            )
        labels = (name, f"{name} ({file.stem})", f"{name} ({file.parent.name}/{file.stem})", f"{name} ({file})")
        label = next(label for label in map(printable, labels) if label not in taken and (label, scale) not in used)
        used.add((label, scale))
        methods.append(_network(label, "user", model))
    return methods


def _network(name: str, kind: Kind, model: Model) -> ReportMethod:
    return ReportMethod(name=name, scale=model.spec.scale, kind=kind, published_as=method_of(model.spec), model=model)


def _list(numbers: Iterable[int]) -> str:
    return ", ".join(f"x{number}" for number in numbers)
