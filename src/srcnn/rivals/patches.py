"""Timofte's set-up: what ANR, A+ and NE+LLE share. A picture as overlapping patches, their features, and back.

The low-resolution picture is enlarged by bicubic. A patch covers 3 x 3 low-resolution pixels of it, 3s x 3s
pixels, and one begins at every low-resolution pixel but the outermost. Its features are the first and second
differences along rows and columns at a distance of one low-resolution pixel: what bicubic has kept of the
edges, without the mean. What a method predicts from them is the patch of the detail, high resolution minus
bicubic. Details are averaged where patches overlap (each pixel lies in nine) and added to the bicubic; the
outer s pixels stay bicubic.

Source: the programs of Timofte, De Smet and Van Gool's "Anchored neighborhood regression for fast
example-based super-resolution", ICCV 2013 (sampling_grid.m, extract.m, overlap_add.m), which follow Zeyde,
Elad and Protter, "On single image scale-up using sparse-representations", 2010.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from srcnn.imaging import imresize
from srcnn.imaging.depth import Plane
from srcnn.rivals.rival import Floats

_SIDE = 3  # low-resolution pixels a side of a patch
_BORDER = 1  # low-resolution pixels left out on every side
_BLOCK = 8192  # patches worked on at a time


@dataclass(frozen=True, slots=True)
class PatchGrid:
    """Where the patches of an enlarged picture lie.

    Attributes:
        scale: the enlargement; patches begin at its multiples.
        rows: of patches.
        columns: of patches; both are 0 in a picture below 5 low-resolution pixels a side.
        step: low-resolution pixels from one patch to the next.
    """

    scale: int
    rows: int
    columns: int
    step: int = 1

    @classmethod
    def over(cls, shape: tuple[int, ...], scale: int, step: int = 1) -> "PatchGrid":
        """The grid of an enlarged picture of this shape; what the last patch does not reach is left out."""
        rows, columns = (max(0, (side // scale - 2 * _BORDER - _SIDE) // step + 1) for side in shape)
        return cls(scale, rows if columns else 0, columns if rows else 0, step)

    def __len__(self) -> int:
        return self.rows * self.columns

    def cut(self, plane: Plane, chosen: NDArray[np.integer]) -> Floats:
        """Cut patches out of a plane: N x 9s², for numbers of patches in order of rows."""
        side, every = _SIDE * self.scale, slice(_BORDER * self.scale, None, self.step * self.scale)
        patches = sliding_window_view(plane, (side, side))[every, every]
        return patches[chosen // self.columns, chosen % self.columns].reshape(len(chosen), -1)

    def features(self, differences: Floats, chosen: NDArray[np.integer]) -> Floats:
        """Features of patches, N x 36s², from the planes of `difference_planes`."""
        return np.concatenate([self.cut(plane, chosen) for plane in differences], 1)


def difference_planes(enlarged: Plane, scale: int) -> Floats:
    """First differences along rows and columns and half the second ones, one low-resolution pixel wide.

    Args:
        enlarged: H x W, by bicubic.
        scale: the enlargement; also the distance.

    Returns:
        4 x H x W. Beyond the picture its edge is repeated; no patch reaches there.

    Tests: tests/rivals/test_patches.py.
    """
    padded = np.pad(enlarged, scale, mode="edge")

    def shifted(down: int, right: int) -> Plane:
        height, width = enlarged.shape
        return padded[scale + down : scale + down + height, scale + right : scale + right + width]

    after, before = (scale + 1) // 2, scale // 2
    return np.stack(
        [
            shifted(0, after) - shifted(0, -before),
            shifted(after, 0) - shifted(-before, 0),
            (shifted(0, scale) + shifted(0, -scale)) / 2 - enlarged,
            (shifted(scale, 0) + shifted(-scale, 0)) / 2 - enlarged,
        ]
    )


def enlarge_by_patches(lr: Plane, scale: int, predict: Callable[[Floats], Floats]) -> Plane:
    """Enlarge by bicubic and add the details that a method predicts from features.

    Args:
        lr: h x w luma.
        scale: the enlargement.
        predict: N x 36s² features to N x 9s² details; called with some thousand patches at a time.

    Returns:
        sh x sw, float32.

    Tests: tests/rivals/test_patches.py.
    """
    enlarged = enlarge_by_bicubic(lr, scale)
    grid = PatchGrid.over(enlarged.shape, scale)
    differences = difference_planes(enlarged, scale)
    return add_details(enlarged, grid, lambda chosen: predict(grid.features(differences, chosen)))


def enlarge_by_bicubic(lr: Plane, scale: int) -> Plane:
    """The plane that details are added to: sh x sw, float32."""
    return imresize(lr.astype(np.float32, copy=False), size=(lr.shape[0] * scale, lr.shape[1] * scale))


def add_details(enlarged: Plane, grid: PatchGrid, details: Callable[[NDArray[np.integer]], Floats]) -> Plane:
    """Add the mean of overlapping patches of detail to a picture.

    Args:
        enlarged: H x W.
        grid: where its patches lie.
        details: numbers of patches to N x 9s²; called with whole rows of patches, some thousand at a time.

    Returns:
        H x W.
    """
    total, count = np.zeros_like(enlarged), np.zeros_like(enlarged)
    step = max(1, _BLOCK // max(1, grid.columns))
    for first in range(0, grid.rows, step):
        rows = min(step, grid.rows - first)
        patches = details(np.arange(first * grid.columns, (first + rows) * grid.columns))
        patches = patches.reshape(rows, grid.columns, _SIDE * grid.scale, -1)
        _add(total, patches, grid, first)
        _add(count, np.ones_like(patches), grid, first)
    count[count == 0] = 1
    return enlarged + np.divide(total, count, dtype=np.float32)


def _add(plane: Plane, patches: Floats, grid: PatchGrid, first: int) -> None:
    """Add rows of patches, R x C x 3s x 3s, to a plane in place."""
    rows, columns, side, _ = patches.shape
    stride, border = grid.step * grid.scale, _BORDER * grid.scale
    for down in range(side):
        top = border + first * stride + down
        for right in range(side):
            left = border + right
            window = plane[top : top + rows * stride : stride, left : left + columns * stride : stride]
            window += patches[:, :, down, right]
