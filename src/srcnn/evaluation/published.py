"""What the papers print for a method, a picture set and a scale, and where each number was read.

The numbers are in published.csv beside this file, one row a value. Values of the SRCNN authors'
smaller networks, which no table prints at every scale, were measured with the weights they released
and say so. This module measures nothing.
"""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from srcnn.pictures.named import standard_name
from srcnn.spec import ModelSpec, srcnn

_NAMES = {
    "Set5": "baby bird butterfly head woman",
    "Set14": "baboon barbara bridge coastguard comic face flowers foreman lenna man monarch pepper ppt3 zebra",
    "BSD100": """
        3096 8023 12084 14037 16077 19021 21077 24077 33039 37073 38082 38092 41033 41069 42012 42049 43074 45096
        54082 55073 58060 62096 65033 66053 69015 69020 69040 76053 78004 85048 86000 86016 86068 87046 89072 97033
        101085 101087 102061 103070 105025 106024 108005 108070 108082 109053 119082 123074 126007 130026 134035
        143090 145086 147091 148026 148089 156065 157055 159008 160068 163085 167062 167083 170057 175032 175043
        182053 189080 196073 197017 208001 210088 216081 219090 220075 223061 227092 229036 236037 241004 241048
        253027 253055 260058 271035 285079 291000 295087 296007 296059 299086 300091 302008 304034 304074 306005
        351093 361010 376043 385039
        """,
}
DATASETS: dict[str, frozenset[str]] = {name: frozenset(names.split()) for name, names in _NAMES.items()}
"""The standard test sets and the names of their pictures."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedValue:
    """One printed number.

    Attributes:
        method: "bicubic", "srcnn-955", "a+" and so on: the name of the method in this package.
        training: the pictures it was trained on, as far as known.
        dataset: "Set5", "Set14" or "BSD100".
        scale: 2, 3 or 4.
        metric: "psnr" or "nqm" in dB, "ssim" or "ifc"; on luma, the mean over the set.
        value: as printed.
        paper: whose number it is.
        source: where it was read.
    """

    method: str
    training: str
    dataset: str
    scale: int
    metric: str
    value: float
    paper: str
    source: str

    @property
    def measured(self) -> bool:
        """Whether nobody has printed it: by the authors' weights, here."""
        return self.source.startswith("measured")


@cache
def published_values() -> tuple[PublishedValue, ...]:
    """Every published number, by method, set and scale.

    Tests: tests/evaluation/test_published.py.
    """
    text = (files("srcnn.evaluation") / "published.csv").read_text(encoding="utf-8")
    return tuple(
        PublishedValue(
            method=row["method"],
            training=row["training"],
            dataset=row["dataset"],
            scale=int(row["scale"]),
            metric=row["metric"],
            value=float(row["value"]),
            paper=row["paper"],
            source=row["source"],
        )
        for row in csv.DictReader(text.splitlines())
    )


def find_published(method: str, dataset: str | None, scale: int, metric: str) -> PublishedValue | None:
    """The value that is printed for a method.

    Args:
        method: a method's name, such as "bicubic" or "srcnn-915"; of a model what `method_of` says.
        dataset: "Set5", "Set14" or "BSD100"; of other pictures, and of None, nothing is printed.
        scale: the enlargement.
        metric: as in published.csv.

    Returns:
        The value with its sources, or None where nothing is printed.

    Tests: tests/evaluation/test_published.py.
    """
    wanted = (method, dataset, scale, metric)
    return next((v for v in published_values() if (v.method, v.dataset, v.scale, v.metric) == wanted), None)


def method_of(spec: ModelSpec) -> str:
    """What a model's values are printed under: SRCNN's by its layers, whatever its name; others' by their names.

    Returns:
        Such as "srcnn-955", for 64 and 32 maps on the enlarged luma; "" for an SRCNN that nobody has printed.

    Tests: tests/evaluation/test_published.py.
    """
    if spec.input_space == "lr":
        return "" if spec.name.startswith("srcnn-") else spec.name
    kernel_sizes = tuple(layer.kernel_size for layer in spec.layers)
    papers = srcnn(name=spec.name, scale=spec.scale, kernel_sizes=kernel_sizes) if len(kernel_sizes) == 3 else None
    same = papers is not None and papers.layers == spec.layers
    return f"srcnn-{''.join(map(str, kernel_sizes))}" if same else ""


def methods_printed_with(
    psnr: float, dataset: str | None, scale: int, *, tolerance: float
) -> tuple[PublishedValue, ...]:
    """The values that a PSNR may be, if it is one that a paper prints.

    Args:
        psnr: dB.
        dataset: as in `find_published`.
        scale: the enlargement.
        tolerance: dB; half a unit of the last digit that was given.

    Tests: tests/evaluation/test_published.py.
    """
    return tuple(
        value
        for value in published_values()
        if (value.dataset, value.scale, value.metric) == (dataset, scale, "psnr")
        and abs(value.value - psnr) <= tolerance + 1e-9
    )


def published_psnr(method: str, dataset: str | None, scale: int) -> float | None:
    """The PSNR that is printed for a method, in dB; arguments as in `find_published`."""
    found = find_published(method, dataset, scale, "psnr")
    return found.value if found else None


def recognise_dataset(folder_name: str, picture_names: Iterable[str]) -> str | None:
    """Tell which standard set some pictures are, from their names.

    Args:
        folder_name: counts only if the number of pictures is the set's, for renamed copies.
        picture_names: names of the pictures, with or without folders and endings; "baby_GT" is "baby".

    Returns:
        "Set5", "Set14", "BSD100", or None.

    Tests: tests/evaluation/test_published.py.
    """
    names = frozenset(map(standard_name, picture_names))
    for dataset, expected in DATASETS.items():
        if len(names) == len(expected) and (names == expected or folder_name.lower() == dataset.lower()):
            return dataset
    return None
