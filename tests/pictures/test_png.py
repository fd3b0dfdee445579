import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from srcnn.pictures.codecs.png import append_texts, join_frames, read_texts
from srcnn.pictures.picture import Picture
from srcnn.pictures.read import read_picture
from srcnn.pictures.write import write_picture


def _png(level: int) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(np.full((5, 7, 3), level, np.uint8)).save(buffer, "PNG", dpi=(300, 300))
    return buffer.getvalue()


def test_an_independent_decoder_sees_every_frame_duration_and_the_loop() -> None:
    # Frames 1 and 2 are equal: many encoders would merge them.
    moving = Image.open(io.BytesIO(join_frames([_png(1), _png(2), _png(2)], [10, 250, 65535], 3)))
    assert (moving.n_frames, moving.info["loop"]) == (3, 3)  # pyright: ignore[reportAttributeAccessIssue]
    seen = []
    for number in range(3):
        moving.seek(number)
        seen.append((np.asarray(moving.convert("RGB"))[0, 0, 0], moving.info["duration"]))
    assert seen == [(1, 10), (2, 250), (2, 65535)]


@pytest.mark.parametrize(
    ("duration", "seen"),
    [
        (65_536, 65_540),
        (70_000, 70_000),
        (655_350, 655_350),
        (655_351, 655_000),
        (655_500, 656_000),
        (65_535_000, 65_535_000),
    ],
)
def test_long_durations_are_held_as_finely_as_16_bit_can(duration: int, seen: int) -> None:
    moving = Image.open(io.BytesIO(join_frames([_png(1), _png(2)], [duration, 10], 0)))
    assert moving.info["duration"] == seen


def test_the_metadata_of_the_first_frame_are_kept_once() -> None:
    file = join_frames([_png(1), _png(2)], [10, 10], 0)
    assert file.count(b"pHYs") == 1
    assert file.count(b"acTL") == 1


def test_frames_without_durations_are_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="zip"):
        join_frames([_png(1), _png(2)], [10], 0)


def _png_with_texts(path: Path) -> None:
    texts = PngImagePlugin.PngInfo()
    texts.add_text("parameters", "a cat\nSteps: 20")
    texts.add_itxt("Title", "名前 é")
    texts.add_text("long", "x" * 5000, zip=True)
    texts.add_itxt("XML:com.adobe.xmp", "<x:xmpmeta/>")
    Image.fromarray(np.zeros((4, 4), np.uint8)).save(path, pnginfo=texts)


def test_texts_in_any_script_come_through_unchanged(tmp_path: Path) -> None:
    _png_with_texts(tmp_path / "a.png")
    texts = read_texts(tmp_path / "a.png")
    assert [name for name, _ in texts] == [b"tEXt", b"iTXt", b"zTXt"]  # XMP is kept as XMP
    (tmp_path / "b.png").write_bytes(_png(1))
    append_texts(tmp_path / "b.png", texts)
    again = Image.open(tmp_path / "b.png")
    again.load()
    assert again.text == {"parameters": "a cat\nSteps: 20", "Title": "名前 é", "long": "x" * 5000}  # pyright: ignore[reportAttributeAccessIssue]


def test_texts_behind_the_pixels_are_found_and_broken_ones_are_not(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(_png(1))
    append_texts(tmp_path / "a.png", [(b"tEXt", b"a\0b"), (b"tEXt", b"c\0d")])
    assert read_texts(tmp_path / "a.png") == ((b"tEXt", b"a\0b"), (b"tEXt", b"c\0d"))
    broken = (tmp_path / "a.png").read_bytes().replace(b"a\0b", b"a\0x")
    (tmp_path / "a.png").write_bytes(broken)
    assert read_texts(tmp_path / "a.png") == ((b"tEXt", b"c\0d"),)


def test_texts_longer_than_anyone_writes_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(_png(1))
    append_texts(tmp_path / "a.png", [(b"tEXt", b"a\0" + b"x" * 2**24), (b"tEXt", b"c\0d")])
    assert read_texts(tmp_path / "a.png") == ((b"tEXt", b"c\0d"),)


def test_texts_that_are_too_long_together_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(_png(1))
    texts = [(b"tEXt", name + b"\0" + b"x" * (9 * 2**20)) for name in (b"a", b"b")]
    append_texts(tmp_path / "a.png", [*texts, (b"tEXt", b"c\0d")])
    assert read_texts(tmp_path / "a.png") == (texts[0], (b"tEXt", b"c\0d"))


def _insert(file: bytes, chunk: bytes, before: bytes) -> bytes:
    at = file.index(before) - 4
    length = struct.pack(">I", len(chunk) - 4)
    return file[:at] + length + chunk + struct.pack(">I", zlib.crc32(chunk)) + file[at:]


def _exif(orientation: int) -> bytes:
    tags = Image.Exif()
    tags[0x0112], tags[0x010F] = orientation, "a maker"
    return tags.tobytes()


@pytest.mark.parametrize("place", [b"IDAT", b"IEND"], ids=["before the pixels", "behind them"])
@pytest.mark.parametrize("prefix", [b"", b"Exif\0\0"], ids=["bare", "as in JPEG"])
def test_exif_is_found_wherever_it_stands(tmp_path: Path, place: bytes, prefix: bytes) -> None:
    exif = _exif(6).removeprefix(b"Exif\0\0")
    (tmp_path / "a.png").write_bytes(_insert(_png(1), b"eXIf" + prefix + exif, place))
    picture = read_picture(tmp_path / "a.png", turn=False)
    assert (picture.orientation, picture.exif) == (6, exif)
    assert read_picture(tmp_path / "a.png").image.shape == (7, 5, 3)


@pytest.mark.parametrize("place", [b"IDAT", b"IEND"], ids=["before the pixels", "behind them"])
def test_xmp_is_found_wherever_it_stands(tmp_path: Path, place: bytes) -> None:
    xmp = "<x:xmpmeta>é</x:xmpmeta>".encode()
    (tmp_path / "a.png").write_bytes(_insert(_png(1), b"iTXtXML:com.adobe.xmp\0\0\0\0\0" + xmp, place))
    assert read_picture(tmp_path / "a.png").xmp == xmp


@pytest.mark.parametrize("frames", [1, 2])
def test_xmp_is_written_as_other_programs_look_for_it(tmp_path: Path, frames: int) -> None:
    xmp = "<x:xmpmeta>é 名前</x:xmpmeta>".encode()
    still = np.zeros((4, 5, 3), np.uint8)
    times = (100,) * frames if frames > 1 else ()
    pictures = tuple(still + number for number in range(frames))
    assert write_picture(tmp_path / "a.png", Picture(frames=pictures, durations_ms=times, xmp=xmp)) == ()
    with Image.open(tmp_path / "a.png") as file:
        file.seek(frames - 1)
        file.load()
        assert file.info["xmp"] == xmp
    assert (tmp_path / "a.png").read_bytes().count(b"XML:com.adobe.xmp") == 1


_WITH_TEXT = _insert(_png(2), b"tEXtTitle\0a dog", b"IEND")


@pytest.mark.parametrize("rest", [b"garbage" * 500, b"\xff" * 8, _WITH_TEXT])
def test_what_stands_behind_the_end_is_no_part_of_the_picture(tmp_path: Path, rest: bytes) -> None:
    whole = _insert(_png(1), b"tEXtTitle\0a cat", b"IEND")
    (tmp_path / "a.png").write_bytes(whole + rest)
    picture = read_picture(tmp_path / "a.png")
    assert (picture.image[0, 0, 0], picture.notes, picture.texts) == (1, (), ((b"tEXt", b"Title\0a cat"),))
