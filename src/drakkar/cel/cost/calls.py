"""What a call may cost, and how large its result may be, by the sizes of what goes in.

The figures are upstream's; an expression is refused or accepted by their sum, so that none of them may be better.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Final, NamedTuple, Protocol

from drakkar.cel.cost.ranges import MOST, ONE, UNKNOWN, Range, exactly, plus
from drakkar.cel.syntax.tree import Literal, Node
from drakkar.cel.types import Type

TRAVERSAL: Final = 0.1
PATTERN: Final = 0.25
LIST: Final = exactly(10)
MAP: Final = exactly(30)
MESSAGE: Final = exactly(40)
# A named format's pattern, and the format itself, are no longer than this.
_FORMAT_PATTERN: Final = 128
_FORMAT: Final = 64
_ADDRESS: Final = Range(4, 16)


class Sized(Protocol):
    """A node with what is known of its size."""

    @property
    def node(self) -> Node: ...

    @property
    def type(self) -> Type: ...

    @property
    def size(self) -> Range | None:
        """As far as it follows from the expression and the device."""

    @property
    def computed(self) -> Range | None:
        """As far as it follows from the expression alone."""

    def elements(self) -> Range | None:
        """The size of an element, of a list whose elements have a type; None for no list."""

    def element_type(self) -> Type | None:
        """The type of an element of whatever has elements."""


class Estimate(NamedTuple):
    """The cost of a call without its arguments, and the size of its result where that is known."""

    cost: Range
    size: Range | None = None


_Rule = Callable[[str, Sequence[Sized]], "Estimate | None"]


def _of(operand: Sized) -> Range:
    return operand.size or UNKNOWN


def _plain(_: str, __: Sequence[Sized]) -> Estimate:
    return Estimate(ONE)


def _traverse(operand: int, factor: float = 1, keeps: bool = False) -> _Rule:
    def rule(_: str, operands: Sequence[Sized]) -> Estimate | None:
        if len(operands) <= operand:
            return None
        size = _of(operands[operand])
        return Estimate(size.by(factor * TRAVERSAL), size if keeps else None)

    return rule


def _elements(overload: str, operands: Sequence[Sized]) -> Estimate:
    target = operands[0]
    element = target.element_type()
    if element is not None:
        cost = ONE
        if element.kind in ("string", "bytes"):
            cost = cost.add((target.elements() or UNKNOWN).by(TRAVERSAL))
        return Estimate(_of(target).multiply(cost))
    if overload == "list_includes_dyn_dyn":
        return Estimate(_of(target).multiply(ONE))
    return Estimate(_of(target).by(TRAVERSAL))


def _most_replaced(size: int, old: int, new: int) -> tuple[int, int]:
    if old == 0:
        return plus(size, 1), size
    if new <= old:
        return 0, size
    return math.ceil(float(size) / float(old)), 0


def _least_replaced(size: int, old: int, new: int) -> tuple[int, int]:
    if old == 0:
        return plus(size, 1), size
    if old <= new:
        return 0, size
    return math.ceil(float(size) / float(old)), 0


def _replace(_: str, operands: Sequence[Sized]) -> Estimate:
    size, old, new = map(_of, operands[:3])
    most, most_kept = _most_replaced(size.most, old.least, new.most)
    least, least_kept = _least_replaced(size.least, old.most, new.least)
    count = Range(min(least, MOST), min(most, MOST))
    result = count.multiply(new).add(Range(least_kept, most_kept))
    return Estimate(size.by(2 * TRAVERSAL), result)


def _split(_: str, operands: Sequence[Sized]) -> Estimate:
    size = _of(operands[0])
    most = size.most
    if len(operands) > 2 and isinstance(count := operands[2].node, Literal) and count.kind == "int":
        most = int(count.value) % 2**64  # type: ignore[call-overload]
    return Estimate(size.by(2 * TRAVERSAL), Range(0, most))


def _join(_: str, operands: Sequence[Sized]) -> Estimate:
    count = _of(operands[0])
    size = Range(0, 0)
    if operands[0].element_type() is not None:
        size = count.multiply(operands[0].elements() or UNKNOWN)
    if len(operands) > 1:
        separators = Range(max(count.least - 1, 0), max(count.most - 1, 0))
        size = size.add(_of(operands[1]).multiply(separators))
    return Estimate(size.by(TRAVERSAL), size)


def _search_pattern(_: str, operands: Sequence[Sized]) -> Estimate:
    size = _of(operands[0])
    text = size.add(ONE).by(TRAVERSAL)
    return Estimate(text.multiply(_of(operands[1]).by(PATTERN)), Range(0, size.most))


def _ip(overload: str, operands: Sequence[Sized]) -> Estimate | None:
    # `cidr.ip()` is a member without arguments.
    if overload == "cidr_ip":
        return Estimate(ONE)
    return Estimate(_of(operands[0]).by(TRAVERSAL))


def _contains_address(overload: str, operands: Sequence[Sized]) -> Estimate:
    cost = _ADDRESS.add(_ADDRESS).by(TRAVERSAL)
    if overload.startswith("cidr_contains_cidr"):
        cost = cost.add(_ADDRESS.by(TRAVERSAL)).add(ONE)
    if overload.endswith("_string"):
        cost = cost.add(_of(operands[1]).by(TRAVERSAL))
    return Estimate(cost)


def _validate(_: str, operands: Sequence[Sized]) -> Estimate:
    return Estimate(_of(operands[1]).by(TRAVERSAL).by(_FORMAT_PATTERN * PATTERN))


def _named_format(_: str, __: Sequence[Sized]) -> Estimate:
    return Estimate(ONE)


def _selector(_: str, operands: Sequence[Sized]) -> Estimate:
    size = _of(operands[1])
    return Estimate(LIST.add(size.by(TRAVERSAL)).add(size.by(0.5).by(50)))


_EQUAL_AT_ONCE: Final = frozenset(
    (
        "net.IP",
        "net.CIDR",
        "kubernetes.Quantity",
        "kubernetes.Semver",
        *(f"kubernetes.authorization.{name}" for name in ("Authorizer", "PathCheck", "GroupCheck")),
        *(f"kubernetes.authorization.{name}" for name in ("ResourceCheck", "Decision")),
    )
)


def _equal(_: str, operands: Sequence[Sized]) -> Estimate | None:
    left, right = operands
    if left.type != right.type or left.type.kind not in ("opaque", "struct"):
        return None
    name = left.type.name
    if name in _EQUAL_AT_ONCE:
        return Estimate(ONE)
    if name == "kubernetes.NamedFormat":
        return Estimate(Range(1, _FORMAT).by(TRAVERSAL))
    if name == "kubernetes.URL":
        # Only the right side is ever asked for its size.
        size = right.computed or ONE
        return Estimate(Range(1, size.most).by(TRAVERSAL))
    return None


def _many(names: str, rule: _Rule) -> dict[str, _Rule]:
    return dict.fromkeys(names.split(), rule)


# By function, before anything is asked of the overload.
_BY_FUNCTION: Final[Mapping[str, _Rule]] = {
    **_many(
        "serviceAccount path group resource subresource namespace name allowed reason error errored", _plain
    ),
    **_many("masked prefixLength family isUnspecified isLoopback", _plain),
    **_many("isLinkLocalMulticast isLinkLocalUnicast isGlobalUnicast", _plain),
    **_many("sign asInteger isInteger asApproximateFloat isGreaterThan isLessThan compareTo add sub", _plain),
    **_many("major minor patch getScheme getHostname getHost getPort getEscapedPath getQuery", _plain),
    "check": lambda _, __: Estimate(exactly(350_000)),
    **_many("fieldSelector labelSelector", _selector),
    **_many("isSorted sum max min indexOf lastIndexOf includes", _elements),
    "url": _traverse(0, keeps=True),
    **_many("lowerAscii upperAscii substring trim", _traverse(0, keeps=True)),
    "replace": _replace,
    "split": _split,
    "join": _join,
    **_many("find findAll", _search_pattern),
    **_many("cidr isIP isCIDR quantity isQuantity semver isSemver", _traverse(0)),
    "ip": _ip,
    "ip.isCanonical": _traverse(0, factor=2),
    **_many("containsIP containsCIDR", _contains_address),
    "validate": _validate,
    "format.named": _named_format,
    "_==_": _equal,
}


def _allocates(factor: float, size: Range) -> Estimate:
    return Estimate(size.by(factor).add(ONE).add(LIST), size)


def _literal_int(operand: Sized, otherwise: int) -> int:
    node = operand.node
    if not isinstance(node, Literal) or node.kind != "int":
        return otherwise
    assert isinstance(node.value, int)
    return max(node.value, 0)


def _slice(_: str, operands: Sequence[Sized]) -> Estimate:
    start, end = _literal_int(operands[1], 0), _literal_int(operands[2], _of(operands[0]).most)
    return _allocates(1, exactly((end - start) % 2**64))


def _flatten(_: str, operands: Sequence[Sized]) -> Estimate:
    depth = _literal_int(operands[1], MOST) if len(operands) > 1 else 1
    return _allocates(float(depth), _of(operands[0]))


def _square(factor: float, operand: Sized) -> Estimate:
    size = _of(operand)
    return _allocates(factor, size.multiply(size))


def _sort(overload: str, operands: Sequence[Sized]) -> Estimate:
    text = overload.startswith(("list_string_", "list_bytes_"))
    keys = operands[-1]
    return _square(2 + TRAVERSAL if text else 2.0, keys)


def _sets(factor: float) -> _Rule:
    def rule(_: str, operands: Sequence[Sized]) -> Estimate:
        left, right = map(_of, operands)
        return Estimate(left.multiply(right).by(factor).add(ONE))

    return rule


# By overload, before everything else.
_BY_OVERLOAD: Final[Mapping[str, _Rule]] = {
    "list_slice": _slice,
    "list_flatten": _flatten,
    "list_flatten_int": _flatten,
    "lists_range": lambda _, operands: _allocates(1, exactly(_literal_int(operands[0], MOST))),
    "list_reverse": lambda _, operands: _allocates(1, _of(operands[0])),
    "list_distinct": lambda _, operands: _square(2.0, operands[0]),
    "list_sets_contains_list": _sets(1),
    "list_sets_intersects_list": _sets(1),
    "list_sets_equivalent_list": _sets(2),
    **{
        f"list_{name}_{suffix}": _sort
        for name in (
            *("int", "uint", "double", "bool", "string", "bytes"),
            *("google.protobuf.Duration", "google.protobuf.Timestamp"),
        )
        for suffix in ("sort", "sortByAssociatedKeys")
    },
}


def _format_text(_: str, operands: Sequence[Sized]) -> Estimate:
    return Estimate(_of(operands[0]).by(TRAVERSAL))


def _text_to_bytes(_: str, operands: Sequence[Sized]) -> Estimate:
    text = _of(operands[0])
    return Estimate(text.by(TRAVERSAL), Range(text.least, text.most * 4 % 2**64))


def _bytes_to_text(_: str, operands: Sequence[Sized]) -> Estimate:
    text = _of(operands[0])
    return Estimate(text.by(TRAVERSAL), Range(text.least // 4, text.most))


def _quote(_: str, operands: Sequence[Sized]) -> Estimate:
    text = _of(operands[0])
    return Estimate(text.by(TRAVERSAL), Range((text.least + 2) % 2**64, (text.most * 2 + 2) % 2**64))


def _ends_with(_: str, operands: Sequence[Sized]) -> Estimate:
    return Estimate(_of(operands[1]).by(TRAVERSAL))


def _in_list(_: str, operands: Sequence[Sized]) -> Estimate:
    return Estimate(_of(operands[1]).by(1))


def _matches(_: str, operands: Sequence[Sized]) -> Estimate:
    text = _of(operands[0]).add(ONE).by(TRAVERSAL)
    return Estimate(text.multiply(_of(operands[1]).by(PATTERN)))


def _contains(_: str, operands: Sequence[Sized]) -> Estimate:
    text, part = _of(operands[0]), _of(operands[1])
    return Estimate(text.by(TRAVERSAL).multiply(part.by(TRAVERSAL)))


def _add_text(_: str, operands: Sequence[Sized]) -> Estimate:
    both = _of(operands[0]).add(_of(operands[1]))
    return Estimate(both.by(TRAVERSAL), both)


def _add_list(_: str, operands: Sequence[Sized]) -> Estimate:
    return Estimate(ONE, _of(operands[0]).add(_of(operands[1])))


def _compare(_: str, operands: Sequence[Sized]) -> Estimate:
    smallest = min(_of(operands[0]).most, _of(operands[1]).most)
    return Estimate(Range(1 if smallest > 0 else 0, smallest).by(TRAVERSAL))


# By overload, where no library has a rule. What the device says of a size has been noted by then.
_BASIC: Final[Mapping[str, Callable[[str, Sequence[Sized]], Estimate]]] = {
    "string_format": _format_text,
    "string_to_bytes": _text_to_bytes,
    "bytes_to_string": _bytes_to_text,
    "strings_quote": _quote,
    **dict.fromkeys(("starts_with_string", "ends_with_string"), _ends_with),
    "in_list": _in_list,
    **dict.fromkeys(("matches", "matches_string"), _matches),
    "contains_string": _contains,
    **dict.fromkeys(("add_string", "add_bytes"), _add_text),
    "add_list": _add_list,
    **{
        f"{name}_{kind}": _compare
        for name in ("less", "less_equals", "greater", "greater_equals")
        for kind in ("string", "bytes")
    },
    **dict.fromkeys(("equals", "not_equals"), _compare),
}


def known_cost(function: str, overload: str, operands: Sequence[Sized]) -> Estimate | None:
    """The rule of a library for the call, if it has one."""
    rule = _BY_OVERLOAD.get(overload) or _BY_FUNCTION.get(function)
    return rule(overload, operands) if rule else None


def basic_cost(overload: str, operands: Sequence[Sized]) -> Estimate:
    """The rule of the language itself; most calls cost one."""
    return _BASIC.get(overload, _plain)(overload, operands)
