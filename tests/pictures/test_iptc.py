import io
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, IptcImagePlugin, JpegImagePlugin

from srcnn.pictures.iptc import photoshop_block, records_of

TITLE = b"\x1c\x02\x05\x00\x05title"
CITY = b"\x1c\x02\x5a\x00\x04Oslo"


@pytest.mark.parametrize("padding", [b"", b"\0", b"\0\0\0"])
def test_bare_records_lose_only_their_padding(padding: bytes) -> None:
    assert records_of(TITLE + CITY + padding) == TITLE + CITY


@given(st.lists(st.binary(max_size=40), min_size=1, max_size=4))
def test_records_come_back_out_of_a_photoshop_block(texts: list[bytes]) -> None:
    records = b"".join(b"\x1c\x02\x05" + struct.pack(">H", len(text)) + text for text in texts)
    assert records_of(photoshop_block(records)) == records


def test_an_independent_reader_finds_the_records() -> None:
    block = photoshop_block(TITLE)
    app13 = b"\xff\xed" + struct.pack(">H", len(block) + 2) + block
    plain = io.BytesIO()
    Image.new("L", (8, 8)).save(plain, "JPEG")
    jpeg = plain.getvalue()[:2] + app13 + plain.getvalue()[2:]
    opened = JpegImagePlugin.JpegImageFile(io.BytesIO(jpeg))
    assert IptcImagePlugin.getiptcinfo(opened) == {(2, 5): b"title"}


def test_records_behind_other_resources_are_found() -> None:
    thumbnail = b"8BIM\x04\x0c\x03abc" + struct.pack(">I", 3) + b"xyz\0"
    block = photoshop_block(TITLE)
    assert records_of(block[:14] + thumbnail + block[14:]) == TITLE


@pytest.mark.parametrize("block", [b"", b"rubbish", b"Photoshop 3.0\0", b"Photoshop 3.0\x008BIM\x04", TITLE[:-1]])
def test_what_holds_no_records_gives_none(block: bytes) -> None:
    assert records_of(block) is None


@given(st.binary(max_size=60))
def test_no_block_is_an_error(rest: bytes) -> None:
    records_of(b"Photoshop 3.0\x008BIM" + rest)
    records_of(b"\x1c" + rest)
