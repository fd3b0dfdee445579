import pytest
from hypothesis import given
from hypothesis import strategies as st

from srcnn.zoo.protobuf import ProtobufError, read_bytes, read_fields, read_integers


def fields(content: bytes) -> list[tuple[int, int | bytes]]:
    found = read_fields(memoryview(content))
    return [(number, value if isinstance(value, int) else bytes(value)) for number, value in found]


def test_the_example_of_the_specification_is_150() -> None:
    # protobuf.dev/programming-guides/encoding: field 1, integer 150.
    assert fields(bytes.fromhex("089601")) == [(1, 150)]


def test_the_text_of_the_specification_is_testing() -> None:
    assert fields(bytes.fromhex("120774657374696e67")) == [(2, b"testing")]


def test_packed_integers_are_those_of_the_specification() -> None:
    assert read_integers(memoryview(bytes.fromhex("038e029ea705"))) == [3, 270, 86942]
    assert read_integers(7) == [7]


def test_numbers_of_fixed_size_come_as_bytes() -> None:
    assert fields(b"\x0d\x00\x00\x80\x3f\x11" + bytes(8)) == [(1, b"\x00\x00\x80\x3f"), (2, bytes(8))]


def test_an_empty_message_has_no_fields() -> None:
    assert fields(b"") == []


@pytest.mark.parametrize(
    "content", [b"\x08", b"\x08\x96", b"\x12\x07abc", b"\x0d\x00\x00", b"\x80" * 11, b"\x0b", b"\x0f"]
)
def test_what_is_cut_short_or_no_protobuf_is_refused(content: bytes) -> None:
    with pytest.raises(ProtobufError, match="protobuf"):
        fields(content)


def test_a_number_is_no_message() -> None:
    with pytest.raises(ProtobufError, match="a number where a message belongs"):
        read_bytes(5)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    try:
        found = fields(content)
    except ProtobufError:
        return
    assert sum(1 if isinstance(value, int) else len(value) + 1 for _, value in found) <= 2 * len(content)
