"""Ways of applying a network that spoil a picture, as methods, to recognise them by their numbers.

SRCNN is trained on patches of 33 x 33 pixels whose valid convolutions give 21 x 21. Reproductions
that also predict in patches leave a black frame, shift the picture, or show seams. This module knows
no engine: a network is a function from enlarged luma to luma of the same size.
"""

from collections.abc import Callable

import numpy as np

from srcnn.errors import InvalidConfigError
from srcnn.evaluation.planes import OnEnlarged
from srcnn.imaging import from_float, to_float
from srcnn.imaging.depth import Plane

Network = Callable[[Plane], Plane]
"""From bicubic-enlarged luma, float32 H x W in [0, 1], to luma of the same size."""

PATCH = 33
KEPT = 21
WHOLE_PICTURE = "the network on the whole picture"
"""What `uses_of_a_network` calls the right way."""
_ZERO_PADDED = "the network with zeros around every layer instead of the border repeated"


def rounded_enlargement(network: Network) -> OnEnlarged:
    """Round the enlarged picture to 8 bits before the network, as where it was saved as a picture.

    Tests: tests/evaluation/test_pasted_patches.py.
    """
    return OnEnlarged(lambda enlarged: network(to_float(from_float(enlarged, np.uint8))))


def black_frame(network: Network, *, rim: int = (PATCH - KEPT) // 2) -> OnEnlarged:
    """Leave the rim black that valid convolutions lose.

    Args:
        network: on the enlarged luma.
        rim: pixels; 6 for 9-1-5, 8 for 9-5-5.

    Returns:
        A method.

    Raises:
        InvalidConfigError: no rim.
    """
    if rim < 1:
        raise InvalidConfigError(f"expected a rim of at least 1 pixel, got {rim}; give what the network reaches")

    return OnEnlarged(lambda enlarged: np.pad(network(enlarged)[rim:-rim, rim:-rim], rim))


def pasted_patches(network: Network, *, stride: int, reach: int, kept: int = KEPT) -> OnEnlarged:
    """Predict patch by patch and paste the middles side by side, from the top left corner.

    Patches that do not fit whole are left out. With stride 21 the picture is whole but shifted by
    6 pixels; with any other stride its parts do not meet. What is not covered stays black, and what
    lies beyond the picture is cut off.

    Args:
        network: on patches of 33 x 33 of the enlarged luma.
        stride: pixels from patch to patch: 14 in training, 21 so that the middles meet.
        reach: pixels of input on each side that an output pixel depends on. Where nothing is kept that sees the edges
            of its patch, the network is applied once to the whole picture, which gives the same.
        kept: pixels a side of what is kept of each patch.

    Returns:
        A method.

    Raises:
        InvalidConfigError: a stride below 1, or more kept than a patch has.

    Tests: tests/evaluation/test_pasted_patches.py.
    """
    if stride < 1 or not 1 <= kept <= PATCH:
        raise InvalidConfigError(
            f"expected a stride of at least 1 and 1 to {PATCH} pixels kept, got stride {stride} and {kept} pixels; "
            "the training of SRCNN has stride 14 and 21 pixels"
        )

    def pasted(enlarged: Plane) -> Plane:
        height, width = enlarged.shape
        rows, columns = ((length - PATCH) // stride + 1 for length in (height, width))
        canvas = np.zeros((max(height, rows * kept), max(width, columns * kept)), np.float32)
        margin = (PATCH - kept) // 2
        whole = network(enlarged) if margin >= reach else None
        for row in range(rows):
            for column in range(columns):
                top, left = row * stride, column * stride
                place = np.s_[top : top + PATCH, left : left + PATCH]
                patch = network(np.ascontiguousarray(enlarged[place])) if whole is None else whole[place]
                middle = patch[margin : margin + kept, margin : margin + kept]
                canvas[row * kept : (row + 1) * kept, column * kept : (column + 1) * kept] = middle
        return canvas[:height, :width]

    return OnEnlarged(pasted)


def uses_of_a_network(
    network: Network, *, reach: int = (PATCH - KEPT) // 2, zero_padded: Network | None = None
) -> dict[str, OnEnlarged]:
    """The right way to apply a network and the wrong ones, by a description, for `explain`.

    Args:
        network: on the enlarged luma.
        reach: pixels of input on each side that an output pixel depends on: 6 for 9-1-5, 8 for 9-5-5.
        zero_padded: the network with zeros around every layer instead of the border repeated; None leaves it out.

    Returns:
        Description to method, the right way first; that alone where none lose a rim, or patches have nothing else.
    """
    kept = PATCH - 2 * reach
    if reach == 0 or kept < 1:
        return {WHOLE_PICTURE: OnEnlarged(network)}
    patches, pasted = f"the network on {PATCH}x{PATCH} patches", f"{kept}x{kept} pasted side by side (seams)"
    shifted = f"{patches} every {kept} pixels, pasted from the corner (a shift of {reach} pixels)"
    return {
        WHOLE_PICTURE: OnEnlarged(network),
        "the network on an enlarged picture that was rounded to 8 bits": rounded_enlargement(network),
        **({_ZERO_PADDED: OnEnlarged(zero_padded)} if zero_padded else {}),
        f"the network with a black frame of {reach} pixels": black_frame(network, rim=reach),
        shifted: pasted_patches(network, stride=kept, kept=kept, reach=reach),
        f"{patches} every 14 pixels, {pasted}": pasted_patches(network, stride=14, kept=kept, reach=reach),
        f"{patches} side by side, {pasted}": pasted_patches(network, stride=PATCH, kept=kept, reach=reach),
        f"{patches} side by side, each with its own border (seams)": pasted_patches(
            network, stride=PATCH, kept=PATCH, reach=reach
        ),
    }
