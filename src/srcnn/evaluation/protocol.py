"""How a PSNR is measured, as plain data. Every habit that moves the number has a field and a name.

The same pictures and the same bicubic enlargement read from 28.3 to 30.6 dB on Set5 at x3, depending
on this file alone. `AUTHORS` is the protocol of the SRCNN authors' own programs; the other protocols
are what is found in reproductions and later papers. This module computes nothing.
"""

import math
import re
from dataclasses import asdict, dataclass, replace
from numbers import Integral, Real
from typing import Any, Literal, get_args, get_type_hints

from srcnn.errors import InvalidConfigError
from srcnn.evaluation.resize_variants import ResizeBorder

Measured = Literal["luma_bt601", "luma_bt601_full_range", "luma_pillow", "rgb"]


def _choices(name: str, kind: Any) -> tuple[bool | str, ...]:
    """The words that a field may be; numbers are none."""
    return (True, False) if kind is bool else ("scale",) if name == "border" else get_args(kind)


@dataclass(frozen=True, slots=True, kw_only=True)
class Protocol:
    """Everything that decides a PSNR besides the picture and the method.

    Attributes:
        name: what `srcnn evaluate --protocol` calls it.
        measured: what is compared: luma of BT.601 in limited range (MATLAB's `rgb2ycbcr`) or in full
            range, the luma of Pillow's `convert("YCbCr")` (full range, fractions dropped), or the
            three colour channels.
        luma_rounded: luma is rounded to 8 bits when taken from the picture.
        grey: a file with one channel is its own luma ("luma"), or first becomes RGB ("rgb").
        crop: to a multiple of the scale before shrinking; or the truth only, after shrinking the whole.
        resized: the planes that are shrunk: the luma that is measured, or RGB.
        resize_in: arithmetic of the resize: "float" never rounds inside, "uint8" rounds between its passes.
        resize_border: what the resize sees beyond the picture.
        antialias: the kernel widens when shrinking.
        kernel_a_down: Keys' coefficient when shrinking: -0.5 in MATLAB and Pillow, -0.75 in OpenCV.
        kernel_a_up: the same when enlarging by bicubic, also before a network that sees the enlarged picture.
        lr_rounded: the small picture is rounded to 8 bits.
        output_rounded: the enlarged picture is rounded to 8 bits.
        border: pixels left out on every side before measuring; "scale": as many as the scale.
    """

    name: str
    measured: Measured = "luma_bt601"
    luma_rounded: bool = True
    grey: Literal["luma", "rgb"] = "luma"
    crop: Literal["before", "after"] = "before"
    resized: Literal["luma", "rgb"] = "luma"
    resize_in: Literal["float", "uint8"] = "float"
    resize_border: ResizeBorder = "mirror"
    antialias: bool = True
    kernel_a_down: float = -0.5
    kernel_a_up: float = -0.5
    lr_rounded: bool = False
    output_rounded: bool = True
    border: int | Literal["scale"] = "scale"

    def __post_init__(self) -> None:
        self._check_kinds()
        if self.measured == "rgb" and self.resized != "rgb":
            raise InvalidConfigError(
                f"expected resized='rgb' where RGB is measured, got resized={self.resized!r}; change one of them"
            )
        if self.resize_in == "uint8" and not (self.lr_rounded and self.output_rounded):
            raise InvalidConfigError(
                "expected lr_rounded and output_rounded where the resize works in uint8, got "
                f"lr_rounded={self.lr_rounded}, output_rounded={self.output_rounded}; change one of them"
            )
        if self.border != "scale" and self.border < 0:
            raise InvalidConfigError(f"expected a border of 0 or more pixels, got {self.border}; correct the border")

    def _check_kinds(self) -> None:
        """Refuse what a field cannot be; a word that no step knows would be taken for another."""
        for name, kind in get_type_hints(Protocol).items():
            value, choices = getattr(self, name), _choices(name, kind)
            if name == "name":
                known, wanted = isinstance(value, str), ["a text"]
            elif isinstance(value, bool | str):
                known, wanted = value in choices, list(map(str, choices))
            else:
                number = Integral if name == "border" else Real if kind is float else ()
                known, wanted = isinstance(value, number) and math.isfinite(value), list(map(str, choices))
            if not known:
                wanted += ["a number"] if name == "border" or kind is float else []
                raise InvalidConfigError(f"expected {' or '.join(wanted)} for {name}, got {value!r}; choose one")

    def border_pixels(self, scale: int) -> int:
        """Pixels left out on every side."""
        return scale if self.border == "scale" else self.border

    def to_dict(self) -> dict[str, Any]:
        """Every field by name, for JSON."""
        return asdict(self)


AUTHORS = Protocol(name="authors")
"""demo_SR.m and compute_psnr.m of the SRCNN authors' package; the paper's tables."""

_OPENCV = replace(
    AUTHORS,
    name="opencv",
    resize_border="replicate",
    antialias=False,
    kernel_a_down=-0.75,
    kernel_a_up=-0.75,
    lr_rounded=True,
)
_RGB_8BIT = replace(AUTHORS, name="rgb-8bit", luma_rounded=False, grey="rgb", resized="rgb", lr_rounded=True)

PROTOCOLS: dict[str, Protocol] = {
    protocol.name: protocol
    for protocol in (
        AUTHORS,
        # imresize of older MATLAB: by it 9-5-5 has the printed 30.49 on Set5 at x4, by today's 30.48.
        replace(AUTHORS, name="old-matlab", resize_border="replicate"),
        replace(AUTHORS, name="no-border", border=0),
        replace(AUTHORS, name="border-6", border=6),
        replace(AUTHORS, name="lr-8bit", lr_rounded=True),
        # VDSR and later papers: 30.24 / 27.55 / 26.00 on Set14.
        replace(AUTHORS, name="float-luma", luma_rounded=False, output_rounded=False),
        # BasicSR: 33.68 on Set5 at x2.
        replace(_RGB_8BIT, name="basicsr"),
        replace(_RGB_8BIT, name="pillow-like", resize_border="cut", border=0),
        # yjn870/SRCNN-pytorch: Pillow itself.
        replace(_RGB_8BIT, name="pillow", resize_in="uint8", resize_border="cut", border=0),
        replace(AUTHORS, name="full-range", measured="luma_bt601_full_range"),
        replace(_OPENCV, name="opencv-full-range", measured="luma_bt601_full_range"),
        replace(_OPENCV, name="opencv-limited-range"),
        replace(AUTHORS, name="sharp-enlargement", kernel_a_up=-0.75),
        replace(_RGB_8BIT, name="rgb", measured="rgb"),
        # A Keras reproduction: Pillow's YCbCr picture resized in 8 bits, the rim of valid convolutions left out.
        replace(
            AUTHORS,
            name="keras-pillow",
            measured="luma_pillow",
            resize_in="uint8",
            resize_border="cut",
            lr_rounded=True,
            border=6,
        ),
    )
}
"""Every protocol with a name, the authors' first."""

_WITH = " with "


def varied(protocol: Protocol, **changes: Any) -> Protocol:
    """A protocol with some fields changed, named so that `protocol_named` finds it: "full-range with border=8".

    Raises:
        InvalidConfigError: the fields do not go together.

    Tests: tests/evaluation/test_protocol.py.
    """
    base, _, earlier = protocol.name.partition(_WITH)
    listed = dict(change.split("=") for change in earlier.split(", ") if change)
    listed |= {field: str(value) for field, value in changes.items()}
    return replace(
        protocol, name=base + _WITH + ", ".join(f"{field}={value}" for field, value in listed.items()), **changes
    )


def protocol_named(name: str) -> Protocol:
    """Find a protocol by its name, or by a name and what is done otherwise: "authors with border=6, lr_rounded=True".

    Raises:
        InvalidConfigError: no such protocol, no such field, or a value it cannot have; the message lists those there
            are.

    Tests: tests/evaluation/test_protocol.py.
    """
    base, _, listed = name.partition(_WITH)
    if base not in PROTOCOLS:
        raise InvalidConfigError(
            f"expected one of the protocols {', '.join(PROTOCOLS)}, or one changed, such as 'authors with border=6', "
            f"got {name!r}; choose one"
        )
    if not listed:
        return PROTOCOLS[base]
    changes: dict[str, Any] = {}
    for change in listed.split(","):
        field, _, text = (part.strip() for part in change.partition("="))
        if field in changes:
            raise InvalidConfigError(f"expected each field of a protocol once, got {field} twice; leave one out")
        changes[field] = _value(field, text)
    return varied(PROTOCOLS[base], **changes)


def _value(name: str, text: str) -> Any:
    """What the text of a field in a protocol's name stands for."""
    kinds = get_type_hints(Protocol)
    del kinds["name"]
    if name not in kinds:
        raise InvalidConfigError(f"expected one of a protocol's fields {', '.join(kinds)}, got {name!r}; choose one")
    if name == "border" and text.isdecimal():
        return int(text)
    if kinds[name] is float and re.fullmatch(r"-?(\d+(\.\d*)?|\.\d+)", text):
        return float(text)
    words = {str(choice).lower(): choice for choice in _choices(name, kinds[name])}
    return words.get(text.lower(), text)  # what is none of them is refused with those there are
