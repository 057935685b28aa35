"""Macros as forms for generated expressions, by the type they give."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from .cel_signatures import Type

SORTABLE: Final = ("int", "uint", "double", "bool", "duration", "timestamp", "string", "bytes")
_NAMES: Final = (
    "x",
    "y",
    "z",
    "i",
    "v",
    "k",
    "e",
    "_",
    "size",
    "r1",
    "device",
    "strings",
    "b",
    "__result__",
    "google",
)
_USUAL: Final = 7


class MacroForms:
    """What a generator needs to write macros; the generator itself supplies the rest."""

    rng: random.Random
    used: Counter[str]
    scope: list[tuple[str, Type]]

    def of(self, wanted: Type, depth: int, strict: bool = False) -> str:
        raise NotImplementedError

    def any_type(self, depth: int = 1) -> Type:
        raise NotImplementedError

    def macro(self, wanted: Type, depth: int) -> str | None:
        """A macro that gives the type; None where none does."""
        forms: list[Any] = [self._bind_form, self._bind_form]
        if wanted == "bool":
            forms += [self._quantifier] * 4 + [self._two_quantifier] * 2 + [self._has] * 3
        elif wanted[0] == "list" and not isinstance(wanted, str):
            forms += [
                self._map,
                self._map,
                self._filter,
                self._sort_by,
                self._transform_list,
                self._transform_list,
            ]
            if wanted[1] in ("int", "string", "uint", "bool"):
                forms += [self._filter_map]
        elif wanted[0] == "map" and not isinstance(wanted, str):
            forms += [self._transform_map, self._transform_map, self._transform_entry]
        elif wanted[0] == "optional" and not isinstance(wanted, str):
            forms += [self._opt_map, self._opt_map, self._opt_flat_map]
        form = self.rng.choice(forms)
        text: str = form(wanted, depth - 1)
        return text

    @contextmanager
    def _with(self, *names: tuple[str, Type]) -> Iterator[None]:
        before = list(self.scope)
        self.scope = [(name, of) for name, of in before if all(name != new for new, _ in names)]
        self.scope += names
        try:
            yield
        finally:
            self.scope = before

    def _name(self, count: str) -> str:
        self.used[count] += 1
        return self.rng.choice(_NAMES[:_USUAL] if self.rng.random() < 0.93 else _NAMES)

    def _names(self, count: str) -> tuple[str, str]:
        one, other = self._name(count), self._name(count)
        # The same name twice is refused, and is seldom of interest.
        return one, other if other != one or self.rng.random() < 0.02 else f"{one}2"

    def _target(self, of: Type, depth: int) -> str:
        text = self.of(of, depth)
        return text if text.endswith((")", "]", "}")) and " " not in text else f"({text})"

    def _ranged(self) -> tuple[Type, Type, Type]:
        """A list or a map, with the types of its two variables."""
        inner = self.any_type(0)
        if self.rng.random() < 0.6:
            return ("list", inner), "int", inner
        if self.rng.random() < 0.4:
            return ("map", "string", "dyn"), "string", "dyn"
        return ("map", "string", inner), "string", inner

    def _quantifier(self, _: Type, depth: int) -> str:
        name = self.rng.choice(("all", "exists", "exists_one"))
        kind, key, inner = self._ranged()
        variable = self._name(name)
        target = self._target(kind, depth)
        with self._with((variable, key if kind[0] == "map" else inner)):
            return f"{target}.{name}({variable}, {self.of('bool', depth)})"

    def _two_quantifier(self, _: Type, depth: int) -> str:
        name = self.rng.choice(("all", "exists", "exists_one", "existsOne"))
        kind, key, inner = self._ranged()
        one, other = self._names(f"{name}2")
        target = self._target(kind, depth)
        with self._with((one, key), (other, inner)):
            return f"{target}.{name}({one}, {other}, {self.of('bool', depth)})"

    def _has(self, _: Type, depth: int) -> str:
        rng = self.rng
        self.used["has"] += 1
        target = rng.choice(
            (
                "device.attributes['d.example']",
                "device.capacity['d.example']",
                "device.attributes",
                "device",
                self._target(("map", "string", self.any_type(0)), depth),
                "device.attributes['d.example'].model",
            )
        )
        return f"has({target}.{rng.choice(('model', 'index', 'a', 'b', 'memory', 'missing', 'driver', '`a-b`', 'foo'))})"

    def _bind_form(self, wanted: Type, depth: int) -> str:
        of = self.any_type()
        variable = self._name("bind")
        value = self.of(of, depth)
        with self._with((variable, of)):
            return f"cel.bind({variable}, {value}, {self.of(wanted, depth)})"

    def _map(self, wanted: Type, depth: int) -> str:
        kind, key, inner = self._ranged()
        variable = self._name("map")
        target = self._target(kind, depth)
        with self._with((variable, key if kind[0] == "map" else inner)):
            if self.rng.random() < 0.5:
                return f"{target}.map({variable}, {self.of(wanted[1], depth)})"
            return f"{target}.map({variable}, {self.of('bool', depth)}, {self.of(wanted[1], depth)})"

    def _filter(self, wanted: Type, depth: int) -> str:
        variable = self._name("filter")
        target = self._target(wanted, depth)
        with self._with((variable, wanted[1])):
            return f"{target}.filter({variable}, {self.of('bool', depth)})"

    def _filter_map(self, wanted: Type, depth: int) -> str:
        variable = self._name("filter map")
        target = self._target(("map", wanted[1], self.any_type(0)), depth)
        with self._with((variable, wanted[1])):
            return f"{target}.filter({variable}, {self.of('bool', depth)})"

    def _sort_by(self, wanted: Type, depth: int) -> str:
        variable = self._name("sortBy")
        target = self._target(wanted, depth)
        with self._with((variable, wanted[1])):
            return f"{target}.sortBy({variable}, {self.of(self.rng.choice(SORTABLE), depth, True)})"

    def _transform_list(self, wanted: Type, depth: int) -> str:
        kind, key, inner = self._ranged()
        one, other = self._names("transformList")
        target = self._target(kind, depth)
        with self._with((one, key), (other, inner)):
            condition = f"{self.of('bool', depth)}, " if self.rng.random() < 0.4 else ""
            return f"{target}.transformList({one}, {other}, {condition}{self.of(wanted[1], depth)})"

    def _transform_map(self, wanted: Type, depth: int) -> str:
        inner = self.any_type(0)
        from_list = wanted[1] == "int" and self.rng.random() < 0.7
        kind: Type = ("list", inner) if from_list else ("map", wanted[1], inner)
        one, other = self._names("transformMap")
        target = self._target(kind, depth)
        with self._with((one, wanted[1]), (other, inner)):
            condition = f"{self.of('bool', depth)}, " if self.rng.random() < 0.4 else ""
            return f"{target}.transformMap({one}, {other}, {condition}{self.of(wanted[2], depth)})"

    def _transform_entry(self, wanted: Type, depth: int) -> str:
        kind, key, inner = self._ranged()
        one, other = self._names("transformMapEntry")
        target = self._target(kind, depth)
        with self._with((one, key), (other, inner)):
            condition = f"{self.of('bool', depth)}, " if self.rng.random() < 0.4 else ""
            if self.rng.random() < 0.9:
                entry = f"{{{self.of(wanted[1], depth, True)}: {self.of(wanted[2], depth, True)}}}"
            else:
                entry = self.of(wanted, depth)
            return f"{target}.transformMapEntry({one}, {other}, {condition}{entry})"

    def _opt_map(self, wanted: Type, depth: int) -> str:
        of = self.any_type()
        variable = self._name("optMap")
        target = self._target(("optional", of), depth)
        with self._with((variable, of)):
            return f"{target}.optMap({variable}, {self.of(wanted[1], depth)})"

    def _opt_flat_map(self, wanted: Type, depth: int) -> str:
        of = self.any_type()
        variable = self._name("optFlatMap")
        target = self._target(("optional", of), depth)
        with self._with((variable, of)):
            return f"{target}.optFlatMap({variable}, {self.of(wanted, depth)})"
