"""Parts of an object whose schema is known: read by their names in expressions, compared and joined as the schema says."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, ClassVar, Final

from drakkar.cel.outcome import Fault

# Whether two values are equal; Fault where they refuse to be compared.
Same = Callable[[Any, Any], bool]
_MISSING: Final = object()
_NO_OVERLOAD: Final = "no such overload"


class TypedMap(Mapping[str, Any]):
    """An object or a map. What is in it is read when it is asked for; Fault where it is not what its schema says.

    `names` gives the name of a field by how expressions write it, or None; `part` the value of a name, or None where the
    schema has no such field.
    """

    __slots__ = ("_known", "names", "part", "raw", "shown")
    cel_type: ClassVar[str] = "map"

    def __init__(
        self,
        raw: Mapping[str, Any],
        names: Callable[[str], str | None],
        shown: Callable[[str], str | None],
        part: Callable[[str, Any], tuple[Any] | None],
    ) -> None:
        self.raw = raw
        self.names = names
        self.shown = shown
        self.part = part
        self._known: dict[str, Any] = {}

    def _found(self, key: object) -> Any:
        if not isinstance(key, str):
            raise Fault(_NO_OVERLOAD)
        known = self._known.get(key, _MISSING)
        if known is _MISSING:
            name = self.names(key)
            made = None if name is None or name not in self.raw else self.part(name, self.raw[name])
            known = self._known[key] = None if made is None else made
        return known

    def __contains__(self, key: object) -> bool:
        return self._found(key) is not None

    def __getitem__(self, key: str) -> Any:
        found = self._found(key)
        if found is None:
            raise KeyError(key)
        return found[0]

    def __iter__(self) -> Iterator[str]:
        return iter([key for name in self.raw if (key := self.shown(name)) is not None])

    def __len__(self) -> int:
        return len(self.raw)

    def same(self, other: Any, same: Same) -> bool:
        """Whether another map has the same fields. What no schema knows is compared as it stands."""
        if not isinstance(other, Mapping):
            raise Fault(_NO_OVERLOAD)
        if len(self) != len(other):
            return False
        for name, value in self.raw.items():
            key = self.shown(name)
            if key is None:
                if isinstance(other, TypedMap) and name in other.raw and other.raw[name] != value:
                    return False
                continue
            there = key in self
            if there != (key in other):
                return False
            if there and not same(self[key], other[key]):
                return False
        return True


class TypedList(tuple[Any, ...]):
    """A list whose order counts."""

    def same(self, other: tuple[Any, ...], same: Same) -> bool:
        """Whether another list is the same."""
        return len(self) == len(other) and all(map(same, self, other))

    def joined(self, other: tuple[Any, ...]) -> tuple[Any, ...]:
        """Both, one after the other."""
        return (*self, *other)


class SetList(TypedList):
    """A list of type set: its order does not count, and nothing is in it twice."""

    def same(self, other: tuple[Any, ...], same: Same) -> bool:
        """Whether another list has the same in it."""
        if len(self) != len(other):
            return False
        mine, theirs = set(map(_scalar, self)), set(map(_scalar, other))
        return mine == theirs

    def joined(self, other: tuple[Any, ...]) -> tuple[Any, ...]:
        """This one, and what only the other has."""
        seen = set(map(_scalar, self))
        made = list(self)
        for one in other:
            key = _scalar(one)
            if key not in seen:
                seen.add(key)
                made.append(one)
        return SetList(made)


def _scalar(value: Any) -> tuple[type, Any]:
    if isinstance(value, tuple | Mapping):
        raise Fault("listSet operations are only supported on lists of scalar values")
    # To Python 1, 1.0 and True are the same.
    return type(value), value


class MapList(TypedList):
    """A list of type map: its items are found by their keys, and their order does not count."""

    def __new__(cls, items: Iterable[Any], keys: tuple[str, ...]) -> MapList:
        made = super().__new__(cls, items)
        made.keys = keys
        return made

    keys: tuple[str, ...]

    def _key(self, item: Any) -> tuple[Any, ...]:
        if not isinstance(item, Mapping):
            raise Fault(_NO_OVERLOAD)
        found = [item.get(key) for key in self.keys]
        return tuple((type(one), one if isinstance(one, str | int | float) else str(one)) for one in found)

    def same(self, other: tuple[Any, ...], same: Same) -> bool:
        """Whether another list has the same items under the same keys."""
        if len(self) != len(other):
            return False
        mine = {self._key(one): one for one in self}
        seen = set()
        for one in other:
            key = self._key(one)
            if key not in mine or not same(mine[key], one):
                return False
            seen.add(key)
        return len(seen) == len(mine)

    def joined(self, other: tuple[Any, ...]) -> tuple[Any, ...]:
        """This one, with the other's items in place of those of the same keys, and the rest of the other's after it."""
        made = list(self)
        places = {self._key(one): at for at, one in enumerate(made)}
        for one in other:
            key = self._key(one)
            if key in places:
                made[places[key]] = one
            else:
                made.append(one)
        return MapList(made, self.keys)


class Unseen:
    """What a schema keeps and knows nothing of. It can be compared, and that is all."""

    __slots__ = ("raw",)
    cel_type: ClassVar[str] = "unknown"

    def __init__(self, raw: Any) -> None:
        self.raw = raw

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Unseen) and bool(self.raw == other.raw)

    def __hash__(self) -> int:
        return 0


TYPED_LISTS: Final = frozenset((TypedList, SetList, MapList))
