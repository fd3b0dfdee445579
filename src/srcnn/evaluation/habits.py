"""What a protocol does otherwise than the SRCNN authors', in plain words. This module computes no PSNR."""

from dataclasses import dataclass, replace
from typing import Any

from srcnn.errors import InvalidConfigError
from srcnn.evaluation.protocol import AUTHORS, Protocol, varied


@dataclass(frozen=True, slots=True, kw_only=True)
class Habit:
    """One thing that is done otherwise.

    Attributes:
        found: what is done, as a clause.
        advice: what to do instead, as an imperative clause.
        corrected: the same protocol without this habit alone; None where that is no protocol.
    """

    found: str
    advice: str
    corrected: Protocol | None


# Fields that are one decision, and for each value of one what is done and what to do instead.
_GROUPS = (
    ("measured",),
    ("resized",),
    ("grey",),
    ("antialias", "kernel_a_down", "kernel_a_up"),
    ("resize_border",),
    ("lr_rounded", "resize_in"),
    ("luma_rounded", "output_rounded"),
    ("crop",),
    ("border",),
)
_LIMITED = "take BT.601 luma in limited range, Y = 16 + (65.481 R + 128.553 G + 24.966 B) / 255, as MATLAB's rgb2ycbcr"
_WORDS: dict[tuple[str, Any], tuple[str, str]] = {
    ("measured", "luma_bt601_full_range"): (
        "luma is taken in full range, 0..255, as OpenCV and JPEG have it",
        _LIMITED,
    ),
    ("measured", "luma_pillow"): ("luma is taken from Pillow's YCbCr, which is in full range, 0..255", _LIMITED),
    ("measured", "rgb"): ("the three colour channels are measured", f"measure luma alone: {_LIMITED}"),
    ("resized", "rgb"): ("RGB is shrunk and luma taken afterwards", "shrink the luma plane itself"),
    ("grey", "rgb"): (
        "a grey file is expanded to RGB, which puts it into limited range",
        "use a grey file (bridge in Set14) as its own luma",
    ),
    ("antialias", False): (
        "the picture is shrunk without antialiasing, as OpenCV does",
        "widen the kernel when shrinking, as MATLAB's imresize",
    ),
    ("kernel_a_down", -0.75): ("it is shrunk by the kernel with a = -0.75", "shrink with a = -0.5"),
    ("kernel_a_up", -0.75): ("bicubic enlarges by the sharper kernel with a = -0.75", "enlarge with a = -0.5"),
    ("resize_border", "cut"): ("the kernel is cut at the border, as Pillow does", "mirror the picture at its border"),
    ("resize_border", "replicate"): (
        "the resize repeats the last pixel at the border, as older MATLAB and OpenCV do",
        "mirror the picture at its border",
    ),
    ("lr_rounded", True): ("the small picture is rounded to 8 bits", "keep the small picture in floating point"),
    ("resize_in", "uint8"): ("the resize rounds to 8 bits between its passes", "resize in floating point"),
    ("luma_rounded", False): ("luma is not rounded to 8 bits", "round luma to 8 bits when taking it"),
    ("output_rounded", False): (
        "the enlarged picture is not rounded to 8 bits",
        "round the enlarged picture to 8 bits",
    ),
    ("crop", "after"): (
        "the whole picture is shrunk and only the result cropped",
        "crop the picture to a multiple of the scale before shrinking",
    ),
    ("border", 0): ("no border is left out", "leave out as many pixels as the scale on every side"),
}


def habits(protocol: Protocol) -> tuple[Habit, ...]:
    """Name everything a protocol does otherwise than the authors'.

    Returns:
        One habit for each decision that differs; none for the authors' own.

    Tests: tests/evaluation/test_habits.py.
    """
    found: list[Habit] = []
    for group in _GROUPS:
        differing = {
            name: getattr(AUTHORS, name) for name in group if getattr(protocol, name) != getattr(AUTHORS, name)
        }
        if differing:
            words = [_words(name, getattr(protocol, name)) for name in differing]
            found.append(
                Habit(
                    found=" and ".join(clause for clause, _ in words),
                    advice=" and ".join(advice for _, advice in words),
                    corrected=_changed(protocol, differing),
                )
            )
    return tuple(found)


def variations(protocol: Protocol) -> tuple[Protocol, ...]:
    """The protocols that differ from one in a single decision, border apart.

    Tests: tests/evaluation/test_habits.py.
    """
    changes: list[dict[str, Any]] = [
        *({"measured": measured} for measured in ("luma_bt601", "luma_bt601_full_range", "luma_pillow")),
        {"resized": "rgb", "grey": "rgb"},
        {"resized": "luma", "grey": "luma"},
        {"grey": "luma"},
        {"antialias": not protocol.antialias},
        {"kernel_a_down": -0.5, "kernel_a_up": -0.5},
        {"kernel_a_down": -0.75, "kernel_a_up": -0.75},
        *({"resize_border": border} for border in ("mirror", "replicate", "cut")),
        {"lr_rounded": not protocol.lr_rounded},
        {"lr_rounded": True, "output_rounded": True, "resize_in": "uint8"},
        {"luma_rounded": not protocol.luma_rounded},
        {"output_rounded": not protocol.output_rounded},
        {"crop": "after"},
    ]
    return tuple(
        varied(protocol, **change)
        for change in changes
        if (changed := _changed(protocol, change)) is not None and changed != protocol
    )


def _words(name: str, value: Any) -> tuple[str, str]:
    if name == "border" and value != 0:
        return f"a border of {value} pixels is left out", "leave out as many pixels as the scale on every side"
    if (name, value) not in _WORDS:  # of the numbers that a protocol may have
        way = "shrinks" if name == "kernel_a_down" else "enlarges"
        return f"the bicubic kernel that {way} has a = {value:g}", "take a = -0.5, as MATLAB's imresize"
    return _WORDS[name, value]


def _changed(protocol: Protocol, change: dict[str, Any]) -> Protocol | None:
    """The protocol with some fields changed, or None where they do not go together."""
    try:
        return replace(protocol, **change)
    except InvalidConfigError:
        return None
