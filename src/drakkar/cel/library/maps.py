"""Maps that an expression makes: dicts, but for keys that a dict has in another way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from drakkar.api.quantity import Quantity
from drakkar.api.semver import Version
from drakkar.cel.library.names import NamedFormat
from drakkar.cel.library.urls import URL
from drakkar.cel.outcome import Fault, Panic
from drakkar.cel.values import Optional, shown, type_name

_UNHASHABLE: Final = frozenset((bytes, Version, NamedFormat))
# As keys they are found by themselves alone, not by their equals: Go has them by reference.
_BY_IDENTITY: Final = (tuple, Mapping, Quantity, URL)


class OddMap(Mapping[Any, Any]):
    """A map with keys that only they themselves find, or that nothing finds (NaN), or with true beside 1."""

    __slots__ = ("_pairs",)
    cel_type = "map"

    def __init__(self, pairs: Iterable[tuple[Any, Any]]) -> None:
        self._pairs = tuple(pairs)

    def __getitem__(self, key: Any) -> Any:
        for known, value in self._pairs:
            if _same_key(known, key):
                return value
        raise KeyError(key)

    def __iter__(self) -> Iterator[Any]:
        return (key for key, _ in self._pairs)

    def __len__(self) -> int:
        return len(self._pairs)

    def items(self) -> Any:
        """Keys and values; looked up by their place, since a key need not find itself by value."""
        return self._pairs


def _same_key(left: Any, right: Any) -> bool:
    if left is right:
        return not _is_nan(left)
    if isinstance(left, _BY_IDENTITY) or (type(left) is bool) is not (type(right) is bool):
        return False
    return bool(left == right)


def _is_nan(key: Any) -> bool:
    return type(key) is float and key != key


def _is_odd_key(key: Any) -> bool:
    return isinstance(key, _BY_IDENTITY) or _is_nan(key)


def _is_odd(keys: list[Any]) -> bool:
    if any(map(_is_odd_key, keys)):
        return True
    kinds = {type(key) is bool for key in keys}
    return len(kinds) > 1 and any(type(key) in (int, float) or isinstance(key, int) for key in keys)


def check_hashable(key: Any) -> None:
    """Panic for what upstream comes to grief over as a key of a map that an expression made."""
    if type(key) in _UNHASHABLE:
        raise Panic(f"internal error: hash of unhashable type {type_name(key)}")


def make_map(entries: Iterable[tuple[Any, Any, bool]]) -> Mapping[Any, Any]:
    """A map of keys, values and whether the value may be absent; of two equal keys the later one wins."""
    pairs: list[tuple[Any, Any]] = []
    for key, value, optional in entries:
        check_hashable(key)
        if optional:
            if type(value) is not Optional:
                raise Fault(f"cannot initialize optional entry '{shown(key)}' from non-optional value")
            if not value.present:
                pairs = [pair for pair in pairs if not _same_key(pair[0], key)]
                continue
            value = value.value
        pairs.append((key, value))
    if not _is_odd([key for key, _ in pairs]):
        return dict(pairs)
    kept: list[tuple[Any, Any]] = []
    for key, value in pairs:
        kept = [pair for pair in kept if not _same_key(pair[0], key)]
        kept.append((key, value))
    return OddMap(kept)


def make_plain_map(entries: Iterable[tuple[Any, Any, bool]]) -> Mapping[Any, Any]:
    """The same, but a Fault for keys of which it counts which is which: the compiled form makes some only once."""
    made = make_map(entries)
    if type(made) is OddMap:
        raise Fault("a map with keys for the interpreter")
    return made


class Growth:
    """A map that a macro makes entry by entry; no key may come twice."""

    def __init__(self) -> None:
        self._made: dict[Any, Any] = {}
        self._odd: list[tuple[Any, Any]] = []

    def add(self, entries: Mapping[Any, Any]) -> None:
        """Add all entries of a map."""
        for key, value in entries.items():
            if _is_odd_key(key):
                if any(_same_key(other, key) for other, _ in self._odd):
                    raise Fault(f"insert failed: key {shown(key)} already exists")
                self._odd.append((key, value))
                continue
            known = key in self._made
            if known and (type(key) is bool) is not any(type(k) is bool and k == key for k in self._made):
                known = any(_same_key(other, key) for other, _ in self._odd)
                self._odd.append((key, value))
            if known:
                raise Fault(f"insert failed: key {shown(key)} already exists")
            self._made.setdefault(key, value)

    def map(self) -> Mapping[Any, Any]:
        """The map so far."""
        return OddMap((*self._made.items(), *self._odd)) if self._odd else self._made
