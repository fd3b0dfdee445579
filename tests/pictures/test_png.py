import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from srcnn.pictures.codecs.png import append_texts, join_frames, read_texts


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
