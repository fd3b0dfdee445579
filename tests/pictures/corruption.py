"""Make files of every format and break them, in a repeatable way. Also a program: see `main`."""

import signal
import sys
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image

from srcnn.errors import InvalidImageError
from srcnn.pictures.picture import Picture
from srcnn.pictures.read import read_array, read_picture
from srcnn.pictures.write import write_picture

MAX_PIXELS = 4_000_000
SECONDS = 10
"""For each broken file."""


def make_sources(folder: Path) -> list[Path]:
    """Whole files of every format, depth and kind, with metadata."""
    random = np.random.default_rng(0)
    ramp = np.add.outer(np.arange(24), np.arange(31))[..., None] * np.array([3, 5, 7])
    rgb = (ramp + random.integers(0, 9, ramp.shape)).astype(np.uint8)
    rgba = np.dstack([rgb, rgb[..., 0]])
    deep = rgb.astype(np.uint16) * 257
    exif = Image.Exif()
    exif[0x010F] = "Maker"
    exif.get_ifd(0x8769)[0xA002] = 31
    kept = {"exif": exif.tobytes(), "xmp": b"<x:xmpmeta/>", "iptc": b"\x1c\x02\x05\0\x05title", "dpi": (300.0, 300.0)}
    moving = Picture(frames=(rgb, rgb[::-1], rgb[:, ::-1]), durations_ms=(10, 20, 30))
    pictures = {
        "rgb.png": Picture(frames=(rgb,), **kept), "rgba16.png": Picture(frames=(np.dstack([deep, deep[..., 0]]),)),
        "moving.png": moving, "rgb.jpg": Picture(frames=(rgb,), **kept), "grey.jpg": Picture(frames=(rgb[..., 0],)),
        "lossless.webp": Picture(frames=(rgba,), **kept), "lossy.webp": Picture(frames=(rgb,), format="JPEG"),
        "moving.webp": moving, "deep.tif": Picture(frames=(deep,), **kept),
        "pages.tif": Picture(frames=(rgb, deep[:9])),
        "float.tif": Picture(frames=(rgb.astype(np.float32) / 255,)), "rgb.avif": Picture(frames=(rgb,), **kept),
        "moving.gif": moving, "rgb.bmp": Picture(frames=(rgb,)), "rgba.tga": Picture(frames=(rgba,)),
        "inks.tif": Picture(frames=(rgba,), inks=True),
        "deep.ppm": Picture(frames=(deep,)), "grey.pgm": Picture(frames=(rgb[..., 0],)),
    }  # fmt: skip
    for name, picture in pictures.items():
        write_picture(folder / name, picture)
    Image.fromarray(rgba).save(folder / "rgba.ico")
    Image.fromarray(rgb).quantize(32).save(folder / "palette.png", transparency=3)
    Image.fromarray(rgb).quantize(32).save(folder / "palette.bmp")
    Image.fromarray(rgb).convert("CMYK").save(folder / "cmyk.jpg")
    Image.fromarray(rgb).save(folder / "progressive.jpg", progressive=True)
    Image.fromarray(rgb).save(folder / "plain.tif")
    Image.fromarray(rgb).save(folder / "jpeg.tif", compression="jpeg")
    Image.fromarray(rgba).save(folder / "rle.tga", compression="tga_rle")
    return sorted(folder.iterdir())


def corrupt(whole: bytes, other: bytes, random: np.random.Generator) -> bytes:
    """Cut, flip, overwrite, repeat, remove or splice bytes."""
    broken = bytearray(whole)
    kind = random.integers(6)
    # Headers are where most decisions are made: half of the damage goes there.
    reach = len(broken) if random.integers(2) else min(len(broken), 200)
    at = int(random.integers(reach))
    length = int(random.integers(1, 40))
    if kind == 0:
        del broken[at:]
    elif kind == 1:
        for place in random.integers(reach, size=random.integers(1, 10)):
            broken[place] ^= 1 << random.integers(8)
    elif kind == 2:
        extremes = (b"\0", b"\xff", b"\x7f", b"\x80", random.bytes(1))
        broken[at : at + length] = extremes[random.integers(len(extremes))] * length
    elif kind == 3:
        broken[at:at] = broken[at : at + length] * int(random.integers(1, 50))
    elif kind == 4:
        del broken[at : at + length]
    else:
        there = int(random.integers(len(other)))
        broken[at:] = other[there:] if random.integers(2) else other[there : there + length]
    return bytes(broken)


def check(path: Path) -> bool:
    """Whether a broken file is refused; it is a picture or one clear sentence, never anything else."""
    for read in (partial(read_picture, inks=True), read_array):
        try:
            read(path, max_pixels=MAX_PIXELS)
        except InvalidImageError as error:
            sentence = str(error)
            assert str(path) in sentence, sentence
            assert "\n" not in sentence, sentence
            assert len(sentence) < 1000, sentence
            return True
    return False


def main(folder: Path, first: int, count: int) -> None:
    """Check `count` broken files, each a function of its number, which is shown before it is tried.

    A file that takes more than its time ends the program at once, wherever it is.
    """
    sources = make_sources(folder)
    wholes = [source.read_bytes() for source in sources]
    for number in range(first, first + count):
        random = np.random.default_rng(number)
        which = number % len(sources)
        path = folder / f"broken{sources[which].suffix}"
        path.write_bytes(corrupt(wholes[which], wholes[random.integers(len(wholes))], random))
        sys.stdout.write(f"{number} {sources[which].name}\n")
        sys.stdout.flush()
        signal.setitimer(signal.ITIMER_PROF, SECONDS)  # of computing, since other programs may be in the way
        check(path)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
