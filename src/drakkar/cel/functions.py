"""The functions of the device environment, with the types that each overload takes and gives."""

from __future__ import annotations

import functools
import itertools
import operator
import re
from collections.abc import Callable
from typing import Any, Final, NamedTuple

from drakkar.api.quantity import Quantity, QuantityError
from drakkar.api.semver import Version, VersionError
from drakkar.cel.outcome import Fault, LimitExceeded
from drakkar.cel.values import NONE, SIZE_LIMIT, Optional, UInt, contains, equal, sized

# The longest list that is compared each with each.
_QUADRATIC: Final = 1000
_WHITE: Final = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005"
    "\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
)
_UPPER: Final = {code: code + 32 for code in range(65, 91)}
_LOWER: Final = {code + 32: code for code in range(65, 91)}
_LOOSE: Final = re.compile(r"v?([0-9]+)(?:\.([0-9]+))?(?:\.([0-9]+))?([-+].*)?", re.ASCII | re.DOTALL)


class Overload(NamedTuple):
    """One signature; a member's receiver is its first parameter. `dyn` takes everything."""

    params: tuple[str, ...]
    result: str
    function: Callable[..., Any]


GLOBAL: Final[dict[str, list[Overload]]] = {}
MEMBER: Final[dict[str, list[Overload]]] = {}


def _add(
    table: dict[str, list[Overload]], name: str, params: str, result: str, function: Callable[..., Any]
) -> None:
    table.setdefault(name, []).append(Overload(tuple(params.split()), result, function))


def _int(value: int) -> int:
    if not -(2**63) <= value < 2**63:
        raise Fault("integer overflow")
    return value


def _uint(value: int) -> UInt:
    if not 0 <= value < 2**64:
        raise Fault("unsigned integer overflow")
    return UInt(value)


def _quotient(left: int, right: int) -> int:
    if right == 0:
        raise Fault("division by zero")
    # Towards zero, where Python rounds down.
    return _int(abs(left) // abs(right) * (1 if (left < 0) == (right < 0) else -1))


def _remainder(left: int, right: int) -> int:
    if right == 0:
        raise Fault("modulus by zero")
    return abs(left) % abs(right) * (-1 if left < 0 else 1)


def _divide(left: float, right: float) -> float:
    if right == 0:
        return left * float("inf") if left == left and left != 0 else float("nan")
    return left / right


def _join_two(left: Any, right: Any) -> Any:
    if len(left) + len(right) > SIZE_LIMIT:
        raise LimitExceeded
    return left + right


def _compare(left: Any, right: Any) -> int:
    return -1 if left < right else int(left != right)


def _quantity(text: str) -> Quantity:
    try:
        return Quantity.parse(text)
    except QuantityError as error:
        raise Fault(str(error)) from None


def _as_integer(quantity: Quantity) -> int:
    if quantity.nanos % 10**9 or not -(2**63) <= quantity.nanos // 10**9 < 2**63:
        raise Fault("cannot convert value to integer")
    return int(quantity.nanos // 10**9)


def _semver(text: str, normalize: bool = False) -> Version:
    if normalize and (match := _LOOSE.fullmatch(text.strip(_WHITE))):
        numbers = (part.lstrip("0") or "0" if part else "0" for part in match.groups()[:3])
        text = ".".join(numbers) + (match[4] or "")
    try:
        return Version.parse(text)
    except VersionError as error:
        raise Fault(str(error)) from None


def _succeeds(function: Callable[..., Any]) -> Callable[..., bool]:
    def answer(*args: Any) -> bool:
        try:
            function(*args)
        except Fault:
            return False
        return True

    return answer


@functools.lru_cache(maxsize=256)
def pattern(text: str) -> Any:
    """An RE2 pattern; Fault when it is none."""
    import re2  # loaded only by the few expressions that need it

    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(text, options)
    except re2.error as error:
        reason = error.args[0] if error.args else ""
        text = reason.decode(errors="replace") if isinstance(reason, bytes) else str(reason)
        raise Fault(f"invalid regular expression: {text}") from None


def _find_pattern(text: str, expression: str) -> str:
    match = pattern(expression).search(text)
    return str(match[0]) if match else ""


def _find_all(text: str, expression: str, limit: int = -1) -> tuple[str, ...]:
    found = (str(match[0]) for match in pattern(expression).finditer(text))
    return tuple(found if limit < 0 else itertools.islice(found, limit))


def _position(text: str, at: int) -> int:
    if not 0 <= at <= len(text):
        raise Fault(f"index out of range: {at}")
    return at


def _char_at(text: str, at: int) -> str:
    return text[_position(text, at) : at + 1]


def _index_of(text: str, part: str, start: int = 0) -> int:
    return text.find(part, _position(text, start))


def _last_index_of(text: str, part: str, start: int | None = None) -> int:
    if start is None:
        return text.rfind(part)
    return text.rfind(part, 0, _position(text, start) + len(part))


def _substring(text: str, start: int, end: int | None = None) -> str:
    end = len(text) if end is None else _position(text, end)
    if _position(text, start) > end:
        raise Fault(f"invalid substring range. start: {start}, end: {end}")
    return text[start:end]


def _replace(text: str, old: str, new: str, limit: int = -1) -> str:
    count = text.count(old) if limit < 0 else min(limit, text.count(old))
    if len(text) + count * len(new) > SIZE_LIMIT:
        raise LimitExceeded
    return text.replace(old, new, count)


def _split(text: str, separator: str, limit: int = -1) -> tuple[str, ...]:
    if limit in (0, 1):
        return (text,) if limit else ()
    if separator:
        return tuple(text.split(separator, limit - 1 if limit > 0 else -1))
    if limit < 0 or limit >= len(text):
        return tuple(text)
    return (*text[: limit - 1], text[limit - 1 :])


def _join(parts: tuple[Any, ...], separator: str = "") -> str:
    if not all(isinstance(part, str) for part in parts):
        raise Fault("no such overload: join needs strings")
    if sum(map(len, parts)) + len(separator) * len(parts) > SIZE_LIMIT:
        raise LimitExceeded
    return separator.join(parts)


def _to_int(value: Any) -> int:
    if isinstance(value, str):
        if not re.fullmatch(r"[+-]?[0-9]{1,19}", value, re.ASCII):
            raise Fault(f"type conversion error from string to int: {value!r}")
        return _int(int(value))
    if isinstance(value, float) and not -(2.0**63) < value < 2.0**63:
        raise Fault("integer overflow")
    return _int(int(value))


def _to_double(value: Any) -> float:
    try:
        return float(value)
    except ValueError:
        raise Fault(f"type conversion error from string to double: {value!r}") from None


def _slice(items: tuple[Any, ...], start: int, end: int) -> tuple[Any, ...]:
    if not 0 <= start <= end <= len(items):
        raise Fault(f"invalid slice of a list of {len(items)}: [{start}:{end}]")
    return items[start:end]


def _ordered(items: tuple[Any, ...]) -> tuple[Any, ...]:
    kinds = {type(item) for item in items}
    if len(kinds) > 1 or not kinds <= {bool, int, UInt, float, str, bytes}:
        raise Fault("no such overload: the elements of the list have no order")
    return items


def _distinct(items: tuple[Any, ...]) -> tuple[Any, ...]:
    if len(items) > _QUADRATIC:
        raise LimitExceeded
    found: list[Any] = []
    for item in items:
        if not any(type(item) is type(other) and equal(item, other) for other in found):
            found.append(item)
    return tuple(found)


def _extreme(choose: Callable[..., Any]) -> Callable[[tuple[Any, ...]], Any]:
    def extreme(items: tuple[Any, ...]) -> Any:
        if not items:
            raise Fault("min or max called on an empty list")
        return choose(_ordered(items))

    return extreme


def _sum(items: tuple[Any, ...]) -> Any:
    kinds = {type(item) for item in items}
    if kinds <= {int}:
        return _int(sum(items))
    if kinds == {UInt}:
        return _uint(sum(items))
    if kinds == {float}:
        return sum(items)
    raise Fault("no such overload: the elements of the list have no sum")


def _is_sorted(items: tuple[Any, ...]) -> bool:
    return all(left <= right for left, right in itertools.pairwise(_ordered(items)))


def _find(items: tuple[Any, ...], wanted: Any) -> int:
    return next((at for at, item in enumerate(items) if equal(item, wanted)), -1)


def _find_last(items: tuple[Any, ...], wanted: Any) -> int:
    return next((at for at in range(len(items) - 1, -1, -1) if equal(items[at], wanted)), -1)


def _includes(value: Any, item: Any) -> bool:
    return contains(item, value) if isinstance(value, tuple) else equal(value, item)


def _within(left: tuple[Any, ...], right: tuple[Any, ...]) -> bool:
    return all(contains(item, right) for item in left)


def _ends(at: int) -> Callable[[tuple[Any, ...]], Optional]:
    return lambda items: Optional(True, items[at]) if items else NONE


def _non_zero(value: Any) -> Optional:
    return Optional(True, value) if value not in (None, False, 0, "", b"", (), {}) else NONE


for _name, _test in {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}.items():
    for _kind in ("bool", "string", "bytes"):
        _add(GLOBAL, f"_{_name}_", f"{_kind} {_kind}", "bool", _test)
    for _kind in ("int", "uint", "double"):
        for _other in ("int", "uint", "double"):
            _add(GLOBAL, f"_{_name}_", f"{_kind} {_other}", "bool", _test)
for _name, _whole, _real in (
    ("+", operator.add, operator.add),
    ("-", operator.sub, operator.sub),
    ("*", operator.mul, operator.mul),
    ("/", _quotient, _divide),
    ("%", _remainder, None),
):
    _add(GLOBAL, f"_{_name}_", "int int", "int", lambda a, b, f=_whole: _int(f(int(a), int(b))))
    _add(GLOBAL, f"_{_name}_", "uint uint", "uint", lambda a, b, f=_whole: _uint(f(int(a), int(b))))
    if _real is not None:
        _add(GLOBAL, f"_{_name}_", "double double", "double", _real)
for _kind in ("string", "bytes", "list"):
    _add(GLOBAL, "_+_", f"{_kind} {_kind}", _kind, _join_two)
_add(GLOBAL, "-_", "int", "int", lambda value: _int(-value))
_add(GLOBAL, "-_", "double", "double", operator.neg)
_add(GLOBAL, "!_", "bool", "bool", operator.not_)
for _kind in ("string", "bytes", "list", "map"):
    _add(GLOBAL, "size", _kind, "int", len)
    _add(MEMBER, "size", _kind, "int", len)
_add(GLOBAL, "dyn", "dyn", "dyn", lambda value: value)
for _kind in ("int", "uint", "double", "string"):
    _add(GLOBAL, "int", _kind, "int", _to_int)
    _add(
        GLOBAL,
        "uint",
        _kind,
        "uint",
        lambda value: _uint(int(value) if isinstance(value, UInt) else _to_int(value)),
    )
    _add(GLOBAL, "double", _kind, "double", _to_double)
for _kind in ("int", "uint", "string"):
    _add(GLOBAL, "string", _kind, "string", str)
_add(GLOBAL, "string", "bool", "string", lambda value: "true" if value else "false")

_add(GLOBAL, "quantity", "string", "quantity", _quantity)
_add(GLOBAL, "isQuantity", "string", "bool", _succeeds(_quantity))
_add(GLOBAL, "sign", "quantity", "int", lambda q: (q.nanos > 0) - (q.nanos < 0))
_add(GLOBAL, "semver", "string", "semver", _semver)
_add(GLOBAL, "semver", "string bool", "semver", _semver)
_add(GLOBAL, "isSemver", "string", "bool", _succeeds(_semver))
_add(GLOBAL, "isSemver", "string bool", "bool", _succeeds(_semver))
for _kind in ("quantity", "semver"):
    _add(MEMBER, "compareTo", f"{_kind} {_kind}", "int", _compare)
    _add(MEMBER, "isGreaterThan", f"{_kind} {_kind}", "bool", operator.gt)
    _add(MEMBER, "isLessThan", f"{_kind} {_kind}", "bool", operator.lt)
_add(MEMBER, "add", "quantity quantity", "quantity", operator.add)
_add(MEMBER, "sub", "quantity quantity", "quantity", operator.sub)
_add(MEMBER, "add", "quantity int", "quantity", lambda a, b: Quantity(a.nanos + b * 10**9))
_add(MEMBER, "sub", "quantity int", "quantity", lambda a, b: Quantity(a.nanos - b * 10**9))
_add(MEMBER, "asInteger", "quantity", "int", _as_integer)
_add(MEMBER, "isInteger", "quantity", "bool", _succeeds(_as_integer))
_add(MEMBER, "asApproximateFloat", "quantity", "double", lambda q: q.nanos / 10**9)
for _name in ("major", "minor", "patch"):
    _add(MEMBER, _name, "semver", "int", operator.attrgetter(_name))

_add(MEMBER, "contains", "string string", "bool", operator.contains)
_add(MEMBER, "startsWith", "string string", "bool", str.startswith)
_add(MEMBER, "endsWith", "string string", "bool", str.endswith)
for _table in (GLOBAL, MEMBER):
    _add(_table, "matches", "string string", "bool", lambda text, p: pattern(p).search(text) is not None)
_add(MEMBER, "find", "string string", "string", _find_pattern)
_add(MEMBER, "findAll", "string string", "list", _find_all)
_add(MEMBER, "findAll", "string string int", "list", _find_all)
_add(MEMBER, "lowerAscii", "string", "string", lambda text: text.translate(_UPPER))
_add(MEMBER, "upperAscii", "string", "string", lambda text: text.translate(_LOWER))
_add(MEMBER, "trim", "string", "string", lambda text: text.strip(_WHITE))
_add(MEMBER, "charAt", "string int", "string", _char_at)
for _name, _search in (("indexOf", _index_of), ("lastIndexOf", _last_index_of)):
    _add(MEMBER, _name, "string string", "int", _search)
    _add(MEMBER, _name, "string string int", "int", _search)
_add(MEMBER, "substring", "string int", "string", _substring)
_add(MEMBER, "substring", "string int int", "string", _substring)
_add(MEMBER, "replace", "string string string", "string", _replace)
_add(MEMBER, "replace", "string string string int", "string", _replace)
_add(MEMBER, "split", "string string", "list", _split)
_add(MEMBER, "split", "string string int", "list", _split)
_add(MEMBER, "join", "list", "string", _join)
_add(MEMBER, "join", "list string", "string", _join)

_add(MEMBER, "slice", "list int int", "list", _slice)
_add(MEMBER, "reverse", "list", "list", lambda items: items[::-1])
_add(MEMBER, "first", "list", "optional", _ends(0))
_add(MEMBER, "last", "list", "optional", _ends(-1))
_add(MEMBER, "min", "list", "dyn", _extreme(min))
_add(MEMBER, "max", "list", "dyn", _extreme(max))
_add(MEMBER, "sum", "list", "dyn", _sum)
_add(MEMBER, "sort", "list", "list", lambda items: tuple(sorted(_ordered(items))))
_add(MEMBER, "isSorted", "list", "bool", _is_sorted)
_add(MEMBER, "distinct", "list", "list", _distinct)
_add(MEMBER, "indexOf", "list dyn", "int", _find)
_add(MEMBER, "lastIndexOf", "list dyn", "int", _find_last)
_add(MEMBER, "includes", "dyn dyn", "bool", _includes)
_add(GLOBAL, "sets.contains", "list list", "bool", lambda a, b: _within(b, a))
_add(GLOBAL, "sets.equivalent", "list list", "bool", lambda a, b: _within(a, b) and _within(b, a))
_add(GLOBAL, "sets.intersects", "list list", "bool", lambda a, b: any(contains(item, b) for item in a))
_add(GLOBAL, "lists.range", "int", "list", lambda count: tuple(sized(range(max(count, 0)))))

_add(GLOBAL, "optional.of", "dyn", "optional", lambda value: Optional(True, value))
_add(GLOBAL, "optional.none", "", "optional", lambda: NONE)
_add(GLOBAL, "optional.ofNonZeroValue", "dyn", "optional", _non_zero)
_add(MEMBER, "hasValue", "optional", "bool", operator.attrgetter("present"))
_add(MEMBER, "value", "optional", "dyn", operator.attrgetter("value"))
