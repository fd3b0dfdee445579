"""Protobuf's wire format, as far as reading needs it: fields by number, without a schema.

This module knows nothing of what the messages mean.
"""

from collections.abc import Iterator

_LONGEST_VARINT = 10  # bytes of a 64-bit integer at 7 bits a byte
_SIZES = {1: 8, 5: 4}  # of the wire types of fixed size


class ProtobufError(Exception):
    """Bytes that are no protobuf message, or one cut short; says what was found."""


def read_fields(message: memoryview) -> Iterator[tuple[int, int | memoryview]]:
    """Number and value of every field in a message, in the order of the file.

    Args:
        message: bytes of a message.

    Yields:
        An integer's value, or the bytes of anything else: texts, messages, packed numbers, floats.

    Raises:
        ProtobufError: the bytes are no message.

    Source: protobuf.dev/programming-guides/encoding. Tests: tests/zoo/test_protobuf.py.
    """
    position = 0
    while position < len(message):
        key, position = _read_varint(message, position)
        number, wire_type = key >> 3, key & 7
        if wire_type == 0:
            value, position = _read_varint(message, position)
            yield number, value
            continue
        if wire_type == 2:
            size, position = _read_varint(message, position)
        elif wire_type in _SIZES:
            size = _SIZES[wire_type]
        else:
            raise ProtobufError("something that is not protobuf")
        if position + size > len(message):
            raise ProtobufError("a file cut short, or something that is not protobuf")
        yield number, message[position : position + size]
        position += size


def read_integers(value: int | memoryview) -> list[int]:
    """The value of a repeated integer field: one number, or several packed into bytes."""
    if isinstance(value, int):
        return [value]
    integers: list[int] = []
    position = 0
    while position < len(value):
        integer, position = _read_varint(value, position)
        integers.append(integer)
    return integers


def read_bytes(value: int | memoryview) -> memoryview:
    """The value of a field that holds a text, a message or packed numbers."""
    if isinstance(value, int):
        raise ProtobufError("a number where a message belongs")
    return value


def _read_varint(message: memoryview, position: int) -> tuple[int, int]:
    """An integer of 7 bits a byte, and where the next thing begins."""
    value = 0
    for place, byte in enumerate(message[position : position + _LONGEST_VARINT]):
        value |= (byte & 0x7F) << 7 * place
        if byte < 0x80:
            return value, position + place + 1
    raise ProtobufError("a file cut short, or something that is not protobuf")
