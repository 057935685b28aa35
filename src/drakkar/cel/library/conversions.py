"""The conversions between types: bool, bytes, double, duration, dyn, int, string, timestamp, type and uint."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from drakkar.cel.library.arithmetic import int64, uint64
from drakkar.cel.library.number_text import parse_bool, parse_double, parse_int, parse_uint, shortest
from drakkar.cel.library.time_text import duration_text, parse_duration, parse_timestamp, timestamp_text
from drakkar.cel.library.time_values import SECOND, Duration, Timestamp, timestamp
from drakkar.cel.library.type_values import type_of_value
from drakkar.cel.outcome import Fault
from drakkar.cel.values import UInt, sized


def _same(value: Any) -> Any:
    return value


def double_to_int(value: float) -> int:
    """Towards zero; Fault for NaN and beyond 64 bits, where upstream counts -2**63 as beyond."""
    if not -(2.0**63) < value < 2.0**63:
        raise Fault("integer overflow")
    return int(value)


def double_to_uint(value: float) -> UInt:
    """Towards zero; Fault for NaN, anything below zero and beyond 64 bits."""
    if not 0 <= value < 2.0**64:
        raise Fault("unsigned integer overflow")
    return UInt(value)


def bytes_to_string(value: bytes) -> str:
    """The text that the bytes are in UTF-8."""
    try:
        return value.decode()
    except UnicodeDecodeError:
        raise Fault("invalid UTF-8 in bytes, cannot convert to string") from None


def _duration_to_int(value: Duration) -> int:
    # Nanoseconds, other than int(timestamp).
    return value.nanos


def _timestamp_to_int(value: Timestamp) -> int:
    return value.nanos // SECOND


FUNCTIONS: Final[Mapping[str, Callable[..., Any]]] = {
    "bool_to_bool": _same,
    "string_to_bool": parse_bool,
    "bytes_to_bytes": _same,
    "string_to_bytes": lambda text: sized(text.encode()),
    "double_to_double": _same,
    "int64_to_double": float,
    "uint64_to_double": float,
    "string_to_double": parse_double,
    "duration_to_duration": _same,
    "string_to_duration": parse_duration,
    "to_dyn": _same,
    "int64_to_int64": _same,
    "double_to_int64": double_to_int,
    "duration_to_int64": _duration_to_int,
    "string_to_int64": parse_int,
    "timestamp_to_int64": _timestamp_to_int,
    "uint64_to_int64": lambda value: int64(int(value)),
    "string_to_string": _same,
    "bool_to_string": lambda value: "true" if value else "false",
    "bytes_to_string": bytes_to_string,
    "double_to_string": shortest,
    "duration_to_string": duration_text,
    "int64_to_string": str,
    "timestamp_to_string": timestamp_text,
    "uint64_to_string": str,
    "timestamp_to_timestamp": _same,
    "int64_to_timestamp": lambda seconds: timestamp(seconds * SECOND),
    "string_to_timestamp": parse_timestamp,
    "type": type_of_value,
    "uint64_to_uint64": _same,
    "double_to_uint64": double_to_uint,
    "int64_to_uint64": uint64,
    "string_to_uint64": parse_uint,
}
