"""`"...".format([...])` and `strings.quote`, as version 2 of upstream's strings library has them."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final

from drakkar.api.go_quoting import lightly_quoted, quoted
from drakkar.cel.library.number_text import natural, parse_double, shortest
from drakkar.cel.library.time_text import duration_text, timestamp_text
from drakkar.cel.library.time_values import Duration, Timestamp
from drakkar.cel.library.type_values import TypeValue, type_of_value
from drakkar.cel.outcome import Fault, LimitExceeded
from drakkar.cel.values import LISTS, SIZE_LIMIT, UInt, sized

Clause = Callable[[int, str, int], str]

_DEFAULT_PRECISION: Final = 6
_CLAUSE: Final = re.compile(r"(?:\.([0-9]*+))?(.)", re.DOTALL)
_SUPERSCRIPTS: Final = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
# What upstream's printer writes for a width or precision that it finds too long: its verb is lost.
_TOO_LONG: Final = "%!(NOVERB)"
_REFUSALS: Final = {
    "s": "string clause can only be used on strings, bools, bytes, ints, doubles, maps, lists, types, durations, "
    "and timestamps",
    "d": "decimal clause can only be used on integers",
    "f": "fixed-point clause can only be used on doubles",
    "e": "scientific clause can only be used on doubles",
    "b": "only integers and bools can be formatted as binary",
    "x": "only integers, byte buffers, and strings can be formatted as hex",
    "X": "only integers, byte buffers, and strings can be formatted as hex",
    "o": "octal clause can only be used on integers",
}


def refusal(verb: str, type_name: str) -> Fault:
    """The error of a clause that does not take a type."""
    return Fault(f"error during formatting: {_REFUSALS[verb]}, was given {type_name}")


def interpolate(text: str, count: int, clause: Clause) -> str:
    """Replace the clauses of a format text: `clause(index, verb, precision)` writes the argument at an index.

    Fault for a malformed clause and for an index from `count` on; arguments that are left over are nobody's business.
    The check of literal format texts can call this too, with a `clause` that looks at static types.
    """
    pieces: list[str] = []
    length = position = index = 0
    while True:
        start = text.find("%", position)
        if start < 0:
            pieces.append(text[position:])
            return sized("".join(pieces))  # type: ignore[no-any-return]
        pieces.append(text[position:start])
        if text.startswith("%", start + 1):
            pieces.append("%")
            position = start + 2
            continue
        if index >= count:
            raise Fault(f"index {index} out of range")
        match = _CLAUSE.match(text, start + 1)
        if match is None:
            raise Fault("unexpected end of string")
        written = clause(index, _verb(match), _precision(match[1]))
        length += len(written)
        if length > SIZE_LIMIT:
            raise LimitExceeded
        pieces.append(written)
        index += 1
        position = match.end()


def _verb(match: re.Match[str]) -> str:
    verb = match[2]
    if verb == "." and match[1] is None:
        raise Fault("could not parse formatting clause: could not find end of precision specifier")
    if verb not in _REFUSALS:
        raise Fault(f'could not parse formatting clause: unrecognized formatting clause "{verb}"')
    return verb


def _precision(digits: str | None) -> int:
    if digits is None:
        return _DEFAULT_PRECISION
    value = natural(digits) if digits else None
    if value is None or value >= 2**63:
        raise Fault("could not parse formatting clause: error while converting precision to integer")
    return value


def string_format(text: str, arguments: tuple[Any, ...]) -> str:
    """The text with its clauses replaced by the arguments, in order."""

    def clause(index: int, verb: str, precision: int) -> str:
        return _CLAUSES[verb](arguments[index], precision)

    return interpolate(text, len(arguments), clause)


def _as_decimal(value: Any, _: int) -> str:
    if type(value) in (int, UInt):
        return str(value)
    raise refusal("d", type_of_value(value).name)


def _double(verb: str, value: Any) -> float:
    if type(value) is float:
        return value
    if value in ("NaN", "Infinity", "-Infinity"):
        return parse_double(value)
    raise refusal(verb, type_of_value(value).name)


def _as_fixed(value: Any, precision: int) -> str:
    number = _double("f", value)
    if _too_long(precision):
        return _TOO_LONG
    if not math.isfinite(number):
        return _no_number(number)
    # Upstream keeps the least number of digits in 8 bits, and the greatest in 16 bits with a sign.
    least, most = precision % 2**8, (precision + 2**15) % 2**16 - 2**15
    digits = f"{abs(number):.{most}f}" if most >= 0 else format(Decimal(repr(abs(number))), "f")
    whole, _, fraction = digits.partition(".")
    fraction = fraction.rstrip("0").ljust(least, "0")
    sign = "-" if number < 0 else ""
    return f"{sign}{int(whole):,}.{fraction}" if fraction else f"{sign}{int(whole):,}"


def _as_scientific(value: Any, precision: int) -> str:
    """Always six digits: upstream takes the precision for a width."""
    number = _double("e", value)
    if _too_long(precision):
        return _TOO_LONG
    if math.isfinite(number):
        mantissa, _, exponent = f"{abs(number):.6e}".partition("e")
        power = f"{int(exponent):03}" if exponent[0] == "-" else f"{int(exponent):02}"
        text = f"{'-' if number < 0 else ''}{mantissa}\u00d710{power.translate(_SUPERSCRIPTS)}"
    else:
        text = _no_number(number)
    return text.rjust(precision % 2**16)


def _too_long(precision: int) -> bool:
    return precision // 10 > 1_000_000


def _no_number(number: float) -> str:
    return "NaN" if math.isnan(number) else "∞" if number > 0 else "-∞"


def _as_binary(value: Any, _: int) -> str:
    if type(value) in (int, UInt, bool):
        return f"{value:b}"
    raise refusal("b", type_of_value(value).name)


def _as_octal(value: Any, _: int) -> str:
    if type(value) in (int, UInt):
        return f"{value:o}"
    raise refusal("o", type_of_value(value).name)


def _as_hex(value: Any, _: int) -> str:
    if type(value) in (int, UInt):
        return f"{value:x}"
    if type(value) is str:
        return value.encode().hex()
    if type(value) is bytes:
        return value.hex()
    raise refusal("x", type_of_value(value).name)


def _as_upper_hex(value: Any, precision: int) -> str:
    return _as_hex(value, precision).upper()


def _as_string(value: Any, _: int) -> str:
    kind = type(value)
    if kind in LISTS or isinstance(value, Mapping):
        return _Literal().text(value)
    if kind is float:
        return shortest(value)
    if kind is Timestamp:
        return timestamp_text(value)
    if kind is Duration:
        return duration_text(value)
    plain = _plain(value)
    if plain is None:
        raise refusal("s", type_of_value(value).name)
    return plain


def _plain(value: Any) -> str | None:
    """The text of a value that reads the same inside a list and outside, but for quotes."""
    kind = type(value)
    if kind is str:
        return value  # type: ignore[no-any-return]
    if kind is bool:
        return "true" if value else "false"
    if kind is int or kind is UInt:
        return str(value)
    if value is None:
        return "null"
    if kind is TypeValue:
        return value.name  # type: ignore[no-any-return]
    if kind is bytes:
        try:
            return value.decode()  # type: ignore[no-any-return]
        except UnicodeDecodeError:
            raise Fault("error during formatting: could not convert bytes to string: invalid UTF-8") from None
    return None


class _Literal:
    """Writes lists and maps as they would stand in an expression, and no more than a text may have."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._left = SIZE_LIMIT

    def text(self, value: Any) -> str:
        """The text of one list or map."""
        self._write(value)
        return "".join(self._pieces)

    def _write(self, value: Any) -> None:
        if type(value) in LISTS:
            self._put("[")
            for at, item in enumerate(value):
                if at:
                    self._put(", ")
                self._write(item)
            self._put("]")
        elif isinstance(value, Mapping):
            self._put("{")
            for at, (key, name) in enumerate(sorted(((key, _key(key)) for key in value), key=_by_text)):
                self._put(f", {name}:" if at else f"{name}:")
                self._write(value[key])
            self._put("}")
        else:
            self._put(_scalar(value))

    def _put(self, piece: str) -> None:
        self._left -= len(piece)
        if self._left < 0:
            raise LimitExceeded
        self._pieces.append(piece)


def _by_text(entry: tuple[Any, str]) -> str:
    return entry[1]


def _key(key: Any) -> str:
    if type(key) is str:
        return quoted(key)
    if type(key) in (bool, int, UInt):
        return str(_plain(key))
    raise Fault(
        f"error during formatting: no formatting function for map key of type {type_of_value(key).name}"
    )


def _scalar(value: Any) -> str:
    """A value inside a list or map."""
    kind = type(value)
    if kind is float:
        # Without grouping, so that it stays a literal; what is no literal goes in quotes.
        return f"{value:.6f}" if math.isfinite(value) else quoted(shortest(value))
    if kind is Timestamp:
        return f'timestamp("{timestamp_text(value)}")'
    if kind is Duration:
        return f'duration("{duration_text(value)}")'
    plain = _plain(value)
    if plain is None:
        raise Fault(f"error during formatting: no formatting function for {type_of_value(value).name}")
    if kind is str:
        return quoted(plain)
    return "b" + quoted(plain) if kind is bytes else plain


def strings_quote(text: str) -> str:
    """The text as a string literal of CEL."""
    return sized(lightly_quoted(text))  # type: ignore[no-any-return]


_CLAUSES: Final[Mapping[str, Callable[[Any, int], str]]] = {
    "s": _as_string,
    "d": _as_decimal,
    "f": _as_fixed,
    "e": _as_scientific,
    "b": _as_binary,
    "x": _as_hex,
    "X": _as_upper_hex,
    "o": _as_octal,
}
FUNCTIONS: Final[Mapping[str, Callable[..., Any]]] = {
    "string_format": string_format,
    "strings_quote": strings_quote,
}
