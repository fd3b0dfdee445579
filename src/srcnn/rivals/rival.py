"""What the rivals have in common: an interface, and the check that their arrays belong together."""

from collections.abc import Mapping
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from srcnn.errors import ModelFileError
from srcnn.imaging.depth import Plane

Floats = NDArray[np.float32]


class Rival(Protocol):
    """A fitted method."""

    @property
    def name(self) -> str:
        """One of `srcnn.rivals.RIVALS`."""
        ...

    @property
    def scale(self) -> int:
        """The enlargement it was fitted for."""
        ...

    def luma(self, lr: Plane) -> Plane:
        """Enlarge a luma plane.

        Args:
            lr: H x W float32, limited-range BT.601 luma / 255, at low resolution.

        Returns:
            sH x sW float32, unclipped and unrounded.

        Raises:
            InvalidImageError: not a plane of floating point.
        """
        ...


def check_arrays(name: str, scale: int, arrays: Mapping[str, tuple[Floats, tuple[int, ...]]]) -> None:
    """Refuse arrays that do not belong together.

    Args:
        name: of the rival.
        scale: the enlargement.
        arrays: by name, each with the shape it must have.

    Raises:
        ModelFileError: a scale below 2, another shape, an empty array, or values that are not finite
            floating point.
    """
    if scale < 2:
        raise ModelFileError(f"expected a scale of at least 2 for {name}, got {scale}; fit it again")
    wrong = [
        f"{key} {array.shape} instead of {shape}" for key, (array, shape) in arrays.items() if array.shape != shape
    ]
    wrong += [f"{key} without values" for key, (array, _) in arrays.items() if not array.size]
    if wrong:
        raise ModelFileError(f"expected arrays of {name} that fit each other, got {'; '.join(wrong)}; fit it again")
    broken = [key for key, (array, _) in arrays.items() if array.dtype.kind != "f" or not np.isfinite(array).all()]
    if broken:
        raise ModelFileError(
            f"expected finite floating-point arrays of {name}, got others in {', '.join(broken)}; "
            "fit it again, on pictures that have edges"
        )
