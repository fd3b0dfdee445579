"""A picture's content as one number, whatever format keeps it."""

import hashlib

from srcnn.imaging.depth import Image


def pixel_hash(image: Image) -> str:
    """Hash a picture's samples: equal for PNG, BMP and lossless WebP copies of the same picture.

    Args:
        image: H x W or H x W x C, of any depth; one channel may have an axis of its own or not.

    Returns:
        SHA-256 of shape, depth and samples in hexadecimal. Grey and RGB with equal channels differ.

    Tests: tests/datasets/test_pixels.py.
    """
    samples = image[:, :, 0] if image.ndim == 3 and image.shape[2] == 1 else image
    header = f"{'x'.join(map(str, samples.shape))} {samples.dtype.name}\n"
    little_endian = samples.astype(samples.dtype.newbyteorder("<"), copy=False)
    return hashlib.sha256(header.encode() + little_endian.tobytes()).hexdigest()
