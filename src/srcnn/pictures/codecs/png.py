"""Chunks of PNG files: metadata that are kept, and single files joined into an animation. No pixels are decoded.

Source: PNG, third edition (W3C 2025), sections 4.9, 5.3, 11.3.3 and 11.3.6. Tests: tests/pictures/test_png.py.
"""

import struct
import zlib
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

Chunk = tuple[bytes, bytes]
"""Name and body."""

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_TEXTS = (b"tEXt", b"zTXt", b"iTXt")
_XMP = b"XML:com.adobe.xmp\0"
_PLAIN_XMP = _XMP + bytes(4)
"""Not compressed, in no language, and without a translated keyword."""
_METRE = b"\1"
_INCH_IN_METRES = 0.0254
_MAX_BYTES = 2**24
_MAX_TICKS = 2**16 - 1
_SRGB = {b"gAMA": (45455,), b"cHRM": (31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000)}
"""What says sRGB in each of them, in hundred-thousandths."""
_SRGB_CICP = bytes((1, 13, 0, 1))


def read_texts(path: Path) -> tuple[Chunk, ...]:
    """The text chunks of a file as they are stored, without XMP; programs keep prompts and titles there.

    Args:
        path: a PNG file. Chunks with a wrong check sum are left out, and what is beyond 16 MiB.
    """
    return tuple(chunk for chunk in _read_chunks(path, _TEXTS) if not chunk[1].startswith(_XMP))


def read_exif_and_xmp(path: Path) -> tuple[bytes | None, bytes | None]:
    """EXIF and XMP wherever they stand; libvips sees those before the pixels, and no EXIF with JPEG's prefix.

    Args:
        path: a PNG file.

    Returns:
        Of each the first, as it is stored; None for what is not there, or whose check sum is wrong.

    Source: PNG, third edition (W3C 2025), 5.6. Tests: tests/pictures/test_png.py.
    """
    exif = xmp = None
    for name, body in _read_chunks(path, (b"eXIf", b"iTXt")):
        if name == b"eXIf":
            exif = exif or body
        elif body.startswith(_PLAIN_XMP):
            xmp = xmp or body.removeprefix(_PLAIN_XMP)
    return exif, xmp


def xmp_chunk(xmp: bytes) -> Chunk:
    """XMP as its specification wants it in a PNG file; what libvips writes, compressed and as Latin-1, few find.

    Source: XMP, part 3 (Adobe 2020), 1.1.5.
    """
    return b"iTXt", _PLAIN_XMP + xmp


def resolution(path: Path) -> tuple[float, float] | None:
    """Pixels per inch along (height, width), unless a PNG file gives only proportions, or nothing.

    Source: PNG, third edition (W3C 2025), 11.3.4.3, pHYs. Tests: tests/pictures/test_libvips_decode.py.
    """
    _, body = next(_read_chunks(path, (b"pHYs",)), (b"", b""))
    if len(body) != 9 or body[8:] != _METRE:
        return None
    width, height = struct.unpack(">II", body[:8])
    return height * _INCH_IN_METRES, width * _INCH_IN_METRES


def has_signed_origin(path: Path) -> bool:
    """Whether a PNG holds a manifest of the C2PA.

    Source: C2PA 2.1, A.3.2. Tests: tests/pictures/test_read.py.
    """
    return any(_read_chunks(path, (b"caBX",)))


def has_profile(path: Path) -> bool:
    """Whether there is a profile, be it damaged or of other channels, which libvips leaves out in silence.

    Source: PNG, third edition (W3C 2025), 11.3.2.3. Tests: tests/pictures/test_read.py.
    """
    return any(_read_chunks(path, (b"iCCP",)))


def colours_beside_srgb(path: Path) -> tuple[str, ...]:
    """Names of the chunks that say in another way than a profile that the colours are not sRGB.

    Args:
        path: a PNG file.

    Returns:
        Of cICP, gAMA and cHRM those that programs would heed, which are not kept.

    Source: PNG, third edition (W3C 2025), 4.3 for the order of precedence. Tests: tests/pictures/test_read.py.
    """
    chunks = dict(_read_chunks(path, (b"iCCP", b"sRGB", b"cICP", *_SRGB)))
    if b"cICP" in chunks:
        return () if chunks[b"cICP"] == _SRGB_CICP else ("cICP",)
    if chunks.keys() & {b"iCCP", b"sRGB"}:
        return ()
    return tuple(name.decode() for name, values in _SRGB.items() if name in chunks and _differ(chunks[name], values))


def _differ(body: bytes, values: Sequence[int]) -> bool:
    """Whether a chunk holds other numbers than these, beyond what programs round; one that is damaged says nothing."""
    if len(body) != 4 * len(values):
        return False
    stored = struct.unpack(f">{len(values)}I", body)
    return any(stored) and any(abs(ours - theirs) > theirs / 100 for ours, theirs in zip(stored, values, strict=True))


def chunks_of(file: BinaryIO) -> Iterator[tuple[bytes, int]]:
    """Go through the chunks of an open file; no more of a body is read than is asked for.

    Args:
        file: a PNG file.

    Yields:
        Name and length of each chunk, while the file stands at the beginning of its body.
    """
    file.seek(len(_SIGNATURE))
    while len(start := file.read(8)) == 8:
        length, name = struct.unpack(">I4s", start)
        body = file.tell()
        yield name, length
        file.seek(body + length + 4)


def _read_chunks(path: Path, names: Collection[bytes]) -> Iterator[Chunk]:
    """The chunks of these names, without those whose check sum is wrong and what is beyond 16 MiB."""
    room = _MAX_BYTES
    with path.open("rb") as file:
        for name, length in chunks_of(file):
            if name == b"IEND":
                return
            if name not in names or length > room:
                continue
            room -= length
            body, check = file.read(length), file.read(4)
            if check == _check_sum(name, body):
                yield name, body


def append_texts(path: Path, texts: Sequence[Chunk]) -> None:
    """Put text chunks before the end of a finished file."""
    end = _chunk(b"IEND", b"")
    with path.open("r+b") as file:
        file.seek(-len(end), 2)
        file.write(b"".join(_chunk(name, body) for name, body in texts) + end)


def join_frames(frames: Sequence[bytes], durations_ms: Sequence[int], loop: int) -> bytes:
    """Make one animated PNG of several PNG files.

    Args:
        frames: PNG files of equal size, depth and channels; the metadata are those of the first.
        durations_ms: one for each frame, 0 to 65,535,000; above 65,535 they are rounded to hundredths of seconds,
            above 655,350 to seconds.
        loop: how often the animation plays, 0 for ever.

    Returns:
        The file. Programs that know no animation show the first frame.
    """
    parts = [_SIGNATURE]
    sequence = 0
    for index, (frame, duration) in enumerate(zip(frames, durations_ms, strict=True)):
        pixels: list[bytes] = []
        size = b""
        for name, body in checked_chunks(frame):
            if name == b"IHDR":
                size = body[:8]
            if name == b"IDAT":
                pixels.append(body)
            elif index == 0 and name != b"IEND":
                parts.append(_chunk(name, body))
                if name == b"IHDR":
                    parts.append(_chunk(b"acTL", struct.pack(">II", len(frames), loop)))
        # Whole frames at the corner, each replacing the one before.
        control = struct.pack(">I", sequence) + size + struct.pack(">IIHHBB", 0, 0, *_delay(duration), 0, 0)
        parts.append(_chunk(b"fcTL", control))
        sequence += 1
        if index == 0:
            parts.append(_chunk(b"IDAT", b"".join(pixels)))
        else:
            parts.append(_chunk(b"fdAT", b"".join([struct.pack(">I", sequence), *pixels])))
            sequence += 1
    return b"".join([*parts, _chunk(b"IEND", b"")])


def checked_chunks(file: bytes) -> Iterator[Chunk]:
    """The chunks of a whole file, to its end.

    Args:
        file: begins with PNG's signature.

    Raises:
        ValueError: cut short, or a check sum is wrong.
    """
    at = len(_SIGNATURE)
    name = b""
    while name != b"IEND":
        length, name = struct.unpack_from(">I4s", file, at) if at + 8 <= len(file) else (len(file), b"")
        body, check = file[at + 8 : at + 8 + length], file[at + 8 + length : at + 12 + length]
        if check != _check_sum(name, body):
            raise ValueError("a chunk is damaged or cut short")
        yield name, body
        at += length + 12


def join_chunks(chunks: Iterable[Chunk]) -> bytes:
    """A file of these chunks and an end."""
    return _SIGNATURE + b"".join(_chunk(name, body) for name, body in (*chunks, (b"IEND", b"")))


def held_duration(duration_ms: int) -> int:
    """What of a duration a frame can be shown for, in ms. Tests: tests/pictures/test_apng.py."""
    ticks, parts = _delay(duration_ms)
    return ticks * 1000 // parts


def _delay(duration_ms: int) -> tuple[int, int]:
    """Seconds as a fraction: 16 bit above, and the finest of the usual parts below."""
    parts = next(parts for parts in (1000, 100, 1) if duration_ms * parts <= _MAX_TICKS * 1000)
    return round(duration_ms * parts / 1000), parts


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + _check_sum(name, body)


def _check_sum(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", zlib.crc32(body, zlib.crc32(name)))
