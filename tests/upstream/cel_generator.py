"""Random selectors, directed by type: what is asked for is an expression of a type, and overloads, macros, the device and
literals compete to give it. The same seed gives the same expressions.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from functools import cache
from typing import Final

from .cel_literals import DOUBLES, INDEXES, TEXTS, quote, scalar, text_of
from .cel_macros import MacroForms
from .cel_signatures import TYPE_PARAMETERS, Signature, Type, signatures

D: Final = "device.attributes['d.example']"
C: Final = "device.capacity['d.example']"
SIMPLE: Final = ("bool", "int", "uint", "double", "string", "bytes")
SCALARS: Final = (
    *SIMPLE,
    *("int", "string", "string", "bool", "duration", "timestamp", "null", "quantity", "semver"),
    *("url", "ip", "cidr", "format", "type"),
)
KEYS: Final = ("string", "string", "string", "int", "uint", "bool")
# What an attribute holds on most devices; the checker sees dyn.
ATTRIBUTES: Final[dict[Type, tuple[str, ...]]] = {
    "string": (
        f"{D}.model",
        f"{D}.uuid",
        "device.attributes['other.example'].root",
        f"{D}['model']",
        f"{D}.`a-b`",
    ),
    "int": (f"{D}.index", f"{D}.numa", f"{D}.size", "device.attributes['other.example'].index"),
    "bool": (f"{D}.healthy", f"{D}.for"),
    "semver": (f"{D}.driverVersion", f"{D}.versions[0]"),
    ("list", "string"): (f"{D}.tags", f"{D}.model"),
    ("list", "int"): (f"{D}.ports", f"{D}.index"),
    ("list", "bool"): (f"{D}.flags", f"{D}.healthy"),
    ("list", "semver"): (f"{D}.versions", f"{D}.driverVersion"),
}
# What the checker knows.
FIELDS: Final[dict[Type, tuple[str, ...]]] = {
    "string": ("device.driver",),
    "bool": ("device.allowMultipleAllocations",),
    "quantity": (
        f"{C}.memory",
        f"{C}.fraction",
        f"{C}.a",
        "device.capacity['other.example'].slots",
        f"{C}.nothing",
    ),
    ("map", "string", "quantity"): (C, "device.capacity['third.example']", "device.capacity.missing"),
    ("map", "string", "dyn"): (D, "device.attributes['other.example']", "device.attributes.nowhere"),
    ("map", "string", ("map", "string", "dyn")): ("device.attributes",),
    ("map", "string", ("map", "string", "quantity")): ("device.capacity",),
    ("optional", "dyn"): (
        f"{D}.?model",
        f"{D}[?'index']",
        f"{D}.?nothing",
        "device.attributes[?'x'].?y",
        "device.?driver",
    ),
    ("optional", "quantity"): (f"{C}.?memory", f"{C}[?'fraction']", "device.capacity.?x.?memory"),
}
# What the clauses of format take; `%s` takes anything.
_FITTING: Final[dict[str, tuple[Type, ...]]] = {
    "d": ("int", "uint", "double"),
    "f": ("double", "int"),
    "e": ("double", "uint"),
    "b": ("int", "uint", "bool"),
    "o": ("int", "uint"),
    "x": ("int", "string", "bytes", "uint"),
    "X": ("int", "string", "bytes", "uint"),
}
_MISTAKES: Final = 0.004


class Generator(MacroForms):
    """A stream of expressions. `used` counts the overloads and macros written so far, the rarer are preferred."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.used: Counter[str] = Counter()
        # Variables in scope, the innermost last.
        self.scope: list[tuple[str, Type]] = []

    def selector(self) -> str:
        """A whole expression that should be of type bool, now and then of another."""
        rng = self.rng
        depth = rng.choices((1, 2, 3, 4, 5), (2, 5, 4, 2, 1))[0]
        roll = rng.random()
        if roll < 0.0005:
            return self._costly(depth)
        if roll < 0.4:
            return self.of("bool", depth)
        if roll < 0.42:
            return self.of(rng.choice(("dyn", "int", self.any_type())), depth)
        of = self.any_type()
        one = self.of(of, depth)
        if roll < 0.65:
            return (
                f"{self._bracketed(one)} {rng.choice(('==', '==', '!='))} {self._bracketed(self.of(of, 1))}"
            )
        if roll < 0.7:
            return f"{self._bracketed(one)} in [{self.of(of, 1, strict=True)}, {self.of(of, 0, strict=True)}]"
        if roll < 0.75:
            return f"dyn({one}) == dyn({self.of(self.any_type(), 1)})"
        if roll < 0.8:
            return f"cel.bind(v, {one}, v == v)"
        if roll < 0.85:
            return f"[{one}].size() == 1"
        if roll < 0.9:
            return f"'%s'.format([{one}]) == {quote(rng.choice(TEXTS), rng)}"
        if roll < 0.95:
            return f"type({one}) == type({self.of(of, 0)})"
        return f"optional.ofNonZeroValue({one}).hasValue()"

    def _costly(self, depth: int) -> str:
        """An expression that costs about as much as is allowed."""
        rng = self.rng
        one, other = rng.randrange(100, 400), rng.randrange(100, 400)
        inner = rng.choice(
            ("x + y >= 0", "[x, y].size() == 2", "{x: y}[x] == y", "x != y || y == x", "string(x) != 'a'")
        )
        macro = rng.choice(("all", "all", "exists", "exists_one"))
        text = f"lists.range({one}).{macro}(x, lists.range({other}).{macro}(y, {inner}))"
        if rng.random() < 0.3:
            return f"{self.of('bool', depth)} || {text}"
        return text

    def value(self, turn: int) -> str:
        """A whole expression of any type, by each of the overloads in turn, so that none is left out."""
        forms = signatures()
        depth = self.rng.choices((0, 1, 2, 3), (3, 4, 2, 1))[0]
        return self._call(forms[turn % len(forms)], {}, depth)

    def any_type(self, depth: int = 1) -> Type:
        """Some type; literals and operations exist for each of them."""
        rng = self.rng
        roll = rng.random()
        if depth <= 0 or roll < 0.6:
            return rng.choice(SCALARS)
        if roll < 0.8:
            return ("list", self.any_type(depth - 1))
        if roll < 0.92:
            return ("map", rng.choice(KEYS), self.any_type(depth - 1))
        return ("optional", self.any_type(depth - 1))

    def of(self, wanted: Type, depth: int, strict: bool = False) -> str:
        """An expression of the type; `strict` where the checker must see exactly that type."""
        rng = self.rng
        if rng.random() < _MISTAKES:
            wanted = self.any_type()
        if wanted == "dyn" and rng.random() < 0.7:
            inner = self.of(self.any_type(), depth, strict)
            return f"dyn({inner})" if strict or rng.random() < 0.5 else inner
        if depth <= 0 or rng.random() < 0.1:
            return self._leaf(wanted, strict)
        if not strict and rng.random() < 0.06:
            return f"dyn({self.of(wanted, depth - 1)})"
        if rng.random() < 0.25 and (form := self.macro(wanted, depth)) is not None:
            return form
        candidates = _giving(wanted if isinstance(wanted, str) else wanted[0])
        if wanted == "null" or not candidates:
            return self._leaf(wanted, strict)
        tried = [rng.choice(candidates) for _ in range(4)]
        tried.sort(key=lambda signature: self.used[signature.id])
        for signature in tried:
            bound = _bind(signature.result, wanted, {})
            if bound is not None:
                return self._call(signature, bound, depth - 1, strict)
        return self._leaf(wanted, strict)

    def _call(self, signature: Signature, bound: dict[str, Type], depth: int, strict: bool = False) -> str:
        self.used[signature.id] += 1
        if signature.id == "string_format":
            return self._format(depth)
        parts = [signature.pieces[0]]
        for (of, flavour), after in zip(signature.operands, signature.pieces[1:], strict=True):
            exact = self._settled(of, bound)
            text = self._operand(exact, flavour, depth, strict and of in TYPE_PARAMETERS)
            receiver = after.startswith((".", "["))
            inside = parts[-1].endswith(("(", "[", "[?", ", "))
            parts += [text if inside and not receiver else self._bracketed(text), after]
        return "".join(parts)

    def _settled(self, of: Type, bound: dict[str, Type]) -> Type:
        if isinstance(of, str):
            if of not in TYPE_PARAMETERS:
                return of
            if of not in bound:
                # K of a map, and A where it is the key of one.
                bound[of] = self.rng.choice(KEYS) if of == "K" else self.any_type()
            return bound[of]
        if of[0] == "map" and isinstance(of[1], str) and of[1] in TYPE_PARAMETERS and of[1] not in bound:
            bound[of[1]] = self.rng.choice(KEYS)
        return (of[0], *(self._settled(inner, bound) for inner in of[1:]))

    def _operand(self, of: Type, flavour: str, depth: int, strict: bool) -> str:
        rng = self.rng
        if of == "string" and flavour and rng.random() < 0.85:
            text = quote(text_of(flavour, rng), rng)
            return f"dyn({text})" if rng.random() < 0.05 else text
        if of == "int" and flavour == "index" and rng.random() < 0.7:
            return rng.choice(INDEXES)
        if of == ("list", "dyn"):
            return self.of(("list", self.any_type(2)), depth)
        if of == "dyn":
            return self.of(rng.choice((("list", self.any_type(0)), self.any_type())), depth)
        return self.of(of, depth, strict)

    def _format(self, depth: int) -> str:
        rng = self.rng
        clauses, arguments = [], []
        for _ in range(rng.randrange(4)):
            letter = rng.choice("sssddfeboxX%c")
            precision = (
                rng.choice(("", "", ".0", ".2", ".10", ".")) if letter in "fe" or rng.random() < 0.03 else ""
            )
            clauses.append(f"%{precision}{letter}")
            if letter != "%":
                of = (
                    self.any_type(2)
                    if rng.random() < 0.03
                    else rng.choice(_FITTING.get(letter, (self.any_type(2),)))
                )
                arguments.append(self.of(of, depth - 1))
        if rng.random() < 0.04:
            arguments = arguments[:-1] if rng.random() < 0.5 else [*arguments, "1"]
        template = rng.choice(("", "a", " ä")).join(clauses)
        # Mixed lists are refused except here: upstream exempts the arguments of format.
        return f"{quote(template, rng)}.format([{', '.join(arguments)}])"

    def _leaf(self, wanted: Type, strict: bool) -> str:
        rng = self.rng
        fitting = [name for name, of in self.scope if of == wanted]
        if fitting and rng.random() < 0.6:
            return rng.choice(fitting)
        fields = FIELDS.get(wanted, ())
        if fields and rng.random() < 0.4:
            return rng.choice(fields)
        attributes = ATTRIBUTES.get(wanted, ())
        if attributes and not strict and rng.random() < 0.35:
            return rng.choice(attributes)
        if isinstance(wanted, str):
            if wanted == "dyn":
                if rng.random() < 0.5:
                    return rng.choice(ATTRIBUTES[rng.choice(list(ATTRIBUTES))])
                return f"dyn({scalar(rng.choice(SIMPLE), rng)})"
            return scalar(wanted, rng)
        return self._container(wanted)

    def _container(self, wanted: tuple[Type, ...]) -> str:
        rng = self.rng
        kind, inside = wanted[0], wanted[1:]
        count = rng.choices((0, 1, 2, 3, 4, 8), (2, 4, 6, 5, 3, 0.3))[0]
        match kind:
            case "list":
                items = [self._element(inside[0], "?") for _ in range(count)]
                return f"[{', '.join(items)}{',' if items and rng.random() < 0.03 else ''}]"
            case "map":
                items = []
                for _ in range(count):
                    key = self._key(inside[0])
                    value = self._element(inside[1], "?")
                    items.append(f"?{key}: {value[1:]}" if value.startswith("?") else f"{key}: {value}")
                return "{" + ", ".join(items) + "}"
            case "optional":
                return (
                    "optional.none()" if rng.random() < 0.3 else f"optional.of({self.of(inside[0], 0, True)})"
                )
        return f"type({self.of(inside[0], 0)})" if inside else scalar("type", rng)

    def _element(self, of: Type, mark: str) -> str:
        if self.rng.random() < 0.04:
            return f"{mark}{self.of(('optional', of), self.rng.randrange(2), True)}"
        return self.of(of, 0, True)

    def _key(self, of: Type) -> str:
        rng = self.rng
        if of == "string" and rng.random() < 0.7:
            return rng.choice(("'a'", "'b'", '"c"', "'model'"))
        if of == "dyn" or rng.random() < 0.05:
            return scalar(rng.choice(KEYS), rng)
        return self.of(of, 0, True)

    def _bracketed(self, text: str) -> str:
        """The text so that it can stand inside another; now and then as it is, so that precedence decides."""
        if _WHOLE.fullmatch(text) and text not in DOUBLES:
            return text
        return text if self.rng.random() < 0.03 else f"({text})"


# Names, plain literals, and calls without anything but plain names and literals in them.
_WHOLE = re.compile(
    r"[\w.]+(\([^()\[\]{}?:=<>&|+*/%!'\"-]*\))?|'[^'\\]*'|\"[^\"\\]*\"|[\w.]+\['[^'\\]*'\][\w.]*"
)


@cache
def _giving(head: str) -> tuple[Signature, ...]:
    """The overloads whose result may be of a type that begins so."""
    return tuple(
        signature
        for signature in signatures()
        if (signature.result if isinstance(signature.result, str) else signature.result[0]) == head
        or signature.result in TYPE_PARAMETERS
    )


def _bind(pattern: Type, wanted: Type, bound: dict[str, Type]) -> dict[str, Type] | None:
    """What the type parameters must be so that the pattern is the wanted type; None where nothing makes it so."""
    if isinstance(pattern, str):
        if pattern in TYPE_PARAMETERS:
            return {**bound, pattern: wanted} if bound.get(pattern, wanted) == wanted else None
        return bound if pattern == wanted else None
    if isinstance(wanted, str) or len(pattern) != len(wanted) or pattern[0] != wanted[0]:
        return None
    for one, other in zip(pattern[1:], wanted[1:], strict=True):
        narrowed = _bind(one, other, bound)
        if narrowed is None:
            return None
        bound = narrowed
    return bound
