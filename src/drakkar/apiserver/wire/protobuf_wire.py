"""The protobuf wire format: the fields of one message as numbers and raw values, with every length checked."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5


class ProtobufError(Exception):
    """A body that is not the protobuf message it claims to be; the message tells what is wrong."""


class Field(NamedTuple):
    """One field as it stands on the wire: `value` is an int for varints, bytes for everything else."""

    number: int
    wire: int
    value: int | bytes


def varint(data: bytes, at: int) -> tuple[int, int]:
    """An unsigned varint and the position after it."""
    result = shift = 0
    while True:
        if at >= len(data):
            raise ProtobufError("the message ends inside a number")
        byte = data[at]
        at += 1
        result |= (byte & 0x7F) << shift
        if byte < 0x80:
            if result >> 64:
                raise ProtobufError("a number has more than 64 bits")
            return result, at
        shift += 7
        if shift > 63:
            raise ProtobufError("a number has more than 64 bits")


def fields(data: bytes) -> Iterator[Field]:
    """The fields of a message in order."""
    at = 0
    while at < len(data):
        tag, at = varint(data, at)
        number, wire = tag >> 3, tag & 7
        if number == 0:
            raise ProtobufError("a field has number 0")
        if wire == VARINT:
            value, at = varint(data, at)
            yield Field(number, wire, value)
            continue
        if wire == BYTES:
            length, at = varint(data, at)
        elif wire in (FIXED64, FIXED32):
            length = 8 if wire == FIXED64 else 4
        else:
            raise ProtobufError(f"field {number} has unknown wire type {wire}")
        if length > len(data) - at:
            raise ProtobufError(f"field {number} is longer than its message")
        yield Field(number, wire, data[at : at + length])
        at += length


def signed(value: int) -> int:
    """A varint as int32 or int64; both are sign-extended to 64 bits on the wire."""
    return value - (1 << 64) if value >> 63 else value


def integers(field: Field) -> list[int]:
    """The values of a repeated integer field, packed or not."""
    if isinstance(field.value, int):
        return [signed(field.value)]
    result = []
    at = 0
    while at < len(field.value):
        value, at = varint(field.value, at)
        result.append(signed(value))
    return result


def double(data: bytes) -> float:
    """A fixed64 as a double."""
    return float(struct.unpack("<d", data)[0])
