"""The size a picture is asked to have: a factor, sides or megapixels. Arithmetic; knows no files and no models."""

import math
from dataclasses import dataclass, fields
from typing import Literal

from srcnn.errors import InvalidConfigError

Fit = Literal["inside", "cover", "stretch"]
FITS: tuple[Fit, ...] = ("inside", "cover", "stretch")


@dataclass(frozen=True, slots=True)
class Target:
    """The size of one picture's result.

    Attributes:
        resized: (height, width) the whole picture is brought to.
        kept: (height, width) of the part in the middle that is kept; `resized` but for the fit "cover".
    """

    resized: tuple[int, int]
    kept: tuple[int, int]


_MAX_SIZE = 10**9
"""Far beyond every format, but no number that arithmetic cannot hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """What a result's size follows from: one of these, or width and height together, or nothing yet.

    Attributes:
        scale: a factor, at least 1.
        width: in pixels; the height follows.
        height: in pixels; the width follows.
        long_side: the longer of width and height, in pixels.
        megapixels: width times height, in millions.
        fit: of width and height together. "inside": as large as possible within both, the default;
            "cover": both exactly, and what sticks out is cut off on two opposite sides; "stretch": both exactly,
            proportions not kept.
    """

    scale: float | None = None
    width: int | None = None
    height: int | None = None
    long_side: int | None = None
    megapixels: float | None = None
    fit: Fit | None = None

    def __post_init__(self) -> None:
        given = {f.name: getattr(self, f.name) for f in fields(self) if getattr(self, f.name) is not None}
        fit = given.pop("fit", None)
        both = set(given) == {"width", "height"}
        if len(given) > 1 and not both:
            raise InvalidConfigError(
                f"expected one of scale, width, height, long_side and megapixels, or width and height together, "
                f"got {', '.join(given)}; give one of them"
            )
        if fit is not None and (not both or fit not in FITS):
            raise InvalidConfigError(
                f"expected a fit of {', '.join(FITS)}, together with width and height, got {fit!r} with "
                f"{', '.join(given) or 'neither'}; give both sides or leave fit out"
            )
        for name, value in given.items():
            lowest = 1 if name != "megapixels" else 0
            if value > _MAX_SIZE:
                raise InvalidConfigError(
                    f"expected a {name} of at most {_MAX_SIZE:,}, got {value:g}; give a smaller number"
                )
            if not (value >= lowest and value > 0):
                raise InvalidConfigError(
                    f"expected a {name} of {'at least 1' if lowest else 'more than 0'}, got {value}; "
                    "give a larger number (to make pictures smaller, ask for a width, height, long side or megapixels)"
                )

    @property
    def given(self) -> bool:
        """Whether it says anything."""
        return self != Size()

    @property
    def label(self) -> str:
        """A few characters for the names of outputs: x2, x2.5, w800, h600, 800x600, long800, 12mp."""
        if self.scale is not None:
            return f"x{self.scale:g}"
        if self.long_side is not None:
            return f"long{self.long_side}"
        if self.megapixels is not None:
            return f"{self.megapixels:g}mp"
        if self.width is not None and self.height is not None:
            return f"{self.width}x{self.height}"
        return f"w{self.width}" if self.width is not None else f"h{self.height}"

    def target(self, height: int, width: int) -> Target:
        """The size of one picture's result; sides are rounded to the nearest pixel, halves up.

        Args:
            height: of the picture in pixels.
            width: of the picture in pixels.

        Returns:
            What to bring it to, and what of that to keep.

        Tests: tests/batch/test_size.py.
        """
        if self.width is not None and self.height is not None and self.fit in ("cover", "stretch"):
            box = (self.height, self.width)
            if self.fit == "stretch":
                return Target(box, box)
            factor = max(box[0] / height, box[1] / width)
            return Target((max(box[0], _round(height * factor)), max(box[1], _round(width * factor))), box)
        factor = self._factor(height, width)
        # A side that was asked for is hit exactly, whatever the last bits of the factor.
        size = (_round(height * factor), _round(width * factor))
        return Target(size, size)

    def _factor(self, height: int, width: int) -> float:
        """How many times larger each side becomes."""
        if self.scale is not None:
            return self.scale
        if self.long_side is not None:
            return self.long_side / max(height, width)
        if self.megapixels is not None:
            return math.sqrt(self.megapixels * 1e6 / (height * width))
        sides = [(self.height, height), (self.width, width)]
        return min(asked / side for asked, side in sides if asked is not None)


def _round(length: float) -> int:
    return max(1, math.floor(length + 0.5))
