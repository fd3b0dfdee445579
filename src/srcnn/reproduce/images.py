"""Arrays as pictures inside a page: data URIs. Knows nothing of what they show."""

import base64
from io import BytesIO

import numpy as np
from numpy.typing import NDArray

_QUALITY = 82
_ERROR_LEVELS = 48


def data_uri(image: NDArray[np.uint8], *, lossless: bool = True) -> str:
    """Encode a picture as WebP within a `data:` address.

    Args:
        image: H x W, H x W x 2 (grey, alpha) or H x W x 3, uint8.
        lossless: else a photograph of good quality.

    Returns:
        What an `<img>` takes as its source.

    Tests: tests/reproduce/test_images.py.
    """
    from PIL import Image as PillowImage

    if image.ndim == 3 and image.shape[2] == 2:  # WebP has no grey with alpha
        image = np.concatenate([np.repeat(image[:, :, :1], 3, 2), image[:, :, 1:]], 2)
    buffer = BytesIO()
    PillowImage.fromarray(image).save(buffer, "WEBP", lossless=lossless, quality=100 if lossless else _QUALITY)
    return f"data:image/webp;base64,{base64.b64encode(buffer.getvalue()).decode()}"


def error_map(sr: NDArray[np.uint8], hr: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Colour the absolute difference of two planes.

    Args:
        sr: H x W.
        hr: H x W.

    Returns:
        H x W x 3: black where equal, brightest where 48 levels or more apart (matplotlib's "inferno").
    """
    import matplotlib

    difference = np.abs(sr.astype(np.int16) - hr)
    return matplotlib.colormaps["inferno"](np.clip(difference / _ERROR_LEVELS, 0, 1), bytes=True)[:, :, :3]
